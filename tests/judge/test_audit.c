/* A judge and blind ones on labelled pairs: what each is right in is known, and what is refused. */
#include "base/text.h"
#include "format/json_file.h"
#include "llmxrec/audit.h"
#include "support/failing_alloc.h"
#include "support/test.h"

static const struct llmx_resampling how = {.resamples = 1000, .seed = 1, .threads = 2};

/* One pair of the file: NULL leaves a field out. */
struct line {
    const char *prompt, *a, *b, *system_a, *system_b, *label;
    double p_a[2];
};

static void put_text(struct text *out, const char *field, const char *value)
{
    if (value)
        text_printf(out, ",\"%s\":\"%s\"", field, value);
}

static void put_line(struct text *out, const struct line *l)
{
    text_printf(out, "{\"prompt\":\"%s\"", l->prompt);
    put_text(out, "a", l->a);
    put_text(out, "b", l->b);
    put_text(out, "system_a", l->system_a);
    put_text(out, "system_b", l->system_b);
    put_text(out, "label", l->label);
    if (l->p_a[0] >= 0)
        text_printf(out, ",\"p_a_first\":%.2f,\"p_a_second\":%.2f", l->p_a[0], l->p_a[1]);
    text_puts(out, "}\n");
}

static struct llmx_pairs *pairs_of(struct text *lines)
{
    struct llmx_pairs *pairs;
    struct llmx_error err;
    if (llmx_pairs_read(&pairs, test_file("pairs.jsonl", lines->s), &err) != 0)
        fail_msg("%s", err.message);
    text_release(lines);
    return pairs;
}

static struct llmx_audit audit_of(struct text *lines)
{
    struct llmx_pairs *pairs = pairs_of(lines);
    struct llmx_audit found;
    struct llmx_error err;
    if (llmx_audit_judge(pairs, &how, &found, &err) != 0)
        fail_msg("%s", err.message);
    llmx_pairs_close(pairs);
    return found;
}

static void assert_right(const struct llmx_audit *a, enum llmx_audited_judge judge, double a_first,
                         double b_first)
{
    const struct llmx_audited *j = &a->judge[judge];
    assert_true(j->is_known);
    assert_near(j->accuracy[0], a_first, 1e-12);
    assert_near(j->accuracy[1], b_first, 1e-12);
    assert_near(j->both.mean, (a_first + b_first) / 2, 1e-12);
}

static char *printed(const struct llmx_audit *a, int is_json)
{
    FILE *f = fopen(test_path("audit"), "w");
    assert_int_equal(llmx_audit_print(a, f, is_json, NULL), 0);
    fclose(f);
    return test_read(test_path("audit"));
}

static void assert_says(const struct llmx_audit *a, const char *what)
{
    char *text = printed(a, 0);
    assert_contains(text, what);
    free(text);
}

#define PAIRS 40

/* Pair i of its own prompt; words of the better text are `better`, of the other `worse`. b is better in `b_of` of 10. */
static struct llmx_audit audit_made(const char *better, const char *worse, int b_of,
                                    double right_first, double right_second)
{
    struct text lines = {0};
    for (int i = 0; i < PAIRS; i++) {
        char prompt[16];
        const bool is_b = i * 7 % 10 < b_of;
        snprintf(prompt, sizeof prompt, "prompt %d", i);
        const double first = is_b ? 1 - right_first : right_first,
                     second = is_b ? 1 - right_second : right_second;
        put_line(&lines, &(struct line){prompt,
                                        is_b ? worse : better,
                                        is_b ? better : worse,
                                        is_b ? "poor" : "good",
                                        is_b ? "good" : "poor",
                                        is_b ? "b" : "a",
                                        {first, second}});
    }
    return audit_of(&lines);
}

/* The better text always stands second, as in most of the paper's pairs: a judge that always says "2" is right each time in
 * the file's order, never in the other, and half the time in both. */
static void test_audit__a_constant_judge_is_right_half_the_time(void **state)
{
    (void)state;
    struct text lines = {0};
    for (int i = 0; i < PAIRS; i++) {
        char prompt[16];
        snprintf(prompt, sizeof prompt, "%d", i);
        put_line(&lines, &(struct line){prompt, "x", "y", "poor", "good", "b", {.1, .9}});
    }
    const struct llmx_audit a = audit_of(&lines);
    assert_right(&a, LLMX_THE_JUDGE, 1, 0);
    assert_true(a.judge[LLMX_THE_JUDGE].both.mean == .5);
    assert_true(a.judge[LLMX_THE_JUDGE].both.low == .5 && a.judge[LLMX_THE_JUDGE].both.high == .5);
    assert_near(a.judge[LLMX_THE_JUDGE].right_in_both, 0, 0);
    assert_near(a.judge[LLMX_THE_JUDGE].same.mean, 0, 0);
    assert_right(&a, LLMX_BLIND_SECOND, 1, 0);
    assert_right(&a, LLMX_BLIND_FIRST, 0, 1);
    assert_right(&a, LLMX_BLIND_SYSTEM, 1, 1);
    assert_false(llmx_audit_beats(&a, LLMX_BLIND_FIRST));
    assert_false(llmx_audit_beats(&a, LLMX_BLIND_SYSTEM));
    assert_says(&a, "THE JUDGE DOES NOT BEAT\n  always the first     50.0 % against 50.0 %");
    assert_says(&a, "Note: every label is \"b\"");
}

