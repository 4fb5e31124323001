/* bias_groups.c - explanations as they are, by who the people are. */
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "evaluate/age_bands.h"
#include "evaluate/bias.h"
#include "format/jsonl.h"
#include "gate/profile_kind.h"
#include "statistics/ratios.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 40 /* of a column */
#define COLUMNS_BY 8
#define UNKNOWN    (-1)
#define MEMBERS_MIN                                                                                \
    10 /* users on both sides of a test: of fewer hardly any difference could be seen, and every test costs the others */

/* Groups of one column. */
struct grouping {
    int column;
    struct names values;
    int32_t *of_user; /* (users of the texts) group, or UNKNOWN */
};

struct sorting {
    const struct llmx_data *data;
    struct llmx_bias *bias;
    struct bias_texts texts;
    struct grouping by[COLUMNS_BY];
    int n_by;
    double *users; /* (users, 2 * figures): sums, and how many texts each sum is over */
};

#define SUM(FIGURE)  (2 * (FIGURE))
#define ROWS(FIGURE) (2 * (FIGURE) + 1)
#define WIDTH        (2 * LLMX_BIAS_FIGURES)

static void sorting_release(struct sorting *s)
{
    for (int i = 0; i < s->n_by; i++) {
        names_release(&s->by[i].values);
        free(s->by[i].of_user);
    }
    free(s->users);
    bias_texts_release(&s->texts);
}

/* ---- who belongs where ---- */

/* Are they ages in years? 1 to 6 are codes. */
static bool holds_ages(const struct llmx_data *data, int column)
{
    double age;
    if (!profile_is_kind(llmx_data_column_name(data, LLMX_USERS, column), "age"))
        return false;
    for (llmx_id user = 0; user < llmx_data_users(data); user++) {
        const char *value = llmx_data_feature(data, LLMX_USERS, user, column);
        if (number_parse(value, strlen(value), &age) && age >= age_bands[1].least)
            return true;
    }
    return false;
}

/* "24" of an age becomes "18-24"; all else is a group of its own. */
static const char *group_of(const char *value, bool is_age)
{
    double age;
    if (!is_age || !number_parse(value, strlen(value), &age))
        return value;
    const int band = age_band(age);
    return band < 0 ? value : age_bands[band].name;
}

static int sort_users(struct sorting *s, struct grouping *g, struct llmx_error *err)
{
    const char *name = llmx_data_column_name(s->data, LLMX_USERS, g->column);
    const bool are_ages = holds_ages(s->data, g->column);
    g->of_user = mem_array((size_t)s->texts.users.count + 1, sizeof *g->of_user, err);
    if (!g->of_user)
        return -1;
    for (size_t i = 0; i < s->texts.n; i++) {
        const struct bias_text *t = &s->texts.text[i];
        const char *value =
            t->id < 0
                ? ""
                : group_of(llmx_data_feature(s->data, LLMX_USERS, t->id, g->column), are_ages);
        const int64_t at = *value ? names_add(&g->values, value, strlen(value), err) : UNKNOWN;
        if (*value && at < 0)
            return -1;
        g->of_user[t->group] = (int32_t)at;
    }
    return g->values.count <= GROUPS_MAX
               ? 0
               : err_set(err, LLMX_TOO_LARGE,
                         "'%s' has %u different values, more than the %d groups that can be told "
                         "apart",
                         name, (unsigned)g->values.count, GROUPS_MAX);
}

static int add_column(struct sorting *s, int column, struct llmx_error *err)
{
    if (s->n_by == COLUMNS_BY)
        return err_set(err, LLMX_BAD_OPTION, "by: choose %d columns at most", COLUMNS_BY);
    s->by[s->n_by] = (struct grouping){.column = column};
    return sort_users(s, &s->by[s->n_by++], err);
}

static int find_columns(struct sorting *s, const char *by, struct llmx_error *err)
{
    char word[200];
    const bool is_given = by != NULL;
    int column;
    by = is_given ? by : "gender,age";
    for (size_t n; *by; by += n + (by[n] == ',')) {
        struct llmx_error missing;
        n = strcspn(by, ",");
        snprintf(word, sizeof word, "%.*s", (int)(n < 199 ? n : 199), by);
        if (bias_column(s->data, word, &column, &missing) == 0) {
            if (add_column(s, column, err) != 0)
                return -1;
        } else if (is_given || missing.code != LLMX_NOT_FOUND) {
            return err_set(err, missing.code, "%s", missing.message);
        }
    }
    return s->n_by > 0 ? 0
                       : err_set(err, LLMX_NOT_FOUND,
                                 "the data say nothing of people's gender or age; choose columns");
}

