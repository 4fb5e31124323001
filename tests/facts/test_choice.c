/* Which evidence and which facts are told: as a program of few lines chooses them (tests/golden/facts/choose.py). */
#include "format/jsonl.h"
#include "llmxrec/facts.h"
#include "support/data.h"
#include "support/test.h"

enum { EVIDENCE_MAX = 10 };

static struct llmx_data *data;
static struct llmx_facts *facts;

static llmx_id item_of(const json_t *token)
{
    const llmx_id item = llmx_data_item(data, json_string_value(token));
    assert_true(item >= 0);
    return item;
}

/* What the facts of a line of the golden file are, worked out anew; returns how many are told. */
static int choose(const json_t *line, struct llmx_fact *fact, struct llmx_telling *told)
{
    struct llmx_evidence evidence[EVIDENCE_MAX];
    const json_t *list = json_object_get(line, "evidence");
    const int n = (int)json_array_size(list);
    struct llmx_error err;
    assert_in_range(n, 1, EVIDENCE_MAX);
    for (int e = 0; e < n; e++) {
        const json_t *one = json_array_get(list, (size_t)e);
        evidence[e] =
            (struct llmx_evidence){item_of(json_object_get(one, "item")),
                                   (float)json_number_value(json_object_get(one, "contribution"))};
    }
    const struct llmx_person person = {
        .user = llmx_data_user(data, json_string_value(json_object_get(line, "user")))};
    const struct llmx_recommendation recommendation = {
        .item = item_of(json_object_get(line, "item")), .n_evidence = n, .evidence = evidence};
    if (llmx_facts_of(facts, &person, &recommendation, fact, told, &err) < 0)
        fail_msg("%s", err.message);
    return told->n_facts;
}

static void check_fact(const json_t *golden, const struct llmx_fact *fact)
{
    const json_t *items = json_object_get(golden, "items"),
                 *values = json_object_get(golden, "values"), *n = json_object_get(golden, "n"),
                 *m = json_object_get(golden, "m");
    assert_string_equal(llmx_fact_name((int)fact->kind),
                        json_string_value(json_object_get(golden, "kind")));
    assert_int_equal(fact->n_items, json_array_size(items));
    for (int i = 0; i < fact->n_items; i++)
        assert_int_equal(fact->items[i], item_of(json_array_get(items, (size_t)i)));
    assert_int_equal(fact->n, json_integer_value(n));
    assert_int_equal(fact->m, json_integer_value(m));
    assert_int_equal(fact->n_values, json_array_size(values));
    for (int v = 0; v < fact->n_values; v++)
        assert_string_equal(fact->value[v], json_string_value(json_array_get(values, (size_t)v)));
}

static void check_line(const json_t *line)
{
    struct llmx_fact fact[LLMX_FACTS_MAX];
    struct llmx_telling told;
    const json_t *evidence = json_object_get(line, "told"),
                 *chosen = json_object_get(line, "facts");
    const int n = choose(line, fact, &told);
    assert_int_equal(told.n_evidence, json_array_size(evidence));
    for (int e = 0; e < told.n_evidence; e++)
        assert_int_equal(told.evidence[e], item_of(json_array_get(evidence, (size_t)e)));
    assert_int_equal(n, json_array_size(chosen));
    for (int i = 0; i < n; i++)
        check_fact(json_array_get(chosen, (size_t)i), &fact[i]);
}

static void test_choice__is_that_of_the_golden_file(void **state)
{
    (void)state;
    if (!data)
        skip();
    struct jsonl file;
    struct llmx_error err;
    json_t *line;
    int more, lines = 0;
    if (jsonl_open(&file, "tests/golden/facts/ml-100k.jsonl", &err) != 0)
        fail_msg("%s", err.message);
    while ((more = jsonl_read(&file, &line, &err)) > 0) {
        check_line(line);
        json_decref(line);
        lines++;
    }
    jsonl_close(&file);
    assert_int_equal(more, 0);
    assert_int_equal(lines, 200);
}

/* The kinds of the first facts of one person's ten: not all the same. */
static void test_choice__differs_between_a_persons_recommendations(void **state)
{
    (void)state;
    if (!data)
        skip();
    struct llmx_evidence evidence[3];
    int n, kinds = 0;
    for (llmx_id user = 0; user < 20; user++) {
        unsigned first = 0;
        const llmx_id *history = llmx_data_history(data, user, LLMX_ALL, &n);
        for (int e = 0; e < 3; e++)
            evidence[e] = (struct llmx_evidence){history[e], 1 - .1F * (float)e};
        for (llmx_id item = 0; item < 10; item++) {
            struct llmx_fact fact[LLMX_FACTS_MAX];
            struct llmx_telling told;
            const int found =
                llmx_facts_of(facts, &(struct llmx_person){.user = user},
                              &(struct llmx_recommendation){
                                  .item = 300 + item * 7, .n_evidence = 3, .evidence = evidence},
                              fact, &told, NULL);
            assert_true(found >= 0);
            if (told.n_facts > 0)
                first |= 1U << fact[0].kind;
        }
        kinds += __builtin_popcount(first);
    }
    assert_true(kinds > 2 * 20);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    const struct llmx_data_options how = {.split_by = "none"};
    FILE *f = fopen("build/assets/ml-100k/ml-100k.inter", "r");
    if (!f)
        return 0;
    fclose(f);
    return llmx_data_open(&data, "build/assets/ml-100k", &how, &err) != 0 ||
                   llmx_facts_open(&facts, data, &err) != 0
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_facts_close(facts);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice__is_that_of_the_golden_file),
        cmocka_unit_test(test_choice__differs_between_a_persons_recommendations),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
