/* The gate as a guide: what a model would say wrongly is mended where it begins, and what passed stands. */
#include "scripted_model.h"

#include "explain/guide.h"
#include "llmxrec/llmxrec.h"
#include "support/failing_alloc.h"
#include "support/model.h"
#include "support/test.h"

#include <jansson.h>

static const char items[] =
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "1\tHarbour Clock, The\t1994\tDrama\n"
    "2\tSeven Lanterns\t1991\tDrama\n"
    "3\tGlass Canyon\t1997\tComedy\n";
static const char inter[] = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
                            "u\t1\t5\t1\nu\t2\t5\t2\nv\t1\t5\t1\nv\t3\t5\t2\n";

static struct llmx_data *data;
static struct llmx_model *model;
static struct llmx_generator *generator;
static char layout[256], recs[256];
static int tries_max = 1;
static bool is_greedy; /* later tries too */

static struct llmx_explain_options how(int grounded)
{
    struct llmx_explain_options options = llmx_explain_defaults();
    options.template_path = layout;
    options.tries = tries_max;
    options.max_tokens = 300;
    options.grounded = grounded;
    options.keep_rejected = 1;
    options.sampling.temperature = is_greedy ? 0 : options.sampling.temperature;
    return options;
}

/* What was told, but for its end. */
struct heard {
    char text[1024];
    int n;
};

static int hear(void *context, enum llmx_told what, int number, const char *text,
                const struct llmx_explanation *explanation)
{
    struct heard *heard = context;
    (void)number;
    (void)explanation;
    if (what == LLMX_TOLD_TEXT) {
        strcat(heard->text, text);
        heard->n++;
    }
    return 0;
}

static struct llmx_explanation explain(int grounded, struct heard *heard)
{
    const struct llmx_explain_options options = how(grounded);
    struct llmx_evidence evidence[] = {{llmx_data_item(data, "1"), 1}};
    const struct llmx_recommendation top = {
        .item = llmx_data_item(data, "3"), .rank = 1, .n_evidence = 1, .evidence = evidence};
    const struct llmx_explain_request request = {.person = {.user = llmx_data_user(data, "u")},
                                                 .recommendations = &top,
                                                 .n = 1,
                                                 .told = heard ? hear : NULL,
                                                 .context = heard};
    struct llmx_explainer *explainer;
    struct llmx_explanation why = {0};
    struct llmx_error err;
    if (llmx_explainer_open(&explainer, data, generator, &options, &err) != 0 ||
        llmx_explainer_explain(explainer, &request, &why, &err) != 0)
        fail_msg("%s", err.message);
    llmx_explainer_close(explainer);
    return why;
}

/* The favourite does not pass, and becomes `mended` after going back so many times. */
static void mends(const char *favourite, const char *other, const char *mended, int revised)
{
    script(model, favourite);
    if (other)
        script(model, other);
    struct llmx_explanation why = explain(0, NULL);
    assert_false(why.has_passed);
    assert_int_equal(why.revised, 0);
    llmx_explanation_release(&why);
    why = explain(1, NULL);
    if (why.n_rejected)
        fail_msg("rejected: %s", why.rejected[0].text);
    assert_string_equal(why.text, mended);
    assert_true(why.has_passed);
    assert_int_equal(why.revised, revised);
    llmx_explanation_release(&why);
    script_none();
}

#define CLOCK "You watched \"The Harbour Clock\""
#define GOOD  CLOCK " (1994). \"Glass Canyon\" is a comedy from 1997."

static void test_guide__mends_a_number_at_its_end(void **state)
{
    (void)state;
    mends(CLOCK " (1991). \"Glass Canyon\" is a comedy from 1997.", GOOD, GOOD, 1);
    mends(CLOCK " (1994). \"Glass Canyon\" is a comedy from 1994.", GOOD, GOOD, 1);
}

