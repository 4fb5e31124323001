/* The dense layers and the recurrent unit: formulas in double precision, and their slopes. */
#include "kernel/dense_layers.h"
#include "kernel/dropout.h"

#include "base/rng.h"
#include "kernel/gru.h"
#include "support/test.h"

#define ROWS 3
#define DIM  37 /* two vectors and a rest */
#define OUT  21
#define STEP 1e-5

#define ROOM (OUT * DIM)
static double given[3][ROOM], weight_of_output[ROOM];
static int dim = DIM;

static void draw(double *values, int n, double scale, uint64_t stream)
{
    struct rng rng = rng_stream(6, RNG_INIT, stream);
    for (int i = 0; i < n; i++)
        values[i] = (double)(float)(scale * rng_normal(&rng));
}

static void narrow(float *to, const double *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = (float)from[i];
}

/* d formula / d given[which][i] */
static double slope(double (*formula)(void), int which, int i)
{
    const double was = given[which][i];
    given[which][i] = was + STEP;
    const double above = formula();
    given[which][i] = was - STEP;
    const double below = formula();
    given[which][i] = was;
    return (above - below) / (2 * STEP);
}

static double layernorm(void)
{
    double sum = 0;
    for (int t = 0; t < ROWS; t++) {
        const double *x = given[0] + t * dim;
        double mean = 0, variance = 0;
        for (int i = 0; i < dim; i++)
            mean += x[i] / dim;
        for (int i = 0; i < dim; i++)
            variance += (x[i] - mean) * (x[i] - mean) / dim;
        for (int i = 0; i < dim; i++)
            sum += weight_of_output[t * dim + i] *
                   ((x[i] - mean) / sqrt(variance + 1e-12) * given[1][i] + given[2][i]);
    }
    return sum;
}

static void test_layernorm__is_the_formula_and_its_slope(void **state)
{
    (void)state;
    static const int dims[] = {8, 16, DIM};
    for (size_t k = 0; k < 3; k++) {
        float x[ROWS * DIM], g[DIM], b[DIM], y[ROWS * DIM], dy[ROWS * DIM], dx[ROWS * DIM], dg[DIM],
            db[DIM];
        dim = dims[k];
        draw(given[0], ROWS * dim, 2, 0);
        draw(given[1], dim, 1, 1);
        draw(given[2], dim, 1, 2);
        draw(weight_of_output, ROWS * dim, 1, 3);
        narrow(x, given[0], ROWS * dim);
        narrow(g, given[1], dim);
        narrow(b, given[2], dim);
        narrow(dy, weight_of_output, ROWS * dim);
        layernorm_forward(y, x, g, b, ROWS, dim, 1e-12f);
        double sum = 0;
        for (int i = 0; i < ROWS * dim; i++)
            sum += weight_of_output[i] * (double)y[i];
        assert_near(sum, layernorm(), 2e-5);
        for (int i = 0; i < dim; i++)
            dg[i] = db[i] = 1; /* added to */
        layernorm_backward(dx, dg, db, dy, x, g, ROWS, dim, 1e-12f);
        for (int i = 0; i < ROWS * dim; i++)
            assert_near((double)dx[i], slope(layernorm, 0, i), 5e-6);
        for (int i = 0; i < dim; i++) {
            assert_near((double)dg[i] - 1, slope(layernorm, 1, i), 5e-6);
            assert_near((double)db[i] - 1, slope(layernorm, 2, i), 5e-6);
        }
        layernorm_backward(dy, dg, db, dy, x, g, ROWS, dim, 1e-12f);
        assert_memory_equal(dy, dx, sizeof *dx * (size_t)(ROWS * dim));
    }
}

static double gelu_at(double x)
{
    return x * 0.5 * (1 + erf(x / sqrt(2)));
}

static void test_gelu__is_the_formula_and_its_slope(void **state)
{
    (void)state;
    enum { N = 1003 };
    float x[N], y[N], dy[N], dx[N];
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i - 500) / 40;
        dy[i] = 2;
    }
    gelu_forward(y, x, N);
    gelu_backward(dx, dy, x, N);
    for (int i = 0; i < N; i++) {
        const double at = (double)x[i];
        assert_near((double)y[i], gelu_at(at), 2e-6);
        assert_near((double)dx[i], (gelu_at(at + STEP) - gelu_at(at - STEP)) / STEP, 4e-6);
    }
}

static double linear(void)
{
    double sum = 0;
    for (int t = 0; t < ROWS; t++) {
        for (int o = 0; o < OUT; o++) {
            double y = given[2][o];
            for (int i = 0; i < DIM; i++)
                y += given[0][t * DIM + i] * given[1][o * DIM + i];
            sum += weight_of_output[t * OUT + o] * y;
        }
    }
    return sum;
}

