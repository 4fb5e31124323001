/* test_study.c - a study from its making to its results, as raters' browsers ask for it; on SQLite and on PostgreSQL. */

#include "serve/study.h"
#include "support/postgres.h"
#include "support/shop.h"
#include "support/spec.h"
#include "support/talk.h"
#include "support/test.h"

#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define RATERS 3

static const char *db[2];                                         /* SQLite, PostgreSQL or NULL */
static char links[RATERS][SHOP_LINK], study[LLMX_STUDY_ID_BYTES]; /* of the study made last */

static struct llmx_study_made make_study(const char *where, const char *yaml)
{
    const struct llmx_study_made made = shop_study(where, yaml, links, RATERS);
    memcpy(study, made.id, sizeof study);
    return made;
}

static const char three_raters[] =
    "title: T\nraters: 3\ntasks: 4\nchecks: 1\npreference: Which is best?\nquestions:\n"
    "  - aspect: sense\n    text: Does it make sense?\n    scale: 7\n";

/* Asks, and returns the answer's object; its status in *status. */
static json_t *ask(int port, const char *link, const char *body, int *status)
{
    char path[128];
    json_error_t where;
    snprintf(path, sizeof path, "/v1/studies/%s", link);
    const char *answer = talk(port, body ? "POST" : "GET", path,
                              body ? "Content-Type: application/json\r\n" : "", body);
    *status = talk_status(answer);
    json_t *object = json_loads(talk_body(answer), 0, &where);
    if (!object)
        fail_msg("%s", answer);
    spec_check(body ? "POST" : "GET", path, *status, object);
    return object;
}

static void assert_at(int port, const char *link, const char *body, const char *at)
{
    int status;
    json_t *state = ask(port, link, body, &status);
    if (status != 200 || strcmp(json_string_value(json_object_get(state, "at")), at) != 0)
        fail_msg("%s: %d, at %s, not %s", body ? body : "", status,
                 json_string_value(json_object_get(state, "at")), at);
    json_decref(state);
}

static void assert_refused(int port, const char *link, const char *body, int expected)
{
    int status;
    json_decref(ask(port, link, body, &status));
    assert_int_equal(status, expected);
}

/* Marks the texts of "ours" 6 and those of "theirs" 3, checks as asked, and prefers ours. */
static void answer_task(int port, const char *link, bool fails_check)
{
    char body[512];
    int status, ours = 1, value[2];
    json_t *state = ask(port, link, NULL, &status), *task = json_object_get(state, "task");
    const json_t *texts = json_object_get(task, "texts");
    for (int k = 0; k < 2; k++) {
        const bool is_ours =
            strncmp(json_string_value(json_array_get(texts, (size_t)k)), "Ours", 4) == 0;
        value[k] = json_is_true(json_object_get(task, "is_check")) ? 2 + fails_check
                   : is_ours                                       ? 6
                                                                   : 3;
        ours = is_ours ? k + 1 : ours;
    }
    assert_null(json_object_get(task, "systems"));
    snprintf(body, sizeof body,
             "{\"step\":\"task\",\"task\":%d,\"seconds\":9,\"preference\":%d,\"marks\":["
             "{\"place\":1,\"aspect\":\"sense\",\"value\":%d},{\"place\":2,\"aspect\":\"sense\","
             "\"value\":%d}]}",
             (int)json_integer_value(json_object_get(task, "number")), ours, value[0], value[1]);
    json_decref(state);
    json_decref(ask(port, link, body, &status));
    assert_int_equal(status, 200);
}

static void begin(int port, const char *link)
{
    assert_at(port, link, NULL, "consent");
    assert_at(port, link, "{\"step\":\"consent\"}", "training");
    assert_at(port, link, "{\"step\":\"training\"}", "task");
}

static int count(const char *text, const char *part)
{
    int n = 0;
    while ((text = strstr(text, part)) != NULL)
        n++, text++;
    return n;
}

