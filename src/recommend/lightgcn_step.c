/* lightgcn_step.c - how embeddings flow along the graph, and the loss and gradients of a batch on them. */
#include "recommend/lightgcn.h"

#include "base/memory.h"
#include "kernel/sparse.h"
#include "recommend/lightgcn_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_WORK                                                                                 \
    2048 /* edges gathered by one thread before it asks for more: some microseconds */
#define ROW_WORK     16 /* a row by itself costs about as much as so many edges */
#define BLOCK_GROUPS 64 /* rows of a batch */

/* ---- the graph ---- */

static size_t degree_of(const struct incidence *in, llmx_id node)
{
    return node < in->users
               ? in->user_start[node + 1] - in->user_start[node]
               : in->item_start[node - in->users + 1] - in->item_start[node - in->users];
}

static void cut_blocks(struct lightgcn_graph *graph)
{
    const struct incidence *in = graph->incidence;
    const llmx_id nodes = in->users + in->items;
    size_t work = BLOCK_WORK; /* of the block so far: the first node begins one */
    for (llmx_id node = 0; node < nodes; node++) {
        if (work >= BLOCK_WORK || node == in->users) {
            graph->block[graph->n_blocks++] = node;
            work = 0;
        }
        work += ROW_WORK + degree_of(in, node);
    }
    graph->block[graph->n_blocks] = nodes;
}

int lightgcn_graph_create(struct lightgcn_graph *graph, struct incidence *incidence, int dim,
                          int layers, struct llmx_error *err)
{
    const llmx_id nodes = incidence->users + incidence->items;
    *graph = (struct lightgcn_graph){.incidence = incidence, .dim = dim, .layers = layers};
    graph->scale = mem_array((size_t)nodes, sizeof *graph->scale, err);
    graph->block = mem_array((size_t)nodes + 1, sizeof *graph->block, err);
    if (!graph->scale || !graph->block)
        return -1;
    for (llmx_id node = 0; node < nodes; node++) {
        const size_t degree = degree_of(incidence, node);
        graph->scale[node] = degree ? (float)(1 / sqrt((double)degree)) : 0;
    }
    cut_blocks(graph);
    return 0;
}

void lightgcn_graph_release(struct lightgcn_graph *graph)
{
    incidence_destroy(graph->incidence);
    free(graph->scale);
    free(graph->block);
    *graph = (struct lightgcn_graph){0};
}

struct hop {
    const struct lightgcn_graph *graph;
    float *to;
    const float *base, *from;
    float factor;
    const struct lightgcn_then *then; /* of the last hop */
};

static void hop_block(void *context, size_t block, int thread)
{
    const struct hop *hop = context;
    const struct incidence *in = hop->graph->incidence;
    const float *user_scale = hop->graph->scale, *item_scale = user_scale + in->users;
    const size_t items_at = (size_t)in->users * (size_t)hop->graph->dim;
    const struct sparse users = {in->user_start, in->user_item, user_scale, item_scale};
    const struct sparse items = {in->item_start, in->item_user, item_scale, user_scale};
    const llmx_id first = hop->graph->block[block], last = hop->graph->block[block + 1];
    (void)thread;
    if (first < in->users)
        sparse_gather(hop->to, hop->base, hop->from + items_at, &users, hop->factor, first, last,
                      hop->graph->dim);
    else
        sparse_gather(hop->to + items_at, hop->base + items_at, hop->from, &items, hop->factor,
                      first - in->users, last - in->users, hop->graph->dim);
    if (hop->then)
        hop->then->work(hop->then->context, block, first, last);
}

void lightgcn_propagate(const struct lightgcn_graph *graph, float *final, float *hidden,
                        const float *base, const struct lightgcn_then *then, struct threads *pool)
{
    const float *from = base;
    for (int layer = 1; layer <= graph->layers; layer++) {
        const bool is_last = layer == graph->layers;
        /* the last hop lands in `final`, those before it alternate */
        float *to = (graph->layers - layer) % 2 == 0 ? final : hidden;
        struct hop hop = {.graph = graph,
                          .to = to,
                          .base = base,
                          .from = from,
                          .factor = is_last ? 1 / (float)(graph->layers + 1) : 1,
                          .then = is_last ? then : NULL};
        threads_for(pool, graph->n_blocks, hop_block, &hop);
        from = to;
    }
}

/* ---- the batch ---- */

/* Which of a batch's sorted rows make up a block, and of all nodes those up to the next block's: together the blocks
 * clear every row. */
struct group_range {
    int first, last;
};

static struct group_range clear_stretch(const struct lightgcn_step *s, size_t block,
                                        const llmx_id *row, int n, llmx_id first_node, llmx_id rows)
{
    const int first = (int)block * BLOCK_GROUPS,
              last = n - first < BLOCK_GROUPS ? n : first + BLOCK_GROUPS;
    const llmx_id begin = first_node + (first > 0 ? row[first] : 0),
                  end = first_node + (last < n ? row[last] : rows);
    const size_t nodes = (size_t)(end - begin), dim = (size_t)s->dim;
    memset(s->gradient + (size_t)begin * dim, 0, nodes * dim * sizeof *s->gradient);
    memset(s->touches + begin, 0, nodes * sizeof *s->touches);
    return (struct group_range){first, last};
}

static void user_block(void *context, size_t block, int thread)
{
    const struct lightgcn_step *s = context;
    const struct batch *b = s->batch;
    const struct group_range groups = clear_stretch(s, block, b->user, b->n_users, 0, s->users);
    (void)thread;
    user_groups(s, groups.first, groups.last);
}

static void item_block(void *context, size_t block, int thread)
{
    const struct lightgcn_step *s = context;
    const struct batch *b = s->batch;
    const struct group_range groups =
        clear_stretch(s, block, b->item, b->n_items, s->users, s->items);
    (void)thread;
    item_groups(s, groups.first, groups.last);
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
        loss += (double)step->loss[t];
    return loss / b->n;
}

double lightgcn_regularise(const struct lightgcn_step *step, const float *base, double l2,
                           float *gradient, llmx_id first, llmx_id last)
{
    double loss = 0;
    for (llmx_id node = first; node < last; node++) {
        const float weight = (float)(l2 / step->batch->n) * step->touches[node];
        const size_t at = (size_t)node * (size_t)step->dim;
        if (weight == 0)
            continue;
        const float squares = add_row(gradient + at, base + at, weight, step->dim);
        loss += 0.5 * (double)(weight * squares);
    }
    return loss;
}