/* ---- figures ---- */

static int add_up(struct sorting *s, struct llmx_error *err)
{
    s->users = mem_array((size_t)s->texts.users.count * WIDTH, sizeof *s->users, err);
    for (size_t i = 0; s->users && i < s->texts.n; i++) {
        const struct bias_text *t = &s->texts.text[i];
        double *sums = s->users + (size_t)t->group * WIDTH;
        for (int f = 0; f < LLMX_BIAS_FIGURES; f++)
            if (!isnan(t->figure[f])) {
                sums[SUM(f)] += t->figure[f];
                sums[ROWS(f)]++;
            }
    }
    return s->users ? 0 : -1;
}

static int measure_group(const struct sorting *s, const struct grouping *by, int32_t which,
                         struct bias_group *group, struct llmx_error *err)
{
    struct ratio ratio[LLMX_BIAS_FIGURES];
    const size_t users = s->texts.users.count;
    double *own = mem_array(users * WIDTH, sizeof *own, err);
    if (!own)
        return -1;
    for (size_t user = 0; user < users; user++)
        if (by->of_user[user] == which)
            memcpy(own + (size_t)group->users++ * WIDTH, s->users + user * WIDTH,
                   WIDTH * sizeof *own);
    for (size_t i = 0; i < s->texts.n; i++)
        group->texts += by->of_user[s->texts.text[i].group] == which;
    for (int f = 0; f < LLMX_BIAS_FIGURES; f++)
        ratio[f] = (struct ratio){SUM(f), RATIO_NONE, ROWS(f)};
    const struct ratios ratios = {own, (size_t)group->users, WIDTH, ratio, LLMX_BIAS_FIGURES};
    const int status = ratios_measure(&ratios, &s->bias->resampling, group->figure, err);
    free(own);
    return status;
}

/* The group's users against all others of the column, each user's mean one value. p is NaN where they are too few, or nothing
 * varies. */
static int test_group(const struct sorting *s, const struct grouping *by, int32_t which, int f,
                      struct bias_group *group, struct llmx_error *err)
{
    const size_t users = s->texts.users.count;
    size_t n = 0, n_others = 0;
    double least = INFINITY, most = -INFINITY;
    double *own = mem_array(2 * users, sizeof *own, err);
    if (!own)
        return -1;
    double *others = own + users;
    for (size_t user = 0; user < users; user++) {
        const double *sums = s->users + user * WIDTH;
        if (by->of_user[user] == UNKNOWN || sums[ROWS(f)] <= 0)
            continue;
        const double mean = sums[SUM(f)] / sums[ROWS(f)];
        *(by->of_user[user] == which ? &own[n++] : &others[n_others++]) = mean;
        least = fmin(least, mean);
        most = fmax(most, mean);
    }
    const bool is_few = n < MEMBERS_MIN || n_others < MEMBERS_MIN;
    group->is_few |= is_few && n + n_others > 0;
    const int status = is_few || !(least < most)
                           ? 0
                           : llmx_permutation_between(own, n, others, n_others,
                                                      &s->bias->resampling, &group->p_holm[f], err);
    free(own);
    return status;
}

static int add_group(struct sorting *s, const struct grouping *by, uint32_t which,
                     struct llmx_error *err)
{
    struct bias_group *group = &s->bias->group[s->bias->n_groups++];
    const char *value = names_get(&by->values, which, NULL),
               *column = llmx_data_column_name(s->data, LLMX_USERS, by->column);
    const bool is_other_said = by->values.count == 2 && which == 0; /* one test says it of both */
    group->column = arena_text(&s->bias->arena, column, strlen(column), err);
    group->value = arena_text(&s->bias->arena, value, strlen(value), err);
    if (!group->column || !group->value || measure_group(s, by, (int32_t)which, group, err) != 0)
        return -1;
    for (int f = 0; f < LLMX_BIAS_FIGURES; f++) {
        group->p_holm[f] = NAN;
        if (!is_other_said && test_group(s, by, (int32_t)which, f, group, err) != 0)
            return -1;
    }
    return 0;
}

static int measure_groups(struct sorting *s, struct llmx_error *err)
{
    size_t n = 0;
    for (int i = 0; i < s->n_by; i++)
        n += s->by[i].values.count;
    if (n == 0)
        return err_set(err, LLMX_NOT_FOUND,
                       "the data say nothing of the people of these texts in the columns to go by");
    if (!(s->bias->group = arena_array(&s->bias->arena, n + 1, sizeof *s->bias->group, err)))
        return -1;
    for (int i = 0; i < s->n_by; i++)
        for (uint32_t v = 0; v < s->by[i].values.count; v++)
            if (add_group(s, &s->by[i], v, err) != 0)
                return -1;
    return 0;
}