static char *results(const char *where, struct llmx_study_results *r)
{
    struct llmx_error err;
    if (llmx_study_results(where, study, test_path("ratings.csv"), r, &err) != 0)
        fail_msg("%s", err.message);
    return test_read(test_path("ratings.csv"));
}

static void test_study__from_links_to_ratings(void **state)
{
    const char *where = *(const char **)*state;
    struct llmx_study_results r;
    if (!where)
        skip();
    const struct llmx_study_made made = make_study(where, three_raters);
    assert_int_equal(made.units, 60);
    assert_int_equal(made.raters, 3);
    assert_int_equal(made.marks_max, 1);
    const int port = shop_open(where, NULL);
    for (int i = 0; i < 2; i++) {
        begin(port, links[i]);
        for (int t = 0; t < 5; t++)
            answer_task(port, links[i], i == 1);
        assert_at(port, links[i], NULL, "done");
    }
    begin(port, links[2]);
    answer_task(port, links[2], false);
    shop_close();
    char *csv = results(where, &r);
    assert_int_equal(r.raters, 3);
    assert_int_equal(r.begun, 3);
    assert_int_equal(r.finished, 2);
    assert_int_equal(r.failed_checks, 1);
    assert_int_equal(r.marks, 9 * 4);
    assert_int_equal(count(csv, ",ours,sense,6,"), 9);
    assert_int_equal(count(csv, ",theirs,sense,3,"), 9);
    assert_int_equal(count(csv, ",ours,preference,1,"), 9);
    assert_int_equal(count(csv, ",theirs,preference,0,"), 9);
    assert_int_equal(count(csv, ",failed,usual,yes,"), 16);
    assert_int_equal(count(csv, ",none,usual,no,"), 4);
    assert_null(strstr(csv, links[0]));
    free(csv);
}