/* Neither last digit is right; no number goes on otherwise after the first three, nor two, nor one: other words must come. */
static void test_guide__goes_farther_back_for_a_number(void **state)
{
    (void)state;
    script(model, CLOCK " (1991). It is good.");
    script(model, CLOCK " (1997). It is good.");
    mends(CLOCK " (1991). It is good.", CLOCK " (once). \"Glass Canyon\" is a comedy.",
          CLOCK " (once). \"Glass Canyon\" is a comedy.", 4);
}

static void test_guide__mends_words_at_their_beginning(void **state)
{
    (void)state;
    mends(CLOCK " (1994). \"Glass Canyon\" is a drama from 1997.", GOOD, GOOD, 1);
    mends(CLOCK ". \"Glass Canyon\" is an acclaimed comedy.",
          CLOCK ". \"Glass Canyon\" is an easy comedy.",
          CLOCK ". \"Glass Canyon\" is an easy comedy.", 1);
}

static void test_guide__writes_no_number_that_the_prompt_does_not_hold(void **state)
{
    (void)state;
    script(model, CLOCK " (1995). \"Glass Canyon\" is a comedy from 1997.");
    script(model, GOOD);
    struct llmx_explanation why = explain(1, NULL);
    assert_string_equal(why.text, GOOD);
    assert_int_equal(why.revised, 0);
    llmx_explanation_release(&why);
    script_none();
}

#define TWICE                                                                                      \
    "\"Glass Canyon\" is for you, who know \"The Harbour Clock\" and saw \"The Harbour Clock\" "

static void test_guide__mends_the_last_of_what_is_repeated(void **state)
{
    (void)state;
    mends(TWICE "as you saw \"The Harbour Clock\".", TWICE "as you saw \"Seven Lanterns\".",
          TWICE "as you saw \"Seven Lanterns\".", 1);
}

/* Told is only what passed; a sentence that goes back was never seen. */
static void test_guide__tells_sentences_that_stand(void **state)
{
    (void)state;
    struct heard heard = {0};
    script(model, CLOCK " (1994). \"Glass Canyon\" is a drama from 1997. It is funny.");
    script(model, GOOD " It is funny.");
    struct llmx_explanation why = explain(1, &heard);
    assert_string_equal(why.text, GOOD " It is funny.");
    assert_string_equal(heard.text, why.text);
    assert_int_equal(heard.n, 3);
    llmx_explanation_release(&why);
    script_none();
}

/* Where all that a model can say is wrong it fails, in the words that came last, and says no more. */
static void test_guide__gives_up(void **state)
{
    (void)state;
    for (int i = 0; i <= LLMX_REVISIONS_MAX; i++) {
        char text[128];
        snprintf(text, sizeof text, "%cuv won an Oscar, as you know. It is funny.", 'B' + i);
        script(model, text);
    }
    struct llmx_explanation why = explain(1, NULL);
    assert_false(why.has_passed);
    assert_int_equal(why.revised, 0); /* the plain sentence did not */
    assert_int_equal(why.n_rejected, 1);
    assert_null(strstr(why.rejected[0].text, "funny"));
    llmx_explanation_release(&why);
    script_none();
}

