/* gradient_head.c - the loss. The logits of a tile of rows come by a panel of the vocabulary at a time and never exist
 * whole: with a running maximum m and sum, as attention does it,
 *
 *     log p(target) = logit(target) - log sum_v exp(logit_v),
 *     d(-log p)/dh = sum_v p_v W_v - W_target,   p_v = exp(logit_v - m) / sum,
 *
 * the second sum being one more product of each panel, with what exp(logit - m) is so far. */
#include "kernel/layers.h"
#include "kernel/layers_train.h"
#include "product/dequantise.h"
#include "tune/gradient_work.h"

#include <math.h>
#include <string.h>

#define LOWEST -1e30f

/* What a tile's rows have seen of the vocabulary; keep: how the latest panel shrank what was before it. */
struct softmax_rows {
    float max[TILE], sum[TILE], target[TILE], keep[TILE];
};

static int32_t target_of(const struct gradient_work *work, int wanted)
{
    return work->batch->ids[work->stretch.first + work->wanted[wanted] + 1];
}

/* Takes in a panel's logits (n rows), in lane->panel, and leaves their exponentials in lane->narrow. */
static void see_panel(const struct gradient_work *work, struct tune_lane *lane,
                      struct softmax_rows *seen, const struct panel *panel, int first, int n)
{
    size_t element = dtype_block_bytes(work->type), columns = (size_t)panel->columns;
    for (int i = 0; i < n; i++) {
        float *logits = rows_at(lane->panel, i, panel->columns);
        int target = target_of(work, first + i) - panel->first;
        if (target >= 0 && target < panel->columns)
            seen->target[i] = logits[target];
        float max = fmaxf(seen->max[i], max_forward(logits, panel->columns));
        seen->keep[i] = expf(seen->max[i] - max);
        seen->max[i] = max;
        seen->sum[i] *= seen->keep[i];
        seen->sum[i] += exp_forward((char *)lane->narrow + (size_t)i * columns * element,
                                    work->type, logits, max, 1.0f, panel->columns);
    }
}

/* dx of the rows' final hidden states from the sum of p_v W_v (n, hidden) times seen->sum. */
static void rows_back(const struct gradient_work *work, struct tune_lane *lane,
                      const struct softmax_rows *seen, float *sums, int first, int n)
{
    const struct config *c = &work->model->config;
    const struct tensor *table = &work->transposed->head_rows;
    for (int i = 0; i < n; i++) {
        int row = work->wanted[first + i];
        float weight = work->batch->weight[work->stretch.first + row + 1];
        float *dh = rows_at(sums, i, c->hidden), *target = lane->input;
        dequantise(target, table->data + (size_t)target_of(work, first + i) * table->row_bytes,
                   table->type, (size_t)c->hidden);
        scale_forward(dh, DTYPE_F32, dh, weight / seen->sum[i], c->hidden);
        scale_forward(target, DTYPE_F32, target, -weight, c->hidden);
        add_forward(dh, target, c->hidden);
        rmsnorm_backward(rows_at(work->dx, row, c->hidden), dh, x_of(work, c->layers, row),
                         work->model->final_norm, 1, c->hidden, (float)c->norm_eps, false);
    }
}

void head_rows(const struct gradient_work *work, struct tune_lane *lane, int first, int n)
{
    const struct llmx_model *model = work->model;
    const struct config *c = &model->config;
    struct softmax_rows seen;
    float *sums = lane->dinput; /* (n, hidden) */
    for (int i = 0; i < n; i++) {
        seen.max[i] = LOWEST;
        seen.sum[i] = 0;
        rmsnorm_forward(rows_at(lane->hidden, i, c->hidden), DTYPE_F32,
                        x_of(work, c->layers, work->wanted[first + i]), model->final_norm, 1,
                        c->hidden, (float)c->norm_eps);
    }
    const void *in = ready_forward(work, lane->hidden_ready, lane->hidden, n, c->hidden);
    memset(sums, 0, (size_t)(n * c->hidden) * sizeof *sums);
    for (int p = 0; p < model->head.n_panels; p++) {
        product_run(lane->worker, &model->head, p, in, lane->panel, n);
        see_panel(work, lane, &seen, &model->head.panels[p], first, n);
        if (!work->gradient)
            continue;
        struct tune_tile tile = {work, lane, 0, 0, n};
        tile_product(&tile, lane->back_worker, &work->transposed->head[p], lane->narrow,
                     lane->input);
        for (int i = 0; i < n; i++) {
            float *row = rows_at(sums, i, c->hidden);
            scale_forward(row, DTYPE_F32, row, seen.keep[i], c->hidden);
            add_forward(row, rows_at(lane->input, i, c->hidden), c->hidden);
        }
    }
    for (int i = 0; i < n; i++) {
        int token = work->stretch.first + work->wanted[first + i] + 1;
        work->logprob[token] = seen.target[i] - seen.max[i] - logf(seen.sum[i]);
        work->best[token] = seen.target[i] >= seen.max[i];
    }
    if (work->gradient)
        rows_back(work, lane, &seen, sums, first, n);
}
