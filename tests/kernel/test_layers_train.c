/* Every backward pass against the slope of its formula in double precision. */
#include "kernel/layers_train.h"

#include "base/rng.h"
#include "kernel/bf16.h"
#include "kernel/layers.h"

#include "support/test.h"

#define N    96
#define STEP 1e-4

static void fill(float *values, int n, double scale, uint64_t index)
{
    struct rng rng = rng_stream(3, RNG_INIT, index);
    for (int i = 0; i < n; i++)
        values[i] = (float)(rng_normal(&rng) * scale);
}

/* One row and its weights: what the formulas below sum up. */
struct given {
    double x[N], up[N], g[N], dy[N];
    int n, target;
};

static struct given given(const float *x, const float *up, const float *g, const float *dy, int n)
{
    struct given one = {.n = n};
    for (int i = 0; i < n; i++) {
        one.x[i] = x[i];
        one.up[i] = up ? up[i] : 0;
        one.g[i] = g ? g[i] : 0;
        one.dy[i] = dy ? dy[i] : 0;
    }
    return one;
}

#define SLOPE(ONE, FIELD, I, FORMULA) slope_at((ONE), offsetof(struct given, FIELD), (I), (FORMULA))

static double slope_at(struct given one, size_t field, int i,
                       double (*formula)(const struct given *))
{
    double *x = (double *)(void *)((char *)&one + field) + i;
    double was = *x;
    *x = was + STEP;
    double above = formula(&one);
    *x = was - STEP;
    return (above - formula(&one)) / (2 * STEP);
}

static double rmsnorm(const struct given *one)
{
    double squares = 0, sum = 0;
    for (int i = 0; i < one->n; i++)
        squares += one->x[i] * one->x[i];
    for (int i = 0; i < one->n; i++)
        sum += one->dy[i] * one->g[i] * one->x[i] / sqrt(squares / one->n + 1e-5);
    return sum;
}

static void test_rmsnorm_backward__is_the_slope(void **state)
{
    (void)state;
    float x[3 * N], g[N], dy[3 * N], dx[3 * N], sum[3 * N];
    fill(x, 3 * N, 2, 1);
    fill(g, N, 1, 2);
    fill(dy, 3 * N, 1, 3);
    fill(sum, 3 * N, 1, 4);
    memcpy(dx, sum, sizeof dx);
    rmsnorm_backward(dx, dy, x, g, 3, N, 1e-5f, true);
    for (int t = 0; t < 3; t++)
        for (int i = 0; i < N; i++) {
            double want = SLOPE(given(x + t * N, NULL, g, dy + t * N, N), x, i, rmsnorm);
            assert_near(dx[t * N + i] - sum[t * N + i], want, 2e-5);
        }
    rmsnorm_backward(dy, dy, x, g, 3, N, 1e-5f, false);
    for (int i = 0; i < 3 * N; i++)
        assert_near(dy[i], dx[i] - sum[i], 2e-6);
}

static void check_rope(int dim)
{
    float x[N], was[N], cosine[N / 2], sine[N / 2];
    fill(x, N, 1, 1);
    memcpy(was, x, sizeof x);
    for (int i = 0; i < dim / 2; i++) {
        cosine[i] = cosf(0.3f * (float)i);
        sine[i] = sinf(0.3f * (float)i);
    }
    rope_forward(x, cosine, sine, dim); /* a rotation: its transpose is its inverse */
    rope_backward(x, cosine, sine, dim);
    for (int i = 0; i < N; i++)
        assert_near(x[i], was[i], 1e-6);
}

static void test_rope_backward__turns_back(void **state)
{
    (void)state;
    check_rope(6);
    check_rope(32);
    check_rope(N);
}

static double silu_gate(const struct given *one)
{
    double sum = 0;
    for (int i = 0; i < one->n; i++)
        sum += one->dy[i] * one->x[i] / (1 + exp(-one->x[i])) * one->up[i];
    return sum;
}

static void test_silu_gate_backward__is_the_slope(void **state)
{
    (void)state;
    float gate[N], up[N], dy[N], dgate[N], dup[N];
    uint16_t half_gate[N], half_up[N];
    fill(gate, N, 4, 1);
    fill(up, N, 1, 2);
    fill(dy, N, 1, 3);
    gate[0] = 1000;
    gate[1] = -1000;
    silu_gate_backward(dgate, dup, DTYPE_F32, dy, gate, up, N);
    silu_gate_backward(half_gate, half_up, DTYPE_BF16, dy, gate, up, N);
    struct given one = given(gate, up, NULL, dy, N);
    for (int i = 0; i < N; i++) {
        double want = SLOPE(one, x, i, silu_gate), want_up = SLOPE(one, up, i, silu_gate);
        assert_near(dgate[i], want, 1e-5 + 1e-5 * fabs(want));
        assert_near(dup[i], want_up, 1e-5 + 1e-5 * fabs(want_up));
        assert_near(f32_of_bf16(half_gate[i]), want, 1e-5 + 0.004 * fabs(want));
        assert_near(f32_of_bf16(half_up[i]), want_up, 1e-5 + 0.004 * fabs(want_up));
    }
}

static double cross_entropy(const struct given *one)
{
    double sum = 0;
    for (int i = 0; i < one->n; i++)
        sum += exp(one->x[i]);
    return -0.7 * (one->x[one->target] - log(sum));
}

static void check_cross_entropy(int n, int target)
{
    float logits[N], dlogits[N];
    uint16_t half[N];
    fill(logits, n, 3, (uint64_t)n);
    struct given one = given(logits, NULL, NULL, NULL, n);
    one.target = target;
    const float log_sum = log_sum_exp(logits, n);
    assert_near(-0.7 * (logits[target] - log_sum), cross_entropy(&one), 2e-6);
    cross_entropy_backward(half, DTYPE_BF16, logits, log_sum, target, 0.7f, n);
    cross_entropy_backward(dlogits, DTYPE_F32, logits, log_sum, target, 0.7f, n);
    for (int i = 0; i < n; i++) {
        double want = SLOPE(one, x, i, cross_entropy);
        assert_near(dlogits[i], want, 2e-6);
        assert_near(f32_of_bf16(half[i]), want, 0.004 * fabs(want) + 2e-6);
    }
    /* In two stretches, the second in place. */
    int cut = n / 3;
    cross_entropy_backward(half, DTYPE_BF16, logits, log_sum, target, 0.7f, cut);
    cross_entropy_backward(logits + cut, DTYPE_F32, logits + cut, log_sum, target - cut, 0.7f,
                           n - cut);
    for (int i = cut; i < n; i++)
        assert_near(logits[i], dlogits[i], 2e-6);
    for (int i = 0; i < cut; i++)
        assert_near(f32_of_bf16(half[i]), dlogits[i], 0.004 * fabs(dlogits[i]) + 2e-6);
}

static void test_cross_entropy_backward__is_the_slope(void **state)
{
    (void)state;
    check_cross_entropy(N, 5);
    check_cross_entropy(N - 3, N - 4);
    check_cross_entropy(7, 6);
    check_cross_entropy(1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rmsnorm_backward__is_the_slope),
        cmocka_unit_test(test_rope_backward__turns_back),
        cmocka_unit_test(test_silu_gate_backward__is_the_slope),
        cmocka_unit_test(test_cross_entropy_backward__is_the_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
