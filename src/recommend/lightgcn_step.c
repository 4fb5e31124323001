#include "recommend/lightgcn.h"

#include "base/memory.h"
#include "kernel/sparse.h"
#include "kernel/vector.h"
#include "recommend/bpr_loss.h"

#include <stdlib.h>

#define BLOCK_ROWS   64  /* gathered by one thread before it asks for more */
#define BLOCK_GROUPS 256 /* rows of a batch */

/* ---- the graph ---- */

int lightgcn_graph_create(struct lightgcn_graph *graph, const struct llmx_data *data, int dim,
                          int layers, struct llmx_error *err)
{
    const llmx_id users = llmx_data_users(data), items = llmx_data_items(data);
    *graph = (struct lightgcn_graph){.dim = dim, .layers = layers};
    graph->scale = mem_array((size_t)users + (size_t)items, sizeof *graph->scale, err);
    if (!graph->scale || incidence_create(&graph->incidence, data, err) != 0)
        return -1;
    const struct incidence *in = graph->incidence;
    for (llmx_id u = 0; u < users; u++) {
        const size_t degree = in->user_start[u + 1] - in->user_start[u];
        graph->scale[u] = degree ? (float)(1 / sqrt((double)degree)) : 0;
    }
    for (llmx_id i = 0; i < items; i++) {
        const size_t degree = in->item_start[i + 1] - in->item_start[i];
        graph->scale[users + i] = degree ? (float)(1 / sqrt((double)degree)) : 0;
    }
    return 0;
}

void lightgcn_graph_release(struct lightgcn_graph *graph)
{
    incidence_destroy(graph->incidence);
    free(graph->scale);
    *graph = (struct lightgcn_graph){0};
}

struct hop {
    const struct lightgcn_graph *graph;
    float *to;
    const float *base, *from;
    float factor;
    size_t user_blocks;
};

static void hop_block(void *context, size_t block, int thread)
{
    const struct hop *hop = context;
    const struct incidence *in = hop->graph->incidence;
    const float *user_scale = hop->graph->scale, *item_scale = user_scale + in->users;
    const size_t items_at = (size_t)in->users * (size_t)hop->graph->dim;
    const bool is_users = block < hop->user_blocks;
    const struct sparse users = {in->user_start, in->user_item, user_scale, item_scale};
    const struct sparse items = {in->item_start, in->item_user, item_scale, user_scale};
    const int rows = is_users ? in->users : in->items;
    const int first = (int)(is_users ? block : block - hop->user_blocks) * BLOCK_ROWS;
    const int last = first + BLOCK_ROWS < rows ? first + BLOCK_ROWS : rows;
    (void)thread;
    if (is_users)
        sparse_gather(hop->to, hop->base, hop->from + items_at, &users, hop->factor, first, last,
                      hop->graph->dim);
    else
        sparse_gather(hop->to + items_at, hop->base + items_at, hop->from, &items, hop->factor,
                      first, last, hop->graph->dim);
}

void lightgcn_propagate(const struct lightgcn_graph *graph, float *final, float *hidden,
                        const float *base, float *message, struct threads *pool)
{
    const struct incidence *in = graph->incidence;
    const size_t user_blocks = ((size_t)in->users + BLOCK_ROWS - 1) / BLOCK_ROWS,
                 item_blocks = ((size_t)in->items + BLOCK_ROWS - 1) / BLOCK_ROWS;
    const float share = 1 / (float)(graph->layers + 1);
    const float *from = base;
    for (int layer = 1; layer <= graph->layers; layer++) {
        const bool is_last = layer == graph->layers;
        if (is_last && message)
            for (size_t i = 0, n = (size_t)in->items * (size_t)graph->dim; i < n; i++)
                message[i] = share * from[(size_t)in->users * (size_t)graph->dim + i];
        /* the last hop lands in `final`, those before it alternate */
        float *to = (graph->layers - layer) % 2 == 0 ? final : hidden;
        struct hop hop = {graph, to, base, from, is_last ? share : 1, user_blocks};
        threads_for(pool, user_blocks + item_blocks, hop_block, &hop);
        from = to;
    }
}

/* ---- the batch ---- */

BODY float dot_difference(const float *u, const float *a, const float *b, int dim)
{
    f32x16 sums = {0};
    int i = 0;
    for (; i + LANES <= dim; i += LANES)
        sums += f32x16_load(u + i) * (f32x16_load(a + i) - f32x16_load(b + i));
    float sum = f32x16_sum(sums);
    for (; i < dim; i++)
        sum += u[i] * (a[i] - b[i]);
    return sum;
}

