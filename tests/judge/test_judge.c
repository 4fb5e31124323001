/* Judges: what is asked, what an answer says, what is learnt and kept out, and that a tuned one has learnt it. */
#include "judge/judge.h"
#include "llmxrec/llmxrec.h"
#include "support/model.h"
#include "support/test.h"

static struct llmx_model *model; /* tiny: two layers, at random, with ChatML */

static int set_up(void **state)
{
    (void)state;
    model = test_model(2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_model_destroy(model);
    return 0;
}

/* ---- what is asked ---- */

static void hold_question(const char *layout, const char *shown, const char *expected)
{
    struct judge_prompt prompt;
    struct llmx_error err;
    struct text asked = {0};
    const struct llmx_pair pair = {.text = {" {second} a\n", "b"}};
    if (judge_prompt_open(&prompt, "judge", test_file("layout.txt", layout), &err) != 0)
        fail_msg("%s", err.message);
    judge_prompt_ask(&prompt, shown, &pair, 0, &asked);
    assert_string_equal(asked.s, expected);
    text_release(&asked);
    judge_prompt_release(&prompt);
}

static void test_judge__puts_texts_into_the_layout_as_they_are(void **state)
{
    (void)state;
    hold_question("Told: {prompt}.\n1: {first}\n2: {second}\n", " this ",
                  "Told: this.\n1: {second} a\n2: b");
    hold_question("Told: {prompt}.\n\n1: {first}\n2: {second}\n", "", "1: {second} a\n2: b");
    hold_question("{second}|{first}", "left out", "b|{second} a");
    hold_question("{prompt}: {text}", "p", "p: {second} a");
    hold_question("{prompt}: {text}", "", ": {second} a");
}

static void refuse_layout(const char *layout, const char *part)
{
    struct judge_prompt prompt;
    struct llmx_error err;
    assert_int_equal(judge_prompt_open(&prompt, "judge", test_file("layout.txt", layout), &err),
                     -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, part);
}

static void test_judge__refuses_layouts_that_show_no_pair(void **state)
{
    (void)state;
    refuse_layout("{first}", "{second} must stand there once, not 0 times");
    refuse_layout("{first} {first} {second}", "{first} must stand there once, not 2 times");
    refuse_layout("{first}\n{second} {third}", "layout.txt:2: there is no field '{third}'");
    refuse_layout("{first} \xff {second}", "byte 9 is no text in UTF-8");
    refuse_layout("", "{first} must stand there once");
    refuse_layout("{text} {first}", "{first} must stand there nowhere, not 1 times");
}

static void test_judge__shows_the_end_of_a_prompt_by_whole_words(void **state)
{
    (void)state;
    struct judge_prompt prompt = {.prompt_tokens = 6};
    struct llmx_error err;
    const char *told = "A long history of Heat and Casino, and at last this item";
    const struct llmx_tokenizer *tokenizer = llmx_model_tokenizer(model);
    char *shown;
    assert_int_equal(judge_prompt_cut(&prompt, tokenizer, told, &shown, &err), 0);
    assert_true(strlen(shown) > 4 && strlen(shown) < 24);
    assert_string_equal(told + strlen(told) - strlen(shown), shown);
    assert_int_equal(*shown, ' ');
    free(shown);
    prompt.prompt_tokens = 0;
    assert_int_equal(judge_prompt_cut(&prompt, tokenizer, told, &shown, &err), 0);
    assert_string_equal(shown, "");
    free(shown);
    prompt.prompt_tokens = LLMX_JUDGE_PROMPT_WHOLE;
    assert_int_equal(judge_prompt_cut(&prompt, tokenizer, told, &shown, &err), 0);
    assert_string_equal(shown, told);
    free(shown);
}

static void test_judge__reads_answers(void **state)
{
    (void)state;
    static const char *const first[] = {"1", " 1.", "**1**", "Explanation 1 is better",
                                        "1, since explanation 2 is longer"};
    static const char *const none[] = {"", "10", "Both 1 and 2 are good", "neither", "I cannot"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        assert_true(judge_read_answer(first[i]) == 1);
    assert_true(judge_read_answer("Answer: 2") == 0);
    assert_true(judge_read_answer("Tie") == .5);
    assert_true(judge_read_answer("It is a tie.") == .5);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_true(isnan(judge_read_answer(none[i])));
}

/* ---- training ---- */

#define LAYOUT "{prompt}\n{first} / {second}\n"

/* Of n prompts a pair each, alternately a and b; the better one is "good". */
static const char *write_pairs(int n)
{
    struct text lines = {0};
    for (int i = 0; i < n; i++)
        text_printf(&lines,
                    "{\"prompt\":\"film %d\",\"a\":\"%s %d\",\"b\":\"%s %d\",\"label\":\"%s\"}\n",
                    i, i % 2 ? "weak" : "good", i, i % 2 ? "good" : "weak", i, i % 2 ? "b" : "a");
    const char *path = test_file("pairs.jsonl", lines.s);
    text_release(&lines);
    return path;
}

static struct llmx_pairs *read_pairs(const char *path)
{
    struct llmx_pairs *pairs;
    struct llmx_error err;
    if (llmx_pairs_read(&pairs, path, &err) != 0)
        fail_msg("%s", err.message);
    return pairs;
}

static struct llmx_judge_training training(struct llmx_judge_training_report *report)
{
    static char layout[256];
    struct llmx_judge_training how = llmx_judge_training_defaults();
    snprintf(layout, sizeof layout, "%s", test_file("judge-layout.txt", LAYOUT));
    how.template_path = layout;
    how.report = report;
    how.tune.force = 1;
    how.tune.epochs = 1;
    return how;
}

static int train(struct llmx_pairs *pairs, const struct llmx_judge_training *how,
                 struct llmx_error *err)
{
    return llmx_judge_train(model, pairs, how, test_path("judge"), err);
}

static int count_lines(const char *name, const char *part)
{
    char *text = test_read(test_path(name));
    int n = 0;
    for (const char *s = text; (s = strstr(s, part)); s += strlen(part))
        n++;
    free(text);
    return n;
}

/* Tunes on 24 of 30 pairs; all that were kept out it must get right. */
static void hold_learning(struct llmx_judge_training *how, int examples)
{
    struct llmx_judge_training_report *report = how->report;
    struct llmx_judge_report judged;
    struct llmx_judge *judge;
    struct llmx_error err;
    struct llmx_pairs *pairs = read_pairs(write_pairs(30));
    how->hold = .2;
    how->tune.epochs = 40;
    how->tune.learning_rate = .01;
    if (train(pairs, how, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(report->held, 6);
    assert_int_equal(report->learnt, 24);
    assert_int_equal(count_lines("judge/examples.jsonl", "\"output\":\"1\""), examples / 2);
    assert_int_equal(count_lines("judge/examples.jsonl", "\"output\":\"2\""), examples / 2);
    llmx_pairs_close(pairs);

    pairs = read_pairs(test_path("judge/held.jsonl"));
    const struct llmx_judge_options opening = {.folder = test_path("judge")};
    if (llmx_judge_open(&judge, model, &opening, &err) != 0 ||
        llmx_judge_pairs(judge, pairs, test_path("judged.jsonl"), 0, &judged, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(judged.answered, 12);
    for (size_t i = 0; i < llmx_pairs_count(pairs); i++)
        assert_int_equal(llmx_pair_verdict(llmx_pairs_get(pairs, i)),
                         llmx_pairs_get(pairs, i)->label);
    assert_int_equal(count_lines("judged.jsonl", "\"verdict\""), 6);
    llmx_judge_close(judge);
    llmx_pairs_close(pairs);
}

static void test_judge__learns_in_both_orders_and_what_it_kept_out(void **state)
{
    (void)state;
    struct llmx_judge_training_report report;
    struct llmx_judge_training how = training(&report);
    hold_learning(&how, 48);
}

static void test_judge__learns_of_texts_by_themselves(void **state)
{
    (void)state;
    struct llmx_judge_training_report report;
    struct llmx_judge_training how = training(&report);
    how.template_path = test_file("single.txt", "{prompt}\n{text}\n");
    hold_learning(&how, 48);
}

/* No prompt that was kept out is learnt from, whatever the seed. */
static void test_judge__keeps_whole_prompts_out(void **state)
{
    (void)state;
    struct llmx_judge_training_report report;
    struct llmx_error err;
    for (uint64_t seed = 1; seed < 4; seed++) {
        struct llmx_judge_training how = training(&report);
        struct llmx_pairs *pairs = read_pairs(write_pairs(10));
        how.hold = .3;
        how.tune.seed = seed;
        for (size_t i = 0; i < 10; i++) /* five prompts of two pairs */
            llmx_pairs_get(pairs, i)->prompt = llmx_pairs_get(pairs, i / 2 * 2)->prompt;
        if (train(pairs, &how, &err) != 0)
            fail_msg("%s", err.message);
        llmx_pairs_close(pairs);
        assert_int_equal(report.prompts, 5);
        assert_int_equal(report.held_prompts, 2);
        pairs = read_pairs(test_path("judge/held.jsonl"));
        assert_int_equal(llmx_pairs_count(pairs), 4);
        for (size_t i = 0; i < 4; i++) {
            char prompt[64];
            snprintf(prompt, sizeof prompt, "\"instruction\":\"%s\\n",
                     llmx_pairs_get(pairs, i)->prompt);
            assert_int_equal(count_lines("judge/examples.jsonl", prompt), 0);
        }
        llmx_pairs_close(pairs);
    }
}

static void test_judge__leaves_out_what_teaches_nothing(void **state)
{
    (void)state;
    struct llmx_judge_training_report report;
    struct llmx_judge_training how = training(&report);
    struct llmx_error err;
    struct llmx_pairs *pairs =
        read_pairs(test_file("pairs.jsonl", "{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"y\",\"label\":"
                                            "\"b\"}\n"
                                            "{\"prompt\":\"p\",\"a\":\"y\",\"b\":\"x\",\"label\":"
                                            "\"a\"}\n" /* the first, the other way */
                                            "{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"z\",\"label\":"
                                            "\"tie\"}\n"
                                            "{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"z\"}\n"));
    if (train(pairs, &how, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(report.learnt, 1);
    assert_int_equal(report.repeated, 1);
    assert_int_equal(report.ties, 1);
    assert_int_equal(report.unlabelled, 1);
    assert_int_equal(report.labelled_a, 1);
    how.limit = 1;
    assert_int_equal(train(pairs, &how, &err), 0);
    assert_int_equal(report.learnt, 1);
    assert_int_equal(report.repeated, 0);
    llmx_pairs_close(pairs);
}

/* Pairs that an earlier judge kept out may be learnt now: they must not pass for kept out. The largest seed is read again. */
static void test_judge__keeps_nothing_of_a_judge_it_replaces(void **state)
{
    (void)state;
    struct llmx_judge_training how = training(NULL);
    struct llmx_pairs *pairs = read_pairs(write_pairs(10));
    struct llmx_judge *judge;
    struct llmx_error err;
    how.hold = .3;
    assert_int_equal(train(pairs, &how, &err), 0);
    assert_int_equal(count_lines("judge/held.jsonl", "\n"), 3);
    how.hold = 0;
    how.tune.seed = UINT64_MAX;
    assert_int_equal(train(pairs, &how, &err), 0);
    assert_int_equal(count_lines("judge/held.jsonl", "\n"), 0);
    const struct llmx_judge_options opening = {.folder = test_path("judge")};
    if (llmx_judge_open(&judge, model, &opening, &err) != 0)
        fail_msg("%s", err.message);
    llmx_judge_close(judge);
    how.prompt_tokens = -2;
    assert_int_equal(train(pairs, &how, &err), -1);
    assert_contains(err.message, "prompt-tokens -2");
    llmx_pairs_close(pairs);
}

static void refuse_training(const char *lines, double hold, enum llmx_code code, const char *part)
{
    struct llmx_judge_training how = training(NULL);
    struct llmx_pairs *pairs = read_pairs(test_file("pairs.jsonl", lines));
    struct llmx_error err;
    how.hold = hold;
    assert_int_equal(train(pairs, &how, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, part);
    llmx_pairs_close(pairs);
}

#define PAIR(LABEL) "{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"y\"" LABEL "}\n"

static void test_judge__refuses_pairs_that_teach_nothing(void **state)
{
    (void)state;
    refuse_training(PAIR(""), 0, LLMX_BAD_INPUT, "no pair to learn from: of 1, 1 have no label");
    refuse_training(PAIR(",\"label\":\"tie\""), 0, LLMX_BAD_INPUT, "1 are ties");
    refuse_training("{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"x\",\"label\":\"a\"}\n", 0,
                    LLMX_BAD_INPUT, "nothing to learn from the 1 pairs");
    refuse_training(PAIR(",\"label\":\"a\""), .5, LLMX_BAD_OPTION, "keeps out everything");
    refuse_training(PAIR(",\"label\":\"a\""), .1, LLMX_BAD_OPTION, "keeps out nothing");
    refuse_training(PAIR(",\"label\":\"a\""), 1, LLMX_BAD_OPTION, "hold 1: choose");
}

static void test_judge__replaces_no_judge_unasked(void **state)
{
    (void)state;
    struct llmx_judge_training how = training(NULL);
    struct llmx_pairs *pairs = read_pairs(write_pairs(2));
    struct llmx_error err;
    assert_int_equal(train(pairs, &how, &err), 0);
    char *before = test_read(test_path("judge/examples.jsonl"));
    how.tune.force = 0;
    how.prompt_tokens = 0;
    assert_int_equal(train(pairs, &how, &err), -1);
    assert_contains(err.message, "--force");
    char *after = test_read(test_path("judge/examples.jsonl"));
    assert_string_equal(before, after);
    free(before);
    free(after);
    llmx_pairs_close(pairs);
}

static void test_judge__says_what_is_no_judge(void **state)
{
    (void)state;
    struct llmx_judge *judge;
    struct llmx_error err;
    struct llmx_judge_options how = {.folder = test_directory()};
    assert_int_equal(llmx_judge_open(&judge, model, &how, &err), -1);
    assert_contains(err.message, "is no judge that `judge train` wrote");
    how.template_path = "single";
    assert_int_equal(llmx_judge_open(&judge, model, &how, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "tuned to be asked");
    how = (struct llmx_judge_options){.template_path = "nowhere.txt"};
    assert_int_equal(llmx_judge_open(&judge, model, &how, &err), -1);
    assert_contains(err.message, "nowhere.txt");
}

/* A model that was never tuned still gives a probability for each order, whole when the prompt is not shown. */
static void test_judge__asks_a_model_as_it_is(void **state)
{
    (void)state;
    struct llmx_judge *judge;
    struct llmx_judge_report report;
    struct llmx_error err;
    struct llmx_judge_options how = {.prompt_tokens = 8};
    struct llmx_pairs *pairs = read_pairs(write_pairs(3));
    assert_int_equal(llmx_judge_open(&judge, model, &how, &err), 0);
    llmx_pairs_get(pairs, 1)->text[0] =
        llmx_pairs_get(pairs, 1)->text[1]; /* the same question twice */
    if (llmx_judge_pairs(judge, pairs, NULL, 0, &report, &err) != 0)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < 3; i++)
        for (int order = 0; order < 2; order++)
            assert_true(llmx_pairs_get(pairs, i)->p_a[order] > 0 &&
                        llmx_pairs_get(pairs, i)->p_a[order] < 1);
    const double *same = llmx_pairs_get(pairs, 1)->p_a;
    assert_near(same[0] + same[1], 1, 1e-6);
    assert_int_equal(llmx_pair_verdict(llmx_pairs_get(pairs, 1)), LLMX_PREFERS_TIE);
    llmx_judge_close(judge);

    char *text = calloc(2000, 1);
    for (int i = 0; i < 1999; i++)
        text[i] = "q "[i % 2];
    llmx_pairs_get(pairs, 2)->text[1] = text;
    assert_int_equal(llmx_judge_open(&judge, model, &how, &err), 0);
    assert_int_equal(llmx_judge_pairs(judge, pairs, NULL, 0, &report, &err), -1);
    assert_int_equal(err.code, LLMX_TOO_LARGE);
    assert_contains(err.message, "pair 3");
    free(text);
    llmx_judge_close(judge);
    llmx_pairs_close(pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge__puts_texts_into_the_layout_as_they_are),
        cmocka_unit_test(test_judge__refuses_layouts_that_show_no_pair),
        cmocka_unit_test(test_judge__shows_the_end_of_a_prompt_by_whole_words),
        cmocka_unit_test(test_judge__reads_answers),
        cmocka_unit_test(test_judge__learns_in_both_orders_and_what_it_kept_out),
        cmocka_unit_test(test_judge__learns_of_texts_by_themselves),
        cmocka_unit_test(test_judge__keeps_whole_prompts_out),
        cmocka_unit_test(test_judge__leaves_out_what_teaches_nothing),
        cmocka_unit_test(test_judge__keeps_nothing_of_a_judge_it_replaces),
        cmocka_unit_test(test_judge__refuses_pairs_that_teach_nothing),
        cmocka_unit_test(test_judge__replaces_no_judge_unasked),
        cmocka_unit_test(test_judge__says_what_is_no_judge),
        cmocka_unit_test(test_judge__asks_a_model_as_it_is),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
