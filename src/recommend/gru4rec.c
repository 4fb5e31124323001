/* gru4rec.c - a gated recurrent unit over the history (Hidasi et al. 2016) as in RecBole: item embeddings with dropout,
 * one unit of `inner` cells without biases, a linear layer back to the embeddings' dimension. */
#include "kernel/dense_layers.h"
#include "kernel/dropout.h"
#include "kernel/gru.h"
#include "kernel/layers.h"
#include "recommend/encoder.h"
#include "recommend/sequence.h"

#include <math.h>
#include <string.h>

enum { INPUT, HIDDEN, DENSE, DENSE_BIAS, BLOCKS };

static int check(const struct llmx_train_options *o, struct llmx_error *err)
{
    (void)o, (void)err;
    return 0;
}

static double xavier(int rows, int columns)
{
    return sqrt(6.0 / (rows + columns)); /* Glorot & Bengio 2010 */
}

static int blocks(const struct llmx_train_options *o, llmx_id items, struct weight_block *b,
                  double *deviation)
{
    const uint64_t dim = (uint64_t)o->dim, cells = (uint64_t)o->inner;
    const double dense = 1 / sqrt(o->inner); /* torch's Linear */
    const struct weight_block list[BLOCKS] = {
        [INPUT] = {"gru.input", 2, {3 * cells, dim}, START_UNIFORM, xavier(3 * o->inner, o->dim)},
        [HIDDEN] =
            {"gru.hidden", 2, {3 * cells, cells}, START_UNIFORM, xavier(3 * o->inner, o->inner)},
        [DENSE] = {"dense", 2, {dim, cells}, START_UNIFORM, dense},
        [DENSE_BIAS] = {"dense_bias", 1, {dim}, START_UNIFORM, dense},
    };
    *deviation = sqrt(2.0 / (items + o->dim));
    memcpy(b, list, sizeof list);
    return BLOCKS;
}

/* The weights (only read) or their gradients. */
struct gru4rec_weights {
    float *of[BLOCKS];
};

static struct gru4rec_weights weights_at(const struct llmx_train_options *o, const float *weights)
{
    float *base = (float *)(size_t)weights;
    struct weight_block list[BLOCKS];
    struct gru4rec_weights w;
    double deviation;
    blocks(o, 1, list, &deviation);
    for (int i = 0; i < BLOCKS; i++) {
        w.of[i] = base;
        base += block_floats(&list[i]);
    }
    return w;
}

struct gru4rec_activations {
    float *x;       /* (rows, dim) the embeddings after dropout */
    float *a;       /* (rows, 3 cells) input products; in the backward pass their gradients */
    float *c;       /* (rows, 3 cells) gradients of the hidden products */
    float *gates;   /* (rows, 4 cells) */
    float *before;  /* (rows, cells) the state that each row began with */
    float *h;       /* (rows, cells) the state that it ended with; in the backward pass gradients */
    float *y;       /* (rows, dim) */
    float *step[4]; /* (segments, 4 cells) each: one place of all segments */
};

static size_t work_floats(const struct llmx_train_options *o, int rows)
{
    return (size_t)rows * (size_t)(2 * o->dim + 28 * o->inner);
}

static struct gru4rec_activations activations_at(const struct llmx_train_options *o, float *work,
                                                 int rows)
{
    const size_t n = (size_t)rows, cells = n * (size_t)o->inner, wide = n * (size_t)o->dim;
    struct gru4rec_activations s = {.x = work};
    s.a = s.x + wide;
    s.c = s.a + 3 * cells;
    s.gates = s.c + 3 * cells;
    s.before = s.gates + 4 * cells;
    s.h = s.before + cells;
    s.y = s.h + cells;
    s.step[0] = s.y + wide;
    for (int i = 1; i < 4; i++)
        s.step[i] = s.step[i - 1] + 4 * cells;
    return s;
}

/* Rows of place `place`, in the order of their segments, between the packed array and one of a step. */
static int each_row(const struct packed_histories *pack, int place, float *packed, float *step,
                    int width, int is_back)
{
    int n = 0;
    for (int s = 0; s < pack->segments; s++) {
        const int row = pack->start[s] + place;
        if (row >= pack->start[s + 1])
            continue;
        float *a = packed + (size_t)row * (size_t)width, *b = step + (size_t)n++ * (size_t)width;
        memcpy(is_back ? a : b, is_back ? b : a, (size_t)width * sizeof *a);
    }
    return n;
}

static int gather(const struct packed_histories *pack, int place, const float *packed, float *step,
                  int width)
{
    return each_row(pack, place, (float *)(size_t)packed, step, width, 0);
}

static void scatter(const struct packed_histories *pack, int place, float *packed, float *step,
                    int width)
{
    each_row(pack, place, packed, step, width, 1);
}

static int longest(const struct packed_histories *pack)
{
    int length = 0;
    for (int s = 0; s < pack->segments; s++) {
        const int n = pack->start[s + 1] - pack->start[s];
        length = n > length ? n : length;
    }
    return length;
}

/* The states of the place before become what each row of this place begins with; the first begins with zeros. */
static void begin_place(const struct packed_histories *pack, const struct gru4rec_activations *s,
                        int place, int cells)
{
    const size_t width = (size_t)cells;
    for (int i = 0; i < pack->segments; i++) {
        const int row = pack->start[i] + place;
        if (row >= pack->start[i + 1])
            continue;
        float *before = s->before + (size_t)row * width;
        if (place == 0)
            memset(before, 0, width * sizeof *before);
        else
            memcpy(before, s->h + (size_t)(row - 1) * width, width * sizeof *before);
    }
}

