/* What a reader of the page made by `report` sees: in a sentence what was run, headline figures, each data set apart. */
#include "cli/report_page.h"
#include "support/data.h"

/* Two runs on one data set and one on another. */
static int set_up(void **state)
{
    (void)state;
    char command[2000];
    test_needs_program();
    snprintf(command, sizeof command,
             "cp %s $T/other.inter && $LLMXREC train --data $T/made.inter --model bpr --epochs 2 "
             "--out $T/made-bpr --quiet && for d in made other; do $LLMXREC train --data "
             "$T/$d.inter --model pop --out $T/$d-pop --quiet; done",
             test_interactions("made.inter", 40, 30, 12, 5));
    test_command(command, 0, "");
    return 0;
}

static void test_report_page__says_first_what_was_run(void **state)
{
    (void)state;
    char *html = page("$LLMXREC report $T/made-bpr --out $T/page.html");
    assert_contains(html, "<p class=\"summary\"><em><bdi>bpr</bdi></em> learnt from "
                          "<em><bdi>made.inter</bdi></em> (480 "
                          "interactions of 40 people with 29 items). </p>");
    free(html);
    html = page("$LLMXREC report $T/made-bpr $T/made-pop $T/other-pop --out $T/page.html");
    assert_contains(html,
                    "<p class=\"summary\">3 runs: <em><bdi>bpr</bdi></em> and "
                    "<em><bdi>pop</bdi></em> learnt from "
                    "<em><bdi>made.inter</bdi></em> and <em><bdi>other.inter</bdi></em>. </p>");
    free(html);
}

/* A chart never mixes data sets; a hit rate has its interval everywhere. */
static void test_report_page__keeps_data_sets_apart(void **state)
{
    (void)state;
    char *html = page("$LLMXREC report $T/made-bpr $T/other-pop $T/made-pop --out $T/page.html");
    const char *made = strstr(html, "<figcaption>Hit rate on made.inter</figcaption>"),
               *other = strstr(html, "<figcaption>Hit rate on other.inter</figcaption>");
    assert_non_null(made);
    assert_true(other > made);
    const char *both = strstr(made, "<bdi>made-bpr</bdi></li><li class=\"series1\"><bdi>made-pop"),
               *alone = strstr(other, "<li class=\"series0\"><bdi>other-pop</bdi></li></ul>");
    assert_true(both && both < other);
    assert_non_null(alone);
    assert_contains(made, "class=\"range series0\"");
    assert_contains(html, "of people find what was held out among their first 10, with the run "
                          "of these data that has the best NDCG</span>");
    assert_contains(html, "of people find what was held out among their first 10</span> <span "
                          "class=\"name\"><bdi>other-pop</bdi>");
    assert_contains(html, "; of 40 people</span>");
    assert_contains(html, "<caption>Test part, first 10</caption>");
    free(html);
}

/* NDCG of lists of different lengths is not compared: each is the only one of its length. */
static void test_report_page__compares_lists_of_one_length(void **state)
{
    (void)state;
    char *html = page("cp -r $T/made-pop $T/short; sed -i 's/\"10\":/\"7\":/g' "
                      "$T/short/metrics.json; $LLMXREC report $T/made-bpr $T/short --out "
                      "$T/page.html");
    lacks(html, "best NDCG");
    assert_contains(html, "among their first 10</span> <span class=\"name\"><bdi>made-bpr</bdi>");
    assert_contains(html, "</span> <span class=\"name\"><bdi>short</bdi>");
    free(html);
}

/* 40 people, hits of 1/4: Wilson's interval by hand is 0.1419 to 0.4019. */
static void test_report_page__gives_hits_their_interval(void **state)
{
    (void)state;
    char *html = page("cp -r $T/made-bpr $T/hits; sed -i 's/\"hit\":[0-9][0-9.e-]*/\"hit\":0.25/g' "
                      "$T/hits/metrics.json; $LLMXREC report $T/hits --out $T/page.html");
    assert_contains(html, "<strong class=\"one\">25&nbsp;%</strong>");
    assert_contains(html, "95&nbsp;%: 14&nbsp;% to 40&nbsp;%; of 40 people");
    assert_contains(html,
                    "<span class=\"value\">0.250</span> <span class=\"interval\">0.142 to 0.402");
    free(html);
}

/* Of NDCG what the run holds; a run of before holds none. */
static void test_report_page__gives_the_other_metrics_theirs(void **state)
{
    (void)state;
    static const char shown[] =
        "<span class=\"value\">0.250</span> <span class=\"interval\">0.125 to 0.375";
    char *html = page(
        "cp -r $T/made-bpr $T/ndcg; sed -i 's/\"ndcg\":[0-9][0-9.e-]*/\"ndcg\":0.25/g; "
        "s/\"ndcg\":\\[[0-9.e,-]*/\"ndcg\":[0.125,0.375/g' $T/ndcg/metrics.json; $LLMXREC report "
        "$T/ndcg --out $T/page.html");
    assert_contains(html, shown);
    free(html);
    html = page("sed -i 's/,\"intervals\":{[^}]*}//' $T/ndcg/metrics.json; $LLMXREC report $T/ndcg "
                "--out $T/page.html");
    assert_contains(html, "<span class=\"value\">0.250</span>");
    lacks(html, shown);
    free(html);
}

