#include "evaluate/bias_pairs.h"

#include "base/file.h"
#include "base/memory.h"
#include "format/jsonl.h"
#include "judge/pairs.h"
#include "statistics/grouped.h"
#include "statistics/ratios.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CATEGORY_TEXTS_MIN 10 /* of both sides, that name a category for it to be tested */

static bool is_changed(const struct bias_sides *s, size_t i)
{
    return strcmp(s->one->text[i].text, s->other->text[i].text) != 0;
}

static bool cites_differ(const struct bias_sides *s, size_t i)
{
    const struct bias_text *a = &s->one->text[i], *b = &s->other->text[i];
    return a->n_cited != b->n_cited ||
           (a->n_cited > 0 &&
            memcmp(a->cited, b->cited, (size_t)a->n_cited * sizeof *a->cited) != 0);
}

static bool categories_differ(const struct bias_sides *s, size_t i)
{
    return memcmp(s->one->text[i].categories, s->other->text[i].categories,
                  (size_t)s->one->n_categories) != 0;
}

/* "gender=F" */
static const char *system_name(const struct llmx_bias *bias, int pair, int side,
                               char name[static 200])
{
    snprintf(name, 200, "%.90s=%.90s", bias->attribute, bias->pair[pair].value[side]);
    return name;
}

/* ---- for a judge ---- */

static int hold_together(const struct bias_sides *s, struct llmx_error *err)
{
    for (size_t i = 0; i < s->one->n; i++)
        if (i >= s->other->n || strcmp(s->one->text[i].user, s->other->text[i].user) != 0 ||
            strcmp(s->one->text[i].item, s->other->text[i].item) != 0)
            return err_set(err, LLMX_MISMATCH,
                           "the texts of both tellings are not of the same recommendations; write "
                           "them anew");
    return 0;
}

static int add_pairs(struct llmx_pairs *pairs, const struct llmx_bias *bias, int k,
                     const struct bias_sides *s, struct llmx_error *err)
{
    char name[200];
    const char *system[2];
    const struct bias_text *a = s->one->text, *b = s->other->text;
    for (int side = 0; side < 2; side++) {
        system_name(bias, k, side, name);
        if (!(system[side] = arena_text(&pairs->arena, name, strlen(name), err)))
            return -1;
    }
    for (size_t i = 0; i < s->one->n; i++) {
        const struct llmx_pair pair = {.prompt = a[i].prompt,
                                       .text = {a[i].text, b[i].text},
                                       .system = {system[0], system[1]},
                                       .user = a[i].user,
                                       .item = a[i].item,
                                       .p_a = {NAN, NAN}};
        if (is_changed(s, i) && pairs_add(pairs, &pair, err) != 0)
            return -1;
    }
    return 0;
}

int bias_pairs_write(const struct llmx_bias *bias, const struct bias_sides *sides,
                     const char *folder, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct llmx_pairs *pairs = pairs_create(err);
    int status = !pairs ? -1 : path_join(path, sizeof path, folder, "pairs.jsonl", err);
    for (int k = 0; k < bias->n_pairs && status == 0; k++)
        if (hold_together(&sides[k], err) != 0 || add_pairs(pairs, bias, k, &sides[k], err) != 0)
            status = -1;
    if (status == 0)
        status = llmx_pairs_write(pairs, path, err);
    llmx_pairs_close(pairs);
    return status;
}

/* Which pair of values a judged pair is of; -1: none. */
static int pair_of(const struct llmx_bias *bias, const struct llmx_pair *judged)
{
    char one[200], other[200];
    for (int k = 0; k < bias->n_pairs; k++)
        if (judged->system[0] && judged->system[1] &&
            strcmp(judged->system[0], system_name(bias, k, 0, one)) == 0 &&
            strcmp(judged->system[1], system_name(bias, k, 1, other)) == 0)
            return k;
    return -1;
}

static bool is_of(const struct llmx_pair *judged, const struct bias_sides *s, size_t i)
{
    return strcmp(judged->user, s->one->text[i].user) == 0 &&
           strcmp(judged->item, s->one->text[i].item) == 0 &&
           strcmp(judged->text[0], s->one->text[i].text) == 0 &&
           strcmp(judged->text[1], s->other->text[i].text) == 0;
}

/* Notes what was judged; from text `first` on, for they most often come in order. Returns the text, or -1: there is none. */
static int64_t take_verdict(const struct bias_sides *s, size_t first,
                            const struct llmx_pair *judged)
{
    const enum llmx_preference verdict = llmx_pair_verdict(judged);
    for (size_t step = 0; step < s->one->n; step++) {
        const size_t i = (first + step) % s->one->n;
        if (!is_of(judged, s, i))
            continue;
        if (verdict != LLMX_PREFERS_UNKNOWN)
            s->preference[i] = (verdict == LLMX_PREFERS_B) - (verdict == LLMX_PREFERS_A);
        return (int64_t)i;
    }
    return -1;
}

