/* The command report, as a user sees it: a page of a small run, which a strict reader takes, whatever titles hold. */
#include "cli/report_page.h"
#include "support/data.h"

#define TEXTS "--explanations $T/texts.jsonl --recs $T/recs.jsonl "

/* Titles that mean harm: markup, a mark that turns the direction, an emoji. */
static int set_up(void **state)
{
    (void)state;
    char command[2000];
    test_needs_program();
    snprintf(command, sizeof command,
             "for i in $(seq 0 29); do printf 'i%%s\\t<script src=x> "
             "\xe2\x80\xae\xf0\x9f\x8e\xac & \"Zanzibar\" %%s\\n' $i $i; done | "
             "sed '1i item_id:token\\tmovie_title:token_seq' >$T/made.item; "
             "$LLMXREC train --data %s --model bpr --dim 4 --epochs 3 --out $T/run --quiet && "
             "$LLMXREC recommend $T/run --top 1 --out $T/recs.jsonl --quiet && "
             "sed 's/\"rank.*evidence\":.{\"item\":\"\\([^\"]*\\)\".*/\"explanation\":\"You chose "
             "<b>Heat<\\/b>, an award-winning classic.\",\"cites\":[\"\\1\"]}/' $T/recs.jsonl "
             ">$T/texts.jsonl && cd $T && "
             "$LLMXREC evidence-test run --json >evidence.json && "
             "$LLMXREC faithfulness texts.jsonl --recs recs.jsonl --run run --json >faith.json && "
             "$LLMXREC text-metrics texts.jsonl --json >words.json && "
             "{ $LLMXREC lint run --json >lint.json || test $? = 3; }",
             test_interactions("made.inter", 40, 30, 12, 5));
    test_command(command, 0, "");
    return 0;
}

