/* Every allocation of recommending into files, of exports and evaluation fails once: each time a clean LLMX_NO_MEMORY. */
#include "llmxrec/llmxrec.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/test.h"

static struct llmx_data *data;

static int train(void *context, struct llmx_error *err)
{
    (void)context;
    struct llmx_train_options options = llmx_train_defaults("bpr");
    options.epochs = 2;
    options.dim = 16;
    options.batch = 64;
    options.threads = 2;
    options.checkpoint_seconds = 0;
    options.force = 1;
    options.data_path = "x.inter";
    return llmx_train(data, &options, test_path("memory"), err);
}

static int open_and_recommend(void *context, struct llmx_error *err)
{
    (void)context;
    struct llmx_run *run = NULL;
    struct llmx_metrics metrics;
    struct llmx_recommend_report report = {0};
    const struct llmx_recommend_options options = {.top = 2,
                                                   .n_evidence = 2,
                                                   .users = "u1,zoe",
                                                   .history = test_path("people.tsv"),
                                                   .threads = 2};
    int result = llmx_run_open(&run, test_path("memory"), data, err);
    if (result == 0)
        result = llmx_evaluate(run, LLMX_TEST, (const int[]){5}, 1, 1, &metrics, err);
    if (result == 0)
        result = llmx_evaluate_sampled(run, LLMX_TEST, (const int[]){5}, 1, "uniform:3", 1, 1,
                                       &metrics, err);
    if (result == 0)
        result = llmx_recommend_write(run, &options, test_path("memory.jsonl"), &report, err);
    free(report.unknown);
    llmx_run_destroy(run);
    return result;
}

static int filter_and_export(void *context, struct llmx_error *err)
{
    (void)context;
    struct llmx_run *run = NULL;
    struct llmx_similar similar[3];
    const struct llmx_recommend_options options = {.top = 2,
                                                   .n_evidence = 2,
                                                   .users = "u1",
                                                   .allow = test_path("few"),
                                                   .deny = test_path("fewer"),
                                                   .keep_seen = 1,
                                                   .format = LLMX_CSV,
                                                   .threads = 1};
    int result = llmx_run_open(&run, test_path("memory"), data, err);
    if (result == 0 && llmx_similar_items(run, 1, 3, similar, err) < 0)
        result = -1;
    if (result == 0)
        result = llmx_recommend_write(run, &options, test_path("memory.csv"), NULL, err);
    if (result == 0)
        result = llmx_embeddings_write(run, NULL, test_path("embeddings"), err);
    if (result == 0)
        result = llmx_embeddings_write(run, "item_embedding", test_path("items.npy"), err);
    llmx_run_destroy(run);
    return result;
}

static void test_memory__filters_and_embeddings_survive_every_failure(void **state)
{
    (void)state;
    test_file("fewer", "i1\n");
    test_file("few", "i1\ni2\ni3\nnobody\n");
    assert_int_equal(train(NULL, NULL), 0);
    assert_true(failing_alloc_each(filter_and_export, NULL) > 50);
}

static void test_memory__recommending_survives_every_failure(void **state)
{
    (void)state;
    test_file("people.tsv", "ann\ti1\nbob\ti2\nann\ti3\n");
    assert_int_equal(train(NULL, NULL), 0);
    assert_true(failing_alloc_each(open_and_recommend, NULL) > 50);
}

static void test_memory__nothing_breaks_when_json_fails(void **state)
{
    (void)state;
    assert_true(failing_alloc_each_json(open_and_recommend, NULL) > 100);
}

static int set_up(void **state)
{
    (void)state;
    data = test_data("memory.inter", 20, 20, 6, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory__recommending_survives_every_failure),
        cmocka_unit_test(test_memory__filters_and_embeddings_survive_every_failure),
        cmocka_unit_test(test_memory__nothing_breaks_when_json_fails),
    };
    return cmocka_run_group_tests_name("recommend_memory", tests, set_up, tear_down);
}
