/* The explainer that stays open: its texts are those of the file command, whoever else asks, and it tells how they grow. */
#include "base/plain.h"
#include "llmxrec/llmxrec.h"
#include "support/failing_alloc.h"
#include "support/http_server.h"
#include "support/model.h"
#include "support/test.h"

#include <assert.h>
#include <jansson.h>
#include <pthread.h>

#define PEOPLE 4
#define EACH   3
#define LINES  (PEOPLE * EACH)

static struct llmx_data *data;
static struct llmx_model *model;
static struct llmx_generator *generator;

/* Three users and somebody by history alone, each with three recommendations; the last without evidence. */
static struct {
    struct llmx_person person;
    struct llmx_recommendation top[EACH];
} people[PEOPLE];
static llmx_id history[3];
static struct llmx_evidence evidence[PEOPLE][2]; /* of what they had */
static char recs[256], layout[256], begun[256];

static struct llmx_explain_options how(void)
{
    struct llmx_explain_options options = llmx_explain_defaults();
    options.template_path = layout;
    options.history_max = 3;
    options.evidence_max = 1;
    options.tries = 3;
    options.max_tokens = 12;
    options.seed = 7;
    options.sampling.temperature = 1;
    options.keep_prompts = options.keep_rejected = 1;
    return options;
}

static struct llmx_explainer *open_explainer(const struct llmx_explain_options *options)
{
    struct llmx_explainer *explainer;
    struct llmx_error err;
    if (llmx_explainer_open(&explainer, data, generator, options, &err) != 0)
        fail_msg("%s", err.message);
    return explainer;
}

static struct llmx_explain_request request_of(int person)
{
    return (struct llmx_explain_request){.person = people[person].person,
                                         .recommendations = people[person].top,
                                         .n = EACH,
                                         .number = (uint64_t)person * EACH};
}

/* ---- against the lines of a file ---- */

static void hold_failed(const json_t *names, uint32_t failed)
{
    size_t n = 0;
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        if (failed >> k & 1)
            assert_string_equal(json_string_value(json_array_get(names, n++)), llmx_check_name(k));
    assert_int_equal(json_array_size(names), n);
}

static void hold_line(const json_t *line, const struct llmx_explanation *x)
{
    const json_t *gate = json_object_get(line, "gate"), *cites = json_object_get(line, "cites"),
                 *rejected = json_object_get(line, "rejected");
    assert_string_equal(x->text, json_string_value(json_object_get(line, "explanation")));
    assert_string_equal(x->prompt, json_string_value(json_object_get(line, "prompt")));
    assert_int_equal(x->tries, json_integer_value(json_object_get(line, "tries")));
    assert_string_equal(x->has_passed ? "pass" : "fallback",
                        json_string_value(json_object_get(gate, "verdict")));
    hold_failed(json_object_get(gate, "failed"), x->failed);
    assert_int_equal(x->verdict.n_cited, json_array_size(cites));
    for (int i = 0; i < x->verdict.n_cited; i++)
        assert_string_equal(llmx_data_item_token(data, x->verdict.cited[i].item),
                            json_string_value(json_array_get(cites, (size_t)i)));
    assert_int_equal(x->n_rejected, json_array_size(rejected));
    for (int i = 0; i < x->n_rejected; i++) {
        const json_t *one = json_array_get(rejected, (size_t)i);
        assert_string_equal(x->rejected[i].text, json_string_value(json_object_get(one, "text")));
        hold_failed(json_object_get(one, "failed"), x->rejected[i].failed);
    }
}

/* What the file command writes of the same people. */
static json_t *explain_file(const struct llmx_explain_options *options, int *passed)
{
    struct llmx_error err;
    struct llmx_explain_report report;
    char out[256];
    snprintf(out, sizeof out, "%s", test_path("explained.jsonl"));
    if (llmx_explain(recs, data, options->remote ? NULL : model, options, out, &report, &err) != 0)
        fail_msg("%s", err.message);
    *passed = report.passed;
    FILE *file = fopen(out, "r");
    json_t *lines = json_array();
    for (int i = 0; i < LINES; i++)
        json_array_append_new(lines, json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL));
    fclose(file);
    return lines;
}

