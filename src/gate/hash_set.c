/* hash_set.c - open addressing; a slot counts when its stamp is that of now. */
#include "gate/hash_set.h"

#include "base/memory.h"

#include <stdlib.h>

int hash_set_clear(struct hash_set *set, size_t room, struct llmx_error *err)
{
    set->now++;
    if (set->now != 0 && set->size >= 2 * room)
        return 0;
    size_t size = set->size ? set->size : 1024;
    while (size < 2 * room)
        size *= 2;
    hash_set_release(set);
    set->slot = mem_array(size, sizeof *set->slot, err);
    set->stamp = mem_array(size, sizeof *set->stamp, err);
    if (!set->slot || !set->stamp) {
        hash_set_release(set);
        return -1;
    }
    set->size = size;
    set->now = 1;
    return 0;
}

/* The slot of a hash, or the free one where it would go. */
static size_t slot_find(const struct hash_set *set, uint64_t hash)
{
    size_t i = hash & (set->size - 1);
    while (set->stamp[i] == set->now && set->slot[i] != hash)
        i = (i + 1) & (set->size - 1);
    return i;
}

void hash_set_add(struct hash_set *set, uint64_t hash)
{
    size_t i = slot_find(set, hash);
    set->slot[i] = hash;
    set->stamp[i] = set->now;
}

bool hash_set_has(const struct hash_set *set, uint64_t hash)
{
    return set->size > 0 && set->stamp[slot_find(set, hash)] == set->now;
}

void hash_set_release(struct hash_set *set)
{
    free(set->slot);
    free(set->stamp);
    *set = (struct hash_set){0};
}
