/* The leave-one-out split, the split by ratio and the counts of MovieLens-100k against RecBole 1.2.1. */
#include "support/test.h"

#include "data/dataset.h"

#include <jansson.h>
#include <unistd.h>

#define ML100K "build/assets/ml-100k"

static struct llmx_data *open_ml100k(enum llmx_timestamps timestamps)
{
    if (access(ML100K "/ml-100k.inter", R_OK) != 0)
        skip();
    struct llmx_data_options options = {.timestamps = timestamps};
    struct llmx_data *data = NULL;
    struct llmx_error err;
    if (llmx_data_open(&data, ML100K, &options, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

/* The only item of a part, as the golden files write it. */
static const char *only_item(const struct llmx_data *data, llmx_id user, enum llmx_part part)
{
    int n;
    const llmx_id *items = llmx_data_history(data, user, part, &n);
    assert_int_equal(n, 1);
    return llmx_data_item_token(data, items[0]);
}

static void assert_split_equals(const char *path, enum llmx_timestamps timestamps)
{
    char line[256], expected[256];
    struct llmx_data *data = open_ml100k(timestamps);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    llmx_id user = 0;
    for (; fgets(line, sizeof line, f); user++) {
        snprintf(expected, sizeof expected, "%s\t%s\t%s\n", llmx_data_user_token(data, user),
                 only_item(data, user, LLMX_VALID), only_item(data, user, LLMX_TEST));
        assert_string_equal(expected, line);
    }
    assert_int_equal(user, llmx_data_users(data));
    fclose(f);
    llmx_data_destroy(data);
}

static void test_split__exact_times_equal_recbole(void **state)
{
    (void)state;
    assert_split_equals("tests/golden/recbole/split_ml100k_f64.tsv", LLMX_TIME_EXACT);
}

static void test_split__float32_times_equal_recbole(void **state)
{
    (void)state;
    assert_split_equals("tests/golden/recbole/split_ml100k_rawf32.tsv", LLMX_TIME_FLOAT32);
}

static void test_split__normalised_float32_times_equal_recbole(void **state)
{
    (void)state;
    assert_split_equals("tests/golden/recbole/split_ml100k.tsv", LLMX_TIME_NORMALISED_FLOAT32);
}

static void put_part(char *out, size_t size, const struct llmx_data *data, llmx_id user,
                     enum llmx_part part, const char *end)
{
    int n;
    const llmx_id *items = llmx_data_history(data, user, part, &n);
    for (int i = 0; i <= n; i++) {
        const size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s",
                 i == 0  ? "\t"
                 : i < n ? " "
                         : "",
                 i < n ? llmx_data_item_token(data, items[i]) : end);
    }
}

/* The first 200 users of RecBole's RS [0.8, 0.1, 0.1], TO, by user, which sorts float32. */
static void test_split_by_ratio__equals_recbole(void **state)
{
    (void)state;
    static char line[8192], ours[8192];
    const struct llmx_data_options options = {.timestamps = LLMX_TIME_FLOAT32,
                                              .split_by = "ratio:0.8,0.1,0.1"};
    struct llmx_data *data = NULL;
    if (access(ML100K "/ml-100k.inter", R_OK) != 0)
        skip();
    assert_int_equal(llmx_data_open(&data, ML100K, &options, NULL), 0);
    FILE *f = fopen("tests/golden/recbole/split_ml100k_ratio_rawf32.tsv", "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    int users = 0;
    for (; fgets(line, sizeof line, f); users++) {
        snprintf(ours, sizeof ours, "%.*s", (int)strcspn(line, "\t"), line);
        const llmx_id user = llmx_data_user(data, ours);
        assert_true(user >= 0);
        put_part(ours, sizeof ours, data, user, LLMX_VALID, "");
        put_part(ours, sizeof ours, data, user, LLMX_TEST, "\n");
        assert_string_equal(ours, line);
    }
    assert_int_equal(users, 200);
    fclose(f);
    llmx_data_destroy(data);
}

static void test_split__counts_ties_as_recbole(void **state)
{
    (void)state;
    struct llmx_data *data = open_ml100k(LLMX_TIME_EXACT);
    assert_int_equal(data->report.users_tied, 599);
    llmx_data_destroy(data);
}

static size_t part_size(const struct llmx_data *data, enum llmx_part part)
{
    size_t sum = 0;
    for (llmx_id u = 0; u < llmx_data_users(data); u++) {
        int n;
        llmx_data_history(data, u, part, &n);
        sum += (size_t)n;
    }
    return sum;
}

static size_t golden_count(const json_t *golden, const char *key)
{
    return (size_t)json_integer_value(json_object_get(golden, key));
}

static void count_items(const struct llmx_data *data, int *count)
{
    for (llmx_id u = 0; u < llmx_data_users(data); u++) {
        int n;
        const llmx_id *items = llmx_data_history(data, u, LLMX_TRAIN, &n);
        for (int i = 0; i < n; i++)
            count[items[i]]++;
    }
}

static void test_split__counts_and_ids_equal_recbole(void **state)
{
    (void)state;
    struct llmx_data *data = open_ml100k(LLMX_TIME_NORMALISED_FLOAT32);
    json_t *golden = json_load_file("tests/golden/recbole/stats.json", 0, NULL), *value;
    size_t i;
    assert_non_null(golden);
    assert_int_equal(llmx_data_users(data), golden_count(golden, "users"));
    assert_int_equal(llmx_data_items(data), golden_count(golden, "items"));
    assert_int_equal(llmx_data_interactions(data), golden_count(golden, "interactions"));
    assert_int_equal(part_size(data, LLMX_TRAIN), golden_count(golden, "train"));
    assert_int_equal(part_size(data, LLMX_VALID), golden_count(golden, "valid"));
    assert_int_equal(part_size(data, LLMX_TEST), golden_count(golden, "test"));
    json_array_foreach(json_object_get(golden, "first10_users"), i, value)
        assert_string_equal(llmx_data_user_token(data, (llmx_id)i), json_string_value(value));
    json_array_foreach(json_object_get(golden, "first10_items"), i, value)
        assert_string_equal(llmx_data_item_token(data, (llmx_id)i), json_string_value(value));

    int *count = calloc((size_t)llmx_data_items(data), sizeof *count);
    assert_non_null(count);
    count_items(data, count);
    json_array_foreach(json_object_get(golden, "popularity_top20_train"), i, value)
    {
        llmx_id item = llmx_data_item(data, json_string_value(json_object_get(value, "item")));
        assert_int_equal(item, json_integer_value(json_object_get(value, "id0")));
        assert_int_equal(count[item], json_integer_value(json_object_get(value, "count")));
    }
    free(count);
    json_decref(golden);
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split__exact_times_equal_recbole),
        cmocka_unit_test(test_split__float32_times_equal_recbole),
        cmocka_unit_test(test_split__normalised_float32_times_equal_recbole),
        cmocka_unit_test(test_split_by_ratio__equals_recbole),
        cmocka_unit_test(test_split__counts_ties_as_recbole),
        cmocka_unit_test(test_split__counts_and_ids_equal_recbole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