static void test_cmd_report__puts_all_on_one_page(void **state)
{
    (void)state;
    char *html = page(
        "$LLMXREC report $T/run " TEXTS
        "--with $T/evidence.json --with $T/faith.json,$T/words.json,$T/lint.json --title 'Mine & "
        "yours' --out $T/page.html");
    const char *const parts[] = {"<title>Mine &amp; yours</title>",
                                 "id=\"runs\"",
                                 "id=\"ranking\"",
                                 "id=\"view-grounding\"",
                                 "id=\"view-faithfulness\"",
                                 "id=\"view-evidence-test\"",
                                 "id=\"view-text-metrics\"",
                                 "question\">Is what they say true?</span>",
                                 "question\">Do they name what counted?</span>",
                                 "question\">Is the evidence real?</span>",
                                 "question\">Is anything amiss?</span>",
                                 "id=\"examples\"",
                                 "<h3>Worst</h3>",
                                 "<mark>award</mark><span class=\"check\">",
                                 "&lt;/"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_contains(html, parts[i]);
    lacks(html, "id=\"view-ratings\"");
    lacks(html, "id=\"view-judge_compare\"");
    free(html);
}

static void test_cmd_report__no_title_is_markup(void **state)
{
    (void)state;
    char *html = page("$LLMXREC report $T/run " TEXTS "--out $T/page.html");
    lacks(html, "<script src");
    lacks(html, "<b>Heat");
    assert_contains(html, "<h4><bdi>&lt;script src=x&gt; ");
    assert_contains(html, "\xe2\x80\xae\xf0\x9f\x8e\xac &amp; &quot;Zanzibar&quot; ");
    free(html);
}

static void test_cmd_report__is_html_that_asks_for_nothing(void **state)
{
    (void)state;
    char *out;
    if (test_shell("command -v tidy", &out) != 0) {
        free(out);
        skip();
    }
    free(out);
    free(page(
        "echo '{\"view\": \"<later> & \\\"other\\\"\", \"rows\": [{\"a\": \"<i>\", \"v\": 1}], "
        "\"b\": {\"c\": {\"d\": 0.5}}, \"notes\": [\"<u>\"]}' >$T/later.json; $LLMXREC report "
        "$T/run " TEXTS "--with $T/evidence.json --with $T/faith.json --with $T/words.json "
        "--with $T/later.json --out $T/page.html"));
    test_command("tools/check-html $T/page.html", 0, "");
    test_command("sed 's/<h2>/<h2 id=\"runs\"><u>/' $T/page.html >$T/worse.html; tools/check-html "
                 "$T/worse.html",
                 1, "two things are called");
    test_command("sed 's/<figure/<img src=\"http:\\/\\/a.b\\/\"><figure/' $T/page.html "
                 ">$T/worse.html; tools/check-html $T/worse.html",
                 1, "asks for something from elsewhere");
}

static void test_cmd_report__same_inputs_give_the_same_bytes(void **state)
{
    (void)state;
    test_command("for i in 1 4; do $LLMXREC report $T/run " TEXTS
                 "--with $T/faith.json --threads $i "
                 "--out $T/page$i.html; done; cmp $T/page1.html $T/page4.html && echo alike",
                 0, "alike");
}

static void test_cmd_report__shows_views_that_nobody_knows(void **state)
{
    (void)state;
    char *html =
        page("echo '{\"view\": \"to come\", \"share\": 0.25, \"by\": {\"x\": {\"n\": 3}}}' "
             ">$T/later.json; $LLMXREC report $T/run --with $T/later.json --out "
             "$T/page.html");
    assert_contains(html, "<section id=\"view-to_come\">\n<h2>to come</h2>");
    assert_contains(html, "<span class=\"value\">0.250</span>");
    lacks(html, "id=\"examples\"");
    lacks(html, "id=\"view-grounding\"");
    free(html);
}

/* Two files of one view are two rows of the same tables. */
static void test_cmd_report__puts_views_of_a_kind_side_by_side(void **state)
{
    (void)state;
    char *html =
        page("$LLMXREC evidence-test $T/run --delete 1 --json >$T/one.json; $LLMXREC report "
             "$T/run --with $T/evidence.json --with $T/one.json --out $T/page.html");
    assert_contains(html,
                    "<th scope=\"row\"><bdi>one</bdi></th><th scope=\"row\"><bdi>random</bdi>");
    assert_contains(html, "<figcaption>How far the score falls without them, bpr</figcaption>");
    assert_contains(html, "class=\"range series0\"");
    free(html);
}

/* As many people of other data, by the fingerprint, are another chart. */
static void test_cmd_report__draws_a_curve_of_one_data_set(void **state)
{
    (void)state;
    char *html =
        page("for v in evidence one; do sed "
             "'s/\"fingerprint\":\"[0-9a-f]*\"/\"fingerprint\":\"other\"/' "
             "$T/$v.json >$T/other-$v.json; done; $LLMXREC report $T/run --with $T/evidence.json "
             "--with $T/one.json --with $T/other-evidence.json --with $T/other-one.json --out "
             "$T/page.html");
    assert_contains(html, "<figcaption>How far the score falls without them, bpr, made.inter<");
    assert_contains(html, "<figcaption>How far the score falls without them, bpr, other<");
    free(html);
    html = page("$LLMXREC report $T/run --with $T/evidence.json --with $T/other-one.json --out "
                "$T/page.html");
    lacks(html, "How far the score falls without them");
    free(html);
}

/* Lists within the things of a list are tables of their own, of one file and of two. */
static void test_cmd_report__shows_lists_within_lists(void **state)
{
    (void)state;
    char *html =
        page("for i in 1 2; do echo '{\"view\": \"bias\", \"pairs\": [{\"told_as\": [\"F\", "
             "\"M\"], \"changed\": {\"mean\": 0.25, \"low\": 0, \"high\": 0.5}, "
             "\"differences\": [{\"figure\": \"words\", \"p\": 0.5}]}]}' "
             ">$T/bias$i.json; done; $LLMXREC report $T/run --with $T/bias1.json --out "
             "$T/page.html");
    assert_contains(html, "<caption>differences, F, M</caption>");
    assert_contains(html, "<span class=\"name\"><bdi>F, M</bdi></span>");
    free(html);
    html =
        page("$LLMXREC report $T/run --with $T/bias1.json --with $T/bias2.json --out $T/page.html");
    assert_contains(html, "<caption>differences, bias2, F, M</caption>");
    free(html);
}

/* Bias is two kinds of view: told as one and as the other, and by group. */
static void test_cmd_report__tells_two_views_of_bias_apart(void **state)
{
    (void)state;
    char *html = page("echo '{\"view\": \"bias\", \"pairs\": [], \"groups\": [{\"by\": "
                      "\"gender\", \"value\": \"F\", \"texts\": 3}]}' >$T/groups.json; $LLMXREC "
                      "report $T/run --with $T/bias1.json --with $T/bias2.json --with "
                      "$T/groups.json --out $T/page.html");
    assert_contains(html, "<section id=\"view-bias_told\">\n<h2>Bias: told as one and as the");
    assert_contains(html, "<section id=\"view-bias\">\n<h2>Bias: texts by group</h2>");
    assert_contains(html, "<span class=\"name\"><bdi>bias2</bdi></span>");
    free(html);
}

static void test_cmd_report__draws_the_matrix_of_a_judge(void **state)
{
    (void)state;
    char *html =
        page("echo '{\"view\": \"judge compare\", \"systems\": {\"a\": {\"win_ratio\": 0.7, "
             "\"win_score\": 0.75, \"low\": 0.6, \"high\": 0.9}, \"b\": {\"win_ratio\": 0.2, "
             "\"win_score\": 0.25, \"low\": 0.1, \"high\": 0.4}}, \"matrix\": {\"a\": {\"b\": "
             "{\"win_ratio\": 0.7}}, \"b\": {\"a\": {\"win_ratio\": 0.2}}}}' >$T/judge.json; "
             "$LLMXREC report $T/run --with $T/judge.json --out $T/page.html");
    assert_contains(html, "style=\"--share:0.700\"");
    assert_contains(html,
                    "<a href=\"#view-judge_compare\"><span class=\"question\">Which reasons does a "
                    "judge prefer?</span> <strong class=\"one\">75&nbsp;%</strong>");
    assert_contains(html, "<span class=\"interval\">95&nbsp;%: 60&nbsp;% to 90&nbsp;%</span>");
    assert_contains(html,
                    "<td class=\"track\" style=\"--value:0.7500;--low:0.6000;--high:0.9000\">");
    free(html);
}

static void test_cmd_report__tells_of_lines_left_out(void **state)
{
    (void)state;
    test_command(
        "(echo '{\"user\":\"x\",\"item\":\"y\",\"explanation\":\"\"}'; cat $T/texts.jsonl) "
        ">$T/more.jsonl; $LLMXREC report $T/run --explanations $T/more.jsonl --recs "
        "$T/recs.jsonl --out $T/page.html",
        3, "there is no recommendation of item 'y' for user 'x'");
    char *html = test_read(test_path("page.html"));
    assert_contains(html, "<mark>award</mark>");
    free(html);
}

static void test_cmd_report__says_what_is_wrong_with_its_inputs(void **state)
{
    (void)state;
    test_command(
        "echo '{\"a\": 1}' >$T/none.json; $LLMXREC report $T/run --with $T/none.json --out "
        "$T/page.html",
        1,
        "none.json has no \"view\": --with takes what a command prints with --json, one object "
        "that says its \"view\" (explanations go to --explanations, with --recs)");
    test_command("$LLMXREC report $T/run --with $T/texts.jsonl --out $T/page.html", 1,
                 "texts.jsonl is JSON Lines: --with takes");
    test_command("echo '{\"view\": \"x\", \"a\": NaN}' >$T/nan.json; $LLMXREC report $T/run --with "
                 "$T/nan.json --out $T/page.html",
                 1, "nan.json:1: not valid JSON: invalid token near 'NaN'");
    test_command("$LLMXREC report $T/run $T/run/ --out $T/page.html", 2, "/run is given twice");
    test_command("$LLMXREC report $T/run --with $T/words.json,$T/words.json --out $T/page.html", 2,
                 "words.json is given twice");
    test_command("$LLMXREC report $T/run --recs $T/recs.jsonl --out $T/page.html", 2,
                 "--recs is given without --explanations");
    test_command("$LLMXREC report $T/run --run $T/run --out $T/page.html", 2,
                 "--run is given without --explanations");
    test_command("$LLMXREC report $T/run --explanations /dev/null --recs $T/recs.jsonl --out "
                 "$T/page.html",
                 1, "/dev/null holds no explanations");
    test_command("$LLMXREC report $T/nowhere --out $T/page.html", 1, "nowhere is no run directory");
    test_command("$LLMXREC report $T/run --explanations $T/texts.jsonl --out $T/page.html", 2,
                 "--recs is given 0 times");
    test_command("$LLMXREC report $T/run " TEXTS "--recs a --recs b --out $T/page.html", 2,
                 "--recs is given 3 times");
    test_command("$LLMXREC report $T/run " TEXTS "--examples 1000 --out $T/page.html", 2,
                 "1000 examples: choose 0 to 100");
    test_command("$LLMXREC report $T/run --with $T/evidence.json --out /dev/full", 1,
                 "No space left");
    test_command("$LLMXREC report $T/run", 2, "--out");
}

/* Where nothing is wrong the page says so. */
static void test_cmd_report__says_that_nothing_is_wrong(void **state)
{
    (void)state;
    char *html = page(
        "sed 's/\"explanation\":\"[^\"]*\"/\"explanation\":\"\"/' $T/texts.jsonl >$T/blank.jsonl; "
        "$LLMXREC report $T/run --explanations $T/blank.jsonl --recs $T/recs.jsonl --out "
        "$T/page.html");
    assert_contains(html, "<p class=\"note\">Nothing was found wrong in any of its 40 texts.</p>");
    lacks(html, "<h3>Worst</h3>");
    free(html);
}

/* A file that was given keeps its rows beside the texts of its name, which are measured here. */
static void test_cmd_report__keeps_views_of_one_name_apart(void **state)
{
    (void)state;
    char *html = page(
        "for i in a b; do cp $T/texts.jsonl $T/explanations-$i.jsonl; $LLMXREC grounding "
        "$T/texts.jsonl --recs $T/recs.jsonl --run $T/run --json --quiet >$T/grounding-$i.json; "
        "done; $LLMXREC report $T/run --with $T/grounding-a.json,$T/grounding-b.json "
        "--explanations $T/explanations-a.jsonl,$T/explanations-b.jsonl --recs "
        "$T/recs.jsonl --out $T/page.html");
    static const char *const names[] = {"a", "b", "a (measured here)", "b (measured here)"};
    char *at = strstr(html, "<caption>Figures");
    assert_non_null(at);
    *strstr(at, "</table>") = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char row[80];
        snprintf(row, sizeof row, "<tr><th scope=\"row\"><bdi>%s</bdi></th>", names[i]);
        assert_contains(at, row);
    }
    free(html);
}

