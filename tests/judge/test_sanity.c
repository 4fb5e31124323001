/* Explanations of the little film catalogue of tests/golden/gate spoilt, and figures of judges that see it or not. */
#include "llmxrec/llmxrec.h"
#include "support/test.h"

static struct llmx_data *data;

#define TOM(TEXT) "{\"user\":\"tom\",\"item\":\"casino\",\"explanation\":\"" TEXT "\"}\n"
#define ANN(TEXT) "{\"user\":\"ann\",\"item\":\"casino\",\"explanation\":\"" TEXT "\"}\n"

static int make(const char *texts, int limit, struct llmx_pairs **pairs, int *left_out,
                struct llmx_error *err)
{
    const struct llmx_sanity_options how = {.resampling = {.resamples = 200, .seed = 3},
                                            .limit = limit};
    test_file("recs.jsonl", "{\"user\":\"tom\",\"item\":\"casino\",\"evidence\":[\"heat\"]}\n"
                            "{\"user\":\"ann\",\"item\":\"casino\",\"evidence\":[\"emma\"]}\n");
    test_file("texts.jsonl", texts);
    return llmx_sanity_pairs(pairs, test_path("texts.jsonl"), test_path("recs.jsonl"), data, &how,
                             left_out, err);
}

static struct llmx_pairs *made(const char *texts, int *left_out)
{
    struct llmx_pairs *pairs;
    struct llmx_error err;
    if (make(texts, 0, &pairs, left_out, &err) != 0)
        fail_msg("%s", err.message);
    return pairs;
}

static int side_of_good(const struct llmx_pair *pair)
{
    return pair->label == LLMX_PREFERS_B;
}

/* The text of the pair that is spoilt so; NULL: there is none. */
static const char *spoilt(struct llmx_pairs *pairs, int how)
{
    for (size_t i = 0; i < llmx_pairs_count(pairs); i++) {
        const struct llmx_pair *pair = llmx_pairs_get(pairs, i);
        const int good = side_of_good(pair);
        assert_string_equal(pair->system[good], LLMX_SANITY_GOOD);
        if (strcmp(pair->system[!good], llmx_spoiling_name(how)) == 0)
            return pair->text[!good];
    }
    return NULL;
}

#define HEAT "You watched \\\"Heat\\\". \\\"Casino\\\" is a drama from 1995."
#define EMMA "You watched \\\"Emma\\\". \\\"Casino\\\" is a drama from 1995."

static void test_sanity__spoils_in_every_way_that_fits(void **state)
{
    (void)state;
    int left_out;
    struct llmx_pairs *pairs = made(TOM(HEAT), &left_out);
    assert_int_equal(left_out, 0);
    assert_null(spoilt(pairs, LLMX_SPOILT_USER)); /* there is nobody else's */
    const char *item = spoilt(pairs, LLMX_SPOILT_ITEM),
               *evidence = spoilt(pairs, LLMX_SPOILT_EVIDENCE),
               *number = spoilt(pairs, LLMX_SPOILT_NUMBER),
               *repeated = spoilt(pairs, LLMX_SPOILT_REPEATED),
               *praise = spoilt(pairs, LLMX_SPOILT_PRAISE),
               *longer = spoilt(pairs, LLMX_SPOILT_LONG);
    assert_null(strstr(item, "Casino"));
    assert_contains(item, "You watched \"Heat\". ");
    assert_null(strstr(evidence, "Heat"));
    assert_contains(evidence, "\"Casino\" is a drama from 1995.");
    assert_null(strstr(number, "1995"));
    assert_contains(number, "You watched \"Heat\". \"Casino\" is a drama from ");
    assert_string_equal(spoilt(pairs, LLMX_SPOILT_SHUFFLED),
                        "\"Casino\" is a drama from 1995. You watched \"Heat\".");
    assert_string_equal(repeated,
                        "You watched \"Heat\". \"Casino\" is a drama from 1995. \"Casino\" "
                        "is a drama from 1995. \"Casino\" is a drama from 1995.");
    assert_null(strstr(praise, "Casino"));
    assert_contains(longer, "You watched \"Heat\". \"Casino\" is a drama from 1995. ");
    assert_true(strlen(longer) > 250);
    assert_contains(llmx_pairs_get(pairs, 0)->prompt, "Heat");
    assert_string_equal(llmx_pairs_get(pairs, 0)->user, "tom");
    llmx_pairs_close(pairs);
}

/* A text about the other user's history, speaking of the same item; never one's own. */
static void test_sanity__takes_the_words_meant_for_somebody_else(void **state)
{
    (void)state;
    int left_out;
    struct llmx_pairs *pairs = made(ANN(EMMA) TOM(HEAT), &left_out);
    const char *user = spoilt(pairs, LLMX_SPOILT_USER);
    assert_non_null(user);
    assert_string_equal(user, "You watched \"Heat\". \"Casino\" is a drama from 1995.");
    llmx_pairs_close(pairs);
}

