/* phrases.c - a trie over word numbers whose edges are one hash table. */
#include "gate/phrases.h"

#include "base/memory.h"

#include <stdlib.h>

int32_t phrases_step(const struct phrases *phrases, int32_t node, int32_t word)
{
    int32_t key[2] = {node, word};
    if (node < 0 || word < 0 || phrases->edges.count == 0)
        return -1;
    int64_t edge = names_find(&phrases->edges, (const char *)key, sizeof key);
    return edge < 0 ? -1 : (int32_t)edge + 1;
}

int phrases_add(struct phrases *phrases, const int32_t *words, int n, int32_t value,
                struct llmx_error *err)
{
    int32_t node = 0;
    for (int i = 0; i < n; i++) {
        int32_t key[2] = {node, words[i]};
        uint32_t before = phrases->edges.count;
        if (mem_grow(&phrases->first, &phrases->capacity, (size_t)before + 2,
                     sizeof *phrases->first, err) != 0)
            return -1;
        int64_t edge = names_add(&phrases->edges, (const char *)key, sizeof key, err);
        if (edge < 0)
            return -1;
        node = (int32_t)edge + 1;
        if (edge == before)
            phrases->first[node] = -1;
    }
    for (int32_t m = phrases->first[node]; m >= 0; m = phrases->meaning[m].next)
        if (phrases->meaning[m].value == value)
            return 0;
    if (mem_grow(&phrases->meaning, &phrases->meaning_capacity, phrases->n_meanings + 1,
                 sizeof *phrases->meaning, err) != 0)
        return -1;
    phrases->meaning[phrases->n_meanings] = (struct meaning){value, phrases->first[node]};
    phrases->first[node] = (int32_t)phrases->n_meanings++;
    return 0;
}

void phrases_release(struct phrases *phrases)
{
    names_release(&phrases->edges);
    free(phrases->first);
    free(phrases->meaning);
    *phrases = (struct phrases){0};
}
