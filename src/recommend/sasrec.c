/* sasrec.c - self-attention over the history (Kang & McAuley 2018) as in RecBole: item plus position, normalised, then
 * blocks of causal attention and a GELU feed-forward, the sum with the input normalised after each (post). With norm
 * "pre" it is each part's input that is normalised, and the last output instead of the first input. */
#include "attention/attention_train.h"
#include "base/err.h"
#include "kernel/dense_layers.h"
#include "kernel/dropout.h"
#include "kernel/layers.h"
#include "recommend/encoder.h"
#include "recommend/sequence.h"

#include <math.h>
#include <string.h>

#define EPSILON   1e-12f /* RecBole's layer_norm_eps */
#define DEVIATION 0.02   /* of what the weights begin with, RecBole's initializer_range */

enum {
    POSITION,
    NORM_GAIN,
    NORM_BIAS,
    QKV,
    QKV_BIAS,
    OUT,
    OUT_BIAS,
    NORM1_GAIN,
    NORM1_BIAS,
    INNER,
    INNER_BIAS,
    OUTER,
    OUTER_BIAS,
    NORM2_GAIN,
    NORM2_BIAS,
    BLOCKS
};

static int is_pre(const struct llmx_train_options *options)
{
    return strcmp(options->norm, "pre") == 0;
}

static int check(const struct llmx_train_options *o, struct llmx_error *err)
{
    if (o->dim % o->heads == 0)
        return 0;
    return err_set(err, LLMX_BAD_OPTION, "dim %d is no multiple of heads %d", o->dim, o->heads);
}

static int blocks(const struct llmx_train_options *o, llmx_id items, struct weight_block *b,
                  double *deviation)
{
    (void)items;
    const uint64_t dim = (uint64_t)o->dim, inner = (uint64_t)o->inner, layers = (uint64_t)o->layers;
    const struct weight_block list[BLOCKS] = {
        [POSITION] =
            {"position_embedding", 2, {(uint64_t)o->max_length, dim}, START_NORMAL, DEVIATION},
        [NORM_GAIN] = {"norm.gain", 1, {dim}, START_CONSTANT, 1},
        [NORM_BIAS] = {"norm.bias", 1, {dim}, START_CONSTANT, 0},
        [QKV] = {"attention.qkv", 2, {layers * 3 * dim, dim}, START_NORMAL, DEVIATION},
        [QKV_BIAS] = {"attention.qkv_bias", 2, {layers, 3 * dim}, START_CONSTANT, 0},
        [OUT] = {"attention.out", 2, {layers * dim, dim}, START_NORMAL, DEVIATION},
        [OUT_BIAS] = {"attention.out_bias", 2, {layers, dim}, START_CONSTANT, 0},
        [NORM1_GAIN] = {"attention.norm.gain", 2, {layers, dim}, START_CONSTANT, 1},
        [NORM1_BIAS] = {"attention.norm.bias", 2, {layers, dim}, START_CONSTANT, 0},
        [INNER] = {"feed_forward.in", 2, {layers * inner, dim}, START_NORMAL, DEVIATION},
        [INNER_BIAS] = {"feed_forward.in_bias", 2, {layers, inner}, START_CONSTANT, 0},
        [OUTER] = {"feed_forward.out", 2, {layers * dim, inner}, START_NORMAL, DEVIATION},
        [OUTER_BIAS] = {"feed_forward.out_bias", 2, {layers, dim}, START_CONSTANT, 0},
        [NORM2_GAIN] = {"feed_forward.norm.gain", 2, {layers, dim}, START_CONSTANT, 1},
        [NORM2_BIAS] = {"feed_forward.norm.bias", 2, {layers, dim}, START_CONSTANT, 0},
    };
    *deviation = DEVIATION;
    memcpy(b, list, sizeof list);
    return BLOCKS;
}

/* The weights (only read) or their gradients of a layer; POSITION and NORM_ are those of the whole. */
struct sasrec_weights {
    float *of[BLOCKS];
};

static struct sasrec_weights weights_at(const struct llmx_train_options *o, const float *weights,
                                        int layer)
{
    float *base = (float *)(size_t)weights;
    struct weight_block list[BLOCKS];
    struct sasrec_weights w;
    double deviation;
    blocks(o, 0, list, &deviation);
    for (int i = 0; i < BLOCKS; i++) {
        const size_t n = block_floats(&list[i]);
        w.of[i] = base + (i < QKV ? 0 : n / (size_t)o->layers * (size_t)layer);
        base += n;
    }
    return w;
}

