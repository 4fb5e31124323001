#include "kernel/layers.h"

#include "base/rng.h"
#include "kernel/vector.h"

#include "support/test.h"

#define N 192

static void fill(float *values, int n, double scale)
{
    struct rng rng = rng_stream(3, RNG_INIT, (uint64_t)n);
    for (int i = 0; i < n; i++)
        values[i] = (float)(rng_normal(&rng) * scale);
}

/* Both output types of a layer against the exact value. */
static void check(const float *f32, const uint16_t *bf16, int i, double want)
{
    assert_near(f32[i], want, 2e-6 * fabs(want) + 1e-6);
    assert_near(f32_of_bf16(bf16[i]), want, 0.004 * fabs(want) + 1e-6);
}

static void test_rmsnorm__equals_its_formula(void **state)
{
    (void)state;
    float x[3 * N], g[N], y[3 * N];
    uint16_t half[3 * N];
    fill(x, 3 * N, 2);
    fill(g, N, 1);
    rmsnorm_forward(y, DTYPE_F32, x, g, 3, N, 1e-5f);
    rmsnorm_forward(half, DTYPE_BF16, x, g, 3, N, 1e-5f);
    for (int t = 0; t < 3; t++) {
        double squares = 0;
        for (int i = 0; i < N; i++)
            squares += (double)x[t * N + i] * x[t * N + i];
        for (int i = 0; i < N; i++)
            check(y, half, t * N + i, x[t * N + i] / sqrt(squares / N + 1e-5) * g[i]);
    }
}

static void test_silu_gate__equals_its_formula(void **state)
{
    (void)state;
    float gate[N], up[N], y[N];
    uint16_t half[N];
    fill(gate, N, 30); /* far into both ends of the exponential */
    fill(up, N, 1);
    gate[0] = 1000;
    gate[1] = -1000;
    silu_gate_forward(y, DTYPE_F32, gate, up, N);
    silu_gate_forward(half, DTYPE_BF16, gate, up, N);
    for (int i = 0; i < N; i++)
        check(y, half, i, gate[i] / (1 + exp(-(double)gate[i])) * up[i]);
}

static void check_rope(int dim)
{
    float x[N], was[N], cosine[N / 2], sine[N / 2];
    int half = dim / 2;
    fill(x, N, 1);
    memcpy(was, x, sizeof x);
    for (int i = 0; i < half; i++) {
        cosine[i] = cosf(0.3f * (float)i);
        sine[i] = sinf(0.3f * (float)i);
    }
    rope_forward(x, cosine, sine, dim);
    for (int i = 0; i < half; i++) {
        assert_near(x[i], was[i] * cosine[i] - was[i + half] * sine[i], 1e-6);
        assert_near(x[i + half], was[i + half] * cosine[i] + was[i] * sine[i], 1e-6);
    }
}

static void test_rope__turns_pairs_of_halves(void **state)
{
    (void)state;
    check_rope(6);
    check_rope(16);
    check_rope(N);
    check_rope(40);
}

static void test_add_and_scale(void **state)
{
    (void)state;
    float x[N], y[N], sum[N];
    uint16_t half[N];
    fill(x, N, 1);
    fill(y, N - 5, 1);
    y[N - 5] = 7;
    memcpy(sum, y, sizeof y);
    add_forward(sum, x, N - 5);
    for (int i = 0; i < N - 5; i++)
        assert_near(sum[i], y[i] + x[i], 1e-6);
    assert_near(sum[N - 5], 7, 0);
    double dot = 0;
    fill(y, N, 2);
    for (int i = 0; i < N; i++)
        dot += (double)x[i] * y[i];
    assert_near(dot_forward(x, y, N), dot, 1e-4);
    scale_forward(sum, DTYPE_F32, x, 0.25f, N);
    scale_forward(half, DTYPE_BF16, x, 0.25f, N);
    for (int i = 0; i < N; i++)
        check(sum, half, i, 0.25 * x[i]);
}

static void test_log_sum_exp__of_any_number_of_values(void **state)
{
    (void)state;
    float x[N];
    fill(x, N, 10);
    for (int n = 1; n <= N; n++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += exp((double)x[i]);
        assert_near(log_sum_exp(x, n), log(sum), 2e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rmsnorm__equals_its_formula),
        cmocka_unit_test(test_silu_gate__equals_its_formula),
        cmocka_unit_test(test_rope__turns_pairs_of_halves),
        cmocka_unit_test(test_add_and_scale),
        cmocka_unit_test(test_log_sum_exp__of_any_number_of_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
