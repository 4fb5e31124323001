/* sequence_train.c - an epoch of a sequence model: shares of a batch learn side by side, then all weights move. */
#include "base/rng.h"
#include "kernel/layers.h"
#include "recommend/sequence.h"

#include <string.h>

/* The weights that are kept are a running mean over about this many epochs, as BPR's (docs/recommenders.md). */
#define MEAN_EPOCHS 5
#define MOVE_FLOATS 4096 /* of the weights that a thread moves at once */
#define MOVE_ITEMS  256

/* ---- a share learns ---- */

/* Takes windows into the scratch's pack until it is full; returns how many. */
static int fill_pack(struct packed_histories *pack, const struct window *window, int n,
                     int rows_max, struct sequence_scratch *s)
{
    int taken = 0;
    pack->rows = 0;
    for (; taken < n; taken++) {
        const struct window *w = &window[taken];
        const int rows = w->end - w->first;
        if (pack->rows + rows > rows_max)
            break;
        s->start[taken] = pack->rows;
        s->learnt[taken] = pack->rows + w->learnt - w->first;
        memcpy(s->item + pack->rows, w->history + w->first, (size_t)rows * sizeof *s->item);
        pack->rows += rows;
    }
    s->start[taken] = pack->rows;
    pack->item = s->item;
    pack->start = s->start;
    pack->segments = taken;
    return taken;
}

/* Gathers the states of the rows that learn; returns how many. */
static int gather_states(const struct packed_histories *pack, const struct window *window,
                         const float *states, int dim, struct sequence_scratch *s)
{
    int n = 0;
    for (int i = 0; i < pack->segments; i++) {
        for (int row = s->learnt[i]; row < pack->start[i + 1]; row++, n++) {
            s->row[n] = row;
            s->target[n] = window[i].history[window[i].first + row - pack->start[i] + 1];
            memcpy(s->state + (size_t)n * (size_t)dim, states + (size_t)row * (size_t)dim,
                   (size_t)dim * sizeof *states);
        }
    }
    return n;
}

/* The loss of the gathered states and its gradients; each window has negatives of its own. */
static double learn_states(const struct sequence_model *m, const struct packed_histories *pack,
                           int n, float weight, struct rng *rng, struct batch_share *share,
                           struct sequence_scratch *s)
{
    const struct sequence_training *t = m->training;
    const size_t dim = (size_t)m->options.dim;
    double sum = 0;
    if (t->loss.kind == LOSS_CE)
        return item_loss(&t->loss, t->item.row, s->state, s->target, n, NULL, weight, s->dstate,
                         share->item, share->touched, &s->loss);
    for (int i = 0, first = 0; i < pack->segments; i++) {
        const int rows = pack->start[i + 1] - s->learnt[i];
        for (int j = 0; j < t->loss.negatives; j++)
            s->negative[j] = (llmx_id)rng_below(rng, (uint32_t)m->items);
        sum += item_loss(&t->loss, t->item.row, s->state + (size_t)first * dim, s->target + first,
                         rows, s->negative, weight, s->dstate + (size_t)first * dim, share->item,
                         share->touched, &s->loss);
        first += rows;
    }
    return sum;
}

void sequence_learn(const struct sequence_model *m, const struct window *window, int n,
                    float weight, uint64_t stream, struct batch_share *share,
                    struct sequence_scratch *s)
{
    const struct sequence_training *t = m->training;
    const struct llmx_train_options *o = &m->options;
    const size_t dim = (size_t)o->dim;
    struct rng rng = rng_stream(o->seed, RNG_NEGATIVES, stream),
               drops = rng_stream(o->seed, RNG_DROPOUT, stream);
    struct packed_histories pack = {.dropout = (float)o->dropout};
    for (int taken; n > 0; window += taken, n -= taken) {
        taken = fill_pack(&pack, window, n, t->rows, s);
        pack.seed = rng_next(&drops);
        const float *states = m->encoder->forward(o, t->weights.row, t->item.row, &pack, s->work);
        const int learnt = gather_states(&pack, window, states, o->dim, s);
        share->loss += learn_states(m, &pack, learnt, weight, &rng, share, s);
        memset(s->drow, 0, (size_t)pack.rows * dim * sizeof *s->drow);
        for (int i = 0; i < learnt; i++)
            memcpy(s->drow + (size_t)s->row[i] * dim, s->dstate + (size_t)i * dim,
                   dim * sizeof *s->drow);
        m->encoder->backward(o, t->weights.row, &pack, s->drow, share->weights, s->state, s->work);
        for (int row = 0; row < pack.rows; row++) {
            const llmx_id item = pack.item[row];
            add_forward(share->item + (size_t)item * dim, s->state + (size_t)row * dim, o->dim);
            share->touched[item] = 1;
        }
    }
}

