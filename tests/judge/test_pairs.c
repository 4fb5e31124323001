/* Pairs of explanations: read, matched, written, and what is refused. */
#include "llmxrec/pairs.h"
#include "support/failing_alloc.h"
#include "support/test.h"

static struct llmx_pairs *pairs_of(const char *lines)
{
    struct llmx_pairs *pairs;
    struct llmx_error err;
    if (llmx_pairs_read(&pairs, test_file("pairs.jsonl", lines), &err) != 0)
        fail_msg("%s", err.message);
    return pairs;
}

static void assert_refused(const char *lines, const char *said)
{
    struct llmx_pairs *pairs;
    struct llmx_error err;
    assert_int_equal(llmx_pairs_read(&pairs, test_file("pairs.jsonl", lines), &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, said);
}

#define FULL                                                                                       \
    "{\"user\":\"u\",\"item\":\"7\",\"prompt\":\"why?\",\"a\":\"one\",\"b\":\"two\",\"system_a\":" \
    "\"x\",\"system_b\":\"y\",\"label\":\"b\",\"p_a_first\":0.25,\"p_a_second\":0.125,"            \
    "\"verdict\":\"b\"}\n"

static void test_pairs__come_back_as_they_were_written(void **state)
{
    (void)state;
    struct llmx_pairs *pairs = pairs_of(
        FULL "{\"prompt\":\"\",\"a\":\"\",\"b\":\"é\",\"item\":3,\"more\":[],\"label\":null}\n");
    const struct llmx_pair *first = llmx_pairs_get(pairs, 0), *last = llmx_pairs_get(pairs, 1);
    assert_int_equal(llmx_pairs_count(pairs), 2);
    assert_string_equal(first->text[1], "two");
    assert_string_equal(first->system[0], "x");
    assert_int_equal(first->label, LLMX_PREFERS_B);
    assert_near(first->p_a[1], .125, 0);
    assert_null(last->system[0]);
    assert_null(last->user);
    assert_string_equal(last->item, "3");
    assert_int_equal(last->label, LLMX_PREFERS_UNKNOWN);
    assert_true(isnan(last->p_a[0]));
    assert_int_equal(llmx_pairs_write(pairs, test_path("written.jsonl"), NULL), 0);
    char *written = test_read(test_path("written.jsonl"));
    assert_string_equal(written, FULL "{\"item\":\"3\",\"prompt\":\"\",\"a\":\"\",\"b\":\"é\"}\n");
    free(written);
    llmx_pairs_close(pairs);
}

static void test_pairs__say_what_is_wrong_where(void **state)
{
    (void)state;
    assert_refused("", "pairs.jsonl holds no pairs");
    assert_refused("{\"prompt\":\"\",\"a\":\"x\"}\n",
                   "pairs.jsonl:1: the field \"b\" is missing; it must be a text");
    assert_refused("{\"a\":\"x\",\"b\":\"x\"}\n", "pairs.jsonl:1: the field \"prompt\" is missing");
    assert_refused(FULL "{\"prompt\":\"\",\"a\":\"x\",\"b\":\"y\",\"label\":\"c\"}\n",
                   "pairs.jsonl:2: the field \"label\" must be \"a\", \"b\" or \"tie\"");
    assert_refused("{\"prompt\":\"\",\"a\":\"x\",\"b\":\"y\",\"label\":1}\n", "\"label\" must be");
    assert_refused("{\"prompt\":\"\",\"a\":\"x\",\"b\":\"y\",\"p_a_first\":1.5}\n",
                   "\"p_a_first\" must be a probability from 0 to 1");
    assert_refused("{\"prompt\":\"\",\"a\":\"x\",\"b\":\"y\",\"p_a_second\":\"nan\"}\n",
                   "\"p_a_second\" must be a number");
    assert_refused("{\"prompt\":\"\",\"a\":\"x\",\"b\":\"y\",\"p_a_second\":NaN}\n",
                   "not valid JSON");
}

/* Both orders must agree; what holds in one order alone is a tie, and unknown what was judged in one alone. */
static void test_pairs__verdict_needs_both_orders(void **state)
{
    (void)state;
    static const struct {
        double p_a[2];
        enum llmx_preference verdict;
    } cases[] = {{{.9, .6}, LLMX_PREFERS_A},        {{.4, .1}, LLMX_PREFERS_B},
                 {{.9, .1}, LLMX_PREFERS_TIE},      {{.1, .9}, LLMX_PREFERS_TIE},
                 {{.5, .9}, LLMX_PREFERS_TIE},      {{.5, .5}, LLMX_PREFERS_TIE},
                 {{.9, NAN}, LLMX_PREFERS_UNKNOWN}, {{NAN, .1}, LLMX_PREFERS_UNKNOWN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct llmx_pair pair = {.p_a = {cases[i].p_a[0], cases[i].p_a[1]}};
        assert_int_equal(llmx_pair_verdict(&pair), cases[i].verdict);
    }
}

/* ---- files side by side ---- */

static const char *const names[] = {"x", "y", "z"};

static int match(const char *a, const char *b, const char *c, struct llmx_pairs **pairs,
                 struct llmx_error *err)
{
    const char *const paths[] = {test_file("a.jsonl", a), test_file("b.jsonl", b),
                                 test_file("c.jsonl", c ? c : "")};
    return llmx_pairs_match(pairs, paths, names, c ? 3 : 2, err);
}

#define LINE(USER, ITEM, TEXT)                                                                     \
    "{\"user\":\"" USER "\",\"item\":\"" ITEM "\",\"explanation\":\"" TEXT "\"}\n"
#define TOLD                                                                                       \
    "{\"user\":\"u\",\"item\":1,\"explanation\":\"<think>hm</think>one\",\"facts\":[{\"text\":"    \
    "\"It is so.\"},{\"text\":\"And so.\"}]}\n"
#define ASKED                                                                                      \
    "{\"user\":\"v\",\"item\":\"2\",\"explanation\":\"deux\",\"prompt\":\"why?\",\"facts\":[]}\n"

static void test_pairs__match_every_two_systems(void **state)
{
    (void)state;
    struct llmx_pairs *pairs;
    struct llmx_error err;
    if (match(TOLD ASKED, LINE("v", "2", "B2") LINE("u", "1", "B1"),
              LINE("u", "1", "C1") LINE("v", "2", "C2"), &pairs, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(llmx_pairs_count(pairs), 6);
    static const char *const expected[][6] = {
        {"u", "1", "x", "y", "one", "B1"},  {"u", "1", "x", "z", "one", "C1"},
        {"u", "1", "y", "z", "B1", "C1"},   {"v", "2", "x", "y", "deux", "B2"},
        {"v", "2", "x", "z", "deux", "C2"}, {"v", "2", "y", "z", "B2", "C2"}};
    for (size_t i = 0; i < 6; i++) {
        const struct llmx_pair *p = llmx_pairs_get(pairs, i);
        const char *const found[] = {p->user,      p->item,    p->system[0],
                                     p->system[1], p->text[0], p->text[1]};
        for (size_t k = 0; k < 6; k++)
            assert_string_equal(found[k], expected[i][k]);
        assert_string_equal(p->prompt, i < 3 ? "It is so.\nAnd so." : "why?");
        assert_true(isnan(p->p_a[0]) && isnan(p->p_a[1]));
        assert_int_equal(p->label, LLMX_PREFERS_UNKNOWN);
    }
    llmx_pairs_close(pairs);
}

static void assert_mismatch(const char *a, const char *b, enum llmx_code code, const char *said)
{
    struct llmx_pairs *pairs;
    struct llmx_error err;
    assert_int_equal(match(a, b, NULL, &pairs, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, said);
}

static void test_pairs__refuse_files_that_do_not_match(void **state)
{
    (void)state;
    assert_mismatch(LINE("u", "1", "A") LINE("u", "2", "A") LINE("v", "2", "A"),
                    LINE("u", "1", "B"), LLMX_MISMATCH, "lacks 2 of the 3 explanations of");
    assert_mismatch(LINE("u", "1", "A") LINE("u", "2", "A"), LINE("u", "1", "B"), LLMX_MISMATCH,
                    "first that for user 'u', item '2'");
    assert_mismatch(LINE("u", "1", "A"), LINE("w", "9", "B") LINE("u", "1", "B"), LLMX_MISMATCH,
                    "b.jsonl holds 1 explanations that");
    assert_mismatch(LINE("u", "1", "A"), LINE("u", "1", "B") LINE("u", "1", "C"), LLMX_MISMATCH,
                    "b.jsonl:2: a second explanation of item '1' for user 'u'");
    assert_mismatch(LINE("u", "1", "A") LINE("u", "1", "B"), LINE("u", "1", "B"), LLMX_MISMATCH,
                    "a.jsonl:2: a second explanation");
    assert_mismatch("", LINE("u", "1", "B"), LLMX_BAD_INPUT, "a.jsonl holds no explanations");
    assert_mismatch(LINE("u", "1", "A"), "{\"user\":\"u\"}\n", LLMX_BAD_INPUT, "b.jsonl:1: ");
}

static void test_pairs__refuse_too_few_files_and_equal_names(void **state)
{
    (void)state;
    struct llmx_pairs *pairs;
    struct llmx_error err;
    const char *path = test_file("a.jsonl", LINE("u", "1", "A"));
    assert_int_equal(llmx_pairs_match(&pairs, &path, names, 1, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_int_equal(
        llmx_pairs_match(&pairs, (const char *[]){path, path}, (const char *[]){"x", "x"}, 2, &err),
        -1);
    assert_contains(err.message, "two systems are called 'x'");
}

static int read_and_match(void *context, struct llmx_error *err)
{
    struct llmx_pairs *pairs;
    (void)context;
    if (llmx_pairs_read(&pairs, test_path("full.jsonl"), err) != 0)
        return -1;
    int status = llmx_pairs_write(pairs, test_path("again.jsonl"), err);
    llmx_pairs_close(pairs);
    if (status == 0 &&
        (status = match(TOLD ASKED, LINE("u", "1", "B") ASKED, NULL, &pairs, err)) == 0)
        llmx_pairs_close(pairs);
    return status;
}

static void test_pairs__memory_that_runs_out(void **state)
{
    (void)state;
    test_file("full.jsonl", FULL FULL);
    assert_true(failing_alloc_each(read_and_match, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs__come_back_as_they_were_written),
        cmocka_unit_test(test_pairs__say_what_is_wrong_where),
        cmocka_unit_test(test_pairs__verdict_needs_both_orders),
        cmocka_unit_test(test_pairs__match_every_two_systems),
        cmocka_unit_test(test_pairs__refuse_files_that_do_not_match),
        cmocka_unit_test(test_pairs__refuse_too_few_files_and_equal_names),
        cmocka_unit_test(test_pairs__memory_that_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
