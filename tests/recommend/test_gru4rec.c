/* GRU4Rec against a plain double-precision one, and its gradients against the slopes of its loss. */
#include "sequence_fixture.h"

#include "base/rng.h"

#define ITEMS 9
#define DIM   6
#define CELLS 5

static struct llmx_train_options tiny(void)
{
    struct llmx_train_options options = llmx_train_defaults("gru4rec");
    options.dim = DIM;
    options.inner = CELLS;
    options.max_length = 6;
    options.dropout = 0;
    options.threads = 1;
    return options;
}

static void enlarge(struct fixture *f)
{
    const struct sequence_training *t = f->model->training;
    struct rng rng = rng_stream(11, RNG_INIT, 0);
    for (size_t i = 0; i < f->model->n_weights; i++)
        t->weights.row[i] = (float)(0.6 * rng_normal(&rng));
    for (int i = 0; i < ITEMS * DIM; i++)
        t->item.row[i] = (float)(0.6 * rng_normal(&rng));
    fixture_keep(f);
}

static double dot(const float *w, const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)w[i] * x[i];
    return sum;
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* torch's GRU without biases, then a linear layer; the last state into y (DIM). */
static void plain(const struct sequence_model *m, const llmx_id *history, int n, double *y)
{
    const float *input = m->weights, *hidden = input + 3 * CELLS * DIM,
                *dense = hidden + 3 * CELLS * CELLS, *bias = dense + DIM * CELLS;
    double h[CELLS] = {0}, x[DIM];
    for (int t = 0; t < n; t++) {
        double next[CELLS];
        for (int i = 0; i < DIM; i++)
            x[i] = (double)m->item[history[t] * DIM + i];
        for (int c = 0; c < CELLS; c++) {
            double a[3], b[3];
            for (int gate = 0; gate < 3; gate++) {
                a[gate] = dot(input + (gate * CELLS + c) * DIM, x, DIM);
                b[gate] = dot(hidden + (gate * CELLS + c) * CELLS, h, CELLS);
            }
            const double r = logistic(a[0] + b[0]), z = logistic(a[1] + b[1]);
            next[c] = (1 - z) * tanh(a[2] + r * b[2]) + z * h[c];
        }
        memcpy(h, next, sizeof h);
    }
    for (int i = 0; i < DIM; i++)
        y[i] = dot(dense + i * CELLS, h, CELLS) + (double)bias[i];
}

static const llmx_id one_history[] = {2, 5, 0, 3, 7, 2, 8}, other_history[] = {4, 1, 6};

static void test_gru4rec__scores_equal_the_plain_formula(void **state)
{
    (void)state;
    const struct llmx_train_options options = tiny();
    struct fixture f = fixture(&recommender_gru4rec, &options, ITEMS);
    enlarge(&f);
    const struct llmx_person people[] = {{.user = -1, .history = one_history, .n = 6},
                                         {.user = -1, .history = other_history, .n = 3},
                                         {.user = -1, .history = NULL, .n = 0}};
    float scores[3 * ITEMS];
    assert_int_equal(sequence_score(f.model, people, 3, scores, NULL), 0);
    for (int p = 0; p < 2; p++) {
        double y[DIM];
        plain(f.model, people[p].history, people[p].n, y);
        for (int i = 0; i < ITEMS; i++)
            assert_near((double)scores[p * ITEMS + i], dot(f.model->item + i * DIM, y, DIM), 2e-6);
    }
    assert_true(scores[2 * ITEMS] == 0);
    fixture_release(&f);
}

static void test_gru4rec__gradients_are_slopes_of_the_loss(void **state)
{
    (void)state;
    static const char *const losses[] = {"ce", "sampled", "gbce", "bpr"};
    const struct window windows[] = {{one_history, 1, 6, 3}, {other_history, 0, 2, 0}};
    for (size_t i = 0; i < 4; i++) {
        struct llmx_train_options options = tiny();
        options.loss = losses[i];
        options.negatives = 4;
        options.dropout = 0.2;
        struct fixture f = fixture(&recommender_gru4rec, &options, ITEMS);
        enlarge(&f);
        fixture_check_slopes(&f, windows, 2, 1, 5e-4);
        fixture_release(&f);
    }
}

static void test_gru4rec__evidence_is_the_score_without_the_item_and_of_it_alone(void **state)
{
    (void)state;
    const struct llmx_train_options options = tiny();
    struct fixture f = fixture(&recommender_gru4rec, &options, ITEMS);
    enlarge(&f);
    const llmx_id item = 1;
    const struct llmx_person person = {.user = -1, .history = other_history, .n = 3};
    float contributions[3];
    double expected[3];
    assert_int_equal(sequence_evidence(f.model, &person, &item, 1, contributions, NULL), 0);
    fixture_contributions(&f, &person, 3, item, expected);
    for (int j = 0; j < 3; j++)
        assert_near((double)contributions[j], expected[j], 1e-6);
    assert_true(fabsf(contributions[1]) > 1e-3f);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gru4rec__scores_equal_the_plain_formula),
        cmocka_unit_test(test_gru4rec__gradients_are_slopes_of_the_loss),
        cmocka_unit_test(test_gru4rec__evidence_is_the_score_without_the_item_and_of_it_alone),
    };
    return cmocka_run_group_tests_name("gru4rec", tests, NULL, NULL);
}