/* What a layer keeps of its forward pass. */
struct sasrec_activations {
    float *x;        /* (rows, dim) input */
    float *normed;   /* (rows, dim) the attention's input: x, or x normalised before */
    float *qkv;      /* (rows, 3 dim) */
    float *attended; /* (rows, dim) */
    float *lse;      /* (rows, heads) */
    float *sum1;     /* (rows, dim) x + attention */
    float *middle;   /* (rows, dim) sum1 normalised: the feed-forward's input */
    float *inner;    /* (rows, inner) */
    float *active;   /* (rows, inner) after GELU */
    float *sum2;     /* (rows, dim) */
    float *y;        /* (rows, dim) output, the next layer's x */
};

static size_t layer_floats(const struct llmx_train_options *o, size_t rows)
{
    return rows * (size_t)(9 * o->dim + o->heads + 2 * o->inner);
}

static struct sasrec_activations activations_at(const struct llmx_train_options *o, float *work,
                                                int rows, int layer)
{
    const size_t n = (size_t)rows, wide = n * (size_t)o->dim, inner = n * (size_t)o->inner;
    const int pre = is_pre(o);
    struct sasrec_activations a = {.x = work + wide + (size_t)layer * layer_floats(o, n)};
    a.normed = a.x + wide;
    a.qkv = a.normed + wide;
    a.attended = a.qkv + 3 * wide;
    a.sum1 = a.attended + wide;
    a.middle = a.sum1 + wide;
    a.sum2 = a.middle + wide;
    a.inner = a.sum2 + wide;
    a.active = a.inner + inner;
    a.lse = a.active + inner;
    a.y = a.lse + n * (size_t)o->heads;
    if (pre)
        a.sum2 = a.y;
    else
        a.normed = a.x;
    return a;
}

/* Before the layers: the sum of item and position. Behind them: the last output, what is normalised of it (pre), and
 * room for gradients: (rows, dim) twice, (rows, 3 dim), (rows, inner). */
static size_t work_floats(const struct llmx_train_options *o, int rows)
{
    return (size_t)rows * (size_t)(8 * o->dim + o->inner) +
           (size_t)o->layers * layer_floats(o, (size_t)rows);
}

static struct attention_shape attention_of(const struct llmx_train_options *o,
                                           const struct packed_histories *pack, int layer)
{
    const int head_dim = o->dim / o->heads;
    return (struct attention_shape){.heads = o->heads,
                                    .kv_heads = o->heads,
                                    .head_dim = head_dim,
                                    .scale = 1.0f / sqrtf((float)head_dim),
                                    .dropout = pack->dropout,
                                    .seed = pack->seed + 4 * (uint64_t)layer + 1,
                                    .q_row = 3 * o->dim,
                                    .kv_row = 3 * o->dim};
}

static void drop(const struct packed_histories *pack, float *x, int dim, int layer, int place)
{
    dropout_rows(x, pack->rows, dim, pack->dropout,
                 pack->seed + 4 * (uint64_t)layer + (uint64_t)place);
}

static void layer_forward(const struct llmx_train_options *o, const struct sasrec_weights *w,
                          const struct packed_histories *pack, const struct sasrec_activations *a,
                          int layer)
{
    const int rows = pack->rows, dim = o->dim, n = rows * dim, pre = is_pre(o);
    const struct attention_shape shape = attention_of(o, pack, layer);
    float *const *of = w->of;
    if (pre)
        layernorm_forward(a->normed, a->x, of[NORM1_GAIN], of[NORM1_BIAS], rows, dim, EPSILON);
    linear_forward(a->qkv, a->normed, of[QKV], of[QKV_BIAS], rows, dim, 3 * dim);
    segments_attention_forward(a->attended, a->lse, a->qkv, a->qkv + dim, a->qkv + 2 * dim,
                               pack->start, pack->segments, &shape);
    linear_forward(a->sum1, a->attended, of[OUT], of[OUT_BIAS], rows, dim, dim);
    drop(pack, a->sum1, dim, layer, 2);
    add_forward(a->sum1, a->x, n);
    layernorm_forward(a->middle, a->sum1, of[pre ? NORM2_GAIN : NORM1_GAIN],
                      of[pre ? NORM2_BIAS : NORM1_BIAS], rows, dim, EPSILON);
    linear_forward(a->inner, a->middle, of[INNER], of[INNER_BIAS], rows, dim, o->inner);
    gelu_forward(a->active, a->inner, rows * o->inner);
    linear_forward(a->sum2, a->active, of[OUTER], of[OUTER_BIAS], rows, o->inner, dim);
    drop(pack, a->sum2, dim, layer, 3);
    add_forward(a->sum2, pre ? a->sum1 : a->middle, n);
    if (!pre)
        layernorm_forward(a->y, a->sum2, of[NORM2_GAIN], of[NORM2_BIAS], rows, dim, EPSILON);
}

