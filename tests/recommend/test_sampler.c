#include "recommend/sampler.h"
#include "support/data.h"
#include "support/test.h"

static bool is_taken(const struct llmx_data *data, llmx_id user, llmx_id item)
{
    int n;
    const llmx_id *history = llmx_data_history(data, user, LLMX_TRAIN, &n);
    for (int i = 0; i < n; i++)
        if (history[i] == item)
            return true;
    return false;
}

static llmx_id user_of(const struct batch *b, int t)
{
    return b->user[b->slot[t]];
}

static void test_sampler__visits_each_interaction_once(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("once.inter", 37, 60, 12, 1);
    struct sampler *sampler;
    struct batch batch;
    assert_int_equal(sampler_create(&sampler, data, 5, NULL), 0);
    assert_int_equal(batch_create(&batch, 64, NULL), 0);
    int *seen = calloc(37 * 60, sizeof *seen), *negatives = calloc(60, sizeof *negatives);
    for (uint64_t epoch = 1; epoch <= 20; epoch++) {
        for (size_t first = 0; first < sampler->n; first += 64) {
            const int n = sampler->n - first < 64 ? (int)(sampler->n - first) : 64;
            sampler_batch(sampler, epoch, first, n, &batch);
            for (int t = 0; t < n; t++) {
                seen[user_of(&batch, t) * 60 + batch.positive[t]]++;
                negatives[batch.negative[t]]++;
                assert_false(is_taken(data, user_of(&batch, t), batch.negative[t]));
            }
        }
    }
    for (llmx_id u = 0; u < 37; u++)
        for (llmx_id i = 0; i < llmx_data_items(data); i++)
            assert_int_equal(seen[u * 60 + i], is_taken(data, u, i) ? 20 : 0);
    for (llmx_id i = 0; i < llmx_data_items(data); i++)
        assert_true(negatives[i] > 0); /* 7400 draws over 60 items */
    free(seen);
    free(negatives);
    batch_release(&batch);
    sampler_destroy(sampler);
    llmx_data_destroy(data);
}

static void test_sampler__groups_list_each_row_with_its_triples(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("groups.inter", 50, 90, 14, 2);
    struct sampler *sampler;
    struct batch b;
    assert_int_equal(sampler_create(&sampler, data, 5, NULL), 0);
    assert_int_equal(batch_create(&b, 256, NULL), 0);
    sampler_batch(sampler, 3, 100, 256, &b);
    for (int g = 0; g + 1 < b.n_users; g++)
        assert_true(b.user[g] < b.user[g + 1] && b.user_start[g] < b.user_start[g + 1]);
    assert_int_equal(b.user_start[b.n_users], 256);
    int touched[512] = {0};
    for (int g = 0; g < b.n_items; g++) {
        assert_true(g == 0 || b.item[g - 1] < b.item[g]);
        for (int e = b.item_start[g]; e < b.item_start[g + 1]; e++) {
            const uint32_t t = b.touch[e] >> 1;
            assert_int_equal(b.item[g], b.touch[e] & 1 ? b.negative[t] : b.positive[t]);
            touched[b.touch[e]]++;
        }
    }
    assert_int_equal(b.item_start[b.n_items], 512);
    for (int e = 0; e < 512; e++)
        assert_int_equal(touched[e], 1);
    batch_release(&b);
    sampler_destroy(sampler);
    llmx_data_destroy(data);
}

/* Whoever makes a triple, in whatever batch: it is the same. */
static void test_sampler__a_triple_does_not_depend_on_its_batch(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("batch.inter", 20, 40, 10, 2);
    struct sampler *sampler;
    struct batch one, all;
    assert_int_equal(sampler_create(&sampler, data, 9, NULL), 0);
    assert_int_equal(batch_create(&one, 1, NULL), 0);
    assert_int_equal(batch_create(&all, (int)sampler->n, NULL), 0);
    sampler_batch(sampler, 2, 0, (int)sampler->n, &all);
    for (size_t i = 0; i < sampler->n; i++) {
        sampler_batch(sampler, 2, i, 1, &one);
        int found = 0;
        for (int t = 0; t < all.n; t++)
            found += user_of(&all, t) == user_of(&one, 0) && all.positive[t] == one.positive[0] &&
                     all.negative[t] == one.negative[0];
        assert_int_equal(found, 1);
    }
    batch_release(&one);
    batch_release(&all);
    sampler_destroy(sampler);
    llmx_data_destroy(data);
}

static void test_sampler__refuses_a_user_who_took_everything(void **state)
{
    (void)state;
    struct llmx_data *data = NULL;
    struct llmx_error err = {0};
    struct sampler *sampler = NULL;
    const char *path = test_file("all.inter", "user_id:token\titem_id:token\ttimestamp:float\n"
                                              "a\tx\t1\na\ty\t2\na\tx\t3\na\ty\t4\n");
    assert_int_equal(llmx_data_open(&data, path, NULL, &err), 0);
    assert_int_equal(sampler_create(&sampler, data, 1, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "user 'a' took every one of the 2 items");
    llmx_data_destroy(data);
}

static void test_sampler__batches_grow_with_the_data(void **state)
{
    (void)state;
    const struct sampler small = {.n = 100000}, large = {.n = 1000001}, huge = {.n = 1000000000};
    assert_int_equal(sampler_batch_size(&small, 4096, 256), 4096);
    assert_int_equal(sampler_batch_size(&small, 200000, 256), 100000);
    assert_int_equal(sampler_batch_size(&large, 4096, 100), 10001);
    assert_int_equal(sampler_batch_size(&large, 4096, 1000000), 4096);
    assert_int_equal(sampler_batch_size(&huge, 4096, 1), BATCH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sampler__visits_each_interaction_once),
        cmocka_unit_test(test_sampler__groups_list_each_row_with_its_triples),
        cmocka_unit_test(test_sampler__a_triple_does_not_depend_on_its_batch),
        cmocka_unit_test(test_sampler__refuses_a_user_who_took_everything),
        cmocka_unit_test(test_sampler__batches_grow_with_the_data),
    };
    return cmocka_run_group_tests_name("sampler", tests, NULL, NULL);
}
