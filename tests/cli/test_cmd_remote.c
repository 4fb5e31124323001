/* --base http://...: what generate, explain and examples say, with a server and about options that need a model here. */
#include "support/http_server.h"
#include "support/test.h"

#define OK      "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define KEY     "sesame-4711"
#define NOWHERE "--base http://127.0.0.1:1/v1 "
#define EXPLAIN "$LLMXREC explain $T/none.jsonl --data tests/golden/tiny " NOWHERE

#define REC    "\"user\":\"tom\",\"item\":\"casino\",\"evidence\":[\"heat\"]"
#define REASON "You have watched \\\"Heat\\\", so \\\"Casino\\\" may be next."

/* Answers with the model that was asked for, or always the same reason; without the key it refuses, naming none. */
static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    (void)context, (void)number;
    const char *model = strstr(request, "\"large\"") ? "large" : "small";
    if (!strstr(request, "Authorization: Bearer " KEY "\r\n"))
        snprintf(response, size,
                 "HTTP/1.1 401 No\r\nConnection: close\r\n\r\n{\"error\":\"no key\"}");
    else if (strncmp(request, "GET ", 4) == 0)
        snprintf(response, size, OK "{\"data\":[{\"id\":\"small\"},{\"id\":\"large\"}]}");
    else if (strstr(request, "Recommended: "))
        snprintf(response, size, OK "{\"choices\":[{\"message\":{\"content\":\"" REASON "\"}}]}");
    else
        snprintf(response, size, OK "{\"choices\":[{\"message\":{\"content\":\"I am %s\"}}]}",
                 model);
}

static void test_cmd_generate__asks_a_server(void **state)
{
    (void)state;
    struct http_server *server = http_server_start(answer, NULL);
    char command[512];
    test_file("in.jsonl", "{\"prompt\":\"Who?\"}\n{\"prompt\":\"And you?\"}\n");
    setenv("LLMXREC_TEST_KEY", KEY, 1);
    snprintf(command, sizeof command,
             "$LLMXREC generate $T/in.jsonl --base %s/v1 --remote-model large --key-variable "
             "LLMXREC_TEST_KEY --in-flight 1 --quiet",
             http_server_url(server));
    test_command(command, 0,
                 "{\"prompt\":\"Who?\",\"text\":\"I am large\",\"tokens\":0,\"finish\":\"stop\","
                 "\"model\":\"large\"}\n{\"prompt\":\"And you?\",\"text\":\"I am large\"");
    unsetenv("LLMXREC_TEST_KEY");
    test_command(command, 1, "LLMXREC_TEST_KEY, which should hold the key, is not set");
    setenv("LLMXREC_API_KEY", "wrong-" KEY, 1);
    snprintf(command, sizeof command,
             "$LLMXREC generate $T/in.jsonl --base %s/v1 2>&1 | tee $T/said; ! grep -q " KEY
             " $T/said",
             http_server_url(server));
    test_command(command, 0, "answers 401: no key");
    unsetenv("LLMXREC_API_KEY");
    http_server_stop(server);
}

/* The first line is written; the second was; the reason is none for the third. */
static void test_cmd_examples__drafts_what_is_empty(void **state)
{
    (void)state;
    struct http_server *server = http_server_start(answer, NULL);
    char command[512];
    setenv("LLMXREC_API_KEY", KEY, 1);
    test_file("todo.jsonl",
              "{" REC ",\"prompt\":\"not read\",\"output\":\"\"}\n{" REC ",\"output\":\"Mine.\"}\n"
              "{\"user\":\"tom\",\"item\":\"titanic\",\"evidence\":[\"heat\"],\"output\":\" \"}\n");
    snprintf(command, sizeof command,
             "$LLMXREC examples draft $T/todo.jsonl --data tests/golden/gate/movies --base %s/v1 "
             "--tries 2 --out $T/drafts.jsonl",
             http_server_url(server));
    test_command(command, 3, "2 examples with a text, 1 without");
    unsetenv("LLMXREC_API_KEY");
    http_server_stop(server);
    char *drafts = test_read(test_path("drafts.jsonl"));
    assert_string_equal(drafts, "{" REC ",\"prompt\":\"not read\",\"output\":\"" REASON
                                "\",\"source\":\"small\"}\n{" REC ",\"output\":\"Mine.\"}\n"
                                "{\"user\":\"tom\",\"item\":\"titanic\",\"evidence\":[\"heat\"],"
                                "\"output\":\" \"}\n");
    free(drafts);
    test_command("ls $T/drafts.jsonl.*", 2, "No such file");
    test_command("$LLMXREC examples draft $T/todo.jsonl --data tests/golden/gate/movies", 2,
                 "draft needs a server");
}

static void test_cmd_remote__refuses_what_needs_a_model_here(void **state)
{
    (void)state;
    const char *const options[] = {"--adapter x", "--precision bf16", "--chat-template chatml",
                                   "--grounded"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char command[512], said[64];
        snprintf(command, sizeof command, EXPLAIN "%s", options[i]);
        snprintf(said, sizeof said, "%.*s is for a model here", (int)strcspn(options[i], " "),
                 options[i]);
        test_command(command, 2, said);
    }
    test_command("$LLMXREC generate - " NOWHERE "--sequences 4", 2, "--sequences is for a model");
    test_command("$LLMXREC generate - " NOWHERE "--adapter x", 2, "--adapter is for a model here");
    test_command("$LLMXREC generate - --base tests/golden/llm/qwen2 --remote-model x", 2,
                 "--remote-model is for a model on a server");
    test_command("$LLMXREC generate - --base tests/golden/llm/qwen2 --remote-extra {}", 2,
                 "--remote-extra is for a model on a server");
    test_command(EXPLAIN "--remote-extra low", 2, "remote-extra is no JSON object");
    test_command(EXPLAIN "--in-flight 0", 2, "in-flight 0: choose 1 or more");
    test_command(EXPLAIN "--retries -1", 2, "retries -1: choose 0 or more");
    test_command("$LLMXREC generate - " NOWHERE "--quiet", 1,
                 "cannot reach http://127.0.0.1:1/v1/models");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_generate__asks_a_server),
        cmocka_unit_test(test_cmd_examples__drafts_what_is_empty),
        cmocka_unit_test(test_cmd_remote__refuses_what_needs_a_model_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
