#include "evaluate/attribute_panel.h"

#include "base/memory.h"
#include "format/jsonl.h"

#include <stdlib.h>
#include <string.h>

/* ---- which attributes ---- */

static int add_panel(struct llmx_attributes *all, const char *name, const struct llmx_data *data,
                     struct llmx_error *err)
{
    if (all->n == ATTRIBUTES_MAX)
        return err_set(err, LLMX_BAD_OPTION, "more than %d attributes", ATTRIBUTES_MAX);
    struct panel *p = &all->panel[all->n];
    if (attribute_open(&p->attribute, name, data, err) != 0)
        return -1;
    p->truth = &p->attribute.truth;
    p->rows = p->attribute.n;
    all->n++;
    return 0;
}

static int add_named(struct llmx_attributes *all, const char *names, const struct llmx_data *data,
                     struct llmx_error *err)
{
    while (*names) {
        char name[ATTRIBUTE_NAME_BYTES];
        const size_t n = strcspn(names, ",");
        snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : (int)sizeof name - 1, names);
        if (n > 0 && add_panel(all, name, data, err) != 0)
            return -1;
        names += n + (names[n] == ',');
    }
    return 0;
}

static int add_all(struct llmx_attributes *all, const struct llmx_data *data,
                   const struct llmx_attributes_options *options, struct llmx_error *err)
{
    const char *names[ATTRIBUTES_MAX];
    const int n = attribute_list(data, names, ATTRIBUTES_MAX);
    for (int i = 0; i < n; i++) {
        struct llmx_error why;
        if (add_panel(all, names[i], data, &why) == 0)
            continue;
        if (why.code != LLMX_BAD_OPTION)
            return err_set(err, why.code, "%s", why.message);
        if (options->notice)
            options->notice(options->notice_context, why.message);
    }
    return 0;
}

int panels_open(struct llmx_attributes **found, const struct llmx_data *data,
                const struct llmx_attributes_options *options, struct llmx_error *err)
{
    struct llmx_attributes *all = mem_array(1, sizeof *all, err);
    if (!all)
        return -1;
    all->resampling = options->resampling;
    all->panel = mem_array(ATTRIBUTES_MAX, sizeof *all->panel, err);
    if (!all->panel ||
        (options->names ? add_named(all, options->names, data, err)
                        : add_all(all, data, options, err)) != 0 ||
        (all->n == 0 && err_set(err, LLMX_BAD_OPTION, "there is no attribute to hide") != 0)) {
        llmx_attributes_destroy(all);
        return -1;
    }
    *found = all;
    return 0;
}

static void guess_release(struct guess *g, size_t rows)
{
    for (size_t row = 0; row < rows && g->said; row++)
        free(g->said[row]);
    free(g->said);
    answered_release(&g->answers);
}

static void panel_release(struct panel *p)
{
    attribute_release(&p->attribute);
    answered_release(&p->own);
    free(p->asked);
    free(p->learnt);
    free(p->groups);
    for (int i = 0; i < p->n; i++)
        guess_release(&p->guess[i], p->rows);
}

void llmx_attributes_destroy(struct llmx_attributes *all)
{
    if (!all)
        return;
    for (int i = 0; i < all->n; i++)
        panel_release(&all->panel[i]);
    free(all->panel);
    free(all);
}

int llmx_attributes_skipped(const struct llmx_attributes *all)
{
    return all->skipped;
}

/* ---- guesses ---- */

int panel_make_room(struct panel *p, size_t rows, struct llmx_error *err)
{
    p->asked = mem_array(rows, sizeof *p->asked, err);
    p->learnt = mem_array(rows, sizeof *p->learnt, err);
    p->groups = mem_array(rows, sizeof *p->groups, err);
    return p->asked && p->learnt && p->groups ? 0 : -1;
}

struct answered *panel_add(struct panel *p, const char *prefix, const char *name,
                           struct llmx_error *err)
{
    struct guess *g = &p->guess[p->n];
    snprintf(g->name, sizeof g->name, "%s%s%s", prefix, *prefix ? "_" : "", name);
    if (answered_make(&g->answers, p->rows, attribute_classes(&p->attribute), err) != 0)
        return NULL;
    p->n++;
    return &g->answers;
}

struct guessing panel_guessing(const struct panel *p)
{
    return (struct guessing){p->attribute.kind == ATTRIBUTE_MULTI,
                             attribute_classes(&p->attribute),
                             p->truth,
                             p->learnt,
                             p->asked,
                             p->n_learnt,
                             p->n_asked};
}

/* ---- the model ---- */

int ask_list_add(struct ask_list *list, const struct llmx_attributes *all, int panel, size_t row,
                 const char *context, struct llmx_error *err)
{
    const size_t n = list->n + 1;
    if (mem_grow(&list->ask, &list->capacity, n, sizeof *list->ask, err) != 0 ||
        mem_grow(&list->place, &list->place_capacity, n, sizeof *list->place, err) != 0)
        return -1;
    list->ask[list->n] = (struct ask){&all->panel[panel].attribute, context, NULL, NULL};
    list->place[list->n++] = (struct ask_place){panel, row};
    return 0;
}

void ask_list_release(struct ask_list *list)
{
    asks_release(list->ask, list->n);
    free(list->place);
    *list = (struct ask_list){0};
}

/* What the model gives each class, in logarithms, on average over the rows of a panel. */
static void find_means(const struct ask_list *list, int panel, int n_classes, double *mean)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (list->place[i].panel != panel)
            continue;
        n++;
        for (int k = 0; k < n_classes; k++)
            mean[k] += (list->ask[i].logprob[k] - mean[k]) / (double)n;
    }
}

