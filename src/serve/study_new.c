/* study_new.c - making a study: what all systems explain, the questions, and a plan for each rater. */
#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/plain_json.h"
#include "base/text.h"
#include "llmxrec/study.h"
#include "llmxrec/view.h"
#include "serve/study.h"
#include "serve/study_plan.h"
#include "serve/study_questions.h"

#include <stdlib.h>
#include <string.h>

#define HISTORY_MAX 10 /* titles that raters see */

struct making {
    const struct llmx_study_options *options;
    json_t *study, *units, *systems;
    struct names places; /* "user\nitem" of each unit */
    struct store *store;
    struct output links;
    struct llmx_study_made *made;
};

/* ---- units: the recommendations that all files explain ---- */

static json_t *unit_json(const struct llmx_view *view)
{
    json_t *history = json_array(), *features = json_array();
    for (int i = 0; i < view->n_history && i < HISTORY_MAX; i++)
        json_array_append_new(history, json_string(view->history[i].title));
    for (int i = 0; i < view->n_features; i++)
        if (!view->features[i].is_long)
            json_array_append_new(features, json_string(view->features[i].value));
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:[]}", "user", view->user, "item",
                     view->item_token, "title", view->title, "features", features, "taken",
                     view->taken, "history", history, "texts");
}

static int add_view(struct making *m, const struct llmx_view *view, int system,
                    struct llmx_error *err)
{
    struct text place = {0};
    if (!view->user)
        return 0;
    text_printf(&place, "%s\n%s", view->user, view->item_token);
    int64_t unit = text_check(&place, err) != 0 ? -1
                   : system == 0                ? names_add(&m->places, place.s, place.n, err)
                                                : names_find(&m->places, place.s, place.n);
    text_release(&place);
    if (unit < 0)
        return system == 0 ? -1 : 0;
    if ((size_t)unit == json_array_size(m->units))
        json_array_append_new(m->units, unit_json(view));
    json_t *texts = json_object_get(json_array_get(m->units, (size_t)unit), "texts");
    if (json_array_size(texts) == (size_t)system)
        json_array_append_new(texts, json_string(view->text));
    return 0;
}

static bool knows(const json_t *list, const json_t *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), name))
            return true;
    return false;
}

