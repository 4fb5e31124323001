/* test_plain_reason.c - reasons put together from facts: what they say, and that the gate lets them through. */
#include "explain/desk.h"
#include "explain/plain_reason.h"
#include "support/data.h"
#include "support/test.h"

#include <unistd.h>

static struct llmx_data *data;
static struct catalogue *catalogue;
static llmx_id evidence[2], lambs;
static int classes; /* the column of categories */

static int open_all(void **state)
{
    (void)state;
    struct llmx_error err;
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0 ||
        !(catalogue = catalogue_create(data, &err)))
        fail_msg("%s", err.message);
    evidence[0] = llmx_data_item(data, "fargo");
    evidence[1] = llmx_data_item(data, "apartment");
    lambs = llmx_data_item(data, "lambs");
    classes = llmx_data_role_column(data, LLMX_ROLE_CATEGORIES);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    catalogue_destroy(catalogue);
    llmx_data_destroy(data);
    return 0;
}

static struct llmx_fact fact_of(enum llmx_fact_kind kind, int n_items, int m, int n)
{
    return (struct llmx_fact){.kind = kind,
                              .items = {evidence[0], evidence[1]},
                              .n_items = n_items,
                              .m = m,
                              .n = n,
                              .column = -1,
                              .place = 1};
}

static struct llmx_fact with_value(struct llmx_fact fact, const char *value)
{
    fact.column = classes;
    fact.value[fact.n_values++] = value;
    return fact;
}

static int words_max = 75;

static void check(struct llmx_fact first, struct llmx_fact second, const char *expected)
{
    const struct llmx_fact facts[] = {first, second};
    const struct llmx_given given = {.item = lambs,
                                     .evidence = evidence,
                                     .n_evidence = 2,
                                     .facts = facts,
                                     .n_facts = 2,
                                     .words_max = words_max};
    struct domain domain;
    struct text out = {0};
    assert_int_equal(domain_find(&domain, NULL, data, NULL), 0);
    plain_reason(&out, catalogue, &domain, &given);
    assert_string_equal(out.s, expected);
    text_release(&out);
}

#define LAMBS "\"The Silence of the Lambs\""

static void test_plain_reason__joins_what_was_taken_with_the_item(void **state)
{
    (void)state;
    const struct llmx_fact none = {0}, company = fact_of(LLMX_FACT_COMPANY, 2, 31, 60),
                           shared = with_value(fact_of(LLMX_FACT_SHARED, 1, 0, 0), "Drama");
    check(company, none,
          "You watched \"Fargo\" and \"The Apartment\". 31 of the 60 other people who watched both "
          "also watched " LAMBS ".");
    check(fact_of(LLMX_FACT_LIKED, 1, 62, 68), shared,
          "You watched \"Fargo\". Of the 68 people who liked it and watched " LAMBS
          ", 62 liked both. The two share the genre drama.");
    check(with_value(with_value(fact_of(LLMX_FACT_SHARED, 2, 0, 0), "Drama"), "Film_Noir"), none,
          "You watched \"Fargo\" and \"The Apartment\". Both share the genres drama and film noir "
          "with " LAMBS ".");
}

static void test_plain_reason__goes_on_with_what_needs_no_title(void **state)
{
    (void)state;
    const struct llmx_fact company = fact_of(LLMX_FACT_COMPANY, 2, 31, 60);
    check(with_value(fact_of(LLMX_FACT_HABIT, 0, 8, 20), "Drama"), company,
          "You watched \"Fargo\" and \"The Apartment\". 31 of the 60 other people who watched both "
          "also watched " LAMBS ". 8 of your last 20 films have the genre drama, like this one.");
    check(company, with_value(fact_of(LLMX_FACT_SHARED, 2, 0, 0), "Drama"),
          "You watched \"Fargo\" and \"The Apartment\". 31 of the 60 other people who watched both "
          "also watched " LAMBS ". All three share the genre drama.");
    words_max = 27; /* one less than that */
    check(company, with_value(fact_of(LLMX_FACT_SHARED, 2, 0, 0), "Drama"),
          "You watched \"Fargo\" and \"The Apartment\". 31 of the 60 other people who watched both "
          "also watched " LAMBS ".");
    words_max = 75;
    /* of one of the two alone: that would need its title again */
    check(company, with_value(fact_of(LLMX_FACT_SHARED, 1, 0, 0), "Drama"),
          "You watched \"Fargo\" and \"The Apartment\". 31 of the 60 other people who watched both "
          "also watched " LAMBS ".");
}

static void test_plain_reason__says_what_it_rests_on_where_no_fact_joins_them(void **state)
{
    (void)state;
    const struct llmx_fact none = {0};
    struct llmx_fact untold = fact_of(LLMX_FACT_COMPANY, 2, 31, 60);
    untold.place = 0;
    check(none, untold, LAMBS " is here because you watched \"Fargo\" and \"The Apartment\".");
    check(fact_of(LLMX_FACT_WEIGHT, 1, 0, 0), fact_of(LLMX_FACT_REACH, 0, 9, 100),
          LAMBS " is here because you watched \"Fargo\" and \"The Apartment\". Few other people "
                "watched this one: 9 of 100.");
}

/* Real recommendations of ml-100k: strictly, as nothing else is let through either. */
static void test_plain_reason__passes_the_gate(void **state)
{
    (void)state;
    const struct llmx_data_options how = {.split_by = "none"};
    struct llmx_explain_options options = llmx_explain_defaults();
    struct llmx_data *ml;
    struct briefing briefing;
    struct desk desk;
    struct recs recs;
    struct llmx_error err;
    options.template_path = LAYOUT_TUNED;
    if (access("build/assets/ml-100k", R_OK) != 0)
        skip();
    if (llmx_data_open(&ml, "build/assets/ml-100k", &how, &err) != 0 ||
        briefing_open(&briefing, ml, &options, &err) != 0 ||
        desk_open(&desk, &briefing, &err) != 0 ||
        recs_open(&recs, "tests/golden/explain/reasons.jsonl", ml, &options, &err) != 0)
        fail_msg("%s", err.message);
    for (int i = 0; i < recs.n; i++) {
        struct llmx_given given;
        struct llmx_verdict verdict;
        struct text prompt = {0}, sentence = {0};
        assert_int_equal(desk_given(&desk, &recs.rec[i], &given, &err), 0);
        briefing_prompt(&briefing, &given, &prompt);
        prompt_fallback(&sentence, &briefing.template, briefing.catalogue, &given);
        given.prompt = prompt.s;
        given.is_strict = 1;
        assert_int_equal(
            llmx_gate_check(desk.checker, &given, sentence.s, sentence.n, &verdict, &err), 0);
        if (verdict.n_failures > 0)
            fail_msg("%s: %s", llmx_check_name((int)verdict.failure[0].check), sentence.s);
        text_release(&prompt);
        text_release(&sentence);
    }
    assert_int_equal(recs.n, 20);
    recs_release(&recs);
    desk_release(&desk);
    briefing_release(&briefing);
    llmx_data_destroy(ml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_reason__joins_what_was_taken_with_the_item),
        cmocka_unit_test(test_plain_reason__goes_on_with_what_needs_no_title),
        cmocka_unit_test(test_plain_reason__says_what_it_rests_on_where_no_fact_joins_them),
        cmocka_unit_test(test_plain_reason__passes_the_gate),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
