#include "facts/item_values.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "data/value_lists.h"

#include <stdlib.h>

static const enum llmx_role roles[VALUE_COLUMNS] = {LLMX_ROLE_CATEGORIES, LLMX_ROLE_CREATOR,
                                                    LLMX_ROLE_BRAND};

struct reading {
    struct item_values *values;
    char separator[VALUE_COLUMNS];
    struct text key;
    size_t n; /* values of all items so far */
};

/* Is it something to tell? */
static bool tells(const char *s, size_t n)
{
    double number;
    return n > 0 && n < VALUE_BYTES_MAX && !number_parse(s, n, &number);
}

/* Adds a value to those of the item, which begin at `begin`, unless it has it. */
static int add_value(struct reading *r, size_t begin, int place, const char *s, size_t n,
                     struct llmx_error *err)
{
    struct item_values *v = r->values;
    text_clear(&r->key);
    text_printf(&r->key, "%d", place);
    text_put(&r->key, s, n);
    if (text_check(&r->key, err) != 0)
        return -1;
    const int64_t value = names_add(&v->names, r->key.s, r->key.n, err);
    if (value < 0 || mem_grow(&v->value, &v->capacity, r->n + 1, sizeof *v->value, err) != 0)
        return -1;
    for (size_t i = begin; i < r->n; i++)
        if (v->value[i] == value)
            return 0;
    v->value[r->n++] = (int)value;
    return 0;
}

static int read_item(struct reading *r, const struct llmx_data *data, llmx_id item,
                     struct llmx_error *err)
{
    const size_t begin = r->n;
    for (int k = 0; k < VALUE_COLUMNS; k++) {
        const int column = r->values->column[k];
        const char *field = column < 0 ? "" : llmx_data_feature(data, LLMX_ITEMS, item, column), *s;
        size_t at = 0, n;
        while ((s = value_next(field, r->separator[k], &at, &n)) != NULL)
            if (tells(s, n) && add_value(r, begin, k, s, n, err) != 0)
                return -1;
    }
    return 0;
}

static int read_items(struct reading *r, const struct llmx_data *data, struct llmx_error *err)
{
    struct item_values *v = r->values;
    const llmx_id items = llmx_data_items(data);
    uint32_t size;
    for (int k = 0; k < VALUE_COLUMNS; k++) {
        v->column[k] = llmx_data_role_column(data, roles[k]);
        if (v->column[k] >= 0 &&
            value_separator_find(data, v->column[k], &r->separator[k], &size, err) != 0)
            return -1;
    }
    v->start = mem_array((size_t)items + 1, sizeof *v->start, err);
    if (!v->start)
        return -1;
    for (llmx_id item = 0; item < items; item++) {
        if (read_item(r, data, item, err) != 0)
            return -1;
        v->start[item + 1] = r->n;
    }
    return 0;
}

int item_values_make(struct item_values *v, const struct llmx_data *data, struct llmx_error *err)
{
    *v = (struct item_values){0};
    struct reading r = {.values = v};
    int result = read_items(&r, data, err);
    text_release(&r.key);
    if (result == 0 && !(v->holders = mem_array(v->names.count, sizeof *v->holders, err)))
        result = -1;
    for (size_t i = 0; result == 0 && i < r.n; i++)
        v->holders[v->value[i]]++;
    return result;
}

void item_values_release(struct item_values *v)
{
    names_release(&v->names);
    free(v->holders);
    free(v->start);
    free(v->value);
    *v = (struct item_values){0};
}

bool item_has_value(const struct item_values *v, llmx_id item, int value)
{
    const int *own;
    const int n = item_values_of(v, item, &own);
    for (int i = 0; i < n; i++)
        if (own[i] == value)
            return true;
    return false;
}

int item_value_place(const struct item_values *v, int value)
{
    return *names_get(&v->names, (uint32_t)value, NULL) - '0';
}

const char *item_value_text(const struct item_values *v, int value)
{
    return names_get(&v->names, (uint32_t)value, NULL) + 1;
}