static const float *forward(const struct llmx_train_options *o, const float *base,
                            const float *item, const struct packed_histories *pack, float *work)
{
    const int rows = pack->rows, dim = o->dim, pre = is_pre(o);
    const size_t width = (size_t)dim;
    struct sasrec_weights w = weights_at(o, base, 0);
    struct sasrec_activations a = activations_at(o, work, rows, 0);
    float *embedded = pre ? a.x : work;
    for (int s = 0; s < pack->segments; s++) {
        for (int t = pack->start[s]; t < pack->start[s + 1]; t++) {
            float *row = embedded + (size_t)t * width;
            memcpy(row, item + (size_t)pack->item[t] * width, width * sizeof *row);
            add_forward(row, w.of[POSITION] + (size_t)(t - pack->start[s]) * width, dim);
        }
    }
    if (!pre)
        layernorm_forward(a.x, embedded, w.of[NORM_GAIN], w.of[NORM_BIAS], rows, dim, EPSILON);
    drop(pack, a.x, dim, 0, 0);
    for (int layer = 0; layer < o->layers; layer++) {
        a = activations_at(o, work, rows, layer);
        w = weights_at(o, base, layer);
        layer_forward(o, &w, pack, &a, layer);
    }
    if (!pre)
        return a.y;
    float *states = a.y + (size_t)rows * width;
    layernorm_forward(states, a.y, w.of[NORM_GAIN], w.of[NORM_BIAS], rows, dim, EPSILON);
    return states;
}

/* Room for gradients, behind the states. */
struct sasrec_gradients {
    float *outer; /* (rows, dim) of what was dropped and added */
    float *input; /* (rows, dim) */
    float *qkv;   /* (rows, 3 dim) */
    float *inner; /* (rows, inner) */
};

/* dy (rows, dim), the gradient of the output, becomes that of the input. d: where the weights' gradients are added. */
static void layer_backward(const struct llmx_train_options *o, const struct sasrec_weights *w,
                           const struct sasrec_weights *d, const struct packed_histories *pack,
                           const struct sasrec_activations *a, const struct sasrec_gradients *g,
                           float *dy, int layer)
{
    const int rows = pack->rows, dim = o->dim, n = rows * dim, pre = is_pre(o);
    const struct attention_shape shape = attention_of(o, pack, layer);
    float *const *of = w->of, *const *at = d->of;
    if (!pre)
        layernorm_backward(dy, at[NORM2_GAIN], at[NORM2_BIAS], dy, a->sum2, of[NORM2_GAIN], rows,
                           dim, EPSILON);
    memcpy(g->outer, dy, (size_t)n * sizeof *dy);
    drop(pack, g->outer, dim, layer, 3);
    linear_backward(g->inner, at[OUTER], at[OUTER_BIAS], g->outer, a->active, of[OUTER], rows,
                    o->inner, dim);
    gelu_backward(g->inner, g->inner, a->inner, rows * o->inner);
    linear_backward(g->input, at[INNER], at[INNER_BIAS], g->inner, a->middle, of[INNER], rows, dim,
                    o->inner);
    if (pre)
        layernorm_backward(g->input, at[NORM2_GAIN], at[NORM2_BIAS], g->input, a->sum1,
                           of[NORM2_GAIN], rows, dim, EPSILON);
    add_forward(dy, g->input, n);
    if (!pre)
        layernorm_backward(dy, at[NORM1_GAIN], at[NORM1_BIAS], dy, a->sum1, of[NORM1_GAIN], rows,
                           dim, EPSILON);
    memcpy(g->outer, dy, (size_t)n * sizeof *dy);
    drop(pack, g->outer, dim, layer, 2);
    linear_backward(g->input, at[OUT], at[OUT_BIAS], g->outer, a->attended, of[OUT], rows, dim,
                    dim);
    segments_attention_backward(g->qkv, g->qkv + dim, g->qkv + 2 * dim, g->input, a->attended,
                                a->lse, a->qkv, a->qkv + dim, a->qkv + 2 * dim, pack->start,
                                pack->segments, &shape);
    linear_backward(g->input, at[QKV], at[QKV_BIAS], g->qkv, a->normed, of[QKV], rows, dim,
                    3 * dim);
    if (pre)
        layernorm_backward(g->input, at[NORM1_GAIN], at[NORM1_BIAS], g->input, a->x, of[NORM1_GAIN],
                           rows, dim, EPSILON);
    add_forward(dy, g->input, n);
}

