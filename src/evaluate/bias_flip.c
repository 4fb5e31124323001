/* bias_flip.c - everybody told as one and as the other: the texts, and what differs. */
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/number.h"
#include "evaluate/bias.h"
#include "evaluate/bias_pairs.h"
#include "llmxrec/explain_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* One value, and what was written for those who were told as having it. */
struct telling {
    const char *value;
    struct bias_texts texts;
};

struct flip {
    const struct llmx_data *data;
    const struct llmx_bias_options *options;
    const char *recs_path, *folder;
    struct llmx_bias *bias;
    int column;
    struct retold retold; /* the column and all of its kind */
    struct telling *telling;
    int n_tellings;
    int (*side)[2]; /* (pairs) which telling is one, which the other */
};

static void flip_release(struct flip *f)
{
    for (int i = 0; i < f->n_tellings; i++)
        bias_texts_release(&f->telling[i].texts);
    free(f->telling);
    free(f->side);
    retold_release(&f->retold);
}

/* ---- which values ---- */

static const char *own_value(const struct flip *f, llmx_id user)
{
    return user < 0 ? "" : llmx_data_feature(f->data, LLMX_USERS, user, f->column);
}

static bool is_number(const char *s)
{
    double value;
    return number_parse(s, strlen(s), &value);
}

/* The values of the column, and how many users have each; `counts` is the caller's to free. is_numeric: all are numbers. */
static int count_values(const struct flip *f, struct names *values, int **counts, bool *is_numeric,
                        struct llmx_error *err)
{
    const llmx_id users = llmx_data_users(f->data);
    *is_numeric = true;
    if (!(*counts = mem_array((size_t)users + 1, sizeof **counts, err)))
        return -1;
    for (llmx_id user = 0; user < users; user++) {
        const char *value = own_value(f, user);
        if (!*value)
            continue;
        const int64_t at = names_add(values, value, strlen(value), err);
        if (at < 0)
            return -1;
        (*counts)[at]++;
        *is_numeric = *is_numeric && is_number(value);
    }
    return 0;
}

/* "M:F" of the two commonest values. */
static const char *commonest(const struct flip *f, const struct names *values, const int *counts,
                             struct llmx_error *err)
{
    uint32_t best[2] = {0, 1};
    if (values->count < 2) {
        err_set(err, LLMX_BAD_OPTION, "everybody has the same '%s'; choose pairs, as M:F",
                f->options->attribute);
        return NULL;
    }
    for (uint32_t i = 1; i < values->count; i++) {
        if (counts[i] > counts[best[0]]) {
            best[1] = best[0];
            best[0] = i;
        } else if (i == 1 || counts[i] > counts[best[1]]) {
            best[1] = i;
        }
    }
    return arena_printf(&f->bias->arena, err, "%s:%s", names_get(values, best[0], NULL),
                        names_get(values, best[1], NULL));
}

/* The telling of n bytes of a value; -1: memory is out. */
static int telling_of(struct flip *f, const char *value, size_t n, struct llmx_error *err)
{
    for (int i = 0; i < f->n_tellings; i++)
        if (strlen(f->telling[i].value) == n && memcmp(f->telling[i].value, value, n) == 0)
            return i;
    char *copy = arena_text(&f->bias->arena, value, n, err);
    if (!copy)
        return -1;
    f->telling[f->n_tellings].value = copy;
    return f->n_tellings++;
}

static int take_pair(struct flip *f, const char *s, size_t n, const struct names *known,
                     struct llmx_error *err)
{
    const char *colon = memchr(s, ':', n);
    const size_t n_first = colon ? (size_t)(colon - s) : n;
    const char *value[2] = {s, s + n_first + 1};
    const size_t length[2] = {n_first, n - n_first - (colon != NULL)};
    struct bias_pair *pair = &f->bias->pair[f->bias->n_pairs];
    if (!colon || length[0] == 0 || length[1] == 0 ||
        (length[0] == length[1] && memcmp(value[0], value[1], length[0]) == 0))
        return err_set(err, LLMX_BAD_OPTION,
                       "pairs '%.*s': write two different values with a colon between, as M:F",
                       (int)n, s);
    for (int side = 0; side < 2; side++) {
        if (known && names_find(known, value[side], length[side]) < 0)
            return err_set(err, LLMX_BAD_OPTION, "pairs: nobody in the data has '%.*s' as '%s'",
                           (int)length[side], value[side], f->options->attribute);
        const int at = telling_of(f, value[side], length[side], err);
        if (at < 0)
            return -1;
        f->side[f->bias->n_pairs][side] = at;
        pair->value[side] = f->telling[at].value;
    }
    f->bias->n_pairs++;
    return 0;
}

