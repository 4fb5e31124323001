/* What a text owes beyond tags, where its writer wants a fact told: not that something was taken last which nothing joins. */
#define OPENED "tests/golden/gate/claims"
#include "gate/opened.h"

/* Does "You watched A. The Glass Harbour is a crime film." lack a fact, A and another having been told of so? */
static bool lacks(const struct llmx_fact *facts, int n)
{
    const llmx_id train = llmx_data_item(data, "train");
    const struct llmx_given given = {.user = -1,
                                     .item = llmx_data_item(data, "harbour"),
                                     .evidence = &train,
                                     .n_evidence = 1,
                                     .columns = 1u << llmx_data_column(data, LLMX_ITEMS, "class"),
                                     .words_max = 75,
                                     .is_strict = 1,
                                     .wants_fact = 1,
                                     .facts = facts,
                                     .n_facts = n};
    const char text[] = "You watched \"Night Train North\". This is a crime film, too.";
    struct llmx_verdict verdict;
    struct llmx_error err;
    if (llmx_gate_check(checker, &given, text, strlen(text), &verdict, &err) != 0)
        fail_msg("%s", err.message);
    for (int i = 0; i < verdict.n_failures; i++)
        if (verdict.failure[i].check == LLMX_CHECK_FACT)
            return true;
    return false;
}

static void test_fact__is_owed_where_it_joins(void **state)
{
    (void)state;
    const llmx_id train = llmx_data_item(data, "train"), moons = llmx_data_item(data, "moons");
    struct llmx_fact facts[] = {
        {.kind = LLMX_FACT_SHARED,
         .items = {train},
         .n_items = 1,
         .value = {"Crime"},
         .n_values = 1,
         .place = 1},
        {.kind = LLMX_FACT_RECENT, .items = {moons}, .n_items = 1, .n = 1, .place = 2},
    };
    assert_false(lacks(facts, 1));
    assert_false(lacks(facts, 2));
    facts[1].items[0] = train; /* which shares something */
    assert_true(lacks(facts, 2));
    facts[1].place = 0; /* true, but not told */
    assert_false(lacks(facts, 2));
    facts[1] = (struct llmx_fact){
        .kind = LLMX_FACT_COMPANY, .items = {moons}, .n_items = 1, .m = 47, .n = 70, .place = 2};
    assert_true(lacks(facts, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fact__is_owed_where_it_joins),
    };
    return cmocka_run_group_tests_name("fact", tests, open_all, close_all);
}
