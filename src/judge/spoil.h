/* spoil.h - a good explanation spoilt in one known way. */
#ifndef JUDGE_SPOIL_H
#define JUDGE_SPOIL_H

#include "base/rng.h"
#include "base/text.h"
#include "data/twins.h"
#include "gate/catalogue.h"
#include "llmxrec/gate.h"
#include "llmxrec/sanity.h"

/* An explanation that passes the gate. */
struct good_text {
    const char *text, *prompt, *user;
    llmx_id item;
    const llmx_id *history; /* (n_history) all that the person had */
    int n_history;
    struct llmx_mention *named; /* (n_named) given titles, in order, none within another */
    int n_named;
};

struct spoiling {
    const struct catalogue *catalogue;
    const struct twins *twins;
    const struct good_text *texts; /* (n) */
    size_t n;
};

/* Writes texts[i] spoilt into `out`, which is cleared; whether it could be, and differs. Draws from `rng`. */
bool spoil(const struct spoiling *s, size_t i, enum llmx_spoiling how, struct rng *rng,
           struct text *out);

#endif
