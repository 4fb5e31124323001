#include "rank/best.h"

#include "base/memory.h"
#include "data/dataset.h"
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

/* Where the run of scores equal to that of `first` ends. */
static int run_end(const float *score, int first, int n)
{
    int end = first + 1;
    while (end < n && score[end] == score[first])
        end++;
    return end;
}

int best_of_kept(const struct llmx_data *data, const float *score, llmx_id *item, int n, int k,
                 struct llmx_error *err)
{
    const int32_t *order = NULL;
    for (int first = 0, end; data && first < n && first < k; first = end) {
        end = run_end(score, first, n);
        if (end > k)
            return NEEDS_ALL;
        if (end == first + 1)
            continue;
        if (!order && !(order = data_item_order(data, err)))
            return -1;
        sort_run(order, item, first, end);
    }
    return n < k ? n : k;
}

/* The last of the k places go to the first in order of all the items that share them; those before are sorted. */
static int share_out(const struct llmx_data *data, const float *scores, llmx_id items, int k,
                     int32_t *place, struct llmx_error *err)
{
    const int32_t *order = data_item_order(data, err);
    if (!order)
        return -1;
    const float least = scores[place[k - 1]];
    int first = k - 1;
    while (first > 0 && scores[place[first - 1]] == least)
        first--;
    return fill_run(order, scores, items, least, k - first, place + first, err) == 0 ? k : -1;
}

int best_items(const struct llmx_data *data, const float *scores, llmx_id items, int k,
               int32_t *place, struct llmx_error *err)
{
    const int n = topk(scores, items, k + 1, place);
    float *score = data ? mem_array((size_t)n, sizeof *score, err) : NULL;
    if (!data)
        return n < k ? n : k;
    if (!score)
        return -1;
    for (int i = 0; i < n; i++)
        score[i] = scores[place[i]];
    int result = best_of_kept(data, score, place, n, k, err);
    free(score);
    if (result == NEEDS_ALL)
        result = share_out(data, scores, items, k, place, err);
    return result;
}
