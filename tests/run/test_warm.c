/* What is taken up goes to whom it belonged, whatever they are called. */
#include "run/warm.h"
#include "support/test.h"

#include "llmxrec/train.h"

#define HEADER "user_id,item_id\n"
#define LOG    HEADER "\"a\tb\",x\n\"a\tb\",y\na,x\na,\"y\tz\"\nb,x\nb,y\n"
#define DIM    3

static struct llmx_data *open_log(const char *log)
{
    const struct llmx_data_options how = {.columns = "user=user_id,item=item_id"};
    struct llmx_data *data = NULL;
    test_file("log.csv", log);
    assert_int_equal(llmx_data_open(&data, test_path("log.csv"), &how, NULL), 0);
    return data;
}

/* The row of a token in an array of the model. */
static const float *row_of(void *model, enum rows_of rows, llmx_id row)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    const int n = recommender_bpr.arrays(model, arrays);
    for (int i = 0; i < n; i++)
        if (arrays[i].rows == rows && !arrays[i].is_training)
            return (const float *)arrays[i].data + (size_t)row * DIM;
    fail();
    return NULL;
}

static void *model_for(const struct llmx_data *data, const struct llmx_train_options *options)
{
    void *model = NULL;
    struct threads *pool = threads_create(1, NULL);
    const llmx_id users = llmx_data_users(data), items = llmx_data_items(data);
    assert_int_equal(recommender_bpr.create(&model, users, items, options, NULL), 0);
    assert_int_equal(recommender_bpr.begin(model, data, options, pool, NULL), 0);
    threads_destroy(pool);
    assert_int_equal(warm_read(&recommender_bpr, model, data, test_path("run"), NULL), 0);
    return model;
}

static void test_warm__rows_go_by_whole_tokens(void **state)
{
    (void)state;
    struct llmx_train_options options = llmx_train_defaults("bpr");
    options.dim = DIM;
    options.epochs = 2;
    options.threads = 1;
    options.force = 1;
    struct llmx_data *before = open_log(LOG);
    assert_int_equal(llmx_train(before, &options, test_path("run"), NULL), 0);
    struct llmx_data *after = open_log(HEADER "new,x\n"
                                              "b,\"y\tz\"\n"
                                              "a,y\n"
                                              "\"a\tb\",x\n");
    void *was = model_for(before, &options), *is = model_for(after, &options);
    static const char *const users[] = {"a\tb", "a", "b"}, *const items[] = {"x", "y", "y\tz"};
    for (int i = 0; i < 3; i++) {
        const float *a = row_of(was, ROWS_USERS, llmx_data_user(before, users[i])),
                    *b = row_of(is, ROWS_USERS, llmx_data_user(after, users[i]));
        assert_memory_equal(a, b, DIM * sizeof *a);
        a = row_of(was, ROWS_ITEMS, llmx_data_item(before, items[i]));
        b = row_of(is, ROWS_ITEMS, llmx_data_item(after, items[i]));
        assert_memory_equal(a, b, DIM * sizeof *a);
    }
    recommender_bpr.destroy(was);
    recommender_bpr.destroy(is);
    llmx_data_destroy(before);
    llmx_data_destroy(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_warm__rows_go_by_whole_tokens)};
    return cmocka_run_group_tests_name("warm", tests, NULL, NULL);
}
