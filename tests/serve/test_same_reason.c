/* The program writes the same reason of one recommendation, whether it is asked for in a file or on the page. Skipped without
 * the model. */
#include "support/shop.h"
#include "support/test.h"

#include <jansson.h>
#include <unistd.h>

#define SMOLLM2 "build/assets/smollm2-135m-instruct-q4_1.gguf"

/* What the command prints, a JSON object, has under this key. */
static json_t *answer(const char *command, const char *key)
{
    char *out;
    json_error_t where;
    assert_int_equal(test_shell(command, &out), 0);
    json_t *object = json_loads(out, 0, &where), *value = json_object_get(object, key);
    if (!json_is_string(value))
        fail_msg("no \"%s\" in: %s", key, out);
    json_incref(value);
    json_decref(object);
    free(out);
    return value;
}

/* With the adapter that comes with the program, and its defaults. The server's line says its port. */
static void test_same_reason__by_file_and_by_http(void **state)
{
    (void)state;
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    shop_make();
    json_t *written = answer("head -n 1 $T/recs.jsonl >$T/one.jsonl && $LLMXREC explain "
                             "$T/one.jsonl --run $T/run --base " SMOLLM2 " --quiet",
                             "explanation");
    json_t *served = answer(
        ": >$T/log; $LLMXREC serve --run $T/run --base " SMOLLM2 " --port 0 2>$T/log & server=$!; "
        "until port=$(sed -n 's|.*127.0.0.1:\\([0-9]*\\)/.*|\\1|p' $T/log) && [ -n \"$port\" ]; "
        "do kill -0 $server && [ $((n += 1)) -le 300 ] || break; sleep .1; done; "
        "curl -s http://127.0.0.1:$port/v1/explanations -H 'Content-Type: application/json' "
        "-d \"$(sed 's/,\"rank.*/}/' $T/one.jsonl)\"; kill $server; wait",
        "text");
    assert_string_equal(json_string_value(served), json_string_value(written));
    json_decref(served);
    json_decref(written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_reason__by_file_and_by_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
