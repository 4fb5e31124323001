#include "evaluate/attribute.h"

#include "base/memory.h"
#include "base/number.h"
#include "data/value_lists.h"
#include "evaluate/age_bands.h"
#include "explain/template.h"
#include "gate/profile_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_FEW 8 /* values of a column up to which numbers are names: a code, a grade */
#define YEAR_MIN    1000
#define YEAR_MAX    2100

struct reading {
    struct attribute *a;
    const struct llmx_data *data;
    bool is_year, is_age;
    double *number; /* (n) NaN: none */
    double cut[ATTRIBUTE_CLASSES_MAX];
    struct names values; /* those of a column of words, as worded */
    size_t *count;       /* (values) */
    size_t count_capacity;
    struct text worded;
};

static const char *field_of(const struct reading *r, size_t row)
{
    return llmx_data_feature(r->data, r->a->side, (llmx_id)row, r->a->column);
}

static int add_class(struct reading *r, const char *name, struct llmx_error *err)
{
    return names_add(&r->a->classes, name, strlen(name), err) < 0 ? -1 : 0;
}

/* ---- numbers: how many of the cuts are at or below ---- */

static void fill_by_cuts(struct reading *r)
{
    const int n_classes = attribute_classes(r->a);
    for (size_t i = 0; i < r->a->n; i++) {
        int k = 0;
        while (k < n_classes - 1 && r->number[i] >= r->cut[k])
            k++;
        answered_set(&r->a->truth, n_classes, i, isnan(r->number[i]) ? -1 : k);
    }
}

static int cut_ages(struct reading *r, struct llmx_error *err)
{
    for (size_t i = 0; i < r->a->n; i++)
        if (age_band(r->number[i]) < 0)
            r->number[i] = NAN;
    for (int k = 0; k < AGE_BANDS; k++) {
        r->cut[k] = k + 1 < AGE_BANDS ? age_bands[k + 1].least : INFINITY;
        if (add_class(r, age_bands[k].name, err) != 0)
            return -1;
    }
    return 0;
}

