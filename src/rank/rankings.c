#include "rank/rankings.h"

#include "base/memory.h"
#include "kernel/scores.h"
#include "rank/best.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int rankings_create(struct rankings *r, int n, int k, struct llmx_error *err)
{
    const size_t rows = (size_t)n, cells = rows * (size_t)k;
    *r = (struct rankings){.n = n, .k = k};
    r->user = mem_array(rows, sizeof *r->user, err);
    r->top = mem_array(cells, sizeof *r->top, err);
    r->hit = mem_array(cells, sizeof *r->hit, err);
    r->relevant = mem_array(rows, sizeof *r->relevant, err);
    r->findable = mem_array(rows, sizeof *r->findable, err);
    r->candidates = mem_array(rows, sizeof *r->candidates, err);
    r->rank_sum = mem_array(rows, sizeof *r->rank_sum, err);
    return r->user && r->top && r->hit && r->relevant && r->findable && r->candidates && r->rank_sum
               ? 0
               : -1;
}

void rankings_release(struct rankings *r)
{
    free(r->user);
    free(r->top);
    free(r->hit);
    free(r->held_start);
    free(r->held);
    free(r->relevant);
    free(r->findable);
    free(r->candidates);
    free(r->rank_sum);
    *r = (struct rankings){0};
}

void rankings_finish_row(struct rankings *r, int row, int n, const llmx_id *relevant,
                         int n_relevant)
{
    llmx_id *top = r->top + (size_t)row * (size_t)r->k;
    unsigned char *hit = r->hit + (size_t)row * (size_t)r->k;
    for (int j = n; j < r->k; j++)
        top[j] = -1;
    r->relevant[row] = n_relevant;
    r->findable[row] = 0;
    r->rank_sum[row] = 0;
    for (int j = 0; j < r->k; j++)
        hit[j] = 0;
    for (int i = 0; i < n_relevant; i++)
        for (int j = 0; j < n; j++)
            hit[j] |= top[j] == relevant[i];
}

static int compare_ids(const void *a, const void *b)
{
    const llmx_id x = *(const llmx_id *)a, y = *(const llmx_id *)b;
    return (x > y) - (x < y);
}

/* Sorts items and leaves each once; how many are left. */
static size_t make_distinct(llmx_id *items, size_t n)
{
    size_t kept = n > 0;
    if (n > 1)
        qsort(items, n, sizeof *items, compare_ids);
    for (size_t i = 1; i < n; i++)
        if (items[i] != items[kept - 1])
            items[kept++] = items[i];
    return kept;
}

int rankings_list_held(struct rankings *r, const struct llmx_data *data, enum llmx_part part,
                       struct llmx_error *err)
{
    size_t total = 0;
    int n;
    for (int row = 0; row < r->n; row++) {
        llmx_data_history(data, r->user[row], part, &n);
        total += (size_t)n;
    }
    r->held_start = mem_array((size_t)r->n + 1, sizeof *r->held_start, err);
    r->held = mem_array(total, sizeof *r->held, err);
    if (!r->held_start || !r->held)
        return -1;
    for (int row = 0; row < r->n; row++) {
        const size_t start = r->held_start[row];
        const llmx_id *held = llmx_data_history(data, r->user[row], part, &n);
        if (n > 0)
            memcpy(r->held + start, held, (size_t)n * sizeof *held);
        r->held_start[row + 1] = start + make_distinct(r->held + start, (size_t)n);
    }
    return 0;
}

int rank_one(struct rankings *r, int row, const struct llmx_data *data, const float *scores,
             llmx_id items, const llmx_id *relevant, int n_relevant, struct llmx_error *err)
{
    int higher, equal;
    int32_t *place = mem_array((size_t)r->k + 1, sizeof *place, err);
    const int n = place ? best_items(data, scores, items, r->k, place, err) : -1;
    if (n > 0)
        memcpy(r->top + (size_t)row * (size_t)r->k, place, (size_t)n * sizeof *place);
    free(place);
    if (n < 0)
        return -1;
    rankings_finish_row(r, row, n, relevant, n_relevant);
    scores_count(scores, items, -INFINITY, &r->candidates[row], &equal);
    for (int i = 0; i < n_relevant; i++) {
        if (!(scores[relevant[i]] > -INFINITY))
            continue;
        scores_count(scores, items, scores[relevant[i]], &higher, &equal);
        r->rank_sum[row] += mean_rank(higher, equal);
        r->findable[row]++;
    }
    return 0;
}
