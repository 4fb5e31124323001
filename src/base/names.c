#include "base/names.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

/* 1 to 8 bytes as a number that is another for any other bytes of that length. */
static uint64_t load_short(const unsigned char *p, size_t n)
{
    if (n >= 4)
        return load(p, 4) | load(p + n - 4, 4) << 32;
    return (uint64_t)p[0] | (uint64_t)p[n / 2] << 8 | (uint64_t)p[n - 1] << 16;
}

uint64_t hash_bytes(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t h = 0x9e3779b97f4a7c15u ^ n;
    size_t left = n;
    for (; left > 8; p += 8, left -= 8)
        h = mix(h ^ load(p, 8), 0xa0761d6478bd642fu);
    if (left)
        h = mix(h ^ load_short(p, left), 0xe7037ed1a0b428dbu);
    return mix(h ^ 0x8ebc6af09c88c6e3u, 0x589965cc75374cc3u);
}

#define LONG 0x80000000u /* in `check`: the name goes on in the pool */

/* What the slot of a name says; *hash is where it belongs. */
static struct names_slot slot_for(const char *name, size_t n, uint64_t *hash)
{
    const unsigned char *p = (const unsigned char *)name;
    if (n > 8) {
        *hash = hash_bytes(name, n);
        return (struct names_slot){load(p, 8), LONG | (uint32_t)(*hash >> 33), 0};
    }
    uint64_t key = n ? load_short(p, n) : 0;
    *hash = mix(key ^ 0x9e3779b97f4a7c15u, 0xa0761d6478bd642fu + n);
    return (struct names_slot){key, (uint32_t)n, 0};
}

/* The place that holds the name, or the free one where it belongs. The table is never full. */
static size_t place_of(const struct names *names, const struct names_slot *wanted, uint64_t hash,
                       const char *name, size_t n)
{
    size_t mask = names->slot_count - 1;
    for (size_t s = (size_t)hash & mask;; s = (s + 1) & mask) {
        const struct names_slot *slot = &names->slots[s];
        if (slot->number == 0)
            return s;
        if (slot->key != wanted->key || slot->check != wanted->check)
            continue;
        if (n <= 8)
            return s;
        size_t length;
        const char *known = names_get(names, slot->number - 1, &length);
        if (length == n && memcmp(known, name, n) == 0)
            return s;
    }
}

#define NO_VALUE NAMES_NUMBERS_MAX

/* The value of a name that is the decimal writing of a small number ("0", "196", not "007"); else NO_VALUE. */
static uint32_t value_of(const char *name, size_t n)
{
    uint32_t value = 0;
    if (n == 0 || n > 7 || (name[0] == '0' && n > 1))
        return NO_VALUE;
    for (size_t i = 0; i < n; i++) {
        uint32_t digit = (uint32_t)(unsigned char)name[i] - '0';
        if (digit > 9)
            return NO_VALUE;
        value = value * 10 + digit;
    }
    return value < NAMES_NUMBERS_MAX ? value : NO_VALUE;
}

int64_t names_find(const struct names *names, const char *name, size_t n)
{
    uint32_t value = value_of(name, n);
    if (value != NO_VALUE)
        return names->by_value ? (int64_t)names->by_value[value] - 1 : -1;
    if (names->slot_count == 0)
        return -1;
    uint64_t hash;
    struct names_slot wanted = slot_for(name, n, &hash);
    return (int64_t)names->slots[place_of(names, &wanted, hash, name, n)].number - 1;
}

static int grow_table(struct names *names, struct llmx_error *err)
{
    size_t count = names->slot_count ? names->slot_count * 2 : 64;
    struct names_slot *slots = mem_array(count, sizeof *slots, err);
    if (!slots)
        return -1;
    /* Written before it is read: a page that is read first is copied at its first write, and all cores are told to
     * forget the old one. */
    memset(slots, 0, count * sizeof *slots);
    for (size_t old = 0; old < names->slot_count; old++) {
        if (names->slots[old].number == 0)
            continue;
        size_t n;
        uint64_t hash;
        const char *name = names_get(names, names->slots[old].number - 1, &n);
        slot_for(name, n, &hash);
        size_t s = (size_t)hash & (count - 1);
        while (slots[s].number)
            s = (s + 1) & (count - 1);
        slots[s] = names->slots[old];
    }
    free(names->slots);
    names->slots = slots;
    names->slot_count = count;
    return 0;
}

/* Puts a name behind the others; its number, or -1. */
static int64_t append(struct names *names, const char *name, size_t n, struct llmx_error *err)
{
    if (names->count >= NAMES_MAX)
        return err_set(err, LLMX_TOO_LARGE, "more than %u different names", NAMES_MAX);
    if (mem_grow(&names->pool, &names->pool_capacity, names->pool_size + n + 1, 1, err) != 0 ||
        mem_grow(&names->start, &names->start_capacity, (size_t)names->count + 1,
                 sizeof *names->start, err) != 0)
        return -1;
    names->start[names->count] = names->pool_size;
    if (n)
        memcpy(names->pool + names->pool_size, name, n);
    names->pool[names->pool_size + n] = '\0';
    names->pool_size += n + 1;
    return names->count++;
}

int64_t names_add(struct names *names, const char *name, size_t n, struct llmx_error *err)
{
    uint32_t *number, value = value_of(name, n);
    if (value != NO_VALUE) {
        if (!names->by_value &&
            !(names->by_value = mem_array(NAMES_NUMBERS_MAX, sizeof *names->by_value, err)))
            return -1;
        number = &names->by_value[value];
    } else {
        if (names->slots_used * 4 >= names->slot_count * 3 && grow_table(names, err) != 0)
            return -1;
        uint64_t hash;
        struct names_slot slot = slot_for(name, n, &hash),
                          *place = &names->slots[place_of(names, &slot, hash, name, n)];
        number = &place->number;
        if (*number == 0)
            *place = slot;
        names->slots_used += *number == 0;
    }
    if (*number)
        return (int64_t)*number - 1;
    int64_t added = append(names, name, n, err);
    *number = (uint32_t)(added + 1);
    return added;
}

const char *names_get(const struct names *names, uint32_t i, size_t *n)
{
    assert(i < names->count);
    size_t start = names->start[i];
    size_t end = i + 1 < names->count ? names->start[i + 1] : names->pool_size;
    if (n)
        *n = end - start - 1;
    return names->pool + start;
}

void names_release(struct names *names)
{
    free(names->pool);
    free(names->start);
    free(names->by_value);
    free(names->slots);
    *names = (struct names){0};
}
