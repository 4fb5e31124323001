/* sequence_score.c - scores of a sequence model, and what each history item adds to them: all are forward passes. */
#include "base/memory.h"
#include "recommend/cosines.h"
#include "recommend/marginal.h"
#include "recommend/sequence.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

/* Histories, cut to what the model sees, that go through the encoder together. */
struct passes {
    const struct sequence_model *model;
    int rows_max;
    float *work;
    llmx_id *item; /* (rows_max) */
    int *start;    /* (rows_max + 1) */
    struct packed_histories pack;
    float *state; /* where the last states go, (histories, dim) */
};

static int passes_create(struct passes *p, const struct sequence_model *m, float *state,
                         struct llmx_error *err)
{
    const struct llmx_train_options *o = &m->options;
    *p = (struct passes){.model = m, .state = state};
    p->rows_max = o->max_length > PACK_ROWS ? o->max_length : PACK_ROWS;
    p->work = mem_tensor(m->encoder->work_floats(o, p->rows_max), sizeof *p->work, err);
    p->item = mem_array((size_t)p->rows_max, sizeof *p->item, err);
    p->start = mem_array((size_t)p->rows_max + 1, sizeof *p->start, err);
    if (!p->work || !p->item || !p->start)
        return -1;
    p->pack = (struct packed_histories){.item = p->item, .start = p->start};
    return 0;
}

static void passes_release(struct passes *p)
{
    free(p->work);
    free(p->item);
    free(p->start);
}

/* The states behind the last items of all histories taken so far. */
static void run(struct passes *p)
{
    const struct sequence_model *m = p->model;
    const size_t dim = (size_t)m->options.dim;
    if (p->pack.segments == 0)
        return;
    const float *states = m->encoder->forward(&m->options, m->weights, m->item, &p->pack, p->work);
    for (int s = 0; s < p->pack.segments; s++, p->state += dim)
        memcpy(p->state, states + (size_t)(p->start[s + 1] - 1) * dim, dim * sizeof *states);
    p->pack.segments = p->pack.rows = 0;
}

/* The next history: n items, the one at `without` (-1: none) left out. Without any item the state is zero. */
static void take(struct passes *p, const llmx_id *history, int n, int without)
{
    const int left = n - (without >= 0), max_length = p->model->options.max_length;
    const int length = left < max_length ? left : max_length;
    if (length == 0 || p->pack.rows + length > p->rows_max)
        run(p);
    if (length == 0) {
        const size_t dim = (size_t)p->model->options.dim;
        memset(p->state, 0, dim * sizeof *p->state);
        p->state += dim;
        return;
    }
    int row = p->pack.rows += length;
    for (int i = n - 1; row > p->pack.rows - length; i--)
        if (i != without)
            p->item[--row] = history[i];
    p->start[++p->pack.segments] = p->pack.rows;
}

int sequence_score(const void *model, const struct llmx_person *people, int n, float *scores,
                   struct llmx_error *err)
{
    const struct sequence_model *m = model;
    const int dim = m->options.dim;
    struct passes passes = {0};
    float *state = mem_tensor((size_t)n * (size_t)dim, sizeof *state, err);
    int result = state ? passes_create(&passes, m, state, err) : -1;
    if (result == 0) {
        for (int i = 0; i < n; i++)
            take(&passes, people[i].history, people[i].n, -1);
        run(&passes);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, m->items, dim, 1, state, dim,
                    m->item, dim, 0, scores, m->items);
    }
    passes_release(&passes);
    free(state);
    return result;
}

/* Scored again without each item, and from it alone, where it stands at the first place (marginal.h). An item further
 * back than the model sees has no part in the score. */
int sequence_evidence(const void *model, const struct llmx_person *person, const llmx_id *items,
                      int k, float *contributions, struct llmx_error *err)
{
    const struct sequence_model *m = model;
    const int n = person->n, dim = m->options.dim;
    const int hidden = n > m->options.max_length ? n - m->options.max_length : 0, seen = n - hidden;
    const size_t states = 1 + 2 * (size_t)seen; /* of everything, without each, of each alone */
    struct passes passes = {0};
    float *state = mem_tensor(states * (size_t)dim, sizeof *state, err),
          *score = mem_tensor(states, sizeof *score, err);
    int result = state && score ? passes_create(&passes, m, state, err) : -1;
    if (result == 0) {
        take(&passes, person->history, n, -1);
        for (int j = hidden; j < n; j++)
            take(&passes, person->history, n, j);
        for (int j = hidden; j < n; j++)
            take(&passes, person->history + j, 1, -1);
        run(&passes);
        memset(contributions, 0, (size_t)k * (size_t)n * sizeof *contributions);
        for (int i = 0; i < k; i++) {
            float *row = contributions + (size_t)i * (size_t)n + hidden;
            cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)states, dim, 1, state, dim,
                        m->item + (size_t)items[i] * (size_t)dim, 1, 0, score, 1);
            for (int j = 0; j < seen; j++)
                row[j] = score[0] - score[1 + j];
            add_first_effects(row, score + 1 + seen, seen);
        }
    }
    passes_release(&passes);
    free(state);
    free(score);
    return result;
}

int sequence_similar(const void *model, llmx_id item, float *scores, struct llmx_error *err)
{
    const struct sequence_model *m = model;
    (void)err;
    cosines(scores, m->item, m->items, m->options.dim, item);
    return 0;
}