static void test_guide__files_say_how_often_texts_went_back(void **state)
{
    (void)state;
    const struct llmx_explain_options options = how(1);
    struct llmx_explain_report report;
    struct llmx_error err;
    script(model, CLOCK " (1991). \"Glass Canyon\" is a comedy from 1997.");
    script(model, GOOD);
    if (llmx_explain(recs, data, model, &options, test_path("out.jsonl"), &report, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(report.revised, 1);
    json_t *line = json_load_file(test_path("out.jsonl"), 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(line, "revised")), 1);
    assert_string_equal(json_string_value(json_object_get(line, "explanation")), GOOD);
    json_decref(line);
    script_none();
}

static int attempt(void *context, struct llmx_error *err)
{
    const struct llmx_explain_options options = how(1);
    struct llmx_evidence evidence[] = {{llmx_data_item(data, "1"), 1}};
    const struct llmx_recommendation top = {
        .item = llmx_data_item(data, "3"), .rank = 1, .n_evidence = 1, .evidence = evidence};
    const struct llmx_explain_request request = {
        .person = {.user = llmx_data_user(data, "u")}, .recommendations = &top, .n = 1};
    struct llmx_explainer *explainer;
    struct llmx_explanation why = {0};
    (void)context;
    if (llmx_explainer_open(&explainer, data, generator, &options, err) != 0)
        return -1;
    const int status = llmx_explainer_explain(explainer, &request, &why, err);
    if (status == 0)
        assert_string_equal(why.text, GOOD);
    llmx_explanation_release(&why);
    llmx_explainer_close(explainer);
    return status;
}

static void test_guide__survives_every_failed_allocation(void **state)
{
    (void)state;
    script(model, CLOCK " (1991). \"Glass Canyon\" is a drama from 1997.");
    script(model, CLOCK " (1994). \"Glass Canyon\" is a drama from 1997.");
    script(model, GOOD);
    assert_true(failing_alloc_each(attempt, NULL) > 100);
    script_none();
}

static void test_guide__finds_ends_of_sentences(void **state)
{
    (void)state;
    /* a title may end in a mark of its own, and the sentence go on */
    static const char *const ends[] = {"Yes.", "It is \"Heat\".", "Why? (No!)"},
                             *const not [] = {"", "Yes", "\"St.", "It is \"Heat\"",
                                              "You saw \"Mars Attacks!\""};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        assert_true(guide_sentence_ends(ends[i], strlen(ends[i])));
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        assert_false(guide_sentence_ends(not [i], strlen(not [i])));
}

/* Four ways to go wrong behind what may stand; the fourth goes back farther. */
static void script_wrong(const char *standing)
{
    static const char *const words[] = {"acclaimed", "legendary", "brilliant", "famous"};
    for (int i = 0; i < 4; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s %s things.", standing, words[i]);
        script(model, text);
    }
}

/* Where the second sentence went back often and the first passes alone, that is the text. */
static void test_guide__leaves_out_what_went_back_often(void **state)
{
    (void)state;
    script_wrong(GOOD " It has");
    script(model, GOOD " It was funny.");
    struct llmx_explanation why = explain(1, NULL);
    assert_string_equal(why.text, GOOD);
    assert_int_equal(why.revised, 0);
    assert_int_equal(why.tries, 1);
    llmx_explanation_release(&why);
    script_none();
}

/* A text that went back often is a second choice; the next try begins with another word. */
#define HARD CLOCK ", and \"Glass Canyon\" is a comedy."
#define EASY "\"Glass Canyon\" is a comedy, and you know \"The Harbour Clock\"."

/* What goes back token by token, as nothing else comes after any but the first, and becomes HARD. */
static void script_hard(const char *other)
{
    script(model, "You know it all famous things.");
    if (other)
        script(model, other);
    script(model, HARD);
    for (int i = 0; i < 3; i++)
        script(model, "Nothing."); /* likelier than an end where nothing is scripted */
}

static void test_guide__prefers_what_hardly_went_back(void **state)
{
    (void)state;
    for (tries_max = 1; tries_max <= 2; tries_max++) {
        script_hard(EASY);
        struct llmx_explanation why = explain(1, NULL);
        assert_int_equal(why.tries, tries_max);
        assert_string_equal(why.text, tries_max == 1 ? HARD : EASY);
        assert_true(tries_max == 1 ? why.revised > 3 : why.revised == 0);
        assert_int_equal(why.failed, 0);
        llmx_explanation_release(&why);
        script_none();
    }
    tries_max = 1;
}

/* A sentence that went back often is cut off where it passes as well; white space before the text is none of it. */
static void test_guide__cuts_off_what_went_back_often_and_passes(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        script(model, i == 0 ? GOOD " You know it all famous things."
                             : "\n" GOOD " You know it all famous things.");
        script(model, i == 0 ? GOOD " You know \"The Harbour Clock\"."
                             : "\n" GOOD " You know \"The Harbour Clock\".");
        for (int k = 0; k < 3; k++)
            script(model, "Nothing.");
        struct llmx_explanation why = explain(1, NULL);
        assert_string_equal(why.text, GOOD);
        assert_int_equal(why.revised, 0);
        llmx_explanation_release(&why);
        script_none();
    }
}

