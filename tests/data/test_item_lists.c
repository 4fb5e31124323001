/* Benchmark files of "user item item ..." lines, as LightGCN reads them. */
#include "support/failing_alloc.h"
#include "support/test.h"

#include "data/dataset.h"

#include <sys/stat.h>

static const char *folder(const char *name, const char *train, const char *test)
{
    char file[64];
    mkdir(test_path(name), 0700);
    snprintf(file, sizeof file, "%s/train.txt", name);
    test_file(file, train);
    snprintf(file, sizeof file, "%s/test.txt", name);
    if (test)
        test_file(file, test);
    return test_path(name);
}

static int open_folder(void *context, struct llmx_error *err)
{
    struct llmx_data *data = NULL;
    const int result = llmx_data_open(&data, context, NULL, err);
    llmx_data_destroy(data);
    return result;
}

static const char *tokens(const struct llmx_data *data, const char *user, enum llmx_part part)
{
    static char out[256];
    int n;
    const llmx_id *items = llmx_data_history(data, llmx_data_user(data, user), part, &n);
    out[0] = '\0';
    for (int i = 0; i < n; i++)
        strcat(strcat(out, i ? " " : ""), llmx_data_item_token(data, items[i]));
    return out;
}

static void test_item_lists__are_a_ready_made_split(void **state)
{
    (void)state;
    struct llmx_data *data = NULL;
    const char *path = folder("lists", "0 7 3 12\n1 3\r\n2\n\n3 12 7 ", "0 4 5\n1 \n3 3");
    assert_int_equal(llmx_data_open(&data, path, NULL, NULL), 0);
    assert_int_equal(llmx_data_users(data), 3); /* nothing is known of user 2 */
    assert_int_equal(llmx_data_items(data), 5);
    assert_int_equal(llmx_data_interactions(data), 9);
    assert_string_equal(tokens(data, "0", LLMX_TRAIN), "7 3 12");
    assert_string_equal(tokens(data, "0", LLMX_VALID), "");
    assert_string_equal(tokens(data, "0", LLMX_TEST), "4 5");
    assert_string_equal(tokens(data, "1", LLMX_TEST), "");
    assert_string_equal(tokens(data, "3", LLMX_TRAIN), "12 7");
    assert_string_equal(tokens(data, "3", LLMX_TEST), "3");
    assert_true(data->report.is_ready_made);
    llmx_data_destroy(data);
}

static void test_item_lists__take_a_validation_file_of_their_form(void **state)
{
    (void)state;
    struct llmx_data *data = NULL;
    const char *path = folder("watched", "0 7 3\n", "0 4\n");
    const struct llmx_data_options options = {.valid_path = test_file("valid.txt", "0 9\n")};
    assert_int_equal(llmx_data_open(&data, path, &options, NULL), 0);
    assert_string_equal(tokens(data, "0", LLMX_VALID), "9");
    llmx_data_destroy(data);
}

static void test_item_lists__name_file_and_line(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_data *data = NULL;
    const char *path = folder("wrong", "0 7 3\n1 4 x5 6\n2 7\n", "0 4\n1 1\n2 3\n");
    assert_int_equal(llmx_data_open(&data, path, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "wrong/train.txt:2: word 3, \"x5\", is not the number of an item");
    const struct llmx_data_options skip = {.skip_bad = 1}, rated = {.min_rating = 4},
                                   ratio = {.split_by = "ratio:8,1,1"};
    assert_int_equal(llmx_data_open(&data, path, &skip, &err), 0);
    assert_int_equal(llmx_data_user(data, "1"), 2); /* first seen in test.txt: its line was bad */
    assert_int_equal(llmx_data_item(data, "6"), -1);
    assert_int_equal(data->report.bad_lines, 1);
    llmx_data_destroy(data);
    assert_int_equal(llmx_data_open(&data, path, &rated, &err), -1);
    assert_contains(err.message, "has no ratings");
    assert_int_equal(llmx_data_open(&data, path, &ratio, &err), -1);
    assert_contains(err.message, "comes split already");
    path = folder("words", "Once upon a time\n", "0 4\n");
    assert_int_equal(llmx_data_open(&data, path, NULL, &err), -1);
    assert_contains(err.message,
                    "words/train.txt:1: word 1, \"Once\", is not the number of a user");
    path = folder("empty", "0\n\n", "");
    assert_int_equal(llmx_data_open(&data, path, NULL, &err), -1);
    assert_contains(err.message, "empty/train.txt holds no interactions");
    path = folder("half", "0 1\n", NULL);
    assert_int_equal(llmx_data_open(&data, path, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_contains(err.message, "nor train.txt and test.txt");
}

static void test_item_lists__survive_every_failed_allocation(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", folder("memory", "0 7 3 12\n1 3\n", "0 4 5\n1 9\n"));
    assert_true(failing_alloc_each(open_folder, path) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_item_lists__are_a_ready_made_split),
        cmocka_unit_test(test_item_lists__take_a_validation_file_of_their_form),
        cmocka_unit_test(test_item_lists__name_file_and_line),
        cmocka_unit_test(test_item_lists__survive_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("item_lists", tests, NULL, NULL);
}