struct client {
    struct llmx_explainer *explainer;
    int person;
    struct llmx_explanation why[EACH];
    pthread_t thread;
};

static void *be_client(void *context)
{
    struct client *client = context;
    const struct llmx_explain_request request = request_of(client->person);
    assert(llmx_explainer_explain(client->explainer, &request, client->why, NULL) == 0);
    return NULL;
}

/* Every person asks several times, all at once. */
static int hold_against_file(const struct llmx_explain_options *options)
{
    struct client clients[3 * PEOPLE];
    int passed;
    struct llmx_explainer *explainer = open_explainer(options);
    json_t *lines = explain_file(options, &passed);
    for (int i = 0; i < 3 * PEOPLE; i++) {
        clients[i] = (struct client){.explainer = explainer, .person = i % PEOPLE};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, be_client, &clients[i]), 0);
    }
    for (int i = 0; i < 3 * PEOPLE; i++) {
        pthread_join(clients[i].thread, NULL);
        for (int k = 0; k < EACH; k++) {
            hold_line(json_array_get(lines, (size_t)(clients[i].person * EACH + k)),
                      &clients[i].why[k]);
            llmx_explanation_release(&clients[i].why[k]);
        }
    }
    json_decref(lines);
    llmx_explainer_close(explainer);
    return passed;
}

static void test_explainer__many_threads_write_what_the_file_command_writes(void **state)
{
    (void)state;
    struct llmx_explain_options options = how();
    assert_true(hold_against_file(&options) < LINES);
    options.template_path = begun;
    assert_true(hold_against_file(&options) > 0);
    options.grounded = 1;
    hold_against_file(&options);
}

static void test_explainer__the_number_draws_later_tries(void **state)
{
    (void)state;
    const struct llmx_explain_options options = how();
    struct llmx_explainer *explainer = open_explainer(&options);
    struct llmx_explanation a = {0}, b = {0};
    struct llmx_explain_request request = request_of(0);
    request.n = 1;
    assert_int_equal(llmx_explainer_explain(explainer, &request, &a, NULL), 0);
    request.number = 5;
    assert_int_equal(llmx_explainer_explain(explainer, &request, &b, NULL), 0);
    assert_int_equal(a.n_rejected, 3);
    assert_string_equal(a.rejected[0].text, b.rejected[0].text);
    assert_string_not_equal(a.rejected[1].text, b.rejected[1].text);
    assert_string_not_equal(a.rejected[1].text, a.rejected[2].text);
    llmx_explanation_release(&a);
    llmx_explanation_release(&b);
    llmx_explainer_close(explainer);
}

/* ---- telling ---- */

struct hearing {
    char text[EACH][3][1024]; /* of every try */
    int tries[EACH], finished[EACH];
    int n_told, cancel_after;
};

static int hear(void *context, enum llmx_told what, int number, const char *text,
                const struct llmx_explanation *explanation)
{
    struct hearing *h = context;
    assert(h->finished[number] == 0);
    if (what == LLMX_TOLD_TEXT) {
        assert(explanation->tries == h->tries[number]);
        strcat(h->text[number][h->tries[number]], text);
    } else {
        assert(!text && explanation->tries == ++h->tries[number]);
        h->finished[number] = what == LLMX_TOLD_FINISHED;
        assert((explanation->text != NULL) == (what == LLMX_TOLD_FINISHED));
    }
    return ++h->n_told == h->cancel_after;
}

static void test_explainer__tells_every_try_as_it_grows(void **state)
{
    (void)state;
    const struct llmx_explain_options options = how();
    struct llmx_explainer *explainer = open_explainer(&options);
    struct hearing h = {0};
    struct llmx_explanation why[EACH];
    struct llmx_explain_request request = request_of(1);
    request.told = hear;
    request.context = &h;
    assert_int_equal(llmx_explainer_explain(explainer, &request, why, NULL), 0);
    assert_true(h.n_told > 20);
    for (int i = 0; i < EACH; i++) {
        assert_int_equal(h.finished[i], 1);
        assert_int_equal(h.tries[i], why[i].tries);
        for (int t = 0; t < why[i].n_rejected; t++) /* told before white space is cut off */
            assert_contains(h.text[i][t], why[i].rejected[t].text);
        llmx_explanation_release(&why[i]);
    }
    llmx_explainer_close(explainer);
}

