/* sequence_fixture.h - a small sequence model ready to learn, without a data set behind it. */
#ifndef TESTS_RECOMMEND_SEQUENCE_FIXTURE_H
#define TESTS_RECOMMEND_SEQUENCE_FIXTURE_H

#include "recommend/marginal.h"
#include "recommend/sequence.h"
#include "support/test.h"

struct fixture {
    struct sequence_model *model;
    struct llmx_data *data;
    struct threads *pool;
};

/* Some users' histories over `items` items (every item occurs), which make the model's sizes. */
static inline struct llmx_data *fixture_data(const char *name, int items)
{
    char path[4096], line[64];
    snprintf(path, sizeof path, "%s",
             test_file(name, "user_id:token\titem_id:token\ttimestamp:float\n"));
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    for (int i = 0; i < items; i++) {
        snprintf(line, sizeof line, "u%d\ti%d\t%d\n", i % 2, i, i);
        fputs(line, f);
    }
    fclose(f);
    struct llmx_data *data;
    struct llmx_error err;
    if (llmx_data_open(&data, path, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

static inline struct fixture fixture(const struct recommender *row,
                                     const struct llmx_train_options *options, int items)
{
    struct fixture f;
    struct llmx_error err;
    void *model;
    f.data = fixture_data("fixture.inter", items);
    f.pool = threads_create(1, &err);
    assert_non_null(f.pool);
    if (row->create(&model, 2, items, options, &err) != 0 ||
        row->begin(model, f.data, options, f.pool, &err) != 0)
        fail_msg("%s", err.message);
    f.model = model;
    return f;
}

static inline void fixture_release(struct fixture *f)
{
    sequence_destroy(f->model);
    llmx_data_destroy(f->data);
    threads_destroy(f->pool);
}

/* What is trained is what scores come from. */
static inline void fixture_keep(struct fixture *f)
{
    struct sequence_model *m = f->model;
    memcpy(m->item, m->training->item.row,
           (size_t)m->items * (size_t)m->options.dim * sizeof *m->item);
    memcpy(m->weights, m->training->weights.row, m->n_weights * sizeof *m->weights);
}

/* The loss of some windows, each target with `weight`, and its gradients in the first share, which were zero. */
static inline double fixture_loss(struct fixture *f, const struct window *window, int n,
                                  float weight)
{
    const struct sequence_model *m = f->model;
    struct batch_share *share = &m->training->share[0];
    memset(share->item, 0, (size_t)m->items * (size_t)m->options.dim * sizeof *share->item);
    memset(share->weights, 0, m->n_weights * sizeof *share->weights);
    memset(share->touched, 0, (size_t)m->items);
    share->loss = 0;
    sequence_learn(m, window, n, weight, 5, share, &m->training->scratch[0]);
    return share->loss * (double)weight;
}

/* The contribution of the last `seen` history items to the score of `item`, the hard way (marginal.h). */
static inline void fixture_contributions(const struct fixture *f, const struct llmx_person *person,
                                         int seen, llmx_id item, double *contributions)
{
    const int n = person->n, hidden = n - seen;
    llmx_id *rest = malloc((size_t)n * sizeof *rest);
    float *scores = malloc(3 * (size_t)f->model->items * sizeof *scores);
    assert_true(rest && scores);
    double mean = 0;
    for (int j = hidden; j < n; j++) {
        memcpy(rest, person->history, (size_t)j * sizeof *rest);
        memcpy(rest + j, person->history + j + 1, (size_t)(n - 1 - j) * sizeof *rest);
        const struct llmx_person people[] = {*person,
                                             {.user = -1, .history = rest, .n = n - 1},
                                             {.user = -1, .history = person->history + j, .n = 1}};
        assert_int_equal(sequence_score(f->model, people, 3, scores, NULL), 0);
        const float *whole = scores + item, *without = whole + f->model->items,
                    *alone = without + f->model->items;
        contributions[j] = (double)(*whole - *without) + (double)(FIRST_SHARE * *alone);
        mean += (double)*alone / seen;
    }
    for (int j = 0; j < n; j++)
        contributions[j] = j < hidden ? 0 : contributions[j] - (double)FIRST_SHARE * mean;
    free(rest);
    free(scores);
}

/* Every gradient against the slope of the loss over two steps of +-h, in single precision: so to `tolerance`. Steps over
 * every stride-th weight. */
static inline void fixture_check_slopes(struct fixture *f, const struct window *window, int n,
                                        size_t stride, double tolerance)
{
    const struct sequence_model *m = f->model;
    const size_t n_item = (size_t)m->items * (size_t)m->options.dim;
    const struct batch_share *share = &m->training->share[0];
    float *gradient = calloc(n_item + m->n_weights, sizeof *gradient);
    assert_non_null(gradient);
    fixture_loss(f, window, n, 0.25f);
    memcpy(gradient, share->item, n_item * sizeof *gradient);
    memcpy(gradient + n_item, share->weights, m->n_weights * sizeof *gradient);
    double largest = 0;
    for (size_t i = 0; i < n_item + m->n_weights; i += stride) {
        float *at = i < n_item ? m->training->item.row + i : m->training->weights.row + i - n_item;
        const float kept = *at, h = 4e-3f;
        *at = kept + h;
        const double above = fixture_loss(f, window, n, 0.25f);
        *at = kept - h;
        const double below = fixture_loss(f, window, n, 0.25f);
        *at = kept;
        assert_near((double)gradient[i], (above - below) / (2 * (double)h), tolerance);
        largest = fmax(largest, fabs((double)gradient[i]));
    }
    assert_true(largest > 20 * tolerance); /* or the comparison says nothing */
    free(gradient);
}

#endif