static void test_audit__a_tie_is_half_right(void **state)
{
    (void)state;
    const struct llmx_audit a = audit_made("same", "same", 5, .5, .5);
    assert_right(&a, LLMX_THE_JUDGE, .5, .5);
    assert_near(a.judge[LLMX_THE_JUDGE].same.mean, 1, 0);
    assert_right(&a, LLMX_BLIND_LONGER, .5, .5);
    assert_right(&a, LLMX_BLIND_WORDS, .5, .5);
}

static void test_audit__blind_judges_see_length_words_and_names(void **state)
{
    (void)state;
    const struct llmx_audit a = audit_made("good", "bad one", 3, .9, .9);
    assert_int_equal(a.pairs, PAIRS);
    assert_int_equal(a.better[1], 12);
    assert_right(&a, LLMX_THE_JUDGE, 1, 1);
    assert_near(a.judge[LLMX_THE_JUDGE].right_in_both, 1, 1e-12);
    assert_right(&a, LLMX_BLIND_LONGER, 0, 0);
    assert_right(&a, LLMX_BLIND_SHORTER, 1, 1);
    assert_right(&a, LLMX_BLIND_WORDS, 1, 1);
    assert_right(&a, LLMX_BLIND_SYSTEM, 1, 1);
    assert_right(&a, LLMX_BLIND_FIRST, .7, .3);
    assert_true(llmx_audit_beats(&a, LLMX_BLIND_LONGER));
    assert_true(a.judge[LLMX_BLIND_LONGER].p < .01);
    assert_near(a.judge[LLMX_BLIND_FIRST].ahead_by.mean, .5, 1e-12);
    assert_false(llmx_audit_beats(&a, LLMX_BLIND_WORDS));
    assert_says(&a, "counts words         100.0 % against 100.0 %, ahead by 0.0 [0.0, 0.0]");
}

static void test_audit__says_when_all_are_beaten(void **state)
{
    (void)state;
    struct text lines = {0};
    for (int i = 0; i < PAIRS; i++) { /* what is better depends on the prompt alone */
        char prompt[16];
        snprintf(prompt, sizeof prompt, "%d", i);
        const bool is_b = i % 2;
        put_line(&lines, &(struct line){prompt,
                                        i % 4 < 2 ? "one" : "other",
                                        i % 4 < 2 ? "other" : "one",
                                        NULL,
                                        NULL,
                                        is_b ? "b" : "a",
                                        {is_b ? .2 : .8, is_b ? .2 : .8}});
    }
    const struct llmx_audit a = audit_of(&lines);
    assert_false(a.judge[LLMX_BLIND_SYSTEM].is_known);
    assert_says(&a, "The judge beats every blind judge.");
    assert_says(&a, "Note: not every pair names its systems");
}

/* Words that stand in the better texts of one prompt alone must not help: all its pairs are in one fold. */
static void test_audit__learns_from_other_prompts_alone(void **state)
{
    (void)state;
    struct text lines = {0};
    for (int i = 0; i < PAIRS; i++) {
        char prompt[16], better[16], worse[16];
        snprintf(prompt, sizeof prompt, "p%d", i / 4);
        snprintf(better, sizeof better, "b%d", i / 4);
        snprintf(worse, sizeof worse, "w%d", i / 4);
        const bool is_b = i % 2;
        put_line(&lines, &(struct line){prompt,
                                        is_b ? worse : better,
                                        is_b ? better : worse,
                                        is_b ? worse : better,
                                        is_b ? better : worse,
                                        is_b ? "b" : "a",
                                        {.7, .7}});
    }
    const struct llmx_audit a = audit_of(&lines);
    assert_int_equal(a.folds, 5);
    assert_int_equal(a.prompts, 10);
    assert_string_equal(a.drawn, "prompts");
    assert_int_equal(a.groups, 10);
    assert_right(&a, LLMX_BLIND_WORDS, .5, .5);
    assert_right(&a, LLMX_BLIND_SYSTEM, .5, .5);
    assert_says(&a, "Note: fewer than 20 prompts to draw from");
}