struct step {
    struct sequence_model *model;
    const struct window *window;
    int n;        /* windows */
    float weight; /* of each target's gradient: 1 / targets */
    struct adam adam;
};

/* Shares get whole windows, as many each. */
static void learn_share(void *context, size_t number, int thread)
{
    const struct step *step = context;
    struct sequence_training *t = step->model->training;
    const int64_t first = step->n * (int64_t)number / SHARES,
                  end = step->n * ((int64_t)number + 1) / SHARES;
    t->share[number].loss = 0;
    sequence_learn(step->model, step->window + first, (int)(end - first), step->weight,
                   (uint64_t)t->step * SHARES + number, &t->share[number], &t->scratch[thread]);
}

/* ---- the weights move ---- */

static struct adam_table table_at(const struct adam_table *table, size_t place)
{
    return (struct adam_table){table->row + place, table->first + place, table->second + place};
}

static void move_weights(void *context, size_t number, int thread)
{
    (void)thread;
    const struct step *step = context;
    const struct sequence_model *m = step->model;
    struct sequence_training *t = m->training;
    const size_t first = number * MOVE_FLOATS, left = m->n_weights - first;
    float *gradient[SHARES];
    for (int i = 0; i < SHARES; i++)
        gradient[i] = t->share[i].weights + first;
    adam_move(&step->adam, table_at(&t->weights, first), gradient, SHARES, (float)m->options.l2,
              (int)(left < MOVE_FLOATS ? left : MOVE_FLOATS));
}

/* Rows that no share touched stay as they are, moments included (adam.h). */
static void move_items(void *context, size_t number, int thread)
{
    (void)thread;
    const struct step *step = context;
    const struct sequence_model *m = step->model;
    struct sequence_training *t = m->training;
    const size_t dim = (size_t)m->options.dim, first = number * MOVE_ITEMS,
                 left = (size_t)m->items - first,
                 end = first + (left < MOVE_ITEMS ? left : MOVE_ITEMS);
    for (size_t item = first; item < end; item++) {
        float *gradient[SHARES];
        int n = 0;
        for (int i = 0; i < SHARES; i++) {
            if (t->share[i].touched[item])
                gradient[n++] = t->share[i].item + item * dim;
            t->share[i].touched[item] = 0;
        }
        if (n > 0)
            adam_move(&step->adam, table_at(&t->item, item * dim), gradient, n,
                      (float)m->options.l2, m->options.dim);
    }
}

/* What training has becomes, with that weight, part of what is kept. */
static void keep(float *kept, const float *row, size_t n, float weight)
{
    for (size_t i = 0; i < n; i++)
        kept[i] += weight * (row[i] - kept[i]);
}

/* Windows from `first` on with m->options.batch targets or some more, if there are; returns how many targets. */
static int take_batch(struct step *step, int first)
{
    const struct windows *windows = &step->model->training->windows;
    int targets = 0;
    step->window = windows->window + first;
    for (step->n = 0; first + step->n < windows->n && targets < step->model->options.batch;
         step->n++)
        targets += step->window[step->n].end - step->window[step->n].learnt;
    return targets;
}

int sequence_epoch(void *model, int epoch, struct threads *pool, struct epoch_result *result,
                   struct llmx_error *err)
{
    (void)err;
    struct sequence_model *m = model;
    struct sequence_training *t = m->training;
    const size_t items = (size_t)m->items;
    struct step step = {.model = m};
    windows_draw(&t->windows, m->options.seed, epoch);
    *result = (struct epoch_result){.examples = t->windows.targets};
    for (int first = 0; first < t->windows.n; first += step.n) {
        const int targets = take_batch(&step, first);
        step.weight = 1.0f / (float)targets;
        step.adam = adam_at(m->options.learning_rate, (uint64_t)t->step + 1);
        threads_for(pool, SHARES, learn_share, &step);
        threads_for(pool, (m->n_weights + MOVE_FLOATS - 1) / MOVE_FLOATS, move_weights, &step);
        threads_for(pool, (items + MOVE_ITEMS - 1) / MOVE_ITEMS, move_items, &step);
        t->step++;
        for (int i = 0; i < SHARES; i++)
            result->loss += t->share[i].loss / (double)t->windows.targets;
    }
    const float weight = 1.0f / (float)(epoch < MEAN_EPOCHS ? epoch : MEAN_EPOCHS);
    keep(m->item, t->item.row, items * (size_t)m->options.dim, weight);
    keep(m->weights, t->weights.row, m->n_weights, weight);
    return 0;
}
