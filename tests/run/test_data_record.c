/* A run of a version that kept no record of its data still knows other data from its own. */
#include "support/data.h"
#include "support/test.h"

#include "llmxrec/recommend.h"
#include "llmxrec/train.h"

#include <string.h>
#include <unistd.h>

static enum llmx_code open_as(const char *path, struct llmx_error *err)
{
    struct llmx_run_source source;
    struct llmx_data *data = NULL;
    enum llmx_code code = LLMX_OK;
    assert_int_equal(llmx_run_source(&source, test_path("run"), NULL), 0);
    assert_int_equal(llmx_run_source_set(&source, "data", path, NULL), 0);
    if (llmx_run_data_open(&data, &source, err) != 0)
        code = err->code;
    llmx_data_destroy(data);
    llmx_run_source_release(&source);
    return code;
}

static void test_run_data_open__knows_its_data_without_a_record(void **state)
{
    (void)state;
    char own[256], other[256], record[256];
    struct llmx_error err;
    struct llmx_train_options options = llmx_train_defaults("pop");
    snprintf(own, sizeof own, "%s", test_interactions("own.inter", 12, 9, 4, 1));
    snprintf(other, sizeof other, "%s", test_interactions("other.inter", 12, 9, 4, 2));
    snprintf(record, sizeof record, "%s", test_path("run/data.json"));
    struct llmx_data *data = NULL;
    assert_int_equal(llmx_data_open(&data, own, NULL, NULL), 0);
    options.data_path = own;
    assert_int_equal(llmx_train(data, &options, test_path("run"), NULL), 0);
    llmx_data_destroy(data);
    for (int has_record = 1; has_record >= 0; has_record--) {
        assert_int_equal(open_as(own, &err), LLMX_OK);
        assert_int_equal(open_as(other, &err), LLMX_MISMATCH);
        assert_contains(err.message, "was trained on other interactions");
        assert_int_equal(unlink(record), has_record ? 0 : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_data_open__knows_its_data_without_a_record)};
    return cmocka_run_group_tests_name("data record", tests, NULL, NULL);
}