static int take_verdicts(const struct llmx_bias *bias, struct bias_sides *sides,
                         struct llmx_pairs *judged, const char *path, struct llmx_error *err)
{
    int64_t at = 0;
    for (size_t j = 0; j < llmx_pairs_count(judged); j++) {
        const struct llmx_pair *pair = llmx_pairs_get(judged, j);
        const int k = pair_of(bias, pair);
        at = k < 0 || !pair->user || !pair->item ? -1 : take_verdict(&sides[k], (size_t)at, pair);
        if (at < 0)
            return err_set(err, LLMX_MISMATCH,
                           "%s: pair %zu is not of these texts; judge the pairs.jsonl that stands "
                           "beside them",
                           path, j + 1);
    }
    return 0;
}

int bias_pairs_judge(const struct llmx_bias *bias, struct bias_sides *sides, const char *path,
                     struct llmx_error *err)
{
    struct llmx_pairs *judged = NULL;
    int status = llmx_pairs_read(&judged, path, err);
    for (int k = 0; k < bias->n_pairs && status == 0; k++) {
        const size_t n = sides[k].one->n;
        if (!(sides[k].preference = mem_array(n, sizeof *sides[k].preference, err)))
            status = -1;
        for (size_t i = 0; i < n && status == 0; i++)
            sides[k].preference[i] = NAN;
    }
    if (status == 0)
        status = take_verdicts(bias, sides, judged, path, err);
    llmx_pairs_close(judged);
    return status;
}

/* ---- figures ---- */

/* Rows of one question, by user. */
struct column {
    double *value, *told[2];
    int32_t *group;
    size_t n;
};

static int column_create(struct column *c, size_t n, struct llmx_error *err)
{
    *c = (struct column){.value = mem_array(3 * n, sizeof *c->value, err),
                         .group = mem_array(n, sizeof *c->group, err)};
    if (c->value && c->group) {
        c->told[0] = c->value + n;
        c->told[1] = c->told[0] + n;
        return 0;
    }
    free(c->value);
    free(c->group);
    return -1;
}

static void column_release(struct column *c)
{
    free(c->value);
    free(c->group);
}

static void add_row(struct column *c, int32_t group, double one, double other)
{
    c->told[0][c->n] = one;
    c->told[1][c->n] = other;
    c->value[c->n] = other - one;
    c->group[c->n++] = group;
}

static double mean(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return n > 0 ? sum / (double)n : NAN;
}

/* users: of all rows there are, some of which may have none here. */
static int test_column(struct column *c, size_t users, const struct llmx_resampling *how,
                       struct bias_difference *d, struct llmx_error *err)
{
    struct llmx_bootstrap drawn;
    struct grouped grouped;
    d->texts = (int)c->n;
    for (int side = 0; side < 2; side++)
        d->told[side] = mean(c->told[side], c->n);
    if (grouped_create(&grouped, c->value, c->group, c->n, users, err) != 0)
        return -1;
    struct threads *pool = threads_create(how->threads, err);
    const int status = pool && grouped_bootstrap(&grouped, how, pool, &drawn, err) == 0
                           ? grouped_permutation(&grouped, how, pool, &d->p, err)
                           : -1;
    if (status == 0)
        d->difference = drawn.interval;
    threads_destroy(pool);
    grouped_release(&grouped);
    return status;
}

/* category: -1 none */
static int test_figure(const struct llmx_bias *bias, const struct bias_sides *s, int figure,
                       int category, struct bias_difference *d, struct llmx_error *err)
{
    struct column c;
    if (column_create(&c, s->one->n, err) != 0)
        return -1;
    for (size_t i = 0; i < s->one->n; i++) {
        const struct bias_text *a = &s->one->text[i], *b = &s->other->text[i];
        if (figure == BIAS_PREFERRED && isnan(s->preference[i]))
            continue;
        if (figure == BIAS_PREFERRED)
            add_row(&c, a->group, (1 - s->preference[i]) / 2, (1 + s->preference[i]) / 2);
        else if (category >= 0)
            add_row(&c, a->group, a->categories[category], b->categories[category]);
        else
            add_row(&c, a->group, a->figure[figure], b->figure[figure]);
    }
    d->figure = figure;
    const int status = c.n > 0 ? test_column(&c, s->one->users.count, &bias->resampling, d, err)
                               : err_set(err, LLMX_MISMATCH, "the verdicts judge no pair");
    column_release(&c);
    return status;
}

static bool is_tested(const struct bias_sides *s, int category)
{
    int n = 0;
    for (size_t i = 0; i < s->one->n; i++)
        n += s->one->text[i].categories[category] + s->other->text[i].categories[category];
    return n >= CATEGORY_TEXTS_MIN;
}

static int measure_share(const struct llmx_bias *bias, const struct bias_sides *s,
                         bool (*holds)(const struct bias_sides *s, size_t i),
                         struct llmx_interval *share, struct llmx_error *err)
{
    struct column c;
    struct llmx_bootstrap drawn;
    if (column_create(&c, s->one->n, err) != 0)
        return -1;
    for (size_t i = 0; i < s->one->n; i++)
        add_row(&c, s->one->text[i].group, 0, holds(s, i));
    const int status = llmx_bootstrap(c.value, c.group, c.n, &bias->resampling, &drawn, err);
    if (status == 0)
        *share = drawn.interval;
    column_release(&c);
    return status;
}

