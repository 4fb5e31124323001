/* windows.h - users' histories cut for a sequence model that sees at most max_length items at once and learns the next
 * item at every place of a causal pass.
 *
 * A history within the limit is one window. A longer one is cut into windows that overlap by half: the first learns
 * at all its places, each further one at those behind the overlap. So every target is learnt once an epoch, with all
 * items before it or at least max_length / 2 of them. Where the cuts fall is drawn anew for every epoch. */
#ifndef RECOMMEND_WINDOWS_H
#define RECOMMEND_WINDOWS_H

#include "llmxrec/data.h"

struct window {
    const llmx_id *history; /* of the user's training part */
    int first, end;         /* the model sees history[first .. end - 1] */
    int learnt;             /* and learns history[i + 1] at i = learnt .. end - 1 */
};

struct windows {
    const struct llmx_data *data;
    int max_length;
    int n, capacity;
    struct window *window; /* (n) */
    size_t targets;        /* of all of them */
};

/* Room for any epoch. LLMX_BAD_OPTION when no user has two training items. */
int windows_create(struct windows *windows, const struct llmx_data *data, int max_length,
                   struct llmx_error *err);
void windows_release(struct windows *windows);

/* Those of an epoch, shuffled: a function of the data, max_length, seed and epoch. */
void windows_draw(struct windows *windows, uint64_t seed, int epoch);

#endif