static void test_explainer__cancels_itself_alone(void **state)
{
    (void)state;
    struct llmx_explain_options options = how();
    static struct llmx_stop stop;
    struct llmx_explanation why[EACH];
    struct llmx_error err;
    memset(why, 0x55, sizeof why);
    const struct llmx_explanation untouched = why[0];
    struct llmx_explainer *explainer = open_explainer(&options);
    struct client other = {.explainer = explainer, .person = 2};
    struct llmx_explain_request request = request_of(1);
    assert_int_equal(pthread_create(&other.thread, NULL, be_client, &other), 0);
    request.told = hear;
    for (int after = 1; after < 60; after += 7) {
        struct hearing h = {.cancel_after = after};
        request.context = &h;
        assert_int_equal(llmx_explainer_explain(explainer, &request, why, &err), -1);
        assert_int_equal(err.code, LLMX_INTERRUPTED);
        assert_int_equal(h.n_told, after);
        assert_memory_equal(&why[0], &untouched, sizeof untouched);
    }
    pthread_join(other.thread, NULL);
    for (int i = 0; i < EACH; i++)
        llmx_explanation_release(&other.why[i]);
    llmx_explainer_close(explainer);
    options.stop = &stop;
    llmx_stop_ask(&stop);
    explainer = open_explainer(&options);
    assert_int_equal(llmx_explainer_explain(explainer, &request, why, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
    llmx_explainer_close(explainer);
}

/* ---- what cannot be done ---- */

static int explain_all(void *context, struct llmx_error *err)
{
    const struct llmx_explain_options *options = context;
    struct llmx_explainer *explainer;
    struct llmx_explanation why[EACH];
    struct llmx_explain_request request = request_of(3);
    struct hearing h = {0};
    request.told = hear;
    request.context = &h;
    if (llmx_explainer_open(&explainer, data, generator, options, err) != 0)
        return -1;
    const int status = llmx_explainer_explain(explainer, &request, why, err);
    for (int i = 0; i < EACH && status == 0; i++)
        llmx_explanation_release(&why[i]);
    llmx_explainer_close(explainer);
    return status;
}

static void test_explainer__every_failed_allocation_is_said(void **state)
{
    (void)state;
    struct llmx_explain_options options = how();
    options.tries = 2;
    options.max_tokens = 4;
    options.grounded = 1;
    options.template_path = begun;
    assert_true(failing_alloc_each(explain_all, &options) > 100);
}

static int fail_code(struct llmx_explainer *explainer, struct llmx_person person,
                     struct llmx_recommendation recommendation)
{
    struct llmx_explanation why;
    struct llmx_error err = {0};
    const struct llmx_explain_request request = {
        .person = person, .recommendations = &recommendation, .n = 1};
    assert_int_equal(llmx_explainer_explain(explainer, &request, &why, &err), -1);
    assert_int_equal(llmx_explainer_explain(explainer, &request, &why, NULL), -1);
    return (int)err.code;
}

static void test_explainer__says_who_and_what_is_unknown(void **state)
{
    (void)state;
    const struct llmx_explain_options options = how();
    struct llmx_explainer *explainer = open_explainer(&options);
    const struct llmx_person user = {.user = 0}, nobody = {.user = -1},
                             beyond = {.user = llmx_data_users(data)};
    const llmx_id gone = llmx_data_items(data);
    struct llmx_evidence of_nothing = {.item = -1};
    const struct llmx_recommendation good = {.item = 1}, bad = {.item = gone},
                                     baseless = {
                                         .item = 1, .n_evidence = 1, .evidence = &of_nothing};
    assert_int_equal(fail_code(explainer, nobody, good), LLMX_NOT_FOUND);
    assert_int_equal(fail_code(explainer, beyond, good), LLMX_NOT_FOUND);
    assert_int_equal(fail_code(explainer, user, bad), LLMX_NOT_FOUND);
    assert_int_equal(fail_code(explainer, user, baseless), LLMX_NOT_FOUND);
    assert_int_equal(
        fail_code(explainer, (struct llmx_person){.user = -1, .history = &gone, .n = 1}, good),
        LLMX_NOT_FOUND);
    const struct llmx_explain_request none = {.person = user};
    assert_int_equal(llmx_explainer_explain(explainer, &none, NULL, NULL), 0);
    llmx_explainer_close(explainer);
}

static void test_explainer__of_an_item_without_a_title_nothing_is_said(void **state)
{
    (void)state;
    struct llmx_data *bare, *whole = data;
    struct llmx_error err;
    const struct llmx_explain_options options = llmx_explain_defaults();
    test_file("bare.inter", "user_id:token\titem_id:token\ttimestamp:float\na\tx\t1\na\ty\t2\n");
    test_file("bare.item", "item_id:token\ttitle:token_seq\nx\tGlass\ny\t\n");
    assert_int_equal(llmx_data_open(&bare, test_path("bare"), NULL, &err), 0);
    data = bare;
    struct llmx_explainer *explainer = open_explainer(&options);
    assert_int_equal(fail_code(explainer, (struct llmx_person){.user = 0},
                               (struct llmx_recommendation){.item = llmx_data_item(bare, "y")}),
                     LLMX_BAD_INPUT);
    llmx_explainer_close(explainer);
    llmx_data_destroy(bare);
    data = whole;
}

static void test_explainer__options_are_checked_at_once(void **state)
{
    (void)state;
    struct llmx_explainer *explainer;
    struct llmx_error err = {0};
    struct llmx_explain_options options = how();
    options.tries = 0;
    assert_int_equal(llmx_explainer_open(&explainer, data, generator, &options, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_int_equal(llmx_explainer_open(&explainer, data, generator, &options, NULL), -1);
    llmx_explainer_close(NULL);
}

static void test_explainer__without_a_writer_checks(void **state)
{
    (void)state;
    const struct llmx_explain_options options = how();
    const struct llmx_explain_request request = request_of(0);
    struct llmx_explainer *writer = open_explainer(&options), *checker;
    struct llmx_explanation *written = calloc((size_t)request.n, sizeof *written), checked;
    struct llmx_error err;
    assert_int_equal(llmx_explainer_explain(writer, &request, written, &err), 0);
    assert_int_equal(llmx_explainer_open(&checker, data, NULL, &options, &err), 0);
    assert_int_equal(llmx_explainer_explain(checker, &request, written, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    for (int i = 0; i < request.n; i++) {
        const struct llmx_recommendation *r = &request.recommendations[i];
        assert_int_equal(
            llmx_explainer_check(checker, &request.person, r, written[i].text, &checked, &err), 0);
        assert_string_equal(checked.text, written[i].text);
        assert_string_equal(checked.prompt, written[i].prompt);
        if (written[i].has_passed)
            assert_int_equal(checked.has_passed, 1);
        assert_int_equal(checked.verdict.n_named, written[i].verdict.n_named);
        llmx_explanation_release(&checked);
        assert_int_equal(llmx_explainer_check(checker, &request.person, r,
                                              "A masterpiece that won 9 Oscars.", &checked, &err),
                         0);
        assert_int_equal(checked.has_passed, 0);
        assert_int_not_equal(checked.failed, 0);
        llmx_explanation_release(&checked);
        llmx_explanation_release(&written[i]);
    }
    free(written);
    llmx_explainer_close(checker);
    llmx_explainer_close(writer);
}

/* ---- a server writes ---- */

#define OK   "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define GOOD "You watched The Harbour Clock, so you will enjoy Glass Canyon."

/* Greedy tries say nothing that is wanted; drawn ones do, of Glass Canyon alone. Of Moth Season nothing is answered, when
 * `refuses_all` is set of no film. */
static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    const char *body = strstr(request, "\r\n\r\n") + 4;
    const bool is_drawn = !strstr(body, "\"temperature\":0.0"),
               is_good = is_drawn && strstr(body, "Why Glass Canyon"), *refuses_all = context;
    const char *text = is_good ? "<think>A clock.</think>" GOOD : "Of all films it is the one.";
    (void)number;
    if (strncmp(request, "GET ", 4) == 0)
        snprintf(response, size, OK "{\"data\":[{\"id\":\"strong\"}]}");
    else if (*refuses_all || strstr(body, "Why Moth Season"))
        snprintf(response, size,
                 "HTTP/1.1 400 No\r\nConnection: close\r\n\r\n{\"message\":\"not this\"}");
    else if (strstr(body, "\"stream\":true"))
        snprintf(response, size,
                 "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                 "data: {\"choices\":[{\"delta\":{\"content\":\"%.9s\"}}]}\n\n"
                 "data: {\"choices\":[{\"delta\":{\"content\":\"%s\"},\"finish_reason\":"
                 "\"stop\"}]}\n\ndata: [DONE]\n\n",
                 text, text + 9);
    else
        snprintf(response, size,
                 OK "{\"choices\":[{\"message\":{\"content\":\"%s\"},"
                    "\"finish_reason\":\"stop\"}]}",
                 text);
}

static void test_explainer__a_server_writes_as_well(void **state)
{
    (void)state;
    bool refuses_all = false;
    struct http_server *server = http_server_start(answer, &refuses_all);
    struct llmx_explain_options options = how();
    struct llmx_error err;
    char url[128];
    snprintf(url, sizeof url, "%s/v1", http_server_url(server));
    assert_int_equal(llmx_remote_open(&options.remote, url, NULL, NULL), 0);
    assert_int_equal(hold_against_file(&options), 1);

    struct llmx_explainer *explainer = open_explainer(&options);
    struct hearing h = {0};
    struct llmx_explanation why[EACH];
    struct llmx_explain_request request = request_of(3);
    request.told = hear;
    request.context = &h;
    if (llmx_explainer_explain(explainer, &request, why, &err) != 0)
        fail_msg("%s", err.message);
    assert_true(why[0].has_passed && why[0].tries == 2 && h.tries[0] == 2 && h.tries[1] == 3);
    assert_string_equal(why[0].text, GOOD);
    assert_string_equal(h.text[0][1], GOOD);
    assert_string_equal(h.text[1][2], "Of all films it is the one.");
    assert_int_equal(why[0].verdict.cited[0].start, 12);
    assert_int_equal(why[0].verdict.cited[0].end, 29);
    assert_true(!why[2].has_passed && why[2].tries == 3 && !*why[2].rejected[0].text);
    for (int i = 0; i < EACH; i++)
        llmx_explanation_release(&why[i]);
    h = (struct hearing){.cancel_after = 1};
    assert_int_equal(llmx_explainer_explain(explainer, &request, why, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
    refuses_all = true;
    request.told = NULL;
    assert_int_equal(llmx_explainer_explain(explainer, &request, why, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "not this");
    llmx_explainer_close(explainer);
    llmx_remote_destroy(options.remote);
    http_server_stop(server);
}

/* As view.h says it is done. */
static void test_explainer__its_gate_opens_a_viewer(void **state)
{
    (void)state;
    struct llmx_error err;
    const struct llmx_explain_options options = how();
    struct llmx_explainer *explainer = open_explainer(&options);
    const struct llmx_explain_request request = request_of(0);
    struct llmx_explanation why[EACH];
    struct llmx_viewer *viewer;
    struct llmx_view view;
    if (llmx_explainer_explain(explainer, &request, why, &err) != 0 ||
        llmx_viewer_open(&viewer, llmx_explainer_gate(explainer), &options, &err) != 0 ||
        llmx_view_make(&view, viewer, &request.person, &request.recommendations[0], &why[0],
                       &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(view.text, why[0].text);
    assert_string_equal(view.item_token, "30");
    llmx_view_release(&view);
    llmx_viewer_close(viewer);
    for (int i = 0; i < EACH; i++)
        llmx_explanation_release(&why[i]);
    llmx_explainer_close(explainer);
}

/* ---- */

static void put_recommendation(FILE *file, int person, int i)
{
    const struct llmx_person *p = &people[person].person;
    const struct llmx_recommendation *r = &people[person].top[i];
    fprintf(file, "{\"user\":\"%s\",\"item\":\"%s\",\"rank\":%d,\"evidence\":[",
            p->user < 0 ? "zoe" : llmx_data_user_token(data, p->user),
            llmx_data_item_token(data, r->item), r->rank);
    for (int k = 0; k < r->n_evidence; k++)
        plain_fprintf(file, "%s{\"item\":\"%s\",\"contribution\":%g}", k ? "," : "",
                      llmx_data_item_token(data, r->evidence[k].item),
                      (double)r->evidence[k].contribution);
    fprintf(file, "]");
    if (p->history)
        fprintf(file, ",\"history\":[\"1\",\"2\",\"18\"]");
    fprintf(file, "}\n");
}

static void make_people(void)
{
    static const char *const items[PEOPLE][EACH] = {
        {"30", "3", "8"}, {"3", "8", "15"}, {"25", "6", "9"}, {"13", "8", "15"}};
    FILE *file = fopen(recs, "w");
    assert_non_null(file);
    history[0] = llmx_data_item(data, "1");
    history[1] = llmx_data_item(data, "2");
    history[2] = llmx_data_item(data, "18");
    for (int p = 0; p < PEOPLE; p++) {
        people[p].person = p < 3 ? (struct llmx_person){.user = p}
                                 : (struct llmx_person){.user = -1, .history = history, .n = 3};
        int n;
        const llmx_id *had = p < 3 ? llmx_data_history(data, p, LLMX_TRAIN, &n) : history;
        evidence[p][0] = (struct llmx_evidence){had[0], 1.5f};
        evidence[p][1] = (struct llmx_evidence){had[2], 0.5f};
        for (int i = 0; i < EACH; i++) {
            people[p].top[i] =
                (struct llmx_recommendation){.item = llmx_data_item(data, items[p][i]),
                                             .rank = i + 1,
                                             .n_evidence = 2 - i,
                                             .evidence = evidence[p]};
            put_recommendation(file, p, i);
        }
    }
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    snprintf(recs, sizeof recs, "%s", test_path("recs.jsonl"));
    snprintf(layout, sizeof layout, "%s",
             test_file("short.txt", "@shared\nA customer[ of {age}].\n@history\n{n}: {title}\n"
                                    "@item\nWhy {title} ({class})?\n@evidence\n- {title}\n"
                                    "@fallback\nYou took {evidence}.\n"));
    snprintf(begun, sizeof begun, "%s",
             test_file("begun.txt", "@history\n{n}: {title}\n@item\nWhy {title} ({class})?\n"
                                    "@evidence\n- {title}\n"
                                    "@answer\nYou took {evidence}, so you may like \"{title}\". "
                                    "And\n"));
    if (llmx_data_open(&data, "tests/golden/tiny", NULL, &err) != 0)
        fail_msg("%s", err.message);
    model = test_model(2);
    if (llmx_generator_open(&generator, model, NULL, &err) != 0)
        fail_msg("%s", err.message);
    make_people();
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
        cmocka_unit_test(test_explainer__many_threads_write_what_the_file_command_writes),
        cmocka_unit_test(test_explainer__the_number_draws_later_tries),
        cmocka_unit_test(test_explainer__tells_every_try_as_it_grows),
        cmocka_unit_test(test_explainer__cancels_itself_alone),
        cmocka_unit_test(test_explainer__every_failed_allocation_is_said),
        cmocka_unit_test(test_explainer__says_who_and_what_is_unknown),
        cmocka_unit_test(test_explainer__of_an_item_without_a_title_nothing_is_said),
        cmocka_unit_test(test_explainer__options_are_checked_at_once),
        cmocka_unit_test(test_explainer__without_a_writer_checks),
        cmocka_unit_test(test_explainer__a_server_writes_as_well),
        cmocka_unit_test(test_explainer__its_gate_opens_a_viewer),
    };
    return cmocka_run_group_tests_name("explainer", tests, set_up, tear_down);
}
