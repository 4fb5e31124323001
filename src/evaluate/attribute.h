/* attribute.h - what can be hidden of a user or an item, as classes to choose from: "male", "25-34", "1990s", "comedy". */
#ifndef EVALUATE_ATTRIBUTE_H
#define EVALUATE_ATTRIBUTE_H

#include "base/names.h"
#include "evaluate/attribute_scores.h"
#include "llmxrec/data.h"

#define ATTRIBUTE_NAME_BYTES 64

struct attribute {
    char name[ATTRIBUTE_NAME_BYTES]; /* of the column, or of its role; "popularity" */
    enum llmx_side side;
    enum attribute_kind kind;
    int column;            /* -1: of none (popularity) */
    char separator;        /* of a list's values, 0: none */
    struct names classes;  /* as they are worded; ordinal: the lowest first */
    struct answered truth; /* (users or items) of which is_parsed says that the value is known */
    size_t n;              /* users or items */
};

/* A column of users, a role or column of items, or "popularity" (of items: by the interactions that are learnt from). Ages
 * become bands (age_bands.h), years decades, all other numbers thirds; of other values the commonest ATTRIBUTE_CLASSES_MAX are kept, and
 * rows that have none of them are not known.
 * returns 0, or -1: LLMX_BAD_OPTION no such column, or nothing to guess in it: free text, all that is known alike; LLMX_NO_MEMORY */
int attribute_open(struct attribute *attribute, const char *name, const struct llmx_data *data,
                   struct llmx_error *err);
void attribute_release(struct attribute *attribute);

/* The names of those that the data have, at most n: every column of users that is not private, then categories, year, price
 * and popularity of items. Some may hold nothing to guess. */
int attribute_list(const struct llmx_data *data, const char **names, int n);

static inline int attribute_classes(const struct attribute *attribute)
{
    return (int)attribute->classes.count;
}

static inline const char *attribute_class(const struct attribute *attribute, int k)
{
    return names_get(&attribute->classes, (uint32_t)k, NULL);
}

#endif