BODY void add_scaled(float *y, const float *x, float factor, int dim)
{
    int i = 0;
    for (; i + LANES <= dim; i += LANES)
        f32x16_store(y + i, f32x16_load(y + i) + f32x16_load(x + i) * factor);
    for (; i < dim; i++)
        y[i] += factor * x[i];
}

/* Margins, slopes and the gradients of user groups first .. last-1. */
BODY void user_groups_body(const struct lightgcn_step *s, int first, int last)
{
    const struct batch *b = s->batch;
    const size_t dim = (size_t)s->dim;
    const float *items = s->final + (size_t)s->users * dim;
    for (int g = first; g < last; g++) {
        const float *user = s->final + (size_t)b->user[g] * dim;
        float *gradient = s->gradient + (size_t)b->user[g] * dim;
        for (int t = b->user_start[g]; t < b->user_start[g + 1]; t++) {
            const float *positive = items + (size_t)b->positive[t] * dim;
            const float *negative = items + (size_t)b->negative[t] * dim;
            float slope;
            s->loss[t] = bpr_loss_at(dot_difference(user, positive, negative, s->dim), &slope);
            s->slope[t] = slope / (float)b->n;
            add_scaled(gradient, positive, s->slope[t], s->dim);
            add_scaled(gradient, negative, -s->slope[t], s->dim);
        }
    }
}
static void user_groups(const struct lightgcn_step *s, int first, int last);
KERNEL(user_groups, (const struct lightgcn_step *s, int first, int last), (s, first, last))

BODY void item_groups_body(const struct lightgcn_step *s, int first, int last)
{
    const struct batch *b = s->batch;
    const size_t dim = (size_t)s->dim;
    for (int g = first; g < last; g++) {
        float *gradient = s->gradient + ((size_t)s->users + (size_t)b->item[g]) * dim;
        for (int e = b->item_start[g]; e < b->item_start[g + 1]; e++) {
            const uint32_t t = b->touch[e] >> 1;
            const float slope = b->touch[e] & 1 ? -s->slope[t] : s->slope[t];
            add_scaled(gradient, s->final + (size_t)b->user[b->slot[t]] * dim, slope, s->dim);
        }
    }
}
static void item_groups(const struct lightgcn_step *s, int first, int last);
KERNEL(item_groups, (const struct lightgcn_step *s, int first, int last), (s, first, last))

static int end_of(size_t block, int n)
{
    const int end = ((int)block + 1) * BLOCK_GROUPS;
    return end < n ? end : n;
}

static void user_block(void *context, size_t block, int thread)
{
    const struct lightgcn_step *s = context;
    (void)thread;
    user_groups(s, (int)block * BLOCK_GROUPS, end_of(block, s->batch->n_users));
}

static void item_block(void *context, size_t block, int thread)
{
    const struct lightgcn_step *s = context;
    (void)thread;
    item_groups(s, (int)block * BLOCK_GROUPS, end_of(block, s->batch->n_items));
}

double lightgcn_gradient(const struct lightgcn_step *step, struct threads *pool)
{
    const struct batch *b = step->batch;
    double loss = 0;
    threads_for(pool, ((size_t)b->n_users + BLOCK_GROUPS - 1) / BLOCK_GROUPS, user_block,
                (void *)(uintptr_t)step);
    threads_for(pool, ((size_t)b->n_items + BLOCK_GROUPS - 1) / BLOCK_GROUPS, item_block,
                (void *)(uintptr_t)step);
    for (int t = 0; t < b->n; t++)
        loss += (double)step->loss[t] / b->n;
    return loss;
}

double lightgcn_regularise(const struct lightgcn_step *step, const float *base, double l2,
                           float *gradient)
{
    const struct batch *b = step->batch;
    double loss = 0;
    for (int g = 0; g < b->n_users + b->n_items; g++) {
        const bool is_user = g < b->n_users;
        const int i = is_user ? g : g - b->n_users;
        const llmx_id node = is_user ? b->user[i] : step->users + b->item[i];
        const int *start = is_user ? b->user_start : b->item_start;
        const float weight = (float)(l2 / b->n) * (float)(start[i + 1] - start[i]);
        const size_t at = (size_t)node * (size_t)step->dim;
        float squares = 0;
        for (int d = 0; d < step->dim; d++) {
            const float value = base[at + (size_t)d];
            gradient[at + (size_t)d] += weight * value;
            squares += value * value;
        }
        loss += 0.5 * (double)(weight * squares);
    }
    return loss;
}