static int measure_pair(struct llmx_bias *bias, struct bias_pair *pair, const struct bias_sides *s,
                        struct llmx_error *err)
{
    const size_t most = LLMX_BIAS_FIGURES + 1 + (size_t)s->one->n_categories;
    pair->difference = arena_array(&bias->arena, most, sizeof *pair->difference, err);
    if (!pair->difference || measure_share(bias, s, is_changed, &pair->changed, err) != 0 ||
        measure_share(bias, s, cites_differ, &pair->cited_changed, err) != 0 ||
        measure_share(bias, s, categories_differ, &pair->categories_changed, err) != 0)
        return -1;
    for (int figure = 0; figure < LLMX_BIAS_FIGURES + (s->preference != NULL); figure++)
        if (test_figure(bias, s, figure, -1, &pair->difference[pair->n++], err) != 0)
            return -1;
    for (int category = 0; category < s->one->n_categories; category++) {
        struct bias_difference *d = &pair->difference[pair->n];
        const char *name = s->one->category[category];
        if (!is_tested(s, category))
            continue;
        if (test_figure(bias, s, LLMX_BIAS_CATEGORIES, category, d, err) != 0 ||
            !(d->category = arena_text(&bias->arena, name, strlen(name), err)))
            return -1;
        pair->n++;
    }
    return 0;
}

/* All tests of all pairs are one family. */
static int correct(struct llmx_bias *bias, struct llmx_error *err)
{
    size_t n = 0, at = 0;
    for (int k = 0; k < bias->n_pairs; k++)
        n += (size_t)bias->pair[k].n;
    double *p = mem_array(n, sizeof *p, err);
    if (!p)
        return -1;
    for (int k = 0; k < bias->n_pairs; k++)
        for (int i = 0; i < bias->pair[k].n; i++)
            p[at++] = bias->pair[k].difference[i].p;
    const int status = llmx_adjust_holm(p, n, p, err);
    at = 0;
    for (int k = 0; k < bias->n_pairs && status == 0; k++)
        for (int i = 0; i < bias->pair[k].n; i++)
            bias->pair[k].difference[i].p_holm = p[at++];
    free(p);
    return status;
}

static bool is_told(const struct bias_sides *s)
{
    for (size_t i = 0; i < s->one->n; i++)
        if (strcmp(s->one->text[i].prompt, s->other->text[i].prompt) != 0)
            return true;
    return false;
}

int bias_pairs_measure(struct llmx_bias *bias, const struct bias_sides *sides,
                       struct llmx_error *err)
{
    for (int k = 0; k < bias->n_pairs; k++) {
        if (measure_pair(bias, &bias->pair[k], &sides[k], err) != 0)
            return -1;
        bias->is_told = bias->is_told || is_told(&sides[k]);
    }
    return correct(bias, err);
}

/* ---- rows ---- */

static json_t *category_list(const struct bias_texts *texts, const struct bias_text *t)
{
    json_t *list = json_array();
    for (int g = 0; g < texts->n_categories; g++)
        if (t->categories[g])
            json_array_append_new(list, json_string(texts->category[g]));
    return list;
}

static json_t *side_object(const struct bias_texts *texts, const struct bias_text *t,
                           const char *value)
{
    json_t *object = json_pack("{s:s, s:s, s:o}", "told_as", value, "text", t->text, "names",
                               category_list(texts, t));
    for (int figure = 0; object && figure < LLMX_BIAS_FIGURES; figure++)
        json_object_set_new(object, llmx_bias_figure_name(figure), json_figure(t->figure[figure]));
    return object;
}

static int write_row(const struct llmx_bias *bias, int k, const struct bias_sides *s, size_t i,
                     FILE *stream, struct llmx_error *err)
{
    const struct bias_text *a = &s->one->text[i], *b = &s->other->text[i];
    const char *const *value = bias->pair[k].value;
    json_t *row = json_pack("{s:s, s:s, s:b, s:o, s:o}", "user", a->user, "item", a->item,
                            "changed", is_changed(s, i), "one", side_object(s->one, a, value[0]),
                            "other", side_object(s->other, b, value[1]));
    if (row && s->preference)
        json_object_set_new(row, "preference", json_figure(s->preference[i]));
    const int status =
        row ? jsonl_write(stream, row, err) : err_set(err, LLMX_NO_MEMORY, "out of memory");
    json_decref(row);
    return status;
}

int bias_pairs_rows(const struct llmx_bias *bias, const struct bias_sides *sides, const char *path,
                    struct llmx_error *err)
{
    struct output out = {0};
    int status = output_open(&out, path, err);
    for (int k = 0; k < bias->n_pairs && status == 0; k++)
        for (size_t i = 0; i < sides[k].one->n && status == 0; i++)
            status = write_row(bias, k, &sides[k], i, out.stream, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}
