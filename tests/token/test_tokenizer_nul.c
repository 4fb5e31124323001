/* Names with U+0000, which pass through a text of their own: also when memory runs out. */
#include "support/failing_alloc.h"
#include "support/test.h"

#include "token/tokenizer.h"

static const char spelt[] =
    "{\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,\"vocab\":{\"\\u0000\":0,\"a\":1,"
    "\"\\u0000a\":2,\"a\\u0000\":3},\"merges\":[%s]}}";

static int parse(void *context, struct llmx_error *err)
{
    char json[300];
    struct llmx_tokenizer *t = NULL;
    const int n = snprintf(json, sizeof json, spelt, (const char *)context);
    const int result = tokenizer_parse(&t, (const unsigned char *)json, (size_t)n, "t.json", err);
    llmx_tokenizer_destroy(t);
    return result;
}

static void check(const char *merges)
{
    struct llmx_error err;
    char *context = (char *)(uintptr_t)merges;
    if (parse(context, &err) != 0)
        fail_msg("%s", err.message);
    assert_true(failing_alloc_each(parse, context) > 5);
}

static void test_tokenizer__names_with_nul_survive_every_failed_allocation(void **state)
{
    (void)state;
    check("\"\\u0000 a\",\"a \\u0000\"");
    check("[\"\\u0000\",\"a\"],[\"a\",\"\\u0000\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokenizer__names_with_nul_survive_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