static void backward(const struct llmx_train_options *o, const float *base,
                     const struct packed_histories *pack, float *dstate, float *dbase,
                     float *dinput, float *work)
{
    const int rows = pack->rows, dim = o->dim, pre = is_pre(o);
    const size_t width = (size_t)dim, n = (size_t)rows * width;
    struct sasrec_activations a = activations_at(o, work, rows, o->layers - 1);
    struct sasrec_weights w = weights_at(o, base, 0), d = weights_at(o, dbase, 0);
    struct sasrec_gradients g = {.outer = a.y + 2 * n};
    float *dgain = d.of[NORM_GAIN], *dbias = d.of[NORM_BIAS];
    g.input = g.outer + n;
    g.qkv = g.input + n;
    g.inner = g.qkv + 3 * n;
    if (pre)
        layernorm_backward(dstate, dgain, dbias, dstate, a.y, w.of[NORM_GAIN], rows, dim, EPSILON);
    for (int layer = o->layers - 1; layer >= 0; layer--) {
        a = activations_at(o, work, rows, layer);
        w = weights_at(o, base, layer);
        d = weights_at(o, dbase, layer);
        layer_backward(o, &w, &d, pack, &a, &g, dstate, layer);
    }
    drop(pack, dstate, dim, 0, 0);
    if (!pre)
        layernorm_backward(dstate, dgain, dbias, dstate, work, w.of[NORM_GAIN], rows, dim, EPSILON);
    for (int s = 0; s < pack->segments; s++)
        for (int t = pack->start[s]; t < pack->start[s + 1]; t++)
            add_forward(d.of[POSITION] + (size_t)(t - pack->start[s]) * width,
                        dstate + (size_t)t * width, dim);
    memcpy(dinput, dstate, n * sizeof *dinput);
}

const struct sequence_encoder sasrec_encoder = {blocks, check, work_floats, forward, backward};

static int create(void **model, llmx_id users, llmx_id items,
                  const struct llmx_train_options *options, struct llmx_error *err)
{
    (void)users;
    return sequence_create(model, &sasrec_encoder, items, options, err);
}

static double bytes(const struct llmx_data *data, const struct llmx_train_options *options)
{
    return sequence_bytes(data, &sasrec_encoder, options);
}

static const struct model_setting settings[] = {{"dim", "64"},
                                                {"layers", "2"},
                                                {"heads", "2"},
                                                {"inner", "256"},
                                                {"max_length", "50"},
                                                {"dropout", "0.5"},
                                                {"norm", "post"},
                                                {"loss", "ce"},
                                                {"negatives", "256"},
                                                {"calibration", "0.75"},
                                                {"batch", "1024"},
                                                {"epochs", "40"},
                                                {"learning_rate", "0.002"},
                                                {"l2", "0"},
                                                {"patience", "10"},
                                                {"min_epochs", "20"},
                                                {NULL, NULL}};

const struct recommender recommender_sasrec = {
    .name = "sasrec",
    .settings = settings,
    .summary = "self-attention over the history (SASRec), evidence by scoring without each item "
               "and from it",
    .is_sequential = true,
    .bytes = bytes,
    .create = create,
    SEQUENCE_ROW,
};
