/* test_page.c - the page as people use it: in a browser, with keys, on a desktop and on a phone. Skipped where there is no
 * Chromium. */
#include "llmxrec/remote.h"
#include "support/browser.h"
#include "support/http_server.h"
#include "support/shop.h"
#include "support/test.h"

#include <jansson.h>
#include <stdatomic.h>
#include <unistd.h>

#define SUMMARIES "[...document.querySelectorAll('.item > summary')].map((e) => e.innerText).join()"

static bool has_browser;
static int port;
static struct http_server *writer;
static struct llmx_explain_options writes;
static _Atomic bool is_held; /* the model does not answer */

/* ---- what is served: a shop, two systems and one whose text cites, and a model elsewhere that boasts ---- */

static const char *title_of(const char *item)
{
    static char title[2][64];
    static int turn;
    char *out = title[turn++ % 2];
    snprintf(out, 64, "%s", strcmp(item, "i5") == 0 ? SHOP_NASTY : "");
    if (!*out)
        snprintf(out, 64, "The Film %c", 'A' + atoi(item + 1));
    return out;
}

/* cites.jsonl: of the first recommendation, a text that names it and its first evidence. */
static void write_cites(void)
{
    char line[512], text[256];
    char *recs = test_read(test_path("recs.jsonl"));
    json_t *first = json_loadb(recs, strcspn(recs, "\n"), 0, NULL);
    const char *item = json_string_value(json_object_get(first, "item")),
               *cited = json_string_value(
                   json_object_get(json_array_get(json_object_get(first, "evidence"), 0), "item"));
    assert_string_equal(json_string_value(json_object_get(first, "user")), "u0");
    snprintf(text, sizeof text, "People who watched “%s” watched “%s”.", title_of(cited),
             title_of(item));
    json_t *object = json_pack("{s:s, s:s, s:s}", "user", "u0", "item", item, "explanation", text);
    char *bytes = json_dumps(object, JSON_COMPACT);
    snprintf(line, sizeof line, "%s\n", bytes);
    test_file("cites.jsonl", line);
    free(bytes);
    free(recs);
    json_decref(object);
    json_decref(first);
}