static int read_file(struct making *m, int system, struct llmx_error *err)
{
    const char *path = m->options->explanations[system], *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    struct llmx_views *views;
    struct llmx_view view;
    int more;
    json_t *called = json_stringn(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
    const bool is_known = knows(m->systems, called);
    json_array_append_new(m->systems, called);
    if (is_known)
        return err_set(
            err, LLMX_BAD_OPTION,
            "%s: a file before it is called so too, and systems go by their files' names", path);
    if (llmx_views_open(&views, path, m->options->recs, m->options->data, NULL, err) != 0)
        return -1;
    while ((more = llmx_views_next(views, &view, err)) == 1) {
        const int status = add_view(m, &view, system, err);
        llmx_view_release(&view);
        if (status != 0) {
            more = -1;
            break;
        }
    }
    llmx_views_close(views);
    return more;
}

/* Leaves out what not all systems explain. */
static int keep_common(struct making *m, struct llmx_error *err)
{
    const size_t systems = json_array_size(m->systems);
    for (size_t i = json_array_size(m->units); i-- > 0;)
        if (json_array_size(json_object_get(json_array_get(m->units, i), "texts")) < systems)
            json_array_remove(m->units, i);
    m->made->units = (int)json_array_size(m->units);
    return m->made->units > 0
               ? 0
               : err_set(err, LLMX_MISMATCH, "no recommendation is explained by all of the files");
}

static int read_units(struct making *m, struct llmx_error *err)
{
    const int n = m->options->n_explanations;
    if (n < 1 || n > STUDY_SYSTEMS_MAX)
        return err_set(err, LLMX_BAD_OPTION, "a study needs 1 to %d files of explanations",
                       STUDY_SYSTEMS_MAX);
    for (int i = 0; i < n; i++)
        if (read_file(m, i, err) != 0)
            return -1;
    return keep_common(m, err);
}

/* ---- raters ---- */

static int number_of(const json_t *study, const char *key)
{
    return (int)json_integer_value(json_object_get(study, key));
}

static struct study_plan plan_of(const struct making *m)
{
    struct study_plan plan = {.units = m->made->units,
                              .systems = m->options->n_explanations,
                              .raters = number_of(m->study, "raters"),
                              .tasks = number_of(m->study, "tasks"),
                              .checks = number_of(m->study, "checks"),
                              .seed = m->options->seed};
    if (plan.tasks == 0 || plan.tasks > plan.units)
        plan.tasks = plan.units;
    return plan;
}

static int put_task(struct making *m, const char *link, int number, const struct study_task *task,
                    struct llmx_error *err)
{
    char n[16], unit[16], places[STUDY_SYSTEMS_MAX + 1] = "";
    const char *asked = task->unit == STUDY_CHECK ? STUDY_ASKED : NULL,
               *values[] = {link, n, unit, places, asked};
    for (int k = 0; k < m->options->n_explanations; k++)
        places[k] = (char)('0' + task->places[k]);
    snprintf(n, sizeof n, "%d", number);
    snprintf(unit, sizeof unit, "%d", task->unit);
    return store_run(m->store,
                     "INSERT INTO task (link, number, unit, places, asked)"
                     " VALUES ($1, $2, $3, $4, $5)",
                     values, 5, NULL, NULL, err);
}

static int put_rater(struct making *m, const struct study_plan *plan, int rater,
                     struct study_task *task, struct llmx_error *err)
{
    char link[STUDY_SECRET_BYTES], number[16];
    const char *values[] = {m->made->id, link, number};
    snprintf(number, sizeof number, "%d", rater + 1);
    if (study_secret(link, err) != 0 || study_plan_rater(plan, rater, task, err) != 0 ||
        store_run(m->store, "INSERT INTO rater (study, link, number) VALUES ($1, $2, $3)", values,
                  3, NULL, NULL, err) != 0)
        return -1;
    for (int t = 0; t < plan->tasks + plan->checks; t++)
        if (put_task(m, link, t + 1, &task[t], err) != 0)
            return -1;
    fprintf(m->links.stream, "/study/%s\n", link);
    return 0;
}

static int put_raters(struct making *m, const struct study_plan *plan, struct llmx_error *err)
{
    struct study_task *task =
        mem_array((size_t)(plan->tasks + plan->checks) + 1, sizeof *task, err);
    int status = task ? 0 : -1;
    for (int r = 0; r < plan->raters && status == 0; r++)
        status = put_rater(m, plan, r, task, err);
    free(task);
    return status;
}

static int put_study(struct making *m, struct llmx_error *err)
{
    char at[24];
    char *body = plain_json_dumps(m->study, JSON_COMPACT);
    const char *values[] = {m->made->id, body, study_now(at)};
    const int status =
        body ? store_run(m->store,
                         "INSERT INTO study (id, body, made_at, number)"
                         " SELECT $1, $2, $3, COALESCE(MAX(number), 0) + 1 FROM study",
                         values, 3, NULL, NULL, err)
             : err_set(err, LLMX_NO_MEMORY, "out of memory");
    free(body);
    return status;
}

/* ---- all together ---- */

static int put_all(struct making *m, struct llmx_error *err)
{
    const struct study_plan plan = plan_of(m);
    const int64_t shown = (int64_t)plan.raters * plan.tasks;
    char id[STUDY_SECRET_BYTES];
    m->made->raters = plan.raters;
    m->made->tasks = plan.tasks;
    m->made->marks_min = (int)(shown / plan.units);
    m->made->marks_max = (int)((shown + plan.units - 1) / plan.units);
    if (study_secret(id, err) != 0)
        return -1;
    snprintf(m->made->id, sizeof m->made->id, "%.8s", id);
    if (store_begin(m->store, err) != 0)
        return -1;
    if (put_study(m, err) == 0 && put_raters(m, &plan, err) == 0)
        return store_commit(m->store, err);
    store_rollback(m->store);
    return -1;
}

int llmx_study_new(const struct llmx_study_options *options, const char *links_path,
                   struct llmx_study_made *made, struct llmx_error *err)
{
    struct making m = {.options = options, .made = made};
    int status = -1;
    *made = (struct llmx_study_made){0};
    if ((m.study = study_questions(options->questions, err)) != NULL) {
        m.units = json_array();
        m.systems = json_array();
        json_object_set_new(m.study, "units", m.units);
        json_object_set_new(m.study, "systems", m.systems);
        if (read_units(&m, err) == 0 && store_open(&m.store, options->db, err) == 0 &&
            output_open(&m.links, links_path, err) == 0 && put_all(&m, err) == 0)
            status = output_commit(&m.links, err);
    }
    output_discard(&m.links);
    store_close(m.store);
    names_release(&m.places);
    json_decref(m.study);
    return status;
}
