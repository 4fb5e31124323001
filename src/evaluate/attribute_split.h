/* attribute_split.h - who is asked about and who is learnt from: two sets that never meet. */
#ifndef EVALUATE_ATTRIBUTE_SPLIT_H
#define EVALUATE_ATTRIBUTE_SPLIT_H

#include "evaluate/attribute_bits.h"
#include "evaluate/attribute_panel.h"

/* By enum llmx_side. */
struct attribute_split {
    size_t n[2];
    size_t *order[2];           /* (n) in which they are drawn: a function of the seed */
    unsigned char *is_tuned[2]; /* (n) the model was tuned on them: never asked about */
};

/* tuned_on_path: JSON Lines with "user", "item" or both, NULL: none. LLMX_BAD_INPUT with file and line; LLMX_MISMATCH none
 * of them is in the data. */
int attribute_split_open(struct attribute_split *split, const struct llmx_data *data,
                         const char *tuned_on_path, uint64_t seed, struct llmx_error *err);
void attribute_split_release(struct attribute_split *split);

/* Fills in whom of a panel of users or items is asked about, `most` at most, and who is learnt from: at least half of those whose
 * value is known and who took, or were taken by, anybody. LLMX_BAD_OPTION: nobody can be asked. */
int attribute_split_panel(const struct attribute_split *split, struct panel *panel,
                          const struct bits *taken, int most, struct llmx_error *err);

#endif