/* What the names of files begin with alike is left out; of many figures the ends are told, and each has a line. */
static void test_report_page__puts_many_on_one_scale(void **state)
{
    (void)state;
    char *html = page(
        "i=0; for d in steam mind; do for s in a b c; do echo '{\"view\": \"grounding\", "
        "\"statements\": 30, \"standard\": {\"statements\": {\"mean\": 0.'$((i += 1))', "
        "\"low\": 0.05, \"high\": 0.95}}}' >$T/grounding-$d-$s.json; done; done; "
        "$LLMXREC report $T/made-bpr --with $T/grounding-steam-a.json,$T/grounding-steam-b.json "
        "--with $T/grounding-steam-c.json --with $T/grounding-mind-a.json --with "
        "$T/grounding-mind-b.json --with $T/grounding-mind-c.json --out $T/page.html");
    assert_contains(html, "<span class=\"name\">6 figures, least "
                          "<bdi>steam-a</bdi>, most <bdi>mind-c</bdi></span>");
    assert_contains(html, "<table class=\"sortable ranges shares\" style=\"--zero:0.0000\">");
    assert_contains(html, "<tr><th scope=\"row\"><bdi>steam-c</bdi></th>");
    assert_contains(html, "<tr class=\"apart\"><th scope=\"row\"><bdi>mind-a</bdi></th>");
    lacks(html, "<bdi>grounding-");
    free(html);
}

/* Views of several data sets draw a chart each; all with their intervals. */
static void test_report_page__draws_recall_by_what_was_explained(void **state)
{
    (void)state;
    char *html = page(
        "for d in steam mind; do for s in a b; do echo '{\"view\": \"faithfulness\", "
        "\"recall_at_1\": {\"mean\": 0.5, \"low\": 0.25, \"high\": 0.75}, \"recall_at_3\": 0.25, "
        "\"recall_at_5\": null}' >$T/cited-$d-$s.json; done; done; $LLMXREC report $T/made-bpr "
        "--with $T/cited-steam-a.json,$T/cited-mind-a.json,$T/cited-steam-b.json,"
        "$T/cited-mind-b.json --out $T/page.html");
    const char *steam = strstr(html, "<figcaption>Recall of the evidence, steam</figcaption>"),
               *mind = strstr(html, "<figcaption>Recall of the evidence, mind</figcaption>");
    assert_true(steam && mind > steam);
    assert_contains(steam,
                    "<li class=\"series0\"><bdi>a</bdi></li><li class=\"series1\"><bdi>b</bdi>");
    assert_contains(steam, "class=\"range series1\"");
    lacks(html, "nan");
    free(html);
}

/* A figure without width, one that is nothing, and ones too large for any scale. */
static void test_report_page__draws_what_has_no_scale(void **state)
{
    (void)state;
    char *html = page(
        "echo '{\"view\": \"rerank\", \"test\": {\"users\": 7, \"gain\": {\"mean\": 0, \"low\": 0, "
        "\"high\": 0}}}' >$T/none.json; echo '{\"view\": \"judge compare\", \"systems\": {\"a\": "
        "{\"win_score\": 1e308, \"low\": -1e308, \"high\": 1e308}}}' >$T/huge.json; $LLMXREC "
        "report $T/made-bpr --with $T/none.json,$T/huge.json --out $T/page.html");
    assert_contains(html, "95&nbsp;%: all alike, no interval; of only 7 people");
    lacks(html, "\"nan");
    lacks(html, "\"-nan");
    lacks(html, "\"inf");
    free(html);
}

/* A judge that beats nobody does not stand on top of the page as if it did. */
static void test_report_page__takes_back_what_the_view_does(void **state)
{
    (void)state;
    char *html =
        page("echo '{\"view\": \"judge audit\", \"pairs\": 100, \"judges\": {\"judge\": "
             "{\"accuracy\": 0.6}}, \"not_beaten\": [\"words\", \"<b>\"]}' >$T/audit.json; "
             "$LLMXREC report $T/made-bpr --with $T/audit.json --out $T/page.html");
    assert_contains(html,
                    "<span class=\"but\">does not beat those that do not read: words, &lt;b&gt;");
    assert_contains(html, "<bdi>not beaten: words, &lt;b&gt;</bdi>");
    free(html);
}