static void test_sanity__good_ones_only_and_the_same_again(void **state)
{
    (void)state;
    int left_out;
    struct llmx_pairs *pairs =
        made(TOM("\\\"Casino\\\" is a comedy.") TOM(HEAT) ANN("You watched \\\"Titanic\\\"."),
             &left_out);
    assert_int_equal(left_out, 2);
    struct llmx_pairs *again = made(TOM("\\\"Casino\\\" is a comedy.") TOM(HEAT), &left_out);
    assert_int_equal(llmx_pairs_count(pairs), llmx_pairs_count(again));
    for (size_t i = 0; i < llmx_pairs_count(pairs); i++)
        for (int k = 0; k < 2; k++)
            assert_string_equal(llmx_pairs_get(pairs, i)->text[k],
                                llmx_pairs_get(again, i)->text[k]);
    llmx_pairs_close(pairs);
    llmx_pairs_close(again);
}

static void hold_error(const char *texts, int limit, enum llmx_code code, const char *part)
{
    struct llmx_pairs *pairs;
    struct llmx_error err;
    int left_out;
    assert_int_equal(make(texts, limit, &pairs, &left_out, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, part);
}

static void test_sanity__says_what_does_not_fit(void **state)
{
    (void)state;
    hold_error("", 0, LLMX_BAD_INPUT, "holds no explanations");
    hold_error(TOM("\\\"Casino\\\" is a comedy."), 0, LLMX_BAD_INPUT,
               "none of the 1 explanations passes the gate");
    hold_error("{\"user\":\"kim\",\"item\":\"casino\",\"explanation\":\"\"}\n", 0, LLMX_MISMATCH,
               "none of the 1 explanations");
    hold_error(TOM(HEAT), -1, LLMX_BAD_OPTION, "limit -1");
}

/* ---- figures ---- */

/* Has every pair judged: whether the good one is preferred, in each order. */
static struct llmx_sanity measured(struct llmx_pairs *pairs, double first, double second)
{
    const struct llmx_resampling how = {.resamples = 200, .seed = 3};
    struct llmx_sanity found;
    struct llmx_error err;
    for (size_t i = 0; i < llmx_pairs_count(pairs); i++) {
        struct llmx_pair *pair = llmx_pairs_get(pairs, i);
        const int is_b = side_of_good(pair);
        pair->p_a[0] = is_b ? 1 - first : first;
        pair->p_a[1] = is_b ? 1 - second : second;
    }
    if (llmx_sanity_measure(pairs, &how, &found, &err) != 0)
        fail_msg("%s", err.message);
    return found;
}

static void test_sanity__counts_what_is_right_in_both_orders(void **state)
{
    (void)state;
    int left_out;
    struct llmx_pairs *pairs = made(TOM(HEAT), &left_out);
    const int n = (int)llmx_pairs_count(pairs);
    struct llmx_sanity r = measured(pairs, .9, .8);
    assert_int_equal(r.all.pairs, n);
    assert_int_equal(r.users, 1);
    assert_near(r.all.right.mean, 1, 0);
    assert_near(r.kind[LLMX_SPOILT_NUMBER].right.mean, 1, 0);
    assert_true(isnan(r.kind[LLMX_SPOILT_USER].right.mean));
    r = measured(pairs, .9, .2);
    assert_near(r.all.right.mean, 0, 0);
    assert_int_equal(r.all.ties, n);
    r = measured(pairs, .1, .2);
    assert_int_equal(r.all.wrong, n);
    r = measured(pairs, .9, NAN);
    assert_int_equal(r.unjudged, n);
    assert_near(r.all.right.mean, 0, 0);
    llmx_pairs_close(pairs);
}

static void test_sanity__prints_for_people_and_programs(void **state)
{
    (void)state;
    int left_out;
    struct llmx_pairs *pairs = made(TOM(HEAT), &left_out);
    const struct llmx_sanity r = measured(pairs, .9, .8);
    for (int is_json = 0; is_json < 2; is_json++) {
        char *text;
        size_t size;
        struct llmx_error err;
        FILE *stream = open_memstream(&text, &size);
        assert_int_equal(llmx_sanity_print(&r, stream, is_json, &err), 0);
        fclose(stream);
        assert_contains(text, is_json ? "{\n  \"view\": \"judge sanity\"" : "right in both orders");
        assert_contains(text, is_json
                                  ? "\"user\": {\n      \"pairs\": 0,\n      \"right\": {\n     "
                                    "   \"mean\": null"
                                  : "fewer than 20 users");
        free(text);
    }
    struct llmx_sanity found;
    struct llmx_error err;
    llmx_pairs_get(pairs, 1)->label = LLMX_PREFERS_UNKNOWN;
    assert_int_equal(llmx_sanity_measure(pairs, &r.resampling, &found, &err), -1);
    assert_contains(err.message, "pair 2 is not one");
    llmx_pairs_get(pairs, 0)->system[0] = "ours";
    assert_int_equal(llmx_sanity_measure(pairs, &r.resampling, &found, &err), -1);
    assert_contains(err.message, "pair 1 is not one that `judge sanity` made");
    llmx_pairs_close(pairs);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0)
        fail_msg("%s", err.message);
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
        cmocka_unit_test(test_sanity__spoils_in_every_way_that_fits),
        cmocka_unit_test(test_sanity__takes_the_words_meant_for_somebody_else),
        cmocka_unit_test(test_sanity__good_ones_only_and_the_same_again),
        cmocka_unit_test(test_sanity__says_what_does_not_fit),
        cmocka_unit_test(test_sanity__counts_what_is_right_in_both_orders),
        cmocka_unit_test(test_sanity__prints_for_people_and_programs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
