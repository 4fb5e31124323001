#include "rank/rankings.h"

#include "base/memory.h"
#include "kernel/scores.h"
#include "kernel/topk.h"

#include <math.h>
#include <stdlib.h>

int rankings_create(struct rankings *r, int n, int k, struct llmx_error *err)
{
    const size_t rows = (size_t)n, cells = rows * (size_t)k;
    *r = (struct rankings){.n = n, .k = k};
    r->user = mem_array(rows, sizeof *r->user, err);
    r->top = mem_array(cells, sizeof *r->top, err);
    r->hit = mem_array(cells, sizeof *r->hit, err);
    r->relevant = mem_array(rows, sizeof *r->relevant, err);
    r->candidates = mem_array(rows, sizeof *r->candidates, err);
    r->rank_sum = mem_array(rows, sizeof *r->rank_sum, err);
    return r->user && r->top && r->hit && r->relevant && r->candidates && r->rank_sum ? 0 : -1;
}

void rankings_release(struct rankings *r)
{
    free(r->user);
    free(r->top);
    free(r->hit);
    free(r->relevant);
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
    for (int j = 0; j < r->k; j++)
        hit[j] = 0;
    for (int i = 0; i < n_relevant; i++)
        for (int j = 0; j < n; j++)
            hit[j] |= top[j] == relevant[i];
}

void rank_one(struct rankings *r, int row, const float *scores, llmx_id items,
              const llmx_id *relevant, int n_relevant)
{
    int higher, equal;
    const int n = topk(scores, items, r->k, r->top + (size_t)row * (size_t)r->k);
    rankings_finish_row(r, row, n, relevant, n_relevant);
    scores_count(scores, items, -INFINITY, &r->candidates[row], &equal);
    r->rank_sum[row] = 0;
    for (int i = 0; i < n_relevant; i++) {
        scores_count(scores, items, scores[relevant[i]], &higher, &equal);
        r->rank_sum[row] += mean_rank(higher, equal);
    }
}