/* Reads what the model wrote of a panel's rows, and keeps it. */
static int take_texts(const struct ask_list *list, struct panel *p, int number, const char *prefix,
                      struct llmx_error *err)
{
    struct answered *answers = panel_add(p, prefix, "free_text", err);
    char **said = answers ? mem_array(p->rows, sizeof *said, err) : NULL;
    if (!said)
        return -1;
    p->guess[p->n - 1].said = said;
    for (size_t i = 0; i < list->n; i++) {
        const size_t row = list->place[i].row;
        if (list->place[i].panel != number)
            continue;
        said[row] = list->ask[i].text;
        list->ask[i].text = NULL;
        if (attribute_read_answer(answers, row, &p->attribute, said[row], err) != 0)
            return -1;
    }
    return 0;
}

static int take_answers(const struct ask_list *list, struct panel *p, int number,
                        const char *prefix, struct llmx_error *err)
{
    const double nothing[ATTRIBUTE_CLASSES_MAX] = {0};
    double mean[ATTRIBUTE_CLASSES_MAX] = {0};
    struct answered *candidates = panel_add(p, prefix, "candidates", err),
                    *calibrated = candidates ? panel_add(p, prefix, "calibrated", err) : NULL;
    if (!calibrated)
        return -1;
    find_means(list, number, attribute_classes(&p->attribute), mean);
    for (size_t i = 0; i < list->n; i++) {
        if (list->place[i].panel != number)
            continue;
        attribute_take_likeliest(candidates, list->place[i].row, &list->ask[i], nothing);
        attribute_take_likeliest(calibrated, list->place[i].row, &list->ask[i], mean);
    }
    return take_texts(list, p, number, prefix, err);
}

int ask_list_ask(struct ask_list *list, struct llmx_attributes *all, const char *prefix,
                 const struct asking *asking, struct llmx_error *err)
{
    int status = attribute_ask_all(asking, list->ask, list->n, err);
    for (int i = 0; i < all->n && status == 0; i++)
        status = take_answers(list, &all->panel[i], i, prefix, err);
    return status;
}

/* ---- the truth ---- */

/* The constant guess that others are held against: of a list the better of two. */
static int find_reference(struct panel *p, struct scoring *scoring, struct llmx_error *err)
{
    scoring->majority = &p->guess[0].answers;
    if (p->attribute.kind != ATTRIBUTE_MULTI)
        return 0;
    for (int i = 0; i < 2; i++)
        if (attribute_score(&p->guess[i].scores, scoring, &p->guess[i].answers, err) != 0)
            return -1;
    if (p->guess[1].scores.row_f1.mean > p->guess[0].scores.row_f1.mean)
        scoring->majority = &p->guess[1].answers;
    return 0;
}

int panel_score(struct panel *p, const struct llmx_resampling *how, struct llmx_error *err)
{
    struct scoring scoring = {.kind = p->attribute.kind,
                              .n_classes = attribute_classes(&p->attribute),
                              .rows = p->asked,
                              .groups = p->groups,
                              .n = p->n_asked,
                              .truth = p->truth,
                              .resampling = *how};
    if (find_reference(p, &scoring, err) != 0)
        return -1;
    for (int i = 0; i < p->n; i++)
        if (attribute_score(&p->guess[i].scores, &scoring, &p->guess[i].answers, err) != 0)
            return -1;
    return 0;
}

/* A class, a list of them, or null for what could not be read. */
static json_t *json_answer(const struct panel *p, const struct answered *answers, size_t row)
{
    const struct attribute *a = &p->attribute;
    const int n = attribute_classes(a);
    if (!answers->is_parsed[row])
        return json_null();
    if (a->kind != ATTRIBUTE_MULTI)
        return json_string(attribute_class(a, answered_first(answers, n, row)));
    json_t *list = json_array();
    for (int k = 0; k < n; k++)
        if (answers->has[row * (size_t)n + (size_t)k])
            json_array_append_new(list, json_string(attribute_class(a, k)));
    return list;
}

static int write_row(const struct panel *p, size_t row, json_t *line, FILE *stream,
                     struct llmx_error *err)
{
    json_t *answers = json_object(), *said = json_object();
    for (int i = 0; i < p->n; i++) {
        const struct guess *g = &p->guess[i];
        json_object_set_new(answers, g->name, json_answer(p, &g->answers, row));
        if (g->said)
            json_object_set_new(said, g->name, json_string(g->said[row]));
    }
    if ((json_object_set_new(line, "truth", json_answer(p, p->truth, row)) |
         json_object_set_new(line, "answers", answers) | json_object_set_new(line, "said", said)) !=
        0)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    return jsonl_write(stream, line, err);
}

int panel_write(const struct panel *p, FILE *stream,
                int (*put_who)(const void *context, const struct panel *panel, size_t row,
                               json_t *line),
                const void *context, struct llmx_error *err)
{
    for (size_t i = 0; i < p->n_asked; i++) {
        json_t *line = json_pack("{s:s}", "attribute", p->attribute.name);
        if (!line || put_who(context, p, p->asked[i], line) != 0) {
            json_decref(line);
            return err_set(err, LLMX_NO_MEMORY, "out of memory");
        }
        const int status = write_row(p, p->asked[i], line, stream, err);
        json_decref(line);
        if (status != 0)
            return -1;
    }
    return 0;
}
