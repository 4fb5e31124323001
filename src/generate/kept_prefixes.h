/* kept_prefixes.h - prefixes that stay when the group that computed them is over, for those that begin so too. The caller
 * holds a lock around all calls. */
#ifndef GENERATE_KEPT_PREFIXES_H
#define GENERATE_KEPT_PREFIXES_H

#include "generate/kv.h"

#include <stdbool.h>

#define KEPT_PREFIXES_MAX                                                                          \
    4 /* what a server writes begins in a way or two; each is 23 KB a token of a model of 135M */

struct kept_prefix {
    int32_t *ids; /* (n); NULL: none is kept here */
    int n;
    struct kv *kv;
    int holders;      /* groups that read it */
    unsigned used_at; /* by the clock */
};

/* All zero: empty. */
struct kept_prefixes {
    struct kept_prefix at[KEPT_PREFIXES_MAX];
    unsigned clock; /* ticks with each use */
};

void kept_prefixes_release(struct kept_prefixes *kept); /* when nobody holds any */

/* The keys and values of these ids, held; NULL: not kept. */
struct kv *kept_prefixes_take(struct kept_prefixes *kept, const int32_t *ids, int n);

/* Keeps what somebody computed, who now holds it, in place of the one that nobody held for longest; false: it stays the
 * caller's, since it is kept already, all are held, or memory is out. */
bool kept_prefixes_put(struct kept_prefixes *kept, const int32_t *ids, int n, struct kv *kv);

/* Its holder needs it no more. */
void kept_prefixes_drop(struct kept_prefixes *kept, const struct kv *kv);

#endif
