/* The evidence test with a model whose truth is known: a score is the sum of one weight per history item. */
#include "support/test.h"
#include "llmxrec/evaluate.h"
#include "run/run.h"
#include "support/data.h"

#define USERS 40
#define ITEMS 30

static struct llmx_run run;

static float weight(llmx_id from, llmx_id to)
{
    return (float)((from * 7 + to * 13) % 11) - 3;
}

static int score(const void *model, const struct llmx_person *people, int n, float *scores,
                 struct llmx_error *err)
{
    (void)model;
    (void)err;
    const llmx_id items = llmx_data_items(run.data);
    for (int p = 0; p < n; p++)
        for (llmx_id i = 0; i < items; i++) {
            scores[p * items + i] = 0;
            for (int j = 0; j < people[p].n; j++)
                scores[p * items + i] += weight(people[p].history[j], i);
        }
    return 0;
}

static int evidence(const void *model, const struct llmx_person *person, const llmx_id *items,
                    int k, float *contributions, struct llmx_error *err)
{
    (void)model;
    (void)err;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < person->n; j++)
            contributions[i * person->n + j] = weight(person->history[j], items[i]);
    return 0;
}

static const struct recommender sums = {.name = "sums", .score = score, .evidence = evidence};

static struct llmx_evidence_test measure(int users, int deleted, int threads)
{
    const struct llmx_evidence_test_options options = {
        .users = users, .deleted = deleted, .seed = 3, .threads = threads};
    struct llmx_evidence_test result;
    struct llmx_error err;
    if (llmx_evidence_test(&run, &options, &result, &err) != 0)
        fail_msg("%s", err.message);
    return result;
}

static void test_evidence_test__true_evidence_beats_every_deletion(void **state)
{
    (void)state;
    const struct llmx_evidence_test r = measure(0, 3, 2);
    assert_int_equal(r.users, USERS);
    for (int d = LLMX_DELETE_RANDOM; d < LLMX_DELETIONS; d++) {
        assert_true(r.without_gain[d].low > 0);
        assert_true(r.only_gain[d].low > 0);
        assert_near(r.without[0].mean - r.without[d].mean, r.without_gain[d].mean, 1e-9);
        assert_near(r.only[d].mean - r.only[0].mean, r.only_gain[d].mean, 1e-9);
    }
}

/* What falls without the items and what falls with only them make up the whole score of a sum. */
static void test_evidence_test__falls_of_a_sum_add_up(void **state)
{
    (void)state;
    const struct llmx_evidence_test r = measure(0, 2, 1);
    for (int d = 1; d < LLMX_DELETIONS; d++)
        assert_near(r.without[d].mean + r.only[d].mean, r.without[0].mean + r.only[0].mean, 1e-6);
}

static void test_evidence_test__does_not_depend_on_threads(void **state)
{
    (void)state;
    const struct llmx_evidence_test one = measure(10, 1, 1), three = measure(10, 1, 3);
    assert_int_equal(one.users, 10);
    assert_memory_equal(one.without, three.without, sizeof one.without);
    assert_memory_equal(one.only, three.only, sizeof one.only);
}

static void test_evidence_test__says_what_cannot_be(void **state)
{
    (void)state;
    struct llmx_evidence_test_options options = {.deleted = 0};
    struct llmx_evidence_test result;
    struct llmx_error err;
    assert_int_equal(llmx_evidence_test(&run, &options, &result, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    options.deleted = 900;
    assert_int_equal(llmx_evidence_test(&run, &options, &result, &err), -1);
    assert_contains(err.message, "nobody's history is longer than 900 items");
    const struct recommender silent = {.name = "silent", .score = score};
    const struct llmx_run no_evidence = {.row = &silent, .data = run.data};
    assert_int_equal(llmx_evidence_test(&no_evidence, &options, &result, &err), -1);
    assert_int_equal(err.code, LLMX_UNSUPPORTED);
}

static int printed(const struct llmx_evidence_test *result, const char *part)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(llmx_evidence_test_print(result, stream, 0, NULL), 0);
    fclose(stream);
    const int is_there = strstr(text, part) != NULL;
    free(text);
    return is_there;
}

static void test_evidence_test__says_when_evidence_is_similarity(void **state)
{
    (void)state;
    struct llmx_evidence_test r = measure(0, 3, 1);
    assert_false(printed(&r, "the evidence is the most similar items"));
    r.without_gain[LLMX_DELETE_SIMILAR] = r.only_gain[LLMX_DELETE_SIMILAR] =
        (struct llmx_interval){0};
    assert_true(printed(&r, "the evidence is the most similar items"));
}

static int set_up(void **state)
{
    (void)state;
    run.row = &sums;
    run.data = test_data("evidence.inter", USERS, ITEMS, 12, 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy((struct llmx_data *)(uintptr_t)run.data);
    return 0;
}

static void test_evidence_test__says_when_users_are_few(void **state)
{
    (void)state;
    const struct llmx_evidence_test few = {.model = "m", .users = 19},
                                    enough = {.model = "m", .users = 20};
    assert_true(printed(&few, "Note: fewer than 20 users"));
    assert_false(printed(&enough, "Note"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evidence_test__true_evidence_beats_every_deletion),
        cmocka_unit_test(test_evidence_test__falls_of_a_sum_add_up),
        cmocka_unit_test(test_evidence_test__does_not_depend_on_threads),
        cmocka_unit_test(test_evidence_test__says_what_cannot_be),
        cmocka_unit_test(test_evidence_test__says_when_evidence_is_similarity),
        cmocka_unit_test(test_evidence_test__says_when_users_are_few),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
