/* The solver against finite differences, against scipy's optimum of a small table, and where the answer is known. */
#include "statistics/multinomial.h"
#include "support/failing_alloc.h"
#include "support/test.h"

/* Eight rows of three features; zeros are not stored. */
static const size_t start[] = {0, 2, 3, 5, 6, 9, 10, 12, 13};
static const int32_t feature[] = {0, 2, 1, 0, 2, 1, 0, 1, 2, 2, 0, 1, 0};
static const double value[] = {1, 2, 1, 2, 1, 3, 1, 1, 1, 1.5, -1, 2, 0.5};
static const int32_t label[] = {0, 1, 0, 1, 2, 2, 1, 0};
static const struct multinomial_rows rows = {start, feature, value, 8, 3};

enum { CLASSES = 3, WEIGHTS = CLASSES * 4 };

static void test_multinomial__gradient_is_that_of_the_loss(void **state)
{
    (void)state;
    const double h = 1e-6;
    double w[WEIGHTS], g[WEIGHTS], ignored[WEIGHTS], spare[CLASSES];
    for (int p = 0; p < WEIGHTS; p++)
        w[p] = sin(p + 1.0);
    multinomial_loss(&rows, label, CLASSES, 0.5, w, g, spare);
    for (int p = 0; p < WEIGHTS; p++) {
        const double at = w[p];
        w[p] = at + h;
        const double above = multinomial_loss(&rows, label, CLASSES, 0.5, w, ignored, spare);
        w[p] = at - h;
        const double below = multinomial_loss(&rows, label, CLASSES, 0.5, w, ignored, spare);
        w[p] = at;
        assert_near(g[p], (above - below) / (2 * h), 1e-8);
    }
}

/* scipy 1.17.1, BFGS to a gradient of 1.5e-9. */
static void test_multinomial__finds_the_optimum_of_a_table(void **state)
{
    (void)state;
    static const double expected[WEIGHTS] = {0.90958978,  -1.07085824, 0.0052778,   0.37184671,
                                             -0.76080825, 0.96439565,  -0.70551744, -0.04792812,
                                             -0.14878153, 0.10646259,  0.70023965,  -0.32391859};
    struct multinomial model;
    double g[WEIGHTS], spare[CLASSES];
    assert_int_equal(multinomial_fit(&model, &rows, label, CLASSES, 0.5, NULL), 0);
    for (int p = 0; p < WEIGHTS; p++)
        assert_near(model.weights[p], expected[p], 2e-8);
    assert_near(multinomial_loss(&rows, label, CLASSES, 0.5, model.weights, g, spare),
                4.264062961168206, 1e-12);
    assert_int_equal(multinomial_predict(&model, &rows, 4, spare), 2);
    assert_near(exp(spare[0]) + exp(spare[1]) + exp(spare[2]), 1, 1e-12);
    multinomial_release(&model);
}

/* Features that say nothing leave the shares of the classes; one without rows is never the answer. */
static void test_multinomial__intercepts_are_free(void **state)
{
    (void)state;
    static const size_t none[9] = {0};
    const struct multinomial_rows silent = {none, feature, value, 8, 3};
    struct multinomial model;
    double logprob[4];
    assert_int_equal(multinomial_fit(&model, &silent, label, 4, 1, NULL), 0);
    assert_int_equal(multinomial_predict(&model, &silent, 0, logprob), 0);
    assert_near(exp(logprob[0]), 3.0 / 8, 1e-6);
    assert_near(exp(logprob[1]), 3.0 / 8, 1e-6);
    assert_near(exp(logprob[2]), 2.0 / 8, 1e-6);
    assert_near(exp(logprob[3]), 0, 1e-6);
    multinomial_release(&model);
}

/* x = 1 and -1 tell two classes apart: w = u and -u where 2 (1 - p) = u penalty, p = 1 / (1 + exp(-2 u)). */
static void test_multinomial__penalty_holds_what_would_grow_without_end(void **state)
{
    (void)state;
    static const size_t one_each[] = {0, 1, 2};
    static const int32_t first[] = {0, 0}, classes[] = {1, 0};
    static const double x[] = {1, -1};
    const struct multinomial_rows apart = {one_each, first, x, 2, 1};
    struct multinomial model;
    assert_int_equal(multinomial_fit(&model, &apart, classes, 2, 0.25, NULL), 0);
    const double u = model.weights[2], p = 1 / (1 + exp(-2 * u));
    assert_true(u > 0.5);
    assert_near(2 * (1 - p), 0.25 * u, 1e-8);
    assert_near(model.weights[0], -u, 1e-12);
    assert_near(model.weights[1], 0, 1e-12);
    multinomial_release(&model);
}

static int fit_and_release(void *context, struct llmx_error *err)
{
    (void)context;
    struct multinomial model;
    const int status = multinomial_fit(&model, &rows, label, CLASSES, 1, err);
    if (status == 0)
        multinomial_release(&model);
    return status;
}

static void test_multinomial__refuses_no_rows_and_no_memory(void **state)
{
    (void)state;
    const struct multinomial_rows none = {start, feature, value, 0, 3};
    struct multinomial model;
    struct llmx_error err;
    assert_int_equal(multinomial_fit(&model, &none, label, CLASSES, 1, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_int_equal(failing_alloc_each(fit_and_release, NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multinomial__gradient_is_that_of_the_loss),
        cmocka_unit_test(test_multinomial__finds_the_optimum_of_a_table),
        cmocka_unit_test(test_multinomial__intercepts_are_free),
        cmocka_unit_test(test_multinomial__penalty_holds_what_would_grow_without_end),
        cmocka_unit_test(test_multinomial__refuses_no_rows_and_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
