/* user_sets.h - for each item, the users of whom something is true of it: who took it, who liked it; and how many users two or
 * three such sets have in common.
 *
 * A set is a sorted list; that of an item that many have is a bitmap besides. */
#ifndef FACTS_USER_SETS_H
#define FACTS_USER_SETS_H

#include "data/dataset.h"
#include "data/opinions.h"

#include <stdbool.h>

struct user_sets {
    size_t *start; /* (items + 1) */
    llmx_id *user; /* (start[items]) */
    size_t
        *bits_at; /* (items) where in `bits` the item's bitmap begins, plus one; 0: it has none */
    uint64_t *bits;
    size_t words; /* of a bitmap */
};

struct user_set {
    const llmx_id *user; /* (n) ascending */
    int n;
    const uint64_t *bits; /* NULL: so few that there is only the list */
    size_t words;
};

/* Of each item the users who took it in LLMX_TRAIN and, as they last said, think of it `least` or more; each once. Opinions
 * must be there (data->opinion), unless `least` is OPINION_NONE. */
int user_sets_make(struct user_sets *sets, const struct llmx_data *data, enum opinion least,
                   struct llmx_error *err);
void user_sets_release(struct user_sets *sets);

struct user_set user_sets_of(const struct user_sets *sets, llmx_id item);

bool user_set_has(const struct user_set *set, llmx_id user);

/* How many users are in a and b, and how many of those in c (NULL: none is asked for). */
struct common {
    int in_two, in_three;
};
struct common user_set_common(const struct user_set *a, const struct user_set *b,
                              const struct user_set *c);

#endif
