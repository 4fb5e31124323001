/* bias_pairs.h - the texts of two tellings side by side: what differs, and whom a judge prefers. */
#ifndef EVALUATE_BIAS_PAIRS_H
#define EVALUATE_BIAS_PAIRS_H

#include "evaluate/bias.h"

/* The texts of one pair, the same recommendations in the same order. */
struct bias_sides {
    const struct bias_texts *one, *other;
    /* (texts) 1: the judge prefers the other, -1: the one, 0: neither, NaN: not judged; NULL: no judge */
    double *preference;
};

/* All of them take (bias->n_pairs) sides. */

/* Writes FOLDER/pairs.jsonl: the texts that differ. LLMX_MISMATCH: the sides are not of the same recommendations */
int bias_pairs_write(const struct llmx_bias *bias, const struct bias_sides *sides,
                     const char *folder, struct llmx_error *err);

/* Reads what a judge says of them. LLMX_MISMATCH: verdicts of other texts, or of none */
int bias_pairs_judge(const struct llmx_bias *bias, struct bias_sides *sides, const char *path,
                     struct llmx_error *err);

/* Fills in bias->pair. */
int bias_pairs_measure(struct llmx_bias *bias, const struct bias_sides *sides,
                       struct llmx_error *err);

/* Writes a line for every text of every pair. */
int bias_pairs_rows(const struct llmx_bias *bias, const struct bias_sides *sides, const char *path,
                    struct llmx_error *err);

#endif