/* Headlines find their figures where the commands print them; but for ratings what is here is written by
 * hand (test_cmd_report.c has the page of what commands print). */
static void test_report_page__answers_with_every_view(void **state)
{
    (void)state;
    char *html = page("echo '{\"view\": \"judge sanity\", \"all\": {\"pairs\": 64, \"right\": "
                      "{\"mean\": 0.5, \"low\": "
                      "0.4, \"high\": 0.6}}}' >$T/sanity.json; printf "
                      "'rater,item,system,aspect,value\\nann,1,ours,"
                      "clarity,4\\nbob,1,ours,clarity,5\\nann,2,ours,clarity,2\\n' | $LLMXREC "
                      "ratings - --scale 1-5 "
                      "--json --quiet >$T/people.json; echo '{\"view\": \"attributes\", "
                      "\"attributes\": {\"age\": "
                      "{\"guesses\": {\"candidates\": {\"above_majority\": {\"mean\": -0.25, "
                      "\"low\": -0.5, \"high\": "
                      "0.125}}}}}}' >$T/attributes.json; $LLMXREC report $T/made-bpr --with "
                      "$T/sanity.json,$T/people.json,$T/attributes.json --out $T/page.html");
    assert_contains(html,
                    "of the spoilt texts are told from the good ones</span> <span "
                    "class=\"name\"><bdi>sanity</bdi></span> <span class=\"interval\">95&nbsp;%: "
                    "40&nbsp;% to 60&nbsp;%; of 64 pairs</span>");
    assert_contains(html, "<span class=\"said\">mean rating</span> <span class=\"name\"><bdi>ours, "
                          "clarity</bdi></span>");
    assert_contains(html, "; of only 3 ratings</span>");
    assert_contains(html, "<strong class=\"one\">−25&nbsp;%</strong>");
    assert_contains(html, "95&nbsp;%: −50&nbsp;% to 12&nbsp;%</span>");
    free(html);
}

/* A page of shares that are written by hand, on cards. */
static char *page_of_shares(const char *shares)
{
    char command[800];
    snprintf(command, sizeof command,
             "echo '{\"view\": \"judge compare\", \"groups\": 64, \"drawn\": \"prompts\", "
             "\"systems\": {%s}}' >$T/shares.json; $LLMXREC report $T/made-bpr --with "
             "$T/shares.json --out $T/page.html",
             shares);
    return page(command);
}

/* What is nearly all or nearly nothing is not said to be it. */
static void test_report_page__rounds_no_share_to_all_or_nothing(void **state)
{
    (void)state;
    char *html = page_of_shares("\"a\": {\"win_score\": 0.9996}, \"b\": {\"win_score\": 0.0004}, "
                                "\"c\": {\"win_score\": -0.0004}, \"d\": {\"win_score\": 1}");
    assert_contains(html, "<strong class=\"one\">&gt;&nbsp;99.9&nbsp;%</strong>");
    assert_contains(html, "<strong class=\"one\">&lt;&nbsp;0.1&nbsp;%</strong>");
    assert_contains(html, "<strong class=\"one\">&gt;&nbsp;−0.1&nbsp;%</strong>");
    assert_contains(html, "<strong class=\"one\">100&nbsp;%</strong>");
    free(html);
    html = page_of_shares("\"a\": {\"win_score\": 0}, \"b\": {\"win_score\": 0.004}");
    assert_contains(html, "<strong class=\"one\">0&nbsp;%</strong>");
    assert_contains(html, "<strong class=\"one\">0.4&nbsp;%</strong>");
    free(html);
}

/* A judge's comparisons may be drawn by prompt: then there are so many prompts, not people. */
static void test_report_page__says_what_was_drawn(void **state)
{
    (void)state;
    char *html = page_of_shares("\"a\": {\"win_score\": 0.5, \"low\": 0.25, \"high\": 0.75}");
    assert_contains(html, "; of 64 prompts</span>");
    lacks(html, "; of 64 people</span>");
    free(html);
}

/* Guesses from texts have a headline of their own, and a scale where they are several. */
static void test_report_page__tells_what_texts_give_away(void **state)
{
    (void)state;
    char *html = page("for a in age sex; do echo '{\"view\": \"attributes\", \"attributes\": "
                      "{\"age\": {\"guesses\": {\"text_candidates\": {\"above_majority\": "
                      "{\"mean\": 0.25, \"low\": 0.125, \"high\": 0.5}}}}}}' >$T/$a-told.json; "
                      "done; $LLMXREC report $T/made-bpr --with "
                      "$T/age-told.json,$T/sex-told.json --out $T/page.html");
    assert_contains(html, "<span class=\"question\">Do the texts tell whom they are for?</span> "
                          "<strong class=\"one\">25&nbsp;%</strong>");
    assert_contains(html, "<caption>Do the texts tell whom they are for?");
    free(html);
}