/* Without examples there is no section of them, nor a way to it. */
static void test_cmd_report__without_examples(void **state)
{
    (void)state;
    char *html = page("$LLMXREC report $T/run " TEXTS "--examples 0 --out $T/page.html");
    lacks(html, "#examples");
    lacks(html, "id=\"examples\"");
    assert_contains(html, "id=\"view-grounding\"");
    free(html);
}

/* A run from which nothing is held out ranks nothing. */
static void test_cmd_report__of_a_final_run(void **state)
{
    (void)state;
    char *html =
        page("$LLMXREC train --final $T/run --out $T/final --quiet; $LLMXREC report $T/final "
             "--out $T/page.html");
    lacks(html, "id=\"ranking\"");
    assert_contains(html, "Settings of <bdi>final</bdi>");
    free(html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_report__puts_all_on_one_page),
        cmocka_unit_test(test_cmd_report__no_title_is_markup),
        cmocka_unit_test(test_cmd_report__is_html_that_asks_for_nothing),
        cmocka_unit_test(test_cmd_report__same_inputs_give_the_same_bytes),
        cmocka_unit_test(test_cmd_report__shows_views_that_nobody_knows),
        cmocka_unit_test(test_cmd_report__puts_views_of_a_kind_side_by_side),
        cmocka_unit_test(test_cmd_report__draws_a_curve_of_one_data_set),
        cmocka_unit_test(test_cmd_report__shows_lists_within_lists),
        cmocka_unit_test(test_cmd_report__tells_two_views_of_bias_apart),
        cmocka_unit_test(test_cmd_report__draws_the_matrix_of_a_judge),
        cmocka_unit_test(test_cmd_report__tells_of_lines_left_out),
        cmocka_unit_test(test_cmd_report__says_what_is_wrong_with_its_inputs),
        cmocka_unit_test(test_cmd_report__says_that_nothing_is_wrong),
        cmocka_unit_test(test_cmd_report__keeps_views_of_one_name_apart),
        cmocka_unit_test(test_cmd_report__without_examples),
        cmocka_unit_test(test_cmd_report__of_a_final_run),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
