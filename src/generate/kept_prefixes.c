#include "generate/kept_prefixes.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void forget(struct kept_prefix *prefix)
{
    free(prefix->ids);
    kv_destroy(prefix->kv);
    *prefix = (struct kept_prefix){0};
}

void kept_prefixes_release(struct kept_prefixes *kept)
{
    for (int i = 0; i < KEPT_PREFIXES_MAX; i++) {
        assert(kept->at[i].holders == 0);
        forget(&kept->at[i]);
    }
}

static struct kept_prefix *find(struct kept_prefixes *kept, const int32_t *ids, int n)
{
    for (int i = 0; i < KEPT_PREFIXES_MAX; i++) {
        struct kept_prefix *prefix = &kept->at[i];
        if (prefix->ids && prefix->n == n && memcmp(prefix->ids, ids, (size_t)n * sizeof *ids) == 0)
            return prefix;
    }
    return NULL;
}

struct kv *kept_prefixes_take(struct kept_prefixes *kept, const int32_t *ids, int n)
{
    struct kept_prefix *prefix = find(kept, ids, n);
    if (!prefix)
        return NULL;
    prefix->holders++;
    prefix->used_at = ++kept->clock;
    return prefix->kv;
}

/* An empty place, or the one that nobody held for longest; NULL: all are held. */
static struct kept_prefix *find_place(struct kept_prefixes *kept)
{
    struct kept_prefix *place = NULL;
    for (int i = 0; i < KEPT_PREFIXES_MAX; i++) {
        struct kept_prefix *prefix = &kept->at[i];
        if (prefix->holders == 0 && (!place || prefix->used_at < place->used_at))
            place = prefix;
    }
    return place;
}

bool kept_prefixes_put(struct kept_prefixes *kept, const int32_t *ids, int n, struct kv *kv)
{
    struct kept_prefix *place = find(kept, ids, n) ? NULL : find_place(kept);
    int32_t *copy = place ? mem_array((size_t)n, sizeof *copy, NULL) : NULL;
    if (!copy)
        return false;
    forget(place);
    memcpy(copy, ids, (size_t)n * sizeof *copy);
    *place = (struct kept_prefix){copy, n, kv, 1, ++kept->clock};
    return true;
}

void kept_prefixes_drop(struct kept_prefixes *kept, const struct kv *kv)
{
    for (int i = 0; i < KEPT_PREFIXES_MAX; i++)
        if (kept->at[i].kv == kv) {
            assert(kept->at[i].holders > 0);
            kept->at[i].holders--;
        }
}
