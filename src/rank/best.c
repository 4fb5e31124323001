#include "rank/best.h"

#include "base/memory.h"
#include "data/item_order.h"
#include "kernel/topk.h"

#include <math.h>
#include <stdlib.h>

/* Sorts places first .. end - 1, of equal scores and mostly few. */
static void sort_run(const int32_t *order, int32_t *place, int first, int end)
{
    for (int i = first + 1; i < end; i++) {
        const int32_t moved = place[i];
        int j = i;
        for (; j > first && order[place[j - 1]] > order[moved]; j--)
            place[j] = place[j - 1];
        place[j] = moved;
    }
}

/* The n first in order of all the items with that score: there are more of them than places. */
static int fill_run(const int32_t *order, const float *scores, llmx_id items, float score, int n,
                    int32_t *place, struct llmx_error *err)
{
    float *key = mem_tensor((size_t)items, sizeof *key, err);
    if (!key)
        return -1;
    for (llmx_id i = 0; i < items; i++) /* exact up to 16 million items */
        key[i] = scores[i] == score ? -(float)order[i] : -INFINITY;
    topk(key, items, n, place);
    free(key);
    return 0;
}

int best_items(const struct llmx_data *data, const float *scores, llmx_id items, int k,
               int32_t *place, struct llmx_error *err)
{
    const int found = topk(scores, items, k + 1, place), n = found < k ? found : k;
    const int32_t *order = NULL;
    for (int first = 0, end; data && first < n; first = end) {
        const float score = scores[place[first]];
        for (end = first + 1; end < found && scores[place[end]] == score;)
            end++;
        if (end == first + 1)
            continue;
        if (!order && !(order = item_order(data, err)))
            return -1;
        if (end <= k)
            sort_run(order, place, first, end);
        else if (fill_run(order, scores, items, score, k - first, place + first, err) != 0)
            return -1;
    }
    return n;
}
