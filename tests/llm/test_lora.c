/* The layout of an adapter's slab, and its scale. */
#include "llm/lora.h"

#include "support/test.h"

static const struct config config = {
    .hidden = 64, .layers = 2, .heads = 4, .kv_heads = 2, .head_dim = 16, .ffn = 96};

static void test_lora__pairs_follow_each_other(void **state)
{
    (void)state;
    struct lora *lora;
    struct llmx_error err;
    unsigned targets = 1u << LINEAR_Q | 1u << LINEAR_V | 1u << LINEAR_DOWN;
    assert_int_equal(lora_create(&lora, &config, 4, targets, &err), 0);
    size_t n = 0;
    for (int layer = 0; layer < 2; layer++)
        for (int l = 0; l < LINEARS; l++) {
            const struct lora_pair *pair = lora_pair_of(lora, layer, (enum linear)l);
            assert_int_equal(pair->rank, targets & 1u << l ? 4 : 0);
            assert_int_equal(pair->a, n);
            assert_int_equal(pair->b, n + (size_t)(pair->rank * pair->in));
            n = pair->b + (size_t)(pair->rank * pair->out);
        }
    assert_int_equal(lora->n, n);
    assert_int_equal(n, 2 * 4 * (64 + 64 + 64 + 32 + 96 + 64));
    for (size_t i = 0; i < n; i++)
        assert_true(lora->values[i] == 0);
    lora_destroy(lora);
}

static void test_lora__scale(void **state)
{
    (void)state;
    struct lora *lora;
    struct llmx_error err;
    assert_int_equal(lora_create(&lora, &config, 16, 1, &err), 0);
    assert_near(lora_scale(lora), 1, 0);
    lora->alpha = 8;
    assert_near(lora_scale(lora), 0.5, 1e-7);
    lora->is_rank_stabilised = true;
    assert_near(lora_scale(lora), 2, 1e-7);
    lora_destroy(lora);
}

static void test_lora__refuses_nonsense(void **state)
{
    (void)state;
    struct lora *lora;
    struct llmx_error err;
    assert_int_equal(lora_create(&lora, &config, 0, 1, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_int_equal(lora_create(&lora, &config, LORA_RANK_MAX + 1, 1, &err), -1);
    assert_int_equal(lora_create(&lora, &config, 8, 0, &err), -1);
    assert_int_equal(lora_create(&lora, &config, 8, 1u << LINEARS, &err), -1);
    lora_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lora__pairs_follow_each_other),
        cmocka_unit_test(test_lora__scale),
        cmocka_unit_test(test_lora__refuses_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