static void test_study__forgets_who_asks_for_it(void **state)
{
    const char *where = *(const char **)*state;
    struct llmx_study_results r;
    struct llmx_error err;
    if (!where)
        skip();
    make_study(where, three_raters);
    int port = shop_open(where, NULL);
    for (int i = 0; i < 2; i++) {
        begin(port, links[i]);
        answer_task(port, links[i], false);
    }
    assert_at(port, links[0], "{\"step\":\"forget\"}", "forgotten");
    assert_refused(port, links[0], "{\"step\":\"consent\"}", 409);
    shop_close();
    assert_int_equal(llmx_study_forget(where, study, "r2", &err), 0);
    assert_int_equal(llmx_study_forget(where, study, "r99", &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    char *csv = results(where, &r);
    assert_int_equal(r.marks, 0);
    free(csv);
}

static void test_study__takes_nothing_half_or_twice(void **state)
{
    const char *where = *(const char **)*state;
    struct llmx_study_results r;
    if (!where)
        skip();
    make_study(where, three_raters);
    const int port = shop_open(where, NULL);
    const char *link = links[0];
    assert_refused(port, "0123456789abcdef0123456789abcdef", NULL, 404);
    assert_refused(port, "' OR 1=1 --", NULL, 404);
    assert_refused(port, link, "{\"step\":\"training\"}", 400);
    assert_refused(port, link, "{\"step\":\"task\",\"task\":1,\"marks\":[]}", 400);
    begin(port, link);
    static const char *const wrong[] = {
        "{\"step\":\"task\",\"task\":1}",
        "{\"step\":\"task\",\"task\":1,\"marks\":[{\"place\":1,\"aspect\":\"sense\",\"value\":3}]}",
        "{\"step\":\"task\",\"task\":1,\"preference\":1,\"marks\":[{\"place\":1,\"aspect\":"
        "\"sense\",\"value\":3},"
        "{\"place\":1,\"aspect\":\"sense\",\"value\":4}]}",
        "{\"step\":\"task\",\"task\":1,\"preference\":1,\"marks\":[{\"place\":1,\"aspect\":"
        "\"sense\",\"value\":3},"
        "{\"place\":2,\"aspect\":\"sense\",\"value\":8}]}",
        "{\"step\":\"task\",\"task\":1,\"preference\":1,\"marks\":[{\"place\":1,\"aspect\":"
        "\"sense\",\"value\":3},"
        "{\"place\":2,\"aspect\":\"preference\",\"value\":1}]}",
        "{\"step\":\"task\",\"task\":1,\"marks\":[{\"place\":1,\"aspect\":\"sense\",\"value\":3},"
        "{\"place\":2,\"aspect\":\"sense\",\"value\":4}]}",
        "{\"step\":\"task\",\"task\":1,\"marks\":\"all\",\"x\":1}",
        "[1]",
        "{\"step\":\"task\",\"task\":1,\"seconds\":{},\"preference\":1,\"marks\":[{\"place\":1,"
        "\"aspect\":\"sense\",\"value\":3},{\"place\":2,\"aspect\":\"sense\",\"value\":3}]}",
        "{\"step\":\"forget\",\"seconds\":1}",
        "{\"step\":\"about\",\"about\":{},\"task\":1}",
        "{\"step\":7}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(port, link, wrong[i], 400);
    answer_task(port, link, false);
    assert_refused(port, link,
                   "{\"step\":\"task\",\"task\":1,\"preference\":1,\"marks\":["
                   "{\"place\":1,\"aspect\":\"sense\",\"value\":3},"
                   "{\"place\":2,\"aspect\":\"sense\",\"value\":4}]}",
                   409);
    shop_close();
    free(results(where, &r));
    assert_int_equal(r.marks, 4);
}

/* Two tabs that send at the same moment. */
static void at_once(int port, const char *link, const char *one, const char *other, int status[2])
{
    const char *const body[2] = {one, other};
    int tab[2];
    for (int i = 0; i < 2; i++)
        tab[i] = talk_open(port);
    for (int i = 0; i < 2; i++)
        talk_say(tab[i],
                 "POST /v1/studies/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 link, strlen(body[i]), body[i]);
    for (int i = 0; i < 2; i++) {
        status[i] = talk_status(talk_hear(tab[i], 10));
        close(tab[i]);
    }
}

static const char *answer_of(int task)
{
    static char body[256];
    snprintf(body, sizeof body,
             "{\"step\":\"task\",\"task\":%d,\"seconds\":9,\"preference\":1,\"marks\":["
             "{\"place\":1,\"aspect\":\"sense\",\"value\":2},{\"place\":2,\"aspect\":\"sense\","
             "\"value\":2}]}",
             task);
    return body;
}

static void test_study__two_tabs_answer_once(void **state)
{
    const char *where = *(const char **)*state;
    struct llmx_study_results r;
    int status[2];
    if (!where)
        skip();
    make_study(where, three_raters);
    const int port = shop_open(where, NULL);
    for (int i = 0; i < RATERS; i++) {
        begin(port, links[i]);
        for (int t = 1; t <= 5; t++) {
            at_once(port, links[i], answer_of(t), answer_of(t), status);
            if (status[0] + status[1] != 200 + 409)
                fail_msg("task %d: %d and %d", t, status[0], status[1]);
        }
        assert_refused(port, links[i], answer_of(6), 409);
    }
    shop_close();
    free(results(where, &r));
    assert_int_equal(r.marks, RATERS * 4 * 4);
}

static void test_study__forgets_what_is_just_being_answered(void **state)
{
    const char *where = *(const char **)*state;
    struct llmx_study_results r;
    int status[2];
    if (!where)
        skip();
    for (int round = 0; round < 3; round++) {
        make_study(where, three_raters);
        const int port = shop_open(where, NULL);
        for (int i = 0; i < RATERS; i++) {
            begin(port, links[i]);
            at_once(port, links[i], answer_of(1), "{\"step\":\"forget\"}", status);
            assert_int_equal(status[1], 200);
        }
        shop_close();
        free(results(where, &r));
        assert_int_equal(r.marks, 0);
        assert_int_equal(r.begun, 0);
    }
}

/* ---- comments, and who raters are ---- */

static const char curious[] =
    "raters: 3\ntasks: 2\nchecks: 1\ncomment: Anything else?\nabout:\n"
    "  - name: age\n    text: How old are you?\n    choices: [young, old]\n"
    "  - {name: sees, text: Do you see films?, choices: ['often, or more', no]}\n"
    "questions:\n  - aspect: sense\n    text: Does it make sense?\n";

/* comment: as it stands in JSON, with its quotes */
static const char *answer_saying(int task, const char *comment)
{
    static char body[16384];
    snprintf(body, sizeof body,
             "{\"step\":\"task\",\"task\":%d,\"comment\":%s,\"marks\":["
             "{\"place\":1,\"aspect\":\"sense\",\"value\":2},{\"place\":2,\"aspect\":\"sense\","
             "\"value\":2}]}",
             task, comment);
    return body;
}

/* A text of n letters of two bytes each, in quotes. */
static const char *letters(int n)
{
    static char text[8192] = "\"";
    for (int i = 0; i < n; i++)
        memcpy(text + 1 + 2 * i, "\xc3\xbc", 2);
    strcpy(text + 1 + 2 * n, "\"");
    return text;
}

static void tell_who(int port, const char *link)
{
    static const char *const wrong[] = {
        "{\"step\":\"training\"}",
        "{\"step\":\"about\"}",
        "{\"step\":\"about\",\"about\":[]}",
        "{\"step\":\"about\",\"about\":{\"age\":\"old\",\"sees\":\"never\"}}",
        "{\"step\":\"about\",\"about\":{\"age\":\"old\",\"name\":\"old\"}}",
        "{\"step\":\"about\",\"about\":{\"age\":1}}"};
    assert_at(port, link, "{\"step\":\"consent\"}", "about");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(port, link, wrong[i], 400);
    assert_at(port, link, "{\"step\":\"about\",\"about\":{\"sees\":\"often, or more\"}}",
              "training");
    assert_refused(port, link, "{\"step\":\"about\",\"about\":{\"age\":\"old\"}}", 409);
    assert_at(port, link, "{\"step\":\"training\"}", "task");
}

static void test_study__takes_comments_and_who_raters_are(void **state)
{
    const char *where = *(const char **)*state;
    struct llmx_study_results r;
    if (!where)
        skip();
    make_study(where, curious);
    const int port = shop_open(where, NULL);
    tell_who(port, links[0]);
    assert_refused(port, links[0], answer_saying(1, letters(STUDY_COMMENT_MAX + 1)), 400);
    assert_refused(port, links[0], answer_saying(1, "7"), 400);
    assert_at(port, links[0], answer_saying(1, "\"=1, \\\"so\\\"\\n<b>\""), "task");
    assert_at(port, links[0], answer_saying(2, letters(STUDY_COMMENT_MAX)), "task");
    assert_refused(port, links[0], answer_saying(3, "\"on a check\""), 400);
    assert_at(port, links[0], answer_saying(3, "\"\""), "done");
    assert_at(port, links[1], "{\"step\":\"consent\"}", "about");
    assert_at(port, links[1], "{\"step\":\"about\",\"about\":{}}", "training");
    assert_at(port, links[1], "{\"step\":\"training\"}", "task");
    assert_at(port, links[1], answer_saying(1, "\"\""), "task");
    shop_close();
    char *csv = results(where, &r);
    assert_int_equal(r.marks, 6);
    assert_int_equal(count(csv, ",time,comment,age,sees\n"), 1);
    assert_int_equal(count(csv, ",\"=1, \"\"so\"\" <b>\",,\"often, or more\"\n"), 2);
    assert_int_equal(count(csv, "\xc3\xbc,,\"often, or more\"\n"), 2);
    assert_int_equal(count(csv, ",,,\n"), 2);
    free(csv);
}

static void test_study__forgets_comments_and_who_raters_are(void **state)
{
    const char *where = *(const char **)*state;
    struct llmx_study_results r;
    struct llmx_error err;
    struct store *store;
    char *said;
    if (!where)
        skip();
    make_study(where, curious);
    const int port = shop_open(where, NULL);
    tell_who(port, links[0]);
    assert_at(port, links[0], answer_saying(1, "\"Unforgettable\""), "task");
    shop_close();
    assert_int_equal(llmx_study_forget(where, study, "r1", &err), 0);
    free(results(where, &r));
    assert_int_equal(r.marks, 0);
    const char *link = links[0];
    assert_int_equal(store_open(&store, where, &err), 0);
    assert_int_equal(store_text(store,
                                "SELECT (SELECT COUNT(*) FROM about WHERE link = $1) +"
                                " (SELECT COUNT(comment) FROM task WHERE link = $1)",
                                &link, 1, &said, &err),
                     0);
    assert_string_equal(said, "0");
    free(said);
    store_close(store);
    if (where != db[0])
        return;
    char command[600], *found;
    snprintf(command, sizeof command, "cat '%s'* | grep -a -q Unforgettable", where);
    const int is_there = test_shell(command, &found);
    free(found);
    assert_int_equal(is_there, 1);
}

static void test_study__finds_the_one_made_last_of_one_second(void **state)
{
    const char *where = *(const char **)*state;
    struct llmx_error err;
    struct store *store;
    char found[LLMX_STUDY_ID_BYTES];
    if (!where)
        skip();
    assert_int_equal(store_open(&store, where, &err), 0);
    for (int i = 0; i < 6; i++) {
        make_study(where, three_raters);
        json_decref(study_load(store, NULL, found, &err));
        assert_string_equal(found, study);
    }
    store_close(store);
}

/* No file may grow beyond `bytes`, as if the disk were full. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_study__never_says_saved_on_a_full_disk(void **state)
{
    (void)state;
    struct llmx_study_results r;
    int status;
    make_study(db[0], three_raters);
    const int port = shop_open(db[0], NULL);
    begin(port, links[0]);
    limit_files(4096);
    json_t *said = ask(port, links[0], answer_of(1), &status);
    limit_files(RLIM_INFINITY);
    assert_int_equal(status, 500);
    const char *message =
        json_string_value(json_object_get(json_object_get(said, "error"), "message"));
    assert_contains(message, "log");
    assert_null(strstr(message, "disk"));
    json_decref(said);
    json_decref(ask(port, links[0], answer_of(1), &status));
    assert_int_equal(status, 200);
    shop_close();
    free(results(db[0], &r));
    assert_int_equal(r.marks, 4);
}

static void test_study__refuses_two_systems_of_one_name(void **state)
{
    static char path[256];
    const char *const files[] = {path, path};
    struct llmx_study_made made;
    struct llmx_data *data;
    struct llmx_error err;
    (void)state;
    snprintf(path, sizeof path, "%s", test_path("ours.jsonl"));
    assert_int_equal(llmx_data_open(&data, test_path("shop"), NULL, &err), 0);
    const struct llmx_study_options how = {files,      2, test_path("recs.jsonl"), data, NULL,
                                           ":memory:", 1};
    assert_int_equal(llmx_study_new(&how, "-", &made, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "is called so too");
    llmx_data_destroy(data);
}

static void test_study__asks_all_that_the_example_asks(void **state)
{
    static const char *const aspects[] = {"reasonability",  "attractiveness", "redundancy",
                                          "persuasiveness", "transparency",   "trust",
                                          "satisfaction"};
    char *yaml = test_read("examples/study.yaml");
    int status;
    (void)state;
    make_study(db[0], yaml);
    free(yaml);
    const int port = shop_open(db[0], NULL);
    json_t *said = ask(port, links[0], NULL, &status);
    const json_t *questions = json_object_get(said, "questions");
    assert_int_equal(json_array_size(questions), 7);
    for (size_t i = 0; i < 7; i++) {
        const json_t *one = json_array_get(questions, i);
        assert_string_equal(json_string_value(json_object_get(one, "aspect")), aspects[i]);
        assert_int_equal(json_integer_value(json_object_get(one, "scale")), 5);
    }
    assert_string_not_equal(json_string_value(json_object_get(said, "preference")), "");
    json_decref(said);
    shop_close();
}

static void test_study__says_what_is_wrong_with_the_questions(void **state)
{
    static const struct {
        const char *yaml, *says;
    } cases[] = {
        {"raters: many\n", "s.yaml:1: raters"},
        {"title: T\nratters: 3\n", "s.yaml:2: ratters"},
        {"raters: 3\ntitle: T\nraters: 4\n", "s.yaml:3: 'raters' is there twice"},
        {"questions: none\n", "s.yaml:1: questions"},
        {"questions:\n  - aspect: a\n", "an aspect and a text"},
        {"questions:\n  - aspect: a\n    text: b\n  - aspect: a\n    text: c\n", "before it"},
        {"questions:\n  - aspect: preference\n    text: b\n", "preference"},
        {"questions:\n  - aspect: a\n    text: b\n    scale: 1\n", "from 2 to 10"},
        {"raters: 0\n", "from 1 to"},
        {"about: age\n", "s.yaml:1: about"},
        {"about:\n  - name: age\n    text: How old?\n", "a name, a text and choices"},
        {"about:\n  - {name: age, text: How old?, choices: [young]}\n", "2 to 20 choices"},
        {"about:\n  - {name: age, text: How old?, choices: [young, young]}\n", "before it"},
        {"about:\n  - {name: time, text: When?, choices: [now, then]}\n",
         "a column of the results"},
        {"about:\n  - {name: a, text: b, choices: [c, d]}\n  - {name: a, text: b, choices: [c, "
         "d]}\n",
         "s.yaml:3: has the name"},
        {"comment: [a]\n", "s.yaml:1: comment"}};
    struct llmx_error err;
    struct llmx_study_made made;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct llmx_study_options how = {.questions = test_file("s.yaml", cases[i].yaml),
                                               .db = ":memory:"};
        assert_int_equal(llmx_study_new(&how, test_path("l.txt"), &made, &err), -1);
        assert_int_equal(err.code, LLMX_BAD_OPTION);
        assert_contains(err.message, cases[i].says);
    }
}

static int start(void **state)
{
    static char sqlite[256];
    (void)state;
    shop_make();
    snprintf(sqlite, sizeof sqlite, "%s", test_path("study.sqlite"));
    db[0] = sqlite;
    db[1] = postgres_start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    postgres_stop();
    return 0;
}

#define BOTH(F)                                                                                    \
    {#F "_sqlite", F, NULL, NULL, &db[0]},                                                         \
    {                                                                                              \
#F "_postgres", F, NULL, NULL, &db[1]                                                      \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_study__from_links_to_ratings),
        BOTH(test_study__forgets_who_asks_for_it),
        BOTH(test_study__takes_nothing_half_or_twice),
        BOTH(test_study__two_tabs_answer_once),
        BOTH(test_study__forgets_what_is_just_being_answered),
        BOTH(test_study__takes_comments_and_who_raters_are),
        BOTH(test_study__forgets_comments_and_who_raters_are),
        BOTH(test_study__finds_the_one_made_last_of_one_second),
        cmocka_unit_test(test_study__never_says_saved_on_a_full_disk),
        cmocka_unit_test(test_study__refuses_two_systems_of_one_name),
        cmocka_unit_test(test_study__asks_all_that_the_example_asks),
        cmocka_unit_test(test_study__says_what_is_wrong_with_the_questions),
    };
    return cmocka_run_group_tests(tests, start, end);
}