static void test_linear__is_the_formula_and_its_slope(void **state)
{
    (void)state;
    float x[ROWS * DIM], w[OUT * DIM], b[OUT], y[ROWS * OUT], dy[ROWS * OUT], dx[ROWS * DIM],
        dw[OUT * DIM], db[OUT], again[ROWS * DIM];
    draw(given[0], ROWS * DIM, 1, 0);
    draw(given[1], OUT * DIM, 1, 1);
    draw(given[2], OUT, 1, 2);
    draw(weight_of_output, ROWS * OUT, 1, 3);
    narrow(x, given[0], ROWS * DIM);
    narrow(w, given[1], OUT * DIM);
    narrow(b, given[2], OUT);
    narrow(dy, weight_of_output, ROWS * OUT);
    linear_forward(y, x, w, b, ROWS, DIM, OUT);
    double sum = 0, without = 0;
    for (int i = 0; i < ROWS * OUT; i++)
        sum += weight_of_output[i] * (double)y[i];
    assert_near(sum, linear(), 5e-5);
    linear_forward(y, x, w, NULL, ROWS, DIM, OUT);
    for (int i = 0; i < ROWS * OUT; i++)
        without += weight_of_output[i] * ((double)y[i] + given[2][i % OUT]);
    assert_near(without, sum, 5e-5);
    for (int i = 0; i < OUT * DIM; i++)
        dw[i] = 1; /* added to */
    for (int i = 0; i < OUT; i++)
        db[i] = 1;
    linear_backward(dx, dw, db, dy, x, w, ROWS, DIM, OUT);
    for (int i = 0; i < ROWS * DIM; i++)
        assert_near((double)dx[i], slope(linear, 0, i), 1e-5);
    for (int i = 0; i < OUT * DIM; i++)
        assert_near((double)dw[i] - 1, slope(linear, 1, i), 1e-5);
    for (int i = 0; i < OUT; i++)
        assert_near((double)db[i] - 1, slope(linear, 2, i), 1e-5);
    linear_backward_input(again, dy, w, ROWS, DIM, OUT);
    assert_memory_equal(again, dx, sizeof dx);
}

#define CELLS 19

/* given: a, c (3 cells each a row), h. */
static double gru(void)
{
    double sum = 0;
    for (int t = 0; t < ROWS; t++) {
        const double *a = given[0] + t * 3 * CELLS, *c = given[1] + t * 3 * CELLS;
        for (int i = 0; i < CELLS; i++) {
            const double r = 1 / (1 + exp(-a[i] - c[i]));
            const double z = 1 / (1 + exp(-a[CELLS + i] - c[CELLS + i]));
            const double n = tanh(a[2 * CELLS + i] + r * c[2 * CELLS + i]);
            sum += weight_of_output[t * CELLS + i] * ((1 - z) * n + z * given[2][t * CELLS + i]);
        }
    }
    return sum;
}

static void test_gru__is_the_formula_and_its_slope(void **state)
{
    (void)state;
    enum { N = ROWS * CELLS };
    float a[3 * N], c[3 * N], h[N], next[N], gates[4 * N], d[N], da[3 * N], dc[3 * N], dh[N];
    draw(given[0], 3 * N, 1, 0);
    draw(given[1], 3 * N, 1, 1);
    draw(given[2], N, 1, 2);
    draw(weight_of_output, N, 1, 3);
    narrow(a, given[0], 3 * N);
    narrow(c, given[1], 3 * N);
    narrow(h, given[2], N);
    narrow(d, weight_of_output, N);
    gru_forward(next, gates, a, c, h, ROWS, CELLS);
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += weight_of_output[i] * (double)next[i];
    assert_near(sum, gru(), 1e-5);
    gru_backward(da, dc, dh, d, gates, h, ROWS, CELLS);
    for (int i = 0; i < 3 * N; i++) {
        assert_near((double)da[i], slope(gru, 0, i), 3e-6);
        assert_near((double)dc[i], slope(gru, 1, i), 3e-6);
    }
    for (int i = 0; i < N; i++)
        assert_near((double)dh[i], slope(gru, 2, i), 3e-6);
}

static void test_dropout__keeps_the_mean_and_repeats_itself(void **state)
{
    (void)state;
    enum { MANY = 100 * DIM };
    static float x[MANY], again[MANY], other[MANY];
    int dropped = 0, same = 0;
    for (int i = 0; i < MANY; i++)
        x[i] = again[i] = other[i] = 1;
    dropout_rows(x, 100, DIM, 0.3f, 5);
    dropout_rows(again, 100, DIM, 0.3f, 5);
    dropout_rows(other, 100, DIM, 0.3f, 6);
    assert_memory_equal(x, again, sizeof x);
    for (int i = 0; i < MANY; i++) {
        assert_true(x[i] == 0 || fabsf(x[i] - 1 / 0.7f) < 1e-6f);
        dropped += x[i] == 0;
        same += x[i] == other[i];
    }
    assert_near(dropped, 0.3 * MANY, 4 * sqrt(0.21 * MANY));
    assert_near(same, 0.58 * MANY, 4 * sqrt(0.25 * MANY)); /* .3^2 + .7^2: independent */
    dropout_rows(again, 100, DIM, 0, 5);
    assert_memory_equal(x, again, sizeof x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layernorm__is_the_formula_and_its_slope),
        cmocka_unit_test(test_gelu__is_the_formula_and_its_slope),
        cmocka_unit_test(test_linear__is_the_formula_and_its_slope),
        cmocka_unit_test(test_gru__is_the_formula_and_its_slope),
        cmocka_unit_test(test_dropout__keeps_the_mean_and_repeats_itself),
    };
    return cmocka_run_group_tests_name("dense_layers", tests, NULL, NULL);
}