static void test_audit__says_what_is_left_out(void **state)
{
    (void)state;
    struct text lines = {0};
    put_line(&lines, &(struct line){"1", "x", "y", NULL, NULL, "a", {.9, .9}});
    put_line(&lines, &(struct line){"1", "x", "y", NULL, NULL, "tie", {.9, .9}});
    put_line(&lines, &(struct line){"1", "x", "y", NULL, NULL, NULL, {.9, .9}});
    put_line(&lines, &(struct line){"1", "x", "y", NULL, NULL, "b", {-1, -1}});
    const struct llmx_audit a = audit_of(&lines);
    assert_int_equal(a.pairs, 1);
    assert_int_equal(a.folds, 0);
    assert_false(a.judge[LLMX_BLIND_WORDS].is_known);
    assert_says(&a, "Note: 1 pairs have no label and are left out.");
    assert_says(&a, "Note: 1 pairs are labelled a tie and are left out.");
    assert_says(&a, "Note: 1 labelled pairs were not judged in both orders and are left out.");
    assert_says(&a, "Note: fewer than 20 pairs: the intervals are wide");
    assert_says(&a, "Note: one prompt alone");
}

static void assert_refused(const char *label, double p_a, const char *said)
{
    struct text lines = {0};
    struct llmx_audit found;
    struct llmx_error err;
    put_line(&lines, &(struct line){"1", "x", "y", NULL, NULL, label, {p_a, p_a}});
    struct llmx_pairs *pairs = pairs_of(&lines);
    assert_int_equal(llmx_audit_judge(pairs, &how, &found, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, said);
    llmx_pairs_close(pairs);
}

static void test_audit__refuses_what_cannot_be_audited(void **state)
{
    (void)state;
    assert_refused(NULL, .9, "none of the 1 pairs says which text is better: \"label\" must be");
    assert_refused("tie", .9, "(1 are ties)");
    assert_refused("a", -1, "none of the 1 labelled pairs was judged in both orders");
}

static void test_audit__prints_json(void **state)
{
    (void)state;
    const struct llmx_audit a = audit_made("good", "bad one", 3, .9, .9);
    struct llmx_error err;
    free(printed(&a, 1));
    json_t *json = json_file_read(test_path("audit"), &err);
    if (!json)
        fail_msg("%s", err.message);
    assert_string_equal(json_object_iter_key(json_object_iter(json)), "view");
    assert_string_equal(json_string_value(json_object_get(json, "view")), "judge audit");
    const json_t *all = json_object_get(json, "judges"), *words = json_object_get(all, "words");
    assert_int_equal(json_object_size(all), LLMX_AUDITED_JUDGES);
    for (int k = 0; k < LLMX_AUDITED_JUDGES; k++)
        assert_non_null(json_object_get(all, llmx_audited_name((enum llmx_audited_judge)k)));
    assert_near(json_number_value(json_object_get(json_object_get(words, "accuracy"), "mean")), 1,
                1e-9);
    assert_true(json_is_false(json_object_get(words, "is_beaten")));
    assert_int_equal(json_array_size(json_object_get(json, "not_beaten")), 3);
    json_decref(json);
}

static int audit_again(void *context, struct llmx_error *err)
{
    struct llmx_audit found;
    const struct llmx_resampling few = {.resamples = 100, .seed = 1, .threads = 1};
    return llmx_audit_judge(context, &few, &found, err);
}

static void test_audit__memory_that_runs_out(void **state)
{
    (void)state;
    struct text lines = {0};
    for (int i = 0; i < 4; i++)
        put_line(
            &lines,
            &(struct line){
                i % 2 ? "1" : "2", "one two", "two three", "s", "t", i < 2 ? "a" : "b", {.9, .9}});
    struct llmx_pairs *pairs = pairs_of(&lines);
    assert_true(failing_alloc_each(audit_again, pairs) > 20);
    llmx_pairs_close(pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audit__a_constant_judge_is_right_half_the_time),
        cmocka_unit_test(test_audit__a_tie_is_half_right),
        cmocka_unit_test(test_audit__blind_judges_see_length_words_and_names),
        cmocka_unit_test(test_audit__says_when_all_are_beaten),
        cmocka_unit_test(test_audit__learns_from_other_prompts_alone),
        cmocka_unit_test(test_audit__says_what_is_left_out),
        cmocka_unit_test(test_audit__refuses_what_cannot_be_audited),
        cmocka_unit_test(test_audit__prints_json),
        cmocka_unit_test(test_audit__memory_that_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
