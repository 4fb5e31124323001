/* catalogue.h - what the gate and the prompts need to know of a whole data set, made once: every title in every
 * way it may be written, the vocabulary of genres (or tags, categories), what profiles say, and English words.
 *
 * Read-only once made: any number of threads may share it. */
#ifndef GATE_CATALOGUE_H
#define GATE_CATALOGUE_H

#include "base/arena.h"
#include "data/value_lists.h"
#include "gate/dictionary.h"
#include "llmxrec/data.h"

#include <stdbool.h>

#define COLUMNS_MAX 64 /* columns that a mask of 64 bits can name; later ones hold no vocabulary */

/* A meaning in catalogue.titles: item * 2 + 1 when the phrase is only a part of the title (what stands before or
 * after a colon), item * 2 when it is all of it. In catalogue.genres: genre * 2 + 1 for an adjective ("romantic")
 * that means the genre only in front of a noun like "comedy". */
static inline llmx_id meaning_row(int32_t value)
{
    return value >> 1;
}

struct genre {
    int column;       /* of .item */
    const char *name; /* as in the file */
};

struct catalogue {
    const struct llmx_data *data;
    struct arena arena;
    struct dictionary dictionary;
    struct phrases titles;
    const char **title; /* (items) as a person writes it: "The Apartment" */
    int *year;          /* (items) a year among the item's features, 0: none */
    struct phrases genres;
    struct genre *genre;
    int n_genres;
    size_t genre_capacity;
    size_t *item_genre_start; /* (items + 1) */
    int32_t *item_genres;
    size_t item_genre_capacity;
    char separator[COLUMNS_MAX]; /* of a column's values; 0: one value, not a list */
    struct phrases people;       /* what may be said of a user (profile_values.h) */
    int title_column;
};

/* `data` must outlive it. */
struct catalogue *catalogue_create(const struct llmx_data *data, struct llmx_error *err);
void catalogue_destroy(struct catalogue *catalogue);

#endif