/* Where no try is better, the one that went back least stands. */
static void test_guide__takes_a_second_choice_where_there_is_no_first(void **state)
{
    (void)state;
    tries_max = 2;
    script_hard(NULL);
    struct llmx_explanation why = explain(1, NULL);
    assert_true(why.has_passed);
    assert_int_equal(why.tries, 2);
    assert_string_equal(why.text, HARD);
    llmx_explanation_release(&why);
    script_none();
    tries_max = 1;
}

/* What must not begin as other tries did has not gone back for that: three tries lack the evidence, the fourth is mended once. */
static void test_guide__counts_no_opening_as_going_back(void **state)
{
    (void)state;
    static const char *const lacking[] = {"It is good.", "So it is good.", "This is good."};
    for (int i = 0; i < 3; i++)
        script(model, lacking[i]);
    script(model, CLOCK " (1991). \"Glass Canyon\" is a comedy from 1997.");
    script(model, GOOD);
    tries_max = 5;
    is_greedy = true;
    struct llmx_explanation why = explain(1, NULL);
    assert_string_equal(why.text, GOOD);
    assert_int_equal(why.tries, 4);
    assert_int_equal(why.revised, 1);
    llmx_explanation_release(&why);
    script_none();
    tries_max = 1;
    is_greedy = false;
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    test_file("films.item", items);
    test_file("films.inter", inter);
    snprintf(layout, sizeof layout, "%s",
             test_file("layout.txt", "@history\n\"{title}\" ({release_year}): {class}\n@item\n"
                                     "Why \"{title}\" ({release_year}): {class}?\n"));
    snprintf(recs, sizeof recs, "%s",
             test_file("recs.jsonl", "{\"user\":\"u\",\"item\":\"3\",\"rank\":1,\"evidence\":"
                                     "[{\"item\":\"1\",\"contribution\":1}]}\n"));
    if (llmx_data_open(&data, test_path("films"), NULL, &err) != 0)
        fail_msg("%s", err.message);
    model = test_model(2);
    if (llmx_generator_open(&generator, model, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_generator_close(generator);
    llmx_model_destroy(model);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guide__mends_a_number_at_its_end),
        cmocka_unit_test(test_guide__goes_farther_back_for_a_number),
        cmocka_unit_test(test_guide__mends_words_at_their_beginning),
        cmocka_unit_test(test_guide__writes_no_number_that_the_prompt_does_not_hold),
        cmocka_unit_test(test_guide__mends_the_last_of_what_is_repeated),
        cmocka_unit_test(test_guide__tells_sentences_that_stand),
        cmocka_unit_test(test_guide__gives_up),
        cmocka_unit_test(test_guide__files_say_how_often_texts_went_back),
        cmocka_unit_test(test_guide__survives_every_failed_allocation),
        cmocka_unit_test(test_guide__leaves_out_what_went_back_often),
        cmocka_unit_test(test_guide__prefers_what_hardly_went_back),
        cmocka_unit_test(test_guide__cuts_off_what_went_back_often_and_passes),
        cmocka_unit_test(test_guide__takes_a_second_choice_where_there_is_no_first),
        cmocka_unit_test(test_guide__counts_no_opening_as_going_back),
        cmocka_unit_test(test_guide__finds_ends_of_sentences),
    };
    return cmocka_run_group_tests_name("guide", tests, set_up, tear_down);
}
