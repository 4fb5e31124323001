/* item_values.h - the values that items have in the columns that facts speak of: categories, creator, brand. */
#ifndef FACTS_ITEM_VALUES_H
#define FACTS_ITEM_VALUES_H

#include "base/names.h"
#include "llmxrec/data.h"

#include <stdbool.h>

enum { VALUE_COLUMNS = 3 };

struct item_values {
    int column[VALUE_COLUMNS]; /* of .item; -1: there is none */
    struct names names; /* numbers values: the digit of the place in `column`, then the text */
    int *holders;       /* (names.count) how many items have it */
    size_t *start;      /* (items + 1) */
    int *value;         /* (start[items]) each once an item, in the file's order */
    size_t capacity;
};

/* Values that are numbers, or so long that they are texts, are left out. */
int item_values_make(struct item_values *values, const struct llmx_data *data,
                     struct llmx_error *err);
void item_values_release(struct item_values *values);

/* How many values an item has, and where they stand. */
static inline int item_values_of(const struct item_values *values, llmx_id item, const int **value)
{
    *value = values->value + values->start[item];
    return (int)(values->start[item + 1] - values->start[item]);
}

bool item_has_value(const struct item_values *values, llmx_id item, int value);

/* Its place in `column`, and its text as in the file. */
int item_value_place(const struct item_values *values, int value);
const char *item_value_text(const struct item_values *values, int value);

#endif