static int cut_decades(struct reading *r, struct llmx_error *err)
{
    double first = YEAR_MAX, last = YEAR_MIN;
    for (size_t i = 0; i < r->a->n; i++) {
        if (!(r->number[i] >= YEAR_MIN && r->number[i] < YEAR_MAX))
            r->number[i] = NAN;
        first = fmin(first, r->number[i]);
        last = fmax(last, r->number[i]);
    }
    const int end = (int)last / 10, few = end - ATTRIBUTE_CLASSES_MAX + 1;
    for (int k = 0, decade = (int)first / 10 > few ? (int)first / 10 : few; decade <= end;
         k++, decade++) {
        char name[16];
        snprintf(name, sizeof name, "%d0s", decade);
        r->cut[k] = 10 * (decade + 1);
        if (add_class(r, name, err) != 0)
            return -1;
    }
    return 0;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int cut_thirds(struct reading *r, struct llmx_error *err)
{
    size_t n = 0;
    double *sorted = mem_array(r->a->n, sizeof *sorted, err);
    if (!sorted)
        return -1;
    for (size_t i = 0; i < r->a->n; i++)
        if (!isnan(r->number[i]))
            sorted[n++] = r->number[i];
    if (n > 0)
        qsort(sorted, n, sizeof *sorted, compare_doubles);
    r->cut[0] = n > 0 ? sorted[n / 3] : 0;
    r->cut[1] = n > 0 ? sorted[2 * n / 3] : 0;
    free(sorted);
    return add_class(r, "low", err) != 0 || add_class(r, "middle", err) != 0
               ? -1
               : add_class(r, "high", err);
}

static void read_popularity(struct reading *r)
{
    for (llmx_id user = 0; user < llmx_data_users(r->data); user++) {
        int n;
        const llmx_id *items = llmx_data_history(r->data, user, LLMX_TRAIN, &n);
        for (int i = 0; i < n; i++)
            r->number[items[i]]++;
    }
}

/* Are all values of the column numbers, and ages or too many to be names? */
static bool read_numbers(struct reading *r)
{
    double few[NUMBERS_FEW];
    double most = -INFINITY;
    int n = 0;
    bool are_numbers = true;
    for (size_t i = 0; i < r->a->n; i++) {
        const char *s = field_of(r, i);
        r->number[i] = NAN;
        if (*s && !number_parse(s, strlen(s), &r->number[i]))
            are_numbers = false;
        int k = 0;
        while (k < n && few[k] != r->number[i])
            k++;
        if (!isnan(r->number[i]) && k == n && n < NUMBERS_FEW)
            few[n++] = r->number[i];
        most = fmax(most, r->number[i]);
    }
    r->is_age = r->is_age && most >= age_bands[1].least; /* 1 to 6 are codes, not years */
    return r->is_year || (are_numbers && (r->is_age || n == NUMBERS_FEW));
}

static int open_numbers(struct reading *r, struct llmx_error *err)
{
    r->a->kind = ATTRIBUTE_ORDINAL;
    if ((r->is_age    ? cut_ages(r, err)
         : r->is_year ? cut_decades(r, err)
                      : cut_thirds(r, err)) != 0 ||
        answered_make(&r->a->truth, r->a->n, attribute_classes(r->a), err) != 0)
        return -1;
    fill_by_cuts(r);
    return 0;
}

/* ---- words: the commonest ---- */

/* A value as a person would write it: M of gender is male. */
static int word_value(struct reading *r, const char *s, size_t n, struct llmx_error *err)
{
    text_clear(&r->worded);
    if (n == 1 && profile_is_kind(r->a->name, "gender"))
        text_puts(&r->worded, *s == 'M' ? "male" : *s == 'F' ? "female" : "");
    if (r->worded.n == 0)
        text_put(&r->worded, s, n);
    for (size_t i = 0; i < r->worded.n; i++)
        if (r->worded.s[i] == '_')
            r->worded.s[i] = ' ';
    return text_check(&r->worded, err);
}

/* Calls `take` with every value of every row, as worded. */
static int each_value(struct reading *r,
                      int (*take)(struct reading *r, size_t row, struct llmx_error *err),
                      struct llmx_error *err)
{
    for (size_t row = 0; row < r->a->n; row++) {
        const char *field = field_of(r, row), *s;
        size_t at = 0, n;
        while ((s = value_next(field, r->a->separator, &at, &n)) != NULL)
            if (n > 0 && (word_value(r, s, n, err) != 0 || take(r, row, err) != 0))
                return -1;
    }
    return 0;
}

static int count_value(struct reading *r, size_t row, struct llmx_error *err)
{
    (void)row;
    const uint32_t known = r->values.count;
    const int64_t value = names_add(&r->values, r->worded.s, r->worded.n, err);
    if (value < 0 ||
        mem_grow(&r->count, &r->count_capacity, (size_t)value + 1, sizeof *r->count, err) != 0)
        return -1;
    r->count[value] = value == known ? 1 : r->count[value] + 1;
    return 0;
}

static int fill_value(struct reading *r, size_t row, struct llmx_error *err)
{
    (void)err;
    const int64_t k = names_find(&r->a->classes, r->worded.s, r->worded.n);
    if (k < 0)
        return 0;
    r->a->truth.has[row * (size_t)attribute_classes(r->a) + (size_t)k] = 1;
    r->a->truth.is_parsed[row] = 1;
    return 0;
}

/* The commonest values become classes, equal ones in the order of their names. */
static int choose_classes(struct reading *r, struct llmx_error *err)
{
    while (attribute_classes(r->a) < ATTRIBUTE_CLASSES_MAX) {
        const char *best = NULL;
        size_t most = 0;
        for (uint32_t i = 0; i < r->values.count; i++) {
            const char *name = names_get(&r->values, i, NULL);
            if (r->count[i] > most || (best && r->count[i] == most && strcmp(name, best) < 0)) {
                best = name;
                most = r->count[i];
            }
        }
        if (!best)
            break;
        if (add_class(r, best, err) != 0)
            return -1;
        r->count[names_find(&r->values, best, strlen(best))] = 0;
    }
    return 0;
}

static int open_words(struct reading *r, struct llmx_error *err)
{
    struct attribute *a = r->a;
    uint32_t size;
    if ((a->side == LLMX_ITEMS &&
         value_separator_find(r->data, a->column, &a->separator, &size, err) != 0) ||
        each_value(r, count_value, err) != 0)
        return -1;
    if (r->values.count > VOCABULARY_MAX)
        return err_set(err, LLMX_BAD_OPTION,
                       "'%s' has %u values: free text, nothing to choose from", a->name,
                       r->values.count);
    if (choose_classes(r, err) != 0 ||
        answered_make(&a->truth, a->n, attribute_classes(a), err) != 0 ||
        each_value(r, fill_value, err) != 0)
        return -1;
    for (size_t row = 0; row < a->n; row++) {
        int n = 0;
        for (int k = 0; k < attribute_classes(a); k++)
            n += a->truth.has[row * (size_t)attribute_classes(a) + (size_t)k];
        if (n > 1)
            a->kind = ATTRIBUTE_MULTI;
    }
    return 0;
}

/* ---- which ---- */

static bool is_popularity(const char *name)
{
    return strcmp(name, "popularity") == 0;
}

static int find_column(struct reading *r, const char *name, struct llmx_error *err)
{
    struct attribute *a = r->a;
    a->side = LLMX_USERS;
    a->column = llmx_data_column(r->data, LLMX_USERS, name);
    r->is_age = a->column >= 0 && profile_is_kind(name, "age");
    if (a->column >= 0)
        return 0;
    a->side = LLMX_ITEMS;
    for (int role = 0; role < LLMX_ROLES && a->column < 0; role++)
        if (strcmp(llmx_role_name((enum llmx_role)role), name) == 0)
            a->column = llmx_data_role_column(r->data, (enum llmx_role)role);
    if (a->column < 0)
        a->column = llmx_data_column(r->data, LLMX_ITEMS, name);
    r->is_year = a->column >= 0 && a->column == llmx_data_role_column(r->data, LLMX_ROLE_YEAR);
    return a->column >= 0 || is_popularity(name)
               ? 0
               : err_set(err, LLMX_BAD_OPTION,
                         "there is no column '%s' of users or items; choose a column, categories, "
                         "year, price or popularity",
                         name);
}

/* Do two rows that are known differ? Bands and thirds are there whether or not anybody is in them. */
static bool has_two_values(const struct attribute *a)
{
    const size_t n_classes = (size_t)attribute_classes(a);
    const unsigned char *first = NULL;
    for (size_t row = 0; row < a->n; row++) {
        const unsigned char *has = a->truth.has + row * n_classes;
        if (!a->truth.is_parsed[row])
            continue;
        if (first && memcmp(has, first, n_classes) != 0)
            return true;
        first = first ? first : has;
    }
    return false;
}

static int open_values(struct reading *r, struct llmx_error *err)
{
    struct attribute *a = r->a;
    if (!(r->number = mem_array(a->n, sizeof *r->number, err)))
        return -1;
    if (a->column < 0)
        read_popularity(r);
    const bool are_numbers = a->column < 0 || read_numbers(r);
    if ((are_numbers ? open_numbers(r, err) : open_words(r, err)) != 0)
        return -1;
    return has_two_values(a)
               ? 0
               : err_set(err, LLMX_BAD_OPTION, "'%s' has no two values: nothing to guess", a->name);
}

int attribute_open(struct attribute *a, const char *name, const struct llmx_data *data,
                   struct llmx_error *err)
{
    struct reading r = {.a = a, .data = data};
    *a = (struct attribute){.column = -1};
    snprintf(a->name, sizeof a->name, "%s", name);
    if (find_column(&r, name, err) != 0)
        return -1;
    a->n = (size_t)(a->side == LLMX_USERS ? llmx_data_users(data) : llmx_data_items(data));
    const int status = open_values(&r, err);
    free(r.number);
    free(r.count);
    names_release(&r.values);
    text_release(&r.worded);
    if (status != 0)
        attribute_release(a);
    return status;
}

void attribute_release(struct attribute *a)
{
    names_release(&a->classes);
    answered_release(&a->truth);
    *a = (struct attribute){0};
}

int attribute_list(const struct llmx_data *data, const char **names, int n)
{
    static const enum llmx_role roles[] = {LLMX_ROLE_CATEGORIES, LLMX_ROLE_YEAR, LLMX_ROLE_PRICE};
    int found = 0;
    for (int k = 0; k < llmx_data_columns(data, LLMX_USERS) && found < n; k++) {
        const char *name = llmx_data_column_name(data, LLMX_USERS, k);
        if (!llmx_is_private(name))
            names[found++] = name;
    }
    for (size_t k = 0; k < sizeof roles / sizeof *roles && found < n; k++)
        if (llmx_data_role_column(data, roles[k]) >= 0)
            names[found++] = llmx_role_name(roles[k]);
    if (found < n)
        names[found++] = "popularity";
    return found;
}