static int take_pairs(struct flip *f, const char *pairs, const struct names *known,
                      struct llmx_error *err)
{
    size_t most = 1;
    for (const char *s = pairs; *s; s++)
        most += *s == ',';
    f->telling = mem_array(2 * most, sizeof *f->telling, err);
    f->side = mem_array(most, sizeof *f->side, err);
    f->bias->pair = arena_array(&f->bias->arena, most, sizeof *f->bias->pair, err);
    if (!f->telling || !f->side || !f->bias->pair)
        return -1;
    for (size_t n; *pairs; pairs += n + (pairs[n] == ',')) {
        n = strcspn(pairs, ",");
        if (take_pair(f, pairs, n, known, err) != 0)
            return -1;
    }
    return 0;
}

static int find_pairs(struct flip *f, struct llmx_error *err)
{
    struct names values = {0};
    int *counts = NULL, status = -1;
    bool is_numeric;
    const char *pairs = f->options->pairs;
    if (count_values(f, &values, &counts, &is_numeric, err) != 0)
        goto done;
    if (!pairs && is_numeric && values.count > 0)
        err_set(err, LLMX_BAD_OPTION,
                "'%s' holds numbers: choose what everybody is told as, --pairs 20:60",
                f->options->attribute);
    else if (pairs || (pairs = commonest(f, &values, counts, err)))
        status = take_pairs(f, pairs, is_numeric ? NULL : &values, err);
done:
    names_release(&values);
    free(counts);
    return status;
}

/* The column, and all of its kind, of which nothing is told beside it. */
static int find_column(struct flip *f, struct llmx_error *err)
{
    const char *word = f->options->attribute;
    if (!word || bias_column(f->data, word, &f->column, err) != 0)
        return word ? -1 : err_set(err, LLMX_BAD_OPTION, "choose an attribute, as gender");
    const char *name = llmx_data_column_name(f->data, LLMX_USERS, f->column);
    if (retold_add(&f->retold, f->data, name, strlen(name), "", err) != 0)
        return -1;
    f->bias->attribute = arena_text(&f->bias->arena, name, strlen(name), err);
    return f->bias->attribute ? 0 : -1;
}

/* ---- the texts ---- */

