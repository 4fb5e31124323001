/* test_writing.c - explanations written while somebody waits, by SmolLM2: whole and streamed, kept, given up, finished at the
 * end, and refused when there is too much to do. Skipped without the model; too slow under TSan. */
#include "llmxrec/serve.h"
#include "support/shop.h"
#include "support/spec.h"
#include "support/talk.h"
#include "support/test.h"

#include <jansson.h>
#include <time.h>
#include <unistd.h>

#define SMOLLM2 "build/assets/smollm2-135m-instruct-q4_1.gguf"

static struct llmx_explain_options explain;

static void with_model(struct llmx_serve_options *how)
{
    explain = llmx_explain_defaults();
    explain.model_name = "smollm2";
    explain.tries = 2;
    explain.max_tokens = 24;
    how->base = SMOLLM2;
    how->explain = &explain;
}

static int open_port(const char *db)
{
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    return shop_open(db, with_model);
}

static void post(int connection, const char *path, const char *body)
{
    talk_say(connection,
             "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             path, strlen(body), body);
}

static json_t *ask(int port, const char *path, const char *body)
{
    const char *answer = talk(port, "POST", path, "Content-Type: application/json\r\n", body);
    json_t *object = json_loads(talk_body(answer), 0, NULL);
    if (talk_status(answer) != 200 || !object)
        fail_msg("%s: %s", body, answer);
    spec_check("POST", path, 200, object);
    return object;
}

/* How many texts are being written, or wait. */
static int load(int port)
{
    static const char *const gauges[] = {"\nllmxrec_texts_writing ", "\nllmxrec_texts_waiting "};
    int sum = 0, n;
    const char *answer = talk(port, "GET", "/metrics", "", NULL);
    for (int i = 0; i < 2; i++) {
        const char *at = strstr(answer, gauges[i]);
        assert_non_null(at);
        assert_int_equal(sscanf(at + strlen(gauges[i]), "%d", &n), 1);
        sum += n;
    }
    return sum;
}

static bool becomes_idle(int port)
{
    for (int i = 0; i < 60000; i++) {
        if (load(port) == 0)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return false;
}

/* The object of the last event, which must be of that name; NULL where there is none. */
static json_t *last_event(const char *answer, const char *name)
{
    const char *last = NULL;
    char begin[64];
    snprintf(begin, sizeof begin, "event: %s\ndata: ", name);
    for (const char *at = answer; (at = strstr(at, begin)) != NULL; at++)
        last = at + strlen(begin);
    return last ? json_loads(last, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
}

#define ASKED    "{\"user\":\"u3\",\"item\":\"i11\"}"
#define STREAMED "{\"user\":\"u3\",\"item\":\"i11\",\"stream\":true}"
#define CHATTED                                                                                    \
    "\"messages\":[{\"role\":\"user\",\"content\":\"Name a colour.\"}],\"temperature\":0"

static json_t *ask_streamed(int port, bool *has_text)
{
    const char *answer =
        talk(port, "POST", "/v1/explanations", "Content-Type: application/json\r\n", STREAMED);
    *has_text = strstr(answer, "event: text\n") != NULL;
    assert_contains(answer, "Content-Type: text/event-stream\r\n");
    json_t *object = last_event(answer, "explanation");
    if (!object)
        fail_msg("no explanation: %s", answer);
    spec_check("POST", "/v1/explanations", 200, object);
    return object;
}

static void test_writing__whole_and_streamed_are_one(void **state)
{
    (void)state;
    bool has_text;
    int port = open_port(NULL);
    json_t *whole = ask(port, "/v1/explanations", ASKED);
    shop_close();
    port = open_port(NULL);
    json_t *streamed = ask_streamed(port, &has_text);
    assert_true(has_text);
    assert_true(json_equal(whole, streamed));
    json_decref(streamed);
    streamed = ask_streamed(port, &has_text); /* kept: nothing is written */
    assert_false(has_text);
    assert_true(json_equal(whole, streamed));
    json_decref(streamed);
    json_decref(whole);
    shop_close();
}

/* What was written is there after the server was started again. */
static void test_writing__is_kept_in_the_store(void **state)
{
    (void)state;
    char db[256];
    bool has_text;
    snprintf(db, sizeof db, "%s", test_path("kept.sqlite"));
    json_t *first = ask(open_port(db), "/v1/explanations", ASKED);
    shop_close();
    json_t *again = ask_streamed(open_port(db), &has_text);
    assert_false(has_text);
    assert_true(json_equal(first, again));
    shop_close();
    json_decref(again);
    json_decref(first);
}

static void with_adapter(struct llmx_serve_options *how)
{
    static char path[256], base[256];
    static struct llmx_model_options options;
    snprintf(path, sizeof path, "%s", test_path("adapter"));
    snprintf(base, sizeof base, "%s", test_path("base.gguf"));
    options.adapter = path;
    with_model(how);
    how->base = base;
    explain.adapter_name = "adapter";
    how->model = &options;
}

static bool is_written_with_adapter(const char *db)
{
    bool has_text;
    json_decref(ask_streamed(shop_open(db, with_adapter), &has_text));
    shop_close();
    return has_text;
}

static void run(const char *command)
{
    char *out;
    if (test_shell(command, &out) != 0)
        fail_msg("%s: %s", command, out);
    free(out);
}

/* An adapter that was tuned again under its name writes again, and so does another base under its name. */
static void test_writing__is_kept_by_what_writes(void **state)
{
    (void)state;
    char db[256];
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    snprintf(db, sizeof db, "%s", test_path("adapted.sqlite"));
    run("cp -r data/adapters/reasons $T/adapter && cp " SMOLLM2 " $T/base.gguf");
    assert_true(is_written_with_adapter(db));
    assert_false(is_written_with_adapter(db));
    run("cd $T/adapter && printf 1 | dd bs=1 seek=4000000 conv=notrunc "
        "of=adapter_model.safetensors");
    assert_true(is_written_with_adapter(db));
    run("cd $T/adapter && sed -i 's/\"lora_alpha\": *[0-9.]*/\"lora_alpha\": 1/' "
        "adapter_config.json");
    assert_true(is_written_with_adapter(db));
    run("touch -d 2001-02-03 $T/base.gguf");
    assert_true(is_written_with_adapter(db));
    assert_false(is_written_with_adapter(db));
}

/* What it says of a pickle helps more than that the other file is not there. */
static void test_writing__says_what_to_make_of_a_pickle(void **state)
{
    (void)state;
    char run_dir[256], adapter[256];
    struct llmx_error err;
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    run("mkdir $T/pickle && cp data/adapters/reasons/adapter_config.json $T/pickle && "
        "touch $T/pickle/adapter_model.bin");
    snprintf(run_dir, sizeof run_dir, "%s", test_path("run"));
    snprintf(adapter, sizeof adapter, "%s", test_path("pickle"));
    const struct llmx_serve_options how = {.run_dir = run_dir,
                                           .base = SMOLLM2,
                                           .model =
                                               &(struct llmx_model_options){.adapter = adapter}};
    assert_int_equal(llmx_serve(&how, &err), -1);
    assert_contains(err.message, "is a pickle");
}

static void test_writing__stops_when_the_client_has_gone(void **state)
{
    (void)state;
    const int port = open_port(NULL);
    for (int streamed = 0; streamed < 2; streamed++) {
        const int connection = talk_open(port);
        post(connection, "/v1/chat/completions",
             streamed ? "{\"stream\":true,\"max_tokens\":4000," CHATTED "}"
                      : "{\"max_tokens\":4000," CHATTED "}");
        for (int i = 0; i < 500 && load(port) == 0; i++)
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        close(connection);
        assert_true(becomes_idle(port));
    }
    shop_close();
}

/* More than is written at a time and may wait: 503, and when to ask again. */
static void test_writing__refuses_what_is_too_much(void **state)
{
    (void)state;
    enum { CLIENTS = 240 };
    int connection[CLIENTS], refused = 0;
    const int port = open_port(NULL);
    for (int i = 0; i < CLIENTS; i++) {
        connection[i] = talk_open(port);
        post(connection[i], "/v1/chat/completions", "{\"max_tokens\":400," CHATTED "}");
    }
    for (int i = CLIENTS; i-- > CLIENTS - 20;) {
        const char *answer = talk_hear(connection[i], .2);
        if (talk_status(answer) == 503) {
            assert_contains(answer, "Retry-After: ");
            refused++;
        }
    }
    assert_true(refused > 0);
    assert_int_equal(talk_status(talk(port, "GET", "/v1/users", "", NULL)), 200);
    for (int i = 0; i < CLIENTS; i++)
        close(connection[i]);
    assert_true(becomes_idle(port));
    shop_close();
}

static void test_writing__finishes_what_runs_at_the_end(void **state)
{
    (void)state;
    const int port = open_port(NULL), connection = talk_open(port);
    post(connection, "/v1/explanations", ASKED);
    for (int i = 0; i < 500 && load(port) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    shop_close();
    const char *answer = talk_hear(connection, 5);
    assert_int_equal(talk_status(answer), 200);
    assert_contains(answer, "\"text\":");
    close(connection);
}

static json_t *chat(int port, const char *body)
{
    return ask(port, "/v1/chat/completions", body);
}

static void test_writing__chats_as_openai_does(void **state)
{
    (void)state;
    char joined[1024] = "";
    const int port = open_port(NULL);
    json_t *whole = chat(port, "{\"max_tokens\":12," CHATTED "}");
    const json_t *choice = json_array_get(json_object_get(whole, "choices"), 0);
    const char *text =
        json_string_value(json_object_get(json_object_get(choice, "message"), "content"));
    const char *answer =
        talk(port, "POST", "/v1/chat/completions", "Content-Type: application/json\r\n",
             "{\"stream\":true,\"max_tokens\":12," CHATTED "}");
    assert_contains(answer, "data: [DONE]\n\n");
    for (const char *at = answer; (at = strstr(at, "data: {")) != NULL; at++) {
        json_t *chunk = json_loads(at + 6, JSON_DISABLE_EOF_CHECK, NULL);
        const json_t *first = json_array_get(json_object_get(chunk, "choices"), 0);
        const char *more =
            json_string_value(json_object_get(json_object_get(first, "delta"), "content"));
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s", more ? more : "");
        json_decref(chunk);
    }
    assert_true(*text);
    assert_string_equal(joined, text);
    json_decref(whole);
    shop_close();
}

static int start(void **state)
{
    (void)state;
    shop_make();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writing__whole_and_streamed_are_one),
        cmocka_unit_test(test_writing__is_kept_in_the_store),
        cmocka_unit_test(test_writing__is_kept_by_what_writes),
        cmocka_unit_test(test_writing__says_what_to_make_of_a_pickle),
        cmocka_unit_test(test_writing__stops_when_the_client_has_gone),
        cmocka_unit_test(test_writing__refuses_what_is_too_much),
        cmocka_unit_test(test_writing__finishes_what_runs_at_the_end),
        cmocka_unit_test(test_writing__chats_as_openai_does),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
