/* space.h - what a search may choose from, read from a YAML file:
 *
 *     dim: [32, 64, 128]                    one of these
 *     learning_rate: {log: [1e-4, 1e-1]}    log-uniform
 *     dropout: {uniform: [0, 0.5]}
 */
#ifndef RUN_SPACE_H
#define RUN_SPACE_H

#include "base/arena.h"
#include "llmxrec/train.h"

#include <stdbool.h>

#define SPACE_MAX 32 /* settings */

enum spread { SPREAD_CHOICE, SPREAD_UNIFORM, SPREAD_LOG };

struct range {
    const char *name; /* of the setting */
    enum spread spread;
    const char **choices; /* (n) */
    int n;
    double low, high;
    bool is_whole; /* the setting takes whole numbers */
};

struct space {
    struct range ranges[SPACE_MAX];
    int n;
    struct arena texts;
};

/* Every value that it may give is tried on a copy of `base`: an error names file and line. Release it also after a
 * failure. */
int space_read(struct space *space, const char *path, const struct llmx_train_options *base,
               struct llmx_error *err);
void space_release(struct space *space);

/* Sets trial number `trial`'s values in `options` (texts of the space or of `texts`): a pure function of (seed, trial). */
int space_sample(const struct space *space, uint64_t seed, int trial,
                 struct llmx_train_options *options, struct arena *texts, struct llmx_error *err);

#endif