/* One model on two data sets has a curve on each. */
static void test_report_page__draws_deletions_by_data_set(void **state)
{
    (void)state;
    char *html =
        page("for u in 40 90; do for k in 1 5; do echo '{\"view\": \"evidence-test\", \"model\": "
             "\"bpr\", \"users\": '$u', \"deleted\": '$k', \"evidence\": {\"comprehensiveness\": "
             "0.5}}' >$T/of-$u-$k.json; done; done; $LLMXREC report $T/made-bpr --with "
             "$T/of-40-1.json,$T/of-40-5.json,$T/of-90-1.json,$T/of-90-5.json --out $T/page.html");
    assert_contains(html, "How far the score falls without them, bpr, 40 people</figcaption>");
    assert_contains(html, "How far the score falls without them, bpr, 90 people</figcaption>");
    free(html);
}

/* Files that differ by their ending alone, and ones that differ only far from the end. */
static void test_report_page__names_what_differs(void **state)
{
    (void)state;
    char *html =
        page("for d in x y; do mkdir -p $T/$d/1/2/3/4/5/6/7/8; echo '{\"view\": \"lint\", "
             "\"found\": 1}' >$T/$d/1/2/3/4/5/6/7/8/jc.json; done; cp "
             "$T/x/1/2/3/4/5/6/7/8/jc.json $T/far; cp $T/far $T/far.json; $LLMXREC report "
             "$T/made-bpr --with $T/x/1/2/3/4/5/6/7/8/jc.json,$T/y/1/2/3/4/5/6/7/8/jc.json,"
             "$T/far,$T/far.json --out $T/page.html");
    assert_contains(html, "<bdi>x/1/2/3/4/5/6/7/8/jc</bdi>");
    assert_contains(html, "<bdi>y/1/2/3/4/5/6/7/8/jc</bdi>");
    assert_contains(html, "<bdi>far</bdi>");
    assert_contains(html, "<bdi>far.json</bdi>");
    free(html);
}

/* Of several files the checks that found nothing are left out, of one they are told. */
static void test_report_page__tells_of_lints_what_was_found(void **state)
{
    (void)state;
    const char *make =
        "for i in 1 2; do echo '{\"view\": \"lint\", \"found\": 2, \"checks\": {\"title\": "
        "{\"looked\": 9, \"found\": 2, \"rows\": [\"a row\"]}, \"twice\": {\"looked\": 9, "
        "\"found\": 0, \"rows\": []}}}' >$T/lint$i.json; done; $LLMXREC report $T/made-bpr "
        "--out $T/page.html --with $T/lint1.json";
    char command[800];
    char *html = page(make);
    assert_contains(html, "<bdi>twice</bdi>");
    free(html);
    snprintf(command, sizeof command, "%s --with $T/lint2.json", make);
    html = page(command);
    assert_contains(html, "<bdi>lint2</bdi></th><th scope=\"row\"><bdi>title</bdi>");
    assert_contains(html, "<bdi>a row</bdi>");
    lacks(html, "<bdi>twice</bdi>");
    free(html);
}

/* The command on the page makes it again, whatever is in the words. */
static void test_report_page__tells_its_command(void **state)
{
    (void)state;
    char *html =
        page("cp -r $T/made-bpr \"$T/it's a run\"; $LLMXREC report \"$T/it's a run\" --title "
             "'A & b' --out $T/page.html");
    assert_contains(html, "/it&#39;\\&#39;&#39;s a run' \\\n    --title 'A &amp; b' \\\n    "
                          "--examples 3 --resamples 10000 --seed 42 --out report.html</pre>");
    free(html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_page__says_first_what_was_run),
        cmocka_unit_test(test_report_page__keeps_data_sets_apart),
        cmocka_unit_test(test_report_page__compares_lists_of_one_length),
        cmocka_unit_test(test_report_page__gives_hits_their_interval),
        cmocka_unit_test(test_report_page__gives_the_other_metrics_theirs),
        cmocka_unit_test(test_report_page__puts_many_on_one_scale),
        cmocka_unit_test(test_report_page__draws_recall_by_what_was_explained),
        cmocka_unit_test(test_report_page__draws_what_has_no_scale),
        cmocka_unit_test(test_report_page__takes_back_what_the_view_does),
        cmocka_unit_test(test_report_page__answers_with_every_view),
        cmocka_unit_test(test_report_page__rounds_no_share_to_all_or_nothing),
        cmocka_unit_test(test_report_page__says_what_was_drawn),
        cmocka_unit_test(test_report_page__tells_what_texts_give_away),
        cmocka_unit_test(test_report_page__draws_deletions_by_data_set),
        cmocka_unit_test(test_report_page__names_what_differs),
        cmocka_unit_test(test_report_page__tells_of_lints_what_was_found),
        cmocka_unit_test(test_report_page__tells_its_command),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
