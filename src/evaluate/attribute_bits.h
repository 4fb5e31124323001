/* attribute_bits.h - what naive Bayes counts: the items of users, the users of items, the words of texts. */
#ifndef EVALUATE_ATTRIBUTE_BITS_H
#define EVALUATE_ATTRIBUTE_BITS_H

#include "llmxrec/data.h"
#include "statistics/naive_bayes.h"

struct bits {
    size_t *start; /* (n + 1) */
    int32_t *bit;
    size_t n, capacity;
    struct bit_rows rows; /* of the above */
};
void bits_release(struct bits *bits);

/* Of every user the items that are learnt from, each once. */
int bits_of_users(struct bits *bits, const struct llmx_data *data, struct llmx_error *err);

/* Of every one of its bits the rows that have it. */
int bits_turn(struct bits *turned, const struct bits *bits, struct llmx_error *err);

/* Of every text its words (gate/words.h), each once. */
int bits_of_words(struct bits *bits, const char *const *texts, size_t n, struct llmx_error *err);

#endif
