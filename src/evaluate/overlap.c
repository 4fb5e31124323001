#include "evaluate/overlap.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void grams_release(struct grams *grams)
{
    free(grams->ids);
    *grams = (struct grams){0};
}

static int compare_ids(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int grams_of(struct grams *out, struct names *names, const struct tokens *tokens, int order,
             struct llmx_error *err)
{
    const size_t length = (size_t)order, n = tokens->n < length ? 0 : tokens->n - length + 1;
    out->n = 0;
    if (mem_grow(&out->ids, &out->capacity, n, sizeof *out->ids, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const uint32_t *first = tokens->ids + i;
        const int64_t id = order == 1
                               ? *first
                               : names_add(names, (const char *)first, length * sizeof *first, err);
        if (id < 0)
            return -1;
        out->ids[i] = (uint32_t)id;
    }
    out->n = n;
    if (n > 1)
        qsort(out->ids, n, sizeof *out->ids, compare_ids);
    return 0;
}

size_t grams_distinct(const struct grams *grams)
{
    size_t distinct = 0;
    for (size_t i = 0; i < grams->n; i++)
        distinct += i == 0 || grams->ids[i] != grams->ids[i - 1];
    return distinct;
}

size_t grams_common(const struct grams *a, const struct grams *b)
{
    size_t common = 0;
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        const uint32_t x = a->ids[i], y = b->ids[j];
        common += x == y;
        i += x <= y;
        j += y <= x;
    }
    return common;
}

int longest_common(const struct tokens *a, const struct tokens *b, size_t *length,
                   struct llmx_error *err)
{
    size_t *best = mem_array(b->n + 1, sizeof *best, err); /* with the first j of b */
    if (!best)
        return -1;
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0, diagonal = 0; j < b->n; j++) {
            const size_t above = best[j + 1];
            if (a->ids[i] == b->ids[j])
                best[j + 1] = diagonal + 1;
            else if (best[j] > above)
                best[j + 1] = best[j];
            diagonal = above;
        }
    *length = best[b->n];
    free(best);
    return 0;
}