static void boast(void *context, int number, const char *request, char *response,
                  unsigned long size)
{
    (void)context;
    (void)number;
    while (is_held)
        usleep(1000);
    if (strncmp(request, "GET ", 4) == 0)
        snprintf(response, size,
                 "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\":[{\"id\":\"boaster\"}]}");
    else
        snprintf(response, size,
                 "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                 "data: {\"choices\":[{\"delta\":{\"content\":\"It won three Oscars.\"},"
                 "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
}

static void add_systems(struct llmx_serve_options *how)
{
    static char path[3][256];
    static const char *const paths[] = {path[0], path[1], path[2]};
    static const char *const names[] = {"ours.jsonl", "theirs.jsonl", "cites.jsonl"};
    for (int i = 0; i < 3; i++)
        snprintf(path[i], sizeof path[i], "%s", test_path(names[i]));
    how->explanations = paths;
    how->n_explanations = 3;
    how->explain = &writes;
}

static int open_all(void **state)
{
    struct llmx_error err;
    char url[128];
    (void)state;
    has_browser = browser_open();
    if (!has_browser)
        return 0;
    shop_make();
    write_cites();
    writer = http_server_start(boast, NULL);
    snprintf(url, sizeof url, "%s/v1", http_server_url(writer));
    writes = llmx_explain_defaults();
    if (llmx_remote_open(&writes.remote, url, NULL, &err) != 0)
        fail_msg("%s", err.message);
    port = shop_open(NULL, add_systems);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    if (!has_browser)
        return 0;
    browser_close();
    shop_close();
    llmx_remote_destroy(writes.remote);
    http_server_stop(writer);
    return 0;
}

static void go(const char *where)
{
    if (!has_browser)
        skip();
    browser_go("http://127.0.0.1:%d/%s", port, where);
    browser_wait("document.querySelector('h1, .empty')");
}

/* ---- browsing ---- */

static void test_page__finds_a_person_with_keys_alone(void **state)
{
    (void)state;
    go("");
    browser_tab_to("#find");
    browser_keys("u1");
    browser_wait("document.querySelectorAll('#found [role=option]').length === 11");
    browser_keys(KEY_DOWN KEY_ENTER);
    browser_wait("document.querySelector('h1').textContent.includes('Person u1')");
    browser_assert("document.title.includes('u1')");
    browser_assert("document.querySelector('.fields').innerText.includes('<b>9</b>')");
    browser_wait("document.querySelectorAll('.item').length === 4");
    browser_tab_to(".item:nth-of-type(2) summary");
    browser_assert("!document.activeElement.parentElement.open");
    browser_keys(KEY_ENTER);
    browser_wait("document.activeElement.parentElement.open");
}

static void test_page__tells_the_score_without_some_evidence(void **state)
{
    (void)state;
    go("#person/u0");
    browser_tab_to(".evidence .row");
    browser_keys(KEY_ENTER);
    browser_wait("/^Without “.+” the score would be [0-9.]+ instead of [0-9.]+: [0-9.]+ less\\.$/"
                 ".test(document.querySelector('.without').innerText)");
    browser_assert("document.querySelector('.without').innerText.match(/: ([0-9.]+)/)[1]"
                   " === document.querySelector('.evidence .figure').innerText");
}

/* A bar of some models is not the fall of the score: the page says why the two figures differ. */
static void test_page__tells_bars_from_falls(void **state)
{
    (void)state;
    go("");
    assert_string_equal(
        browser_ask("h('p', {}, describeFall('sasrec', 3, {title: 'A', contribution: 1.25},"
                    " {whole: 3, rest: 2})).textContent"),
        "Without “A” the score would be 2.00 instead of 3.00: 1.00 less. Its bar, 1.25, also "
        "counts whether it would bring more or less alone than the others, as items can stand in "
        "for each other.");
    assert_string_equal(
        browser_ask("h('p', {}, describeFall('ials', 3.5, {title: 'A', contribution: 0.5},"
                    " {whole: 3, rest: 3.1})).textContent"),
        "Without “A” the score would be 3.10 instead of 3.00: 0.10 more. Its bar, 0.50, is its "
        "part of the score as it stands; without it the other parts change too. Both are by the "
        "history alone; the score in the list, 3.50, also knows what was learnt of this person "
        "before.");
}

static void test_page__finds_an_item_and_tries_it(void **state)
{
    (void)state;
    go("");
    browser_tab_to("#find");
    browser_keys("film l");
    browser_wait("document.querySelectorAll('#found [role=option]').length === 1");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('h1').innerText === 'The Film L'");
    browser_assert("document.querySelector('.fields')");
    browser_assert_accessible();
    browser_tab_to("main a");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('.timeline .name')?.innerText === 'The Film L'");
    browser_wait("document.querySelectorAll('details.item').length === 10");
}

static void test_page__begins_with_people_whose_reasons_are_written(void **state)
{
    (void)state;
    go("");
    browser_assert("document.querySelector('.people a').hash === '#person/u0'");
    browser_assert("document.body.innerText.includes('With reasons already written')");
    browser_assert("document.querySelectorAll('.people a[href=\"#person/u0\"]').length === 1");
}

/* No name of a check stands on the page, but words. */
static void test_page__has_words_for_every_check(void **state)
{
    (void)state;
    go("");
    for (int check = 0; llmx_check_name(check); check++)
        browser_assert("checksOf([{check: '%s'}]).includes(' ')", llmx_check_name(check));
}

static void test_page__recommends_anew_when_the_history_changes(void **state)
{
    char before[2048], after[2048];
    (void)state;
    go("#person/u0");
    browser_wait("document.querySelectorAll('.timeline li').length === 8");
    snprintf(before, sizeof before, "%s", browser_ask(SUMMARIES));
    browser_tab_to(".timeline [data-place]");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelectorAll('.timeline li').length === 7");
    snprintf(after, sizeof after, "%s", browser_ask(SUMMARIES));
    assert_string_not_equal(before, after);
    browser_assert("document.querySelector('.item .move')");
    browser_assert("document.activeElement.matches('[data-place]')"); /* the next to leave out */
    assert_string_equal(
        browser_ask(
            "[...document.querySelectorAll('.timeline .when')].map((e) => e.innerText).join()"),
        "2000-03-04,2000-03-03,,2000-03-02,,2000-03-01,");

    browser_tab_to("#undo");
    browser_keys(KEY_ENTER);
    browser_wait("!document.querySelector('#undo')");
    assert_string_equal(browser_ask(SUMMARIES), before);

    browser_tab_to("#add");
    browser_keys("film l");
    browser_wait("document.querySelectorAll('#add-found [role=option]').length === 1");
    browser_assert("document.querySelector('#add-found').innerText.endsWith('Drama')");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('.timeline li .name').innerText === 'The Film L'");
    assert_string_not_equal(browser_ask(SUMMARIES), before);
    browser_assert("document.activeElement.id === 'add'");
}

static void ask_why_not(const char *title, const char *answer)
{
    browser_tab_to("#why");
    browser_keys(title);
    browser_wait(
        "document.querySelectorAll('#why-found:not([hidden]) [role=option]').length === 1");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('.why')?.innerText.includes('%s')", answer);
}

static void test_page__says_why_not(void **state)
{
    (void)state;
    go("#person/u0");
    ask_why_not("film i", "It is recommended, at rank");
    ask_why_not("film a", "they have it");
    browser_go("http://127.0.0.1:%d/#try/i3", port);
    browser_wait("document.querySelector('#why')");
    char missed[32];
    snprintf(missed, sizeof missed, "%s",
             browser_ask("[...'ABCDEGHIJKL'].map((letter) => 'The Film ' + letter)"
                         ".find((title) => !document.body.innerText.includes(title))"));
    ask_why_not(missed, "Rank 11 of the 11 that may be recommended: its score is");
    browser_assert("document.querySelector('.why + .item .facts li')");
}

static void test_page__tries_a_pasted_history(void **state)
{
    (void)state;
    go("#try");
    browser_wait("document.activeElement.id === 'add'");
    browser_assert("document.querySelector('.empty')");
    browser_tab_to("#lines");
    browser_keys("the film a" KEY_ENTER "i3" KEY_ENTER "No Such Film");
    browser_tab_to("#add-lines");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('#unknown')?.innerText.includes('this line')");
    browser_assert("document.querySelector('#lines').value === 'No Such Film'");
    assert_string_equal(
        browser_ask(
            "[...document.querySelectorAll('.timeline .name')].map((e) => e.innerText).join()"),
        "The Film D,The Film A");
    browser_assert("document.querySelectorAll('.item').length === 10");
}

/* ---- the report ---- */

static void ask_for_token(struct llmx_serve_options *how)
{
    static char report[256];
    snprintf(report, sizeof report, "%s", test_file("report.html", "<h1>All measured</h1>"));
    add_systems(how);
    how->report_path = report;
    how->token = "s=; %\"ret";
}

/* A link sends no header: the page lets it in nonetheless. */
static void test_page__opens_the_report_where_a_token_is_asked_for(void **state)
{
    (void)state;
    if (!has_browser)
        skip();
    shop_close();
    port = shop_open(NULL, ask_for_token);
    browser_go("http://127.0.0.1:%d/icon.svg", port);
    browser_ask("sessionStorage.setItem('token', 's=; %%\"ret')");
    go("");
    browser_wait("document.querySelector('#report').checkVisibility()");
    browser_tab_to("#report");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('h1')?.innerText === 'All measured'");
    shop_close();
    port = shop_open(NULL, add_systems);
}

/* ---- reasons ---- */

static void test_page__shows_systems_side_by_side(void **state)
{
    (void)state;
    go("#person/u0");
    browser_wait("document.querySelectorAll('.systems .explanation').length === 3");
    browser_assert(
        "document.querySelector('.systems').innerText.includes('Theirs: <b>a film</b>.')");
    browser_assert("((a, b) => a.top === b.top && a.right <= b.left)("
                   "...[...document.querySelectorAll('.systems .explanation')].map((e) => "
                   "e.getBoundingClientRect()))");
}

static void test_page__marks_titles_and_links_them_to_the_history(void **state)
{
    (void)state;
    go("#person/u0");
    browser_wait("document.querySelector('.reason a.cited')");
    browser_assert("document.querySelector('.reason mark.item').innerText"
                   " === document.querySelector('.item .title').innerText");
    browser_tab_to(".reason a.cited");
    char cited[128];
    snprintf(cited, sizeof cited, "%s", browser_ask("document.activeElement.innerText"));
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('.timeline .shown')");
    assert_string_equal(browser_ask("document.querySelector('.shown .name').innerText"), cited);
    browser_assert("document.activeElement.closest('.shown')");
    browser_assert("location.hash === '#person/u0'");
}

static void test_page__shows_titles_as_text(void **state)
{
    (void)state;
    go("#person/u0");
    browser_wait("document.querySelectorAll('.timeline li').length === 8");
    browser_assert("document.querySelector('[data-item=i5] .name').innerText"
                   ".startsWith('<script>alert')");
    browser_assert("[...document.scripts].every((one) => one.src && !one.text)");
}

/* Nothing is wider than a small phone, and a title that turns the direction of writing turns nothing but itself. */
static void test_page__holds_titles_of_any_length_and_direction(void **state)
{
    (void)state;
    go("#person/u0");
    browser_wait("document.querySelector('.reason a.cited')");
    browser_size(320, 844, "light");
    browser_ask("document.querySelectorAll('.title, .name, .cited')"
                ".forEach((e) => { e.textContent = 'x'.repeat(200); })");
    browser_assert("document.documentElement.scrollWidth <= innerWidth");
    browser_assert("[...document.querySelectorAll('.title, .name, .cited, mark')]"
                   ".every((e) => getComputedStyle(e).unicodeBidi === 'isolate')");
}

static void test_page__shows_what_the_gate_rejected(void **state)
{
    (void)state;
    go("#person/u0");
    browser_tab_to("button.main");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('.rejected')");
    browser_assert("document.querySelector('.rejected').checkVisibility()");
    browser_assert(
        "document.querySelector('.rejected').innerText.includes('It won three Oscars.')");
    browser_assert("document.querySelector('.rejected mark.wrong')");
    browser_assert("document.body.innerText.includes('A plain sentence')");
    browser_assert("document.activeElement.matches('.explanation')");
}

static void test_page__stops_a_text_being_written(void **state)
{
    (void)state;
    go("#person/u2");
    browser_tab_to("button.main");
    is_held = true;
    browser_keys(KEY_ENTER);
    browser_wait("document.activeElement.innerText === 'Stop'");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('.reasons').innerText.includes('Stopped.')");
    is_held = false;
    browser_assert("document.activeElement.innerText === 'Explain again'");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('.rejected')");
}

/* ---- for everybody ---- */

static void test_page__is_accessible(void **state)
{
    (void)state;
    go("");
    browser_assert_accessible();
    go("#person/u0");
    browser_wait("document.querySelectorAll('.systems .explanation').length === 3");
    browser_tab_to("button.main");
    browser_keys(KEY_ENTER);
    browser_wait("document.querySelector('.rejected')");
    browser_ask("document.querySelectorAll('details').forEach((e) => { e.open = true; })");
    browser_ask("document.querySelector('.evidence .row').click()");
    ask_why_not("film i", "at rank");
    browser_assert_accessible();
    go("#try");
    browser_assert_accessible();
}

/* On a phone all stands in one column, so the focus never goes up. */
static void test_page__leads_the_focus_down_the_phone(void **state)
{
    double top = 0;
    int stops = 0;
    (void)state;
    if (!has_browser)
        skip();
    browser_size(390, 844, "light");
    go("#person/u0");
    browser_wait("document.querySelectorAll('.systems .explanation').length === 3");
    browser_assert("document.querySelector('.item').getBoundingClientRect().bottom"
                   " < document.querySelector('.history').getBoundingClientRect().top");
    for (;; stops++) {
        double upper, lower;
        browser_keys(KEY_TAB);
        const char *place = browser_ask(
            "((e) => e === document.body ? '' : ((r) => getComputedStyle(e).outlineStyle === 'none'"
            " ? '0 -1' : `${Math.round(r.top + scrollY)} ${Math.round(r.bottom + "
            "scrollY)}`)(e.getBoundingClientRect()))"
            "(document.activeElement)");
        if (sscanf(place, "%lf %lf", &upper, &lower) != 2)
            break;
        if (lower < top)
            fail_msg("the focus goes up, or is not seen, at %s",
                     browser_ask("document.activeElement.outerHTML"));
        top = upper;
    }
    assert_in_range(stops, 20, 200);
}

static void test_page__rests_where_motion_is_not_wanted(void **state)
{
    static const char *const moves =
        "((p) => { p.className = 'writing'; document.body.append(p);"
        " const name = getComputedStyle(p, '::after').animationName; p.remove(); return name; })"
        "(document.createElement('p'))";
    (void)state;
    go("");
    assert_string_equal(browser_ask("%s", moves), "blink");
    browser_reduce_motion(true);
    assert_string_equal(browser_ask("%s", moves), "none");
    browser_reduce_motion(false);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, browser_on_desktop, browser_is_quiet)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_page__finds_a_person_with_keys_alone),
        CASE(test_page__tells_the_score_without_some_evidence),
        CASE(test_page__tells_bars_from_falls),
        CASE(test_page__finds_an_item_and_tries_it),
        CASE(test_page__begins_with_people_whose_reasons_are_written),
        CASE(test_page__has_words_for_every_check),
        CASE(test_page__recommends_anew_when_the_history_changes),
        CASE(test_page__says_why_not),
        CASE(test_page__tries_a_pasted_history),
        CASE(test_page__opens_the_report_where_a_token_is_asked_for),
        CASE(test_page__shows_systems_side_by_side),
        CASE(test_page__marks_titles_and_links_them_to_the_history),
        CASE(test_page__shows_titles_as_text),
        CASE(test_page__holds_titles_of_any_length_and_direction),
        CASE(test_page__shows_what_the_gate_rejected),
        CASE(test_page__stops_a_text_being_written),
        CASE(test_page__is_accessible),
        CASE(test_page__leads_the_focus_down_the_phone),
        CASE(test_page__rests_where_motion_is_not_wanted),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