/* "2-F.jsonl", whatever stands in the value. */
static int texts_path(const struct flip *f, int i, char path[static PATH_MAX],
                      struct llmx_error *err)
{
    char name[80];
    snprintf(name, sizeof name, "%d-%.60s.jsonl", i + 1, f->telling[i].value);
    for (char *s = name; *s; s++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._", *s))
            *s = '_';
    return path_join(path, PATH_MAX, f->folder, name, err);
}

static int write_telling(struct flip *f, int i, const struct llmx_model *model,
                         struct llmx_error *err)
{
    struct llmx_bias_options own = *f->options;
    char path[PATH_MAX];
    if (texts_path(f, i, path, err) != 0)
        return -1;
    for (int k = 0; k < f->retold.n; k++)
        f->retold.list[k].value = f->retold.list[k].column == f->column ? f->telling[i].value : "";
    own.explain.retold = f->retold.list;
    own.explain.n_retold = f->retold.n;
    own.explain.keep_prompts = own.explain.keep_rejected = 1;
    if (i > 0)
        own.explain.notice = NULL; /* it was told */
    const bool is_there = own.explain.resume && folder_has(f->folder, strrchr(path, '/') + 1);
    if (!is_there && llmx_explain(f->recs_path, f->data, model, &own.explain, path, NULL, err) != 0)
        return -1;
    own.explain.notice = NULL;
    return bias_texts_read(&f->telling[i].texts, path, f->recs_path, f->data, &own, true, err);
}

static int write_texts(struct flip *f, const struct llmx_model *model, struct llmx_error *err)
{
    int status = directory_make(f->folder, err);
    for (int i = 0; i < f->n_tellings && status == 0; i++)
        status = write_telling(f, i, model, err);
    return status;
}

/* ---- all together ---- */

static void count_users(struct flip *f)
{
    const struct bias_texts *t = &f->telling[0].texts;
    int32_t latest = -1;
    f->bias->texts = (int)t->n;
    f->bias->users = (int)t->users.count;
    for (size_t i = 0; i < t->n; i++) {
        if (t->text[i].group <= latest)
            continue; /* counted */
        latest = t->text[i].group;
        for (int k = 0; k < f->bias->n_pairs; k++)
            for (int side = 0; side < 2; side++)
                f->bias->pair[k].own[side] +=
                    strcmp(own_value(f, t->text[i].id), f->bias->pair[k].value[side]) == 0;
    }
}

static int compare(struct flip *f, const char *out_path, struct llmx_error *err)
{
    struct bias_sides *sides = mem_array((size_t)f->bias->n_pairs, sizeof *sides, err);
    for (int k = 0; sides && k < f->bias->n_pairs; k++)
        sides[k] = (struct bias_sides){&f->telling[f->side[k][0]].texts,
                                       &f->telling[f->side[k][1]].texts, NULL};
    int status = !sides ? -1 : bias_pairs_write(f->bias, sides, f->folder, err);
    if (status == 0 && f->options->verdicts)
        status = bias_pairs_judge(f->bias, sides, f->options->verdicts, err);
    if (status == 0)
        status = bias_pairs_measure(f->bias, sides, err);
    if (status == 0 && out_path)
        status = bias_pairs_rows(f->bias, sides, out_path, err);
    for (int k = 0; sides && k < f->bias->n_pairs; k++)
        free(sides[k].preference);
    free(sides);
    return status;
}

static int find_tellings(struct flip *f, struct llmx_error *err)
{
    return llmx_resampling_check(&f->options->resampling, err) != 0 || find_column(f, err) != 0 ||
                   find_pairs(f, err) != 0
               ? -1
               : 0;
}

static int tells(const struct flip *f, bool *is_told, struct llmx_error *err)
{
    const struct llmx_explain_options *how = &f->options->explain;
    struct template layout;
    if (template_open(&layout, how->template_path, how->domain, f->data, err) != 0)
        return -1;
    *is_told = how->profile != LLMX_PROFILE_HIDE && template_tells(&layout, f->data, f->column);
    template_release(&layout);
    return 0;
}

/* is_told  NULL: nobody asks */
static int check(const struct llmx_data *data, const struct llmx_bias_options *options,
                 bool *is_told, struct llmx_error *err)
{
    struct flip f = {.data = data, .options = options, .bias = bias_create(options, err)};
    int status = f.bias ? find_tellings(&f, err) : -1;
    if (status == 0 && is_told)
        status = tells(&f, is_told, err);
    flip_release(&f);
    llmx_bias_destroy(f.bias);
    return status;
}

int llmx_bias_check(const struct llmx_data *data, const struct llmx_bias_options *options,
                    struct llmx_error *err)
{
    return check(data, options, NULL, err);
}

int bias_tells(const struct llmx_data *data, const struct llmx_bias_options *options, bool *is_told,
               struct llmx_error *err)
{
    return check(data, options, is_told, err);
}

int llmx_bias_flip(struct llmx_bias **bias, const char *recs_path, const struct llmx_data *data,
                   const struct llmx_model *model, const struct llmx_bias_options *options,
                   const char *folder, const char *out_path, struct llmx_error *err)
{
    struct flip f = {.data = data,
                     .options = options,
                     .recs_path = recs_path,
                     .folder = folder,
                     .bias = bias_create(options, err)};
    int status = f.bias ? 0 : -1;
    if (status == 0 && (find_tellings(&f, err) != 0 || write_texts(&f, model, err) != 0))
        status = -1;
    if (status == 0) {
        count_users(&f);
        status = compare(&f, out_path, err);
    }
    flip_release(&f);
    if (status == 0)
        *bias = f.bias;
    else
        llmx_bias_destroy(f.bias);
    return status;
}
