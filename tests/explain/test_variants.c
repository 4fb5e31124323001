/* test_variants.c - an example told of other items and counts: the same exchange in prompt and text. */
#include "explain/variants.h"
#include "gate/gate.h"
#include "support/test.h"

static struct llmx_data *data;
static struct llmx_gate *gate;

static int open_movies(void **state)
{
    struct llmx_error err;
    (void)state;
    return llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) == 0
               ? llmx_gate_open(&gate, data, &err)
               : -1;
}

static int close_movies(void **state)
{
    (void)state;
    llmx_gate_destroy(gate);
    llmx_data_destroy(data);
    return 0;
}

static struct variant choose(const struct llmx_given *given, uint64_t number)
{
    struct rng rng = rng_stream(1, RNG_VARIANTS, number);
    struct variant variant;
    variant_choose(&variant, gate->catalogue, given, &rng);
    return variant;
}

static void test_variant__exchanges_titles_in_quotes_and_counts_outside(void **state)
{
    (void)state;
    const struct variant v = {.title = {"Heat", "Heat 2"},
                              .new_title = {"Fargo", "Alien"},
                              .n_titles = 2,
                              .count = {47, 7},
                              .new_count = {90, 13},
                              .n_counts = 2};
    struct text out = {0};
    variant_put(&v, &out,
                "7 of the 47 who saw \"Heat\" and \"Heat 2\" (1995) know \"47 Heat\": 470, Heat.");
    assert_string_equal(out.s,
                        "13 of the 90 who saw \"Fargo\" and \"Alien\" (1995) know \"90 Heat\": "
                        "470, Heat.");
    text_release(&out);
}

static void test_variant__keeps_the_share_of_a_fact(void **state)
{
    (void)state;
    const llmx_id item = llmx_data_item(data, "alien"), heat = llmx_data_item(data, "heat");
    const struct llmx_fact facts[] = {
        {.kind = LLMX_FACT_COMPANY, .items = {heat}, .n_items = 1, .m = 40, .n = 80, .place = 1},
        {.kind = LLMX_FACT_LIKED, .items = {heat}, .n_items = 1, .m = 30, .n = 30, .place = 2},
        {.kind = LLMX_FACT_HABIT, .m = 8, .n = 20, .place = 3}};
    const struct llmx_given given = {
        .item = item, .evidence = &heat, .n_evidence = 1, .facts = facts, .n_facts = 3};
    bool has_fewer = false, has_more = false;
    for (uint64_t k = 0; k < 50; k++) {
        const struct variant v = choose(&given, k);
        assert_int_equal(v.n_titles, 2);
        assert_string_not_equal(v.new_title[0], v.new_title[1]);
        assert_int_equal(v.n_counts, 4);
        assert_in_range(v.new_count[0], 40, 160);
        assert_in_range(2 * v.new_count[1], v.new_count[0] - 1, v.new_count[0] + 1);
        assert_int_equal(v.new_count[2], v.new_count[3]); /* all stay all */
        has_fewer = has_fewer || v.new_count[0] < 80;
        has_more = has_more || v.new_count[0] > 80;
    }
    assert_true(has_fewer && has_more);
}

static void test_variant__leaves_a_count_that_two_facts_have(void **state)
{
    (void)state;
    const llmx_id item = llmx_data_item(data, "alien");
    const struct llmx_fact facts[] = {{.kind = LLMX_FACT_COMPANY, .m = 20, .n = 80, .place = 1},
                                      {.kind = LLMX_FACT_HABIT, .m = 8, .n = 20, .place = 2}};
    const struct llmx_given given = {.item = item, .facts = facts, .n_facts = 2};
    assert_int_equal(choose(&given, 0).n_counts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variant__exchanges_titles_in_quotes_and_counts_outside),
        cmocka_unit_test(test_variant__keeps_the_share_of_a_fact),
        cmocka_unit_test(test_variant__leaves_a_count_that_two_facts_have),
    };
    return cmocka_run_group_tests(tests, open_movies, close_movies);
}
