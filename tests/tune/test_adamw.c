/* Held against the formulas of torch.optim.AdamW in double, and against the definitions. */
#include "support/test.h"

#include "tune/adamw.h"

static void test_adamw__three_steps_as_torch_takes_them(void **state)
{
    (void)state;
    float values[3] = {0.5f, -1, 2}, first[3] = {0}, second[3] = {0};
    static const float gradients[3][3] = {{0.1f, -2, 0}, {-0.3f, 1, 1e-6f}, {0.2f, 0.5f, -3}};
    double w[3] = {0.5, -1, 2}, m[3] = {0}, v[3] = {0};
    for (int t = 1; t <= 3; t++) {
        adamw_step(values, first, second, gradients[t - 1], 3, 0.01, 0.1, (uint64_t)t);
        for (int i = 0; i < 3; i++) { /* torch/optim/adamw.py, in double */
            const double g = (double)gradients[t - 1][i];
            w[i] *= 1 - 0.01 * 0.1;
            m[i] += (g - m[i]) * 0.1;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            w[i] -= 0.01 / (1 - pow(0.9, t)) * m[i] / (sqrt(v[i]) / sqrt(1 - pow(0.999, t)) + 1e-8);
        }
    }
    for (int i = 0; i < 3; i++)
        assert_near(values[i], w[i], 4e-7); /* half a unit in the last place a step */
}

static void test_adamw__decay_alone_shrinks(void **state)
{
    (void)state;
    float value = 2, first = 0, second = 0, gradient = 0;
    adamw_step(&value, &first, &second, &gradient, 1, 0.1, 0.5, 1);
    assert_near(value, 1.9, 1e-6);
}

static void test_clip__scales_down_to_the_norm(void **state)
{
    (void)state;
    float gradient[2] = {3, -4};
    assert_near(gradient_clip(gradient, 2, 0), 5, 0);
    assert_near(gradient_clip(gradient, 2, 6), 5, 0);
    assert_near(gradient[0], 3, 0);
    assert_near(gradient_clip(gradient, 2, 1), 5, 0);
    assert_near(gradient[0], 0.6, 1e-7);
    assert_near(gradient[1], -0.8, 1e-7);
}

static void test_schedule__warms_up_then_falls(void **state)
{
    (void)state;
    const enum llmx_schedule all[] = {LLMX_SCHEDULE_CONSTANT, LLMX_SCHEDULE_COSINE,
                                      LLMX_SCHEDULE_LINEAR};
    static const double half[] = {1, 0.5, 0.5}, three_quarters[] = {1, 0.14644660940672624, 0.25};
    for (size_t i = 0; i < 3; i++) {
        assert_near(schedule_rate(all[i], 1, 4, 0, 12), 0.25, 0);
        assert_near(schedule_rate(all[i], 1, 4, 3, 12), 1, 0);
        assert_near(schedule_rate(all[i], 1, 4, 4, 12), 1, 0);
        assert_near(schedule_rate(all[i], 1, 4, 8, 12), half[i], 1e-12);
        assert_near(schedule_rate(all[i], 1, 4, 10, 12), three_quarters[i], 1e-12);
        assert_near(schedule_rate(all[i], 2, 0, 0, 12), 2, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adamw__three_steps_as_torch_takes_them),
        cmocka_unit_test(test_adamw__decay_alone_shrinks),
        cmocka_unit_test(test_clip__scales_down_to_the_norm),
        cmocka_unit_test(test_schedule__warms_up_then_falls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
