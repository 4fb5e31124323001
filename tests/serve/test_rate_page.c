/* test_rate_page.c - a rater's way through a study, in a browser, with keys alone. Skipped where there is no Chromium. */
#include "support/browser.h"
#include "support/shop.h"
#include "support/test.h"

#define PAGES 3 /* two tasks and an attention check */

static bool has_browser;
static int port;
static char db[256], links[4][SHOP_LINK], curious[2][SHOP_LINK], curious_id[LLMX_STUDY_ID_BYTES];

static int open_all(void **state)
{
    (void)state;
    has_browser = browser_open();
    if (!has_browser)
        return 0;
    shop_make();
    snprintf(db, sizeof db, "%s", test_path("study.sqlite"));
    static const char asks_who[] =
        "raters: 4\ntasks: 1\nchecks: 0\ncomment: Anything else?\nabout:\n"
        "  - {name: age, text: How old are you?, choices: [young, '<b>old</b>']}\n"
        "  - {name: sees, text: Do you see films?, choices: [often, never]}\n"
        "questions:\n  - {aspect: sense, text: Does it make sense?}\n";
    memcpy(curious_id, shop_study(db, asks_who, curious, 2).id, sizeof curious_id);
    shop_study(db, "title: Reasons\nraters: 4\ntasks: 2\nchecks: 1\npreference: Which is best?\n",
               links, 4); /* made last: whose results are asked for */
    port = shop_open(db, NULL);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    if (!has_browser)
        return 0;
    browser_close();
    shop_close();
    return 0;
}

static void go(const char *link)
{
    if (!has_browser)
        skip();
    browser_go("http://127.0.0.1:%d/study/%s", port, link);
    browser_wait("document.querySelector('h1')");
}

static void wait_heading(const char *heading)
{
    browser_wait("document.querySelector('h1').innerText === '%s'", heading);
}

static void press_main(void)
{
    browser_tab_to("button.main");
    browser_keys(KEY_ENTER);
}

static void begin(const char *link)
{
    go(link);
    wait_heading("Reasons");
    press_main();
    wait_heading("How it works");
    press_main();
    wait_heading("Page 1 of 3");
}

/* Gives every mark of a page 2, with keys: what an attention check asks for too. Returns whether it was one. */
static bool mark_page(int page)
{
    char next[64];
    const bool is_check = strcmp(browser_ask("!!document.querySelector('.check')"), "true") == 0;
    const int marks =
        (int)strtol(browser_ask("document.querySelectorAll('fieldset').length"), NULL, 10);
    for (int i = 0; i < marks; i++)
        browser_keys(KEY_TAB KEY_RIGHT);
    browser_keys(KEY_TAB);
    browser_assert("document.activeElement.matches('button.main')");
    browser_assert("document.querySelectorAll('input[value=\"2\"]:checked').length === %d", marks);
    browser_keys(KEY_ENTER);
    snprintf(next, sizeof next, page < PAGES ? "Page %d of 3" : "Thank you", page + 1);
    wait_heading(next);
    return is_check;
}

static struct llmx_study_results results(void)
{
    struct llmx_study_results r;
    struct llmx_error err;
    if (llmx_study_results(db, NULL, test_path("ratings.csv"), &r, &err) != 0)
        fail_msg("%s", err.message);
    return r;
}

static void test_rate_page__takes_a_rater_through_with_keys_alone(void **state)
{
    int checks = 0;
    (void)state;
    begin(links[0]);
    checks += mark_page(1);
    go(links[0]); /* another day, another window: the link is enough */
    wait_heading("Page 2 of 3");
    for (int page = 2; page <= PAGES; page++)
        checks += mark_page(page);
    assert_int_equal(checks, 1);
    const struct llmx_study_results r = results();
    assert_int_equal(r.finished, 1);
    assert_int_equal(r.failed_checks, 0);
    assert_true(r.marks > 0);
}

static void test_rate_page__deletes_what_a_rater_said(void **state)
{
    (void)state;
    go(links[0]); /* of the case before */
    wait_heading("Thank you");
    browser_tab_to("summary");
    browser_keys(KEY_ENTER);
    browser_tab_to("details button");
    browser_keys(KEY_ENTER);
    wait_heading("Deleted");
    assert_int_equal(results().marks, 0);
}

static void test_rate_page__says_what_to_do_with_a_broken_link(void **state)
{
    (void)state;
    go("0123");
    wait_heading("This page cannot be opened");
    browser_assert("document.querySelector('main p').innerText.includes('copied whole')");
    browser_assert_accessible();
    assert_contains(browser_console(), "404"); /* Chromium's own word for it */
}

static void test_rate_page__waits_for_every_mark(void **state)
{
    (void)state;
    begin(links[1]);
    browser_keys(KEY_TAB KEY_RIGHT);
    press_main();
    browser_assert("document.activeElement.matches('input:invalid')");
    wait_heading("Page 1 of 3");
}

static void test_rate_page__shows_texts_as_text_and_blind(void **state)
{
    (void)state;
    begin(links[2]);
    while (strcmp(browser_ask("!!document.querySelector('.check')"), "true") == 0)
        mark_page(1);
    browser_assert("document.body.innerText.includes('Theirs: <b>a film</b>.')");
    browser_assert("document.body.innerText.includes('Reason A')");
    browser_assert("!/ours|theirs/.test(document.body.innerText)");
}

static void test_rate_page__asks_who_raters_are_and_for_a_comment(void **state)
{
    struct llmx_study_results r;
    struct llmx_error err;
    (void)state;
    go(curious[0]);
    press_main();
    wait_heading("About you");
    browser_keys(KEY_TAB KEY_DOWN KEY_DOWN); /* the other question is left out */
    browser_assert("document.activeElement.selectedOptions[0].text === '<b>old</b>'");
    press_main();
    wait_heading("How it works");
    press_main();
    wait_heading("Page 1 of 1");
    browser_keys(KEY_TAB KEY_RIGHT KEY_TAB KEY_RIGHT KEY_TAB "Why, \"A\"?" KEY_ENTER "<i>");
    press_main();
    wait_heading("Thank you");
    if (llmx_study_results(db, curious_id, test_path("said.csv"), &r, &err) != 0)
        fail_msg("%s", err.message);
    char *csv = test_read(test_path("said.csv"));
    assert_contains(csv, ",comment,age,sees\n");
    assert_contains(csv, ",\"Why, \"\"A\"\"? <i>\",<b>old</b>,\n");
    free(csv);
}

static void test_rate_page__asks_accessibly(void **state)
{
    (void)state;
    go(curious[1]);
    press_main();
    wait_heading("About you");
    browser_assert_accessible();
    press_main();
    wait_heading("How it works");
    browser_assert_accessible();
    press_main();
    wait_heading("Page 1 of 1");
    browser_assert_accessible();
}

static void test_rate_page__is_accessible(void **state)
{
    (void)state;
    go(links[3]);
    browser_assert_accessible();
    begin(links[3]);
    browser_keys(KEY_TAB KEY_RIGHT);
    browser_assert_accessible();
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, browser_on_desktop, browser_is_quiet)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_rate_page__takes_a_rater_through_with_keys_alone),
        CASE(test_rate_page__deletes_what_a_rater_said),
        CASE(test_rate_page__says_what_to_do_with_a_broken_link),
        CASE(test_rate_page__waits_for_every_mark),
        CASE(test_rate_page__shows_texts_as_text_and_blind),
        CASE(test_rate_page__is_accessible),
        CASE(test_rate_page__asks_who_raters_are_and_for_a_comment),
        CASE(test_rate_page__asks_accessibly),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
