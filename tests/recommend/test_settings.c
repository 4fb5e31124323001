/* Settings of models by name: what a model has, its defaults, what is no value. */
#include "llmxrec/train.h"
#include "support/test.h"

static void refuse(const char *model, const char *name, const char *value, const char *message)
{
    struct llmx_train_options options = llmx_train_defaults(model);
    struct llmx_error err = {0};
    assert_int_equal(llmx_train_set(&options, name, value, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, message);
}

static void test_settings__are_the_models_own(void **state)
{
    (void)state;
    struct llmx_train_options options = llmx_train_defaults("bpr");
    struct llmx_error err;
    assert_int_equal(options.dim, 64);
    assert_near(options.learning_rate, 4e-3, 0);
    assert_int_equal(llmx_train_set(&options, "learning-rate", "0.5", &err), 0);
    assert_int_equal(llmx_train_set(&options, "min_epochs", "7", &err), 0);
    assert_near(options.learning_rate, 0.5, 0);
    assert_int_equal(options.min_epochs, 7);
}

static void test_settings__that_a_model_does_not_have(void **state)
{
    (void)state;
    refuse("bpr", "heads", "2", "the model bpr has no setting 'heads'; it has: dim, epochs");
    refuse("bbpr", "dim", "2", "there is no model 'bbpr'; there are: ");
    assert_null(llmx_train_defaults("bbpr").loss);
}

static void test_settings__that_are_no_values(void **state)
{
    (void)state;
    refuse("bpr", "dim", "many", "dim takes a whole number, not 'many'");
    refuse("bpr", "dim", "2.5", "dim takes a whole number, not '2.5'");
    refuse("bpr", "l2", "1e999", "l2 takes a number, not '1e999'");
    refuse("bpr", "l2", "", "l2 takes a number, not ''");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings__are_the_models_own),
        cmocka_unit_test(test_settings__that_a_model_does_not_have),
        cmocka_unit_test(test_settings__that_are_no_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