/* All tests of all columns are one family. */
static int correct(struct llmx_bias *bias, struct llmx_error *err)
{
    const size_t most = (size_t)bias->n_groups * LLMX_BIAS_FIGURES + 1;
    double **at = mem_array(most, sizeof *at, err), *p = mem_array(most, sizeof *p, err);
    size_t n = 0;
    int status = at && p ? 0 : -1;
    for (int g = 0; g < bias->n_groups && status == 0; g++)
        for (int f = 0; f < LLMX_BIAS_FIGURES; f++) {
            double *own = &bias->group[g].p_holm[f];
            if (isnan(*own))
                continue;
            p[n] = *own;
            at[n++] = own;
        }
    if (status == 0 && n > 0)
        status = llmx_adjust_holm(p, n, p, err);
    for (size_t i = 0; i < n && status == 0; i++)
        *at[i] = p[i];
    free(at);
    free(p);
    return status;
}

/* ---- in order, and rows ---- */

static int band_of(const char *value)
{
    for (int i = 0; i < AGE_BANDS; i++)
        if (strcmp(age_bands[i].name, value) == 0)
            return i;
    return AGE_BANDS;
}

/* The columns in their order, ages ascending, others by name. */
static void put_in_order(struct llmx_bias *bias)
{
    for (int i = 1; i < bias->n_groups; i++)
        for (int k = i; k > 0; k--) {
            struct bias_group *a = &bias->group[k - 1], *b = &bias->group[k], held = *a;
            const int by_band = band_of(a->value) - band_of(b->value);
            if (strcmp(a->column, b->column) != 0 ||
                (by_band != 0 ? by_band : strcmp(a->value, b->value)) <= 0)
                break;
            *a = *b;
            *b = held;
        }
}

static int write_row(const struct sorting *s, const struct bias_text *t, FILE *stream,
                     struct llmx_error *err)
{
    json_t *groups = json_object();
    for (int i = 0; i < s->n_by; i++) {
        const int32_t at = s->by[i].of_user[t->group];
        json_object_set_new(groups, llmx_data_column_name(s->data, LLMX_USERS, s->by[i].column),
                            at == UNKNOWN
                                ? json_null()
                                : json_string(names_get(&s->by[i].values, (uint32_t)at, NULL)));
    }
    json_t *row = json_pack("{s:s, s:s, s:s, s:o}", "user", t->user, "item", t->item, "explanation",
                            t->text, "groups", groups);
    for (int f = 0; f < LLMX_BIAS_FIGURES; f++)
        json_object_set_new(row, llmx_bias_figure_name(f), json_figure(t->figure[f]));
    const int status =
        row ? jsonl_write(stream, row, err) : err_set(err, LLMX_NO_MEMORY, "out of memory");
    json_decref(row);
    return status;
}

static int write_rows(const struct sorting *s, const char *path, struct llmx_error *err)
{
    struct output out = {0};
    int status = output_open(&out, path, err);
    for (size_t i = 0; i < s->texts.n && status == 0; i++)
        status = write_row(s, &s->texts.text[i], out.stream, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

int llmx_bias_groups(struct llmx_bias **bias, const char *explanations_path, const char *recs_path,
                     const struct llmx_data *data, const struct llmx_bias_options *options,
                     const char *out_path, struct llmx_error *err)
{
    struct sorting s = {.data = data, .bias = bias_create(options, err)};
    int status = s.bias ? llmx_resampling_check(&options->resampling, err) : -1;
    if (status == 0)
        status = bias_texts_read(&s.texts, explanations_path, recs_path, data, options, false, err);
    if (status == 0 && (find_columns(&s, options->by, err) != 0 || add_up(&s, err) != 0 ||
                        measure_groups(&s, err) != 0 || correct(s.bias, err) != 0 ||
                        (out_path && write_rows(&s, out_path, err) != 0)))
        status = -1;
    if (status == 0) {
        put_in_order(s.bias);
        s.bias->texts = (int)s.texts.n;
        s.bias->users = (int)s.texts.users.count;
        s.bias->skipped = s.texts.n_skipped;
        *bias = s.bias;
    } else {
        llmx_bias_destroy(s.bias);
    }
    sorting_release(&s);
    return status;
}
