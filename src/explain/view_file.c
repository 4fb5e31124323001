/* view_file.c - views of the lines of a file of explanations. */
#include "base/memory.h"
#include "base/number.h"
#include "explain/desk.h"
#include "explain/view.h"
#include "format/jsonl.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct llmx_views {
    struct llmx_explain_options options;
    struct briefing briefing;
    struct desk desk;
    struct llmx_viewer *viewer;
    struct recs recs;
    struct jsonl file;
};

int llmx_views_open(struct llmx_views **views, const char *explanations_path, const char *recs_path,
                    const struct llmx_data *data, const struct llmx_explain_options *options,
                    struct llmx_error *err)
{
    struct llmx_views *v = mem_array(1, sizeof *v, err);
    if (!v)
        return -1;
    v->options = options ? *options : llmx_explain_defaults();
    int status = briefing_open(&v->briefing, data, &v->options, err);
    if (status == 0)
        status = desk_open(&v->desk, &v->briefing, err);
    if (status == 0)
        status = llmx_viewer_open(&v->viewer, v->briefing.gate, &v->options, err);
    if (status == 0)
        status = recs_open(&v->recs, recs_path, data, &v->options, err);
    if (status == 0)
        status = jsonl_open(&v->file, explanations_path, err);
    if (status != 0) {
        llmx_views_close(v);
        return -1;
    }
    *views = v;
    return 0;
}

void llmx_views_close(struct llmx_views *v)
{
    if (!v)
        return;
    jsonl_close(&v->file);
    recs_release(&v->recs);
    llmx_viewer_close(v->viewer);
    desk_release(&v->desk);
    briefing_release(&v->briefing);
    free(v);
}

/* ---- what the gate said, as the line has it ---- */

static const char *copy(const json_t *text, const char *otherwise, struct arena *arena,
                        struct llmx_error *err)
{
    return json_is_string(text)
               ? arena_text(arena, json_string_value(text), json_string_length(text), err)
               : otherwise;
}

/* A list of names of checks, or of {"check","span"}. */
static int read_failed(const json_t *list, struct llmx_view_failure **failure, int *n,
                       struct arena *arena, struct llmx_error *err)
{
    const size_t count = json_array_size(list);
    if (!(*failure = arena_array(arena, count + 1, sizeof **failure, err)))
        return -1;
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(list, i), *span = json_object_get(entry, "span"),
                     *name = json_is_string(entry) ? entry : json_object_get(entry, "check");
        const struct llmx_view_failure f = {copy(name, "?", arena, err),
                                            copy(span, NULL, arena, err)};
        if (!f.check || (json_is_string(span) && !f.text))
            return -1;
        (*failure)[(*n)++] = f;
    }
    return 0;
}

static enum llmx_outcome outcome_of(const char *verdict)
{
    return !verdict                           ? LLMX_OUTCOME_UNCHECKED
           : strcmp(verdict, "pass") == 0     ? LLMX_OUTCOME_PASSED
           : strcmp(verdict, "fallback") == 0 ? LLMX_OUTCOME_FALLBACK
                                              : LLMX_OUTCOME_REJECTED;
}

static int read_outcome(struct llmx_view *view, const json_t *line, struct arena *arena,
                        struct llmx_error *err)
{
    const json_t *gate = json_object_get(line, "gate"),
                 *rejected = json_object_get(line, "rejected");
    const int n = (int)json_array_size(rejected);
    view->outcome = outcome_of(json_string_value(json_object_get(gate, "verdict")));
    number_whole(json_number_value(json_object_get(line, "tries")), 0, INT_MAX, &view->tries);
    if (read_failed(json_object_get(gate, "failed"), &view->failure, &view->n_failures, arena,
                    err) != 0 ||
        !(view->rejected = arena_array(arena, (size_t)n + 1, sizeof *view->rejected, err)))
        return -1;
    for (; view->n_rejected < n; view->n_rejected++) {
        const json_t *one = json_array_get(rejected, (size_t)view->n_rejected);
        struct llmx_view_try *to = &view->rejected[view->n_rejected];
        if (!(to->text = copy(json_object_get(one, "text"), "", arena, err)) ||
            read_failed(json_object_get(one, "failed"), &to->failure, &to->n_failures, arena,
                        err) != 0)
            return -1;
    }
    return 0;
}

/* The sentences of facts that the line has; older ones have none. */
static int read_facts(struct llmx_view *view, const json_t *line, struct arena *arena,
                      struct llmx_error *err)
{
    const json_t *list = json_object_get(line, "facts");
    const size_t count = json_array_size(list);
    if (!(view->facts = arena_array(arena, count + 1, sizeof *view->facts, err)))
        return -1;
    for (size_t i = 0; i < count; i++) {
        const json_t *text = json_object_get(json_array_get(list, i), "text");
        if (!json_is_string(text))
            continue;
        if (!(view->facts[view->n_facts] = copy(text, NULL, arena, err)))
            return -1;
        view->n_facts++;
    }
    return 0;
}

/* ---- lines ---- */

static const struct rec *find_rec(const struct recs *recs, const char *user, const char *item)
{
    for (int i = 0; i < recs->n; i++)
        if (strcmp(recs->rec[i].user_token, user) == 0 &&
            strcmp(recs->rec[i].item_token, item) == 0)
            return &recs->rec[i];
    return NULL;
}

static int read_view(struct llmx_views *v, const json_t *line, struct llmx_view *view,
                     struct arena *arena, struct llmx_error *err)
{
    const struct jsonl *file = &v->file;
    const char *user = rec_token(file->lines.path, file->lines.number, line, "user", arena, err);
    const char *item =
        user ? rec_token(file->lines.path, file->lines.number, line, "item", arena, err) : NULL;
    const char *text = item ? jsonl_text(file, line, "explanation", err) : NULL;
    const struct rec *rec = text ? find_rec(&v->recs, user, item) : NULL;
    struct llmx_verdict verdict;
    if (!text)
        return -1;
    if (!rec)
        return err_set(err, LLMX_MISMATCH,
                       "%s:%ld: --recs holds no recommendation of item '%s' for user '%s'",
                       file->lines.path, file->lines.number, item, user);
    return desk_check(&v->desk, rec, "", text, strlen(text), &verdict, err) != 0 ||
                   view_fill(view, v->viewer, rec, text, &verdict, arena, err) != 0 ||
                   read_facts(view, line, arena, err) != 0 ||
                   read_outcome(view, line, arena, err) != 0
               ? -1
               : 0;
}

int llmx_views_next(struct llmx_views *v, struct llmx_view *view, struct llmx_error *err)
{
    struct arena arena = {0};
    json_t *line;
    const int more = jsonl_read(&v->file, &line, err);
    if (more <= 0)
        return more;
    const int status = read_view(v, line, view, &arena, err);
    if (status == 0)
        view_keep(view, &arena);
    arena_release(&arena);
    json_decref(line);
    return status == 0 ? 1 : -1;
}
