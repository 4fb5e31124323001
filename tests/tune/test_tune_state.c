/* A checkpoint that goes with no place of its tuning is refused: steps past the last would be written past their arrays. */
#include "support/test.h"

#include "tune/tune_state.h"

#define STEPS  6
#define EPOCHS 3

static void set_up_state(struct tune_state *state)
{
    const struct config config = {
        .hidden = 16, .layers = 1, .heads = 1, .kv_heads = 1, .head_dim = 16, .ffn = 16};
    struct lora *lora;
    assert_int_equal(lora_create(&lora, &config, 1, 1, NULL), 0);
    assert_int_equal(tune_state_init(state, lora, STEPS, EPOCHS, NULL), 0);
}

/* Writes a checkpoint of that place and reads it again. */
static int read_back(int step, int closed, int best_epoch, struct llmx_error *err)
{
    struct tune_state written = {0}, read = {0};
    set_up_state(&written);
    set_up_state(&read);
    written.step = step;
    written.closed = closed;
    written.best_epoch = best_epoch;
    assert_int_equal(tune_state_write(&written, 7, test_path(""), NULL), 0);
    const int result = tune_state_read(&read, 7, test_path(""), err);
    if (result == 0)
        assert_int_equal(read.step, step);
    tune_state_release(&written);
    tune_state_release(&read);
    return result;
}

static void test_tune_state__reads_every_place_of_a_tuning(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    for (int step = 0; step <= STEPS; step++) {
        const int closed = step / (STEPS / EPOCHS);
        if (step % (STEPS / EPOCHS) == 0 && read_back(step, closed, 0, &err) != 0)
            fail_msg("%s", err.message);
        if (read_back(step, closed + 1, closed, &err) != 0)
            fail_msg("%s", err.message);
    }
}

static void test_tune_state__refuses_a_place_that_there_is_not(void **state)
{
    (void)state;
    static const int none[][3] = {{STEPS, 0, 0}, {3, 1, 0}, {1, 0, 0},
                                  {1, 3, 0},     {2, 1, 1}, {2, 2, 3}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct llmx_error err = {0};
        assert_int_equal(read_back(none[i][0], none[i][1], none[i][2], &err), -1);
        assert_int_equal(err.code, LLMX_BAD_INPUT);
        assert_contains(err.message, "is damaged");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tune_state__reads_every_place_of_a_tuning),
        cmocka_unit_test(test_tune_state__refuses_a_place_that_there_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