static const float *forward(const struct llmx_train_options *o, const float *base,
                            const float *item, const struct packed_histories *pack, float *work)
{
    const int rows = pack->rows, dim = o->dim, cells = o->inner, length = longest(pack);
    const struct gru4rec_weights w = weights_at(o, base);
    const struct gru4rec_activations s = activations_at(o, work, rows);
    for (int t = 0; t < rows; t++)
        memcpy(s.x + (size_t)t * (size_t)dim, item + (size_t)pack->item[t] * (size_t)dim,
               (size_t)dim * sizeof *item);
    dropout_rows(s.x, rows, dim, pack->dropout, pack->seed);
    linear_forward(s.a, s.x, w.of[INPUT], NULL, rows, dim, 3 * cells);
    for (int place = 0; place < length; place++) {
        float *a = s.step[0], *c = s.step[1], *h = s.step[2], *gates = s.step[3];
        begin_place(pack, &s, place, cells);
        const int n = gather(pack, place, s.a, a, 3 * cells);
        gather(pack, place, s.before, h, cells);
        linear_forward(c, h, w.of[HIDDEN], NULL, n, cells, 3 * cells);
        gru_forward(h, gates, a, c, h, n, cells);
        scatter(pack, place, s.gates, gates, 4 * cells);
        scatter(pack, place, s.h, h, cells);
    }
    linear_forward(s.y, s.h, w.of[DENSE], w.of[DENSE_BIAS], rows, cells, dim);
    return s.y;
}

/* s.h holds the gradients of the states that came from the dense layer. Those of a place, and what the next place has
 * passed back to it, go through the unit; what is left goes to the place before. */
static void backward_places(const struct packed_histories *pack, const struct gru4rec_weights *w,
                            const struct gru4rec_activations *s, int cells)
{
    for (int place = longest(pack) - 1; place >= 0; place--) {
        float *d = s->step[0], *gates = s->step[1], *h = s->step[2], *dac = s->step[3];
        const int n = gather(pack, place, s->h, d, cells);
        float *da = dac, *dc = d + (size_t)n * (size_t)cells;
        gather(pack, place, s->gates, gates, 4 * cells);
        gather(pack, place, s->before, h, cells);
        gru_backward(da, dc, d, d, gates, h, n, cells);
        scatter(pack, place, s->a, da, 3 * cells);
        scatter(pack, place, s->c, dc, 3 * cells);
        linear_backward_input(h, dc, w->of[HIDDEN], n, cells, 3 * cells);
        add_forward(h, d, n * cells);
        for (int i = 0, r = 0; i < pack->segments; i++) {
            const int row = pack->start[i] + place;
            if (row >= pack->start[i + 1])
                continue;
            if (place > 0)
                add_forward(s->h + (size_t)(row - 1) * (size_t)cells, h + (size_t)r * (size_t)cells,
                            cells);
            r++;
        }
    }
}

static void backward(const struct llmx_train_options *o, const float *base,
                     const struct packed_histories *pack, float *dstate, float *dbase,
                     float *dinput, float *work)
{
    const int rows = pack->rows, dim = o->dim, cells = o->inner;
    const struct gru4rec_weights w = weights_at(o, base), d = weights_at(o, dbase);
    const struct gru4rec_activations s = activations_at(o, work, rows);
    float *const *at = d.of;
    linear_backward(NULL, at[DENSE], at[DENSE_BIAS], dstate, s.h, w.of[DENSE], rows, cells, dim);
    linear_backward_input(s.h, dstate, w.of[DENSE], rows, cells, dim);
    backward_places(pack, &w, &s, cells);
    linear_backward(NULL, at[HIDDEN], NULL, s.c, s.before, w.of[HIDDEN], rows, cells, 3 * cells);
    linear_backward(dinput, at[INPUT], NULL, s.a, s.x, w.of[INPUT], rows, dim, 3 * cells);
    dropout_rows(dinput, rows, dim, pack->dropout, pack->seed);
}

const struct sequence_encoder gru4rec_encoder = {blocks, check, work_floats, forward, backward};

static int create(void **model, llmx_id users, llmx_id items,
                  const struct llmx_train_options *options, struct llmx_error *err)
{
    (void)users;
    return sequence_create(model, &gru4rec_encoder, items, options, err);
}

static double bytes(const struct llmx_data *data, const struct llmx_train_options *options)
{
    return sequence_bytes(data, &gru4rec_encoder, options);
}

static const struct model_setting settings[] = {{"dim", "64"},
                                                {"inner", "128"},
                                                {"max_length", "50"},
                                                {"dropout", "0.3"},
                                                {"loss", "ce"},
                                                {"negatives", "256"},
                                                {"calibration", "0.75"},
                                                {"batch", "2048"},
                                                {"epochs", "100"},
                                                {"learning_rate", "0.001"},
                                                {"l2", "0"},
                                                {"patience", "10"},
                                                {"min_epochs", "20"},
                                                {NULL, NULL}};

const struct recommender recommender_gru4rec = {
    .name = "gru4rec",
    .settings = settings,
    .summary = "a recurrent unit over the history (GRU4Rec), evidence by scoring without each item "
               "and from it",
    .is_sequential = true,
    .bytes = bytes,
    .create = create,
    SEQUENCE_ROW,
};
