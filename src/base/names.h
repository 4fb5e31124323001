/* names.h - byte strings numbered 0, 1, 2, ... in order of first appearance: users, items, fields, tokens. */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Users and items are most often called by small numbers: a name that is the decimal writing of a number below
 * this is looked up by its value, without hashing. */
#define NAMES_NUMBERS_MAX (1u << 20)

/* All other names. Those of up to 8 bytes are told apart by the slot alone, so that looking them up costs one cache miss. */
struct names_slot {
    uint64_t key;    /* the first 8 bytes; together with the length all of a shorter name */
    uint32_t check;  /* the length up to 8, or LONG and 31 bits of the hash */
    uint32_t number; /* of the name, plus one; 0 is free */
};

/* All zero is an empty set. Names may hold any bytes and may be empty. */
struct names {
    char *pool; /* every name, NUL-terminated, one after the other */
    size_t pool_size, pool_capacity;
    size_t *start; /* (count) where name i begins in the pool */
    uint32_t count;
    size_t start_capacity;
    uint32_t *by_value; /* (NAMES_NUMBERS_MAX) number of the name plus one; NULL before the first */
    struct names_slot *slots; /* (slot_count) hash table, linear probing */
    size_t slot_count;        /* a power of two, at least 4/3 of slots_used */
    size_t slots_used;
};

#define NAMES_MAX 0x7ffffff0u /* what fits an llmx_id */

/* The number of a name, or -1. */
int64_t names_find(const struct names *names, const char *name, size_t n);

/* The number of a name, which is added when it is new (then the result equals the old count).
 * -1 with `err` set when memory is out or there are NAMES_MAX already. */
int64_t names_add(struct names *names, const char *name, size_t n, struct llmx_error *err);

/* Name i, NUL-terminated; *n (may be NULL) is its length. Valid until the next names_add. */
const char *names_get(const struct names *names, uint32_t i, size_t *n);

void names_release(struct names *names);

/* The hash that the table uses: wyhash-like mixing of 8 bytes at a time. */
uint64_t hash_bytes(const void *bytes, size_t n);

#endif
