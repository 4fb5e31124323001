/* hash_set.h - a set of 64-bit hashes that is emptied in no time. */
#ifndef GATE_HASH_SET_H
#define GATE_HASH_SET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty. */
struct hash_set {
    uint64_t *slot;
    uint32_t *stamp, now;
    size_t size; /* a power of two */
};

/* Empties the set and makes room for `room` hashes. -1: LLMX_NO_MEMORY */
int hash_set_clear(struct hash_set *set, size_t room, struct llmx_error *err);
void hash_set_add(struct hash_set *set, uint64_t hash);
bool hash_set_has(const struct hash_set *set, uint64_t hash);
void hash_set_release(struct hash_set *set);

#endif
