/* The program writes the same reason of one recommendation, whether it is asked for in a file or on the page. Skipped without
 * the model. */
#include "support/shop.h"
#include "support/talk.h"
#include "support/test.h"

#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define SMOLLM2   "build/assets/smollm2-135m-instruct-q4_1.gguf"
#define SECONDS   300 /* a text may take, with sanitizers */
#define TEXT_SIZE 2048

/* What the JSON object has under this key. */
static void take(char out[static TEXT_SIZE], const char *json, const char *key)
{
    json_t *object = json_loads(json, 0, NULL);
    const char *text = json_string_value(json_object_get(object, key));
    if (!text)
        fail_msg("no \"%s\" in: %s", key, json);
    snprintf(out, TEXT_SIZE, "%s", text);
    json_decref(object);
}

static void explain_by_file(char text[static TEXT_SIZE])
{
    char *out;
    assert_int_equal(test_shell("head -n 1 $T/recs.jsonl >$T/one.jsonl && $LLMXREC explain "
                                "$T/one.jsonl --run $T/run --base " SMOLLM2 " --quiet",
                                &out),
                     0);
    take(text, out, "explanation");
    free(out);
}

static void explain_by_http(char text[static TEXT_SIZE])
{
    char user[TEXT_SIZE], item[TEXT_SIZE], body[2 * TEXT_SIZE + 64];
    int port;
    char *recommendation = test_read(test_path("one.jsonl"));
    take(user, recommendation, "user");
    take(item, recommendation, "item");
    free(recommendation);
    snprintf(body, sizeof body, "{\"user\":\"%s\",\"item\":\"%s\"}", user, item);
    const pid_t server = shop_program("--base", SMOLLM2, &port);
    const int connection = talk_open(port);
    talk_say(connection,
             "POST /v1/explanations HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    take(text, talk_body(talk_hear(connection, SECONDS)), "text");
    close(connection);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
}

/* With the adapter that comes with the program, and its defaults. */
static void test_same_reason__by_file_and_by_http(void **state)
{
    char written[TEXT_SIZE], served[TEXT_SIZE];
    (void)state;
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    shop_make();
    explain_by_file(written);
    explain_by_http(served);
    assert_string_equal(served, written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_reason__by_file_and_by_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
