/* pairs.h - two explanations of one recommendation, side by side, and what is said of them.
 *
 *     struct llmx_pairs *pairs;
 *     if (llmx_pairs_read(&pairs, "pairs.jsonl", &err) == 0)
 *         for (size_t i = 0; i < llmx_pairs_count(pairs); i++)
 *             struct llmx_pair *pair = llmx_pairs_get(pairs, i);
 *     llmx_pairs_close(pairs);
 */
#ifndef LLMXREC_PAIRS_H
#define LLMXREC_PAIRS_H

#include "llmxrec/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum llmx_preference { LLMX_PREFERS_UNKNOWN, LLMX_PREFERS_A, LLMX_PREFERS_B, LLMX_PREFERS_TIE };

/* The strings belong to the pairs, unless a caller made the pair himself. */
struct llmx_pair {
    const char *prompt;         /* what the writers were told; "" where it is not known */
    const char *text[2];        /* a and b */
    const char *system[2];      /* who wrote them; NULL: not known */
    const char *user, *item;    /* NULL: not known */
    enum llmx_preference label; /* which is better, as known beforehand */
    /* What a judge says, the probability that a is the better one: [0] when a was shown first, [1] when b was. NaN: not
     * judged in that order. Above .5 it prefers a, below b, .5 is a tie. */
    double p_a[2];
};

/* The preference that both orders agree on; where they do not: a tie. UNKNOWN where one was not judged. */
LLMX_API enum llmx_preference llmx_pair_verdict(const struct llmx_pair *pair);

struct llmx_pairs;

/* JSON Lines {"prompt","a","b"} and, where known, "label" ("a", "b", "tie"), "system_a", "system_b", "user", "item",
 * "p_a_first", "p_a_second"; other fields are ignored.
 * returns   0, or -1: LLMX_IO, LLMX_BAD_INPUT with file and line, LLMX_NO_MEMORY */
LLMX_API int llmx_pairs_read(struct llmx_pairs **pairs, const char *path, struct llmx_error *err);

/* The pairs of every two of n >= 2 explanation files (docs/explanations.md): the lines of the same user and item, in the order
 * of the first file. `names` (n) are the systems'; the prompt is the first file's "prompt" or, without one, its "facts".
 * returns   as above; LLMX_MISMATCH files that hold other users or items (how many, and the first of them), one user and item twice in
 *           a file */
LLMX_API int llmx_pairs_match(struct llmx_pairs **pairs, const char *const *paths,
                              const char *const *names, int n, struct llmx_error *err);

/* All of them as llmx_pairs_read reads them, with "verdict" ("a", "b", "tie") where they were judged in both orders. */
LLMX_API int llmx_pairs_write(const struct llmx_pairs *pairs, const char *path,
                              struct llmx_error *err);

LLMX_API size_t llmx_pairs_count(const struct llmx_pairs *pairs);
LLMX_API struct llmx_pair *llmx_pairs_get(struct llmx_pairs *pairs, size_t i); /* i < count */
LLMX_API void llmx_pairs_close(struct llmx_pairs *pairs);                      /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
