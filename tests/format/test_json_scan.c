/* Values by key, held against jansson on made-up lines, whole and damaged. */
#include "support/test.h"

#include "base/plain_json.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "format/json_scan.h"

enum { KEYS = 3, BYTES = 4096 };
static const struct span keys[KEYS] = {{"u", 1}, {"t", 1}, {"o.u", 3}};

struct scanned {
    struct span values[KEYS];
    bool is_nested[KEYS];
    char text[BYTES];
    struct json_scan scan;
};

static bool scan(struct scanned *into, const char *s, size_t n)
{
    into->scan = (struct json_scan){.keys = keys,
                                    .n_keys = KEYS,
                                    .values = into->values,
                                    .text = into->text,
                                    .is_nested = into->is_nested};
    return json_scan(&into->scan, s, n);
}

static void assert_value(const char *line, int key, const char *expected)
{
    struct scanned got;
    if (!scan(&got, line, strlen(line)))
        fail_msg("%s: %s at %zu", line, got.scan.wrong, got.scan.at);
    char value[BYTES];
    snprintf(value, sizeof value, "%.*s", (int)got.values[key].n, got.values[key].s);
    assert_string_equal(value, expected);
}

static void test_json_scan__finds_values(void **state)
{
    (void)state;
    assert_value("{\"u\":\"x\"}", 0, "x");
    assert_value(" { \"t\" : [ 1 , {\"u\":2} ] , \"u\" : -1.5e+3 } ", 0, "-1.5e+3");
    assert_value("{\"o\":{\"u\":{\"u\":1}},\"u\":true}", 2, "{\"u\":1}");
    assert_value("{\"o\":{\"x\":[],\"u\":\"deep\"}}", 2, "deep");
    assert_value("{\"o.u\":\"flat\"}", 2, "flat");
    assert_value("{\"o\":[{\"u\":1}],\"ou\":3}", 2, "");
    assert_value("{\"\\u0075\":\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", 0,
                 "\u00e9\U0001F600\"\\/\b\f\n\r\t");
    assert_value("{\"x\":\"\\\"u\\\":1\",\"u\":\"2\"}", 0, "2");
    assert_value("{\"u\":null}", 0, "");
    assert_value("{\"uu\":1,\"\":2,\"u\":3}", 0, "3");
    struct scanned got;
    assert_true(scan(&got, "{\"u\":null,\"t\":[]}", 17));
    assert_true(got.values[0].s != json_absent && got.values[2].s == json_absent);
    assert_true(got.is_nested[1] && !got.is_nested[0]);
}

static void test_json_scan__refuses_what_is_no_object(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "{",
                                      "{}{}",
                                      "[]",
                                      "1",
                                      "{\"u\"}",
                                      "{\"u\":}",
                                      "{\"u\":1,}",
                                      "{,}",
                                      "{u:1}",
                                      "{'u':1}",
                                      "{\"u\":01}",
                                      "{\"u\":1.}",
                                      "{\"u\":.5}",
                                      "{\"u\":-}",
                                      "{\"u\":1e}",
                                      "{\"u\":+1}",
                                      "{\"u\":NaN}",
                                      "{\"u\":tru}",
                                      "{\"u\":\"a}",
                                      "{\"u\":[1}",
                                      "{\"u\":[1,]}",
                                      "{\"u\":\"\\x\"}",
                                      "{\"u\":\"\\u12g4\"}",
                                      "{\"u\":\"\\ud83d\"}",
                                      "{\"u\":\"\\ude00\"}",
                                      "{\"u\":\"\t\"}",
                                      "{\"u\":1,\"u\":2}",
                                      "{\"u\":1 \"t\":2}",
                                      "{\"o\":{\"u\":1},\"o.u\":2}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scanned got;
        if (scan(&got, bad[i], strlen(bad[i])))
            fail_msg("taken: %s", bad[i]);
        assert_true(got.scan.at <= strlen(bad[i]));
    }
    char deep[2 * JSON_DEPTH_MAX + 16];
    for (int depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX; depth++) {
        const int n = snprintf(deep, sizeof deep, "{\"u\":%0*d%0*d}", depth, 0, depth, 0);
        memset(deep + 5, '[', (size_t)depth);
        memset(deep + 5 + depth, ']', (size_t)depth);
        struct scanned got;
        assert_int_equal(scan(&got, deep, (size_t)n), depth < JSON_DEPTH_MAX);
    }
}

/* A value, of which texts have quotes, escapes and characters of several bytes in them. */
static size_t put_value(char *out, struct rng *rng, int depth)
{
    static const char *const plain[] = {"null",
                                        "true",
                                        "-0.5e-3",
                                        "17",
                                        "\"\"",
                                        "\"\\u0041\\n\"",
                                        "\"caf\u00e9 \\\"u\\\":1\"",
                                        "\"a longer text, {and [so}\"",
                                        "\"\\ud83d\\ude00\\\\\""};
    static const char *const names[] = {"u", "t", "o", "x", "\\u0075", "o.u"};
    const uint32_t kind = rng_below(rng, depth > 3 ? 9 : 12);
    size_t n = 0;
    if (kind < 9)
        return (size_t)sprintf(out, "%s", plain[kind]);
    const bool is_object = kind > 9;
    out[n++] = is_object ? '{' : '[';
    for (uint32_t i = 0, members = rng_below(rng, 4); i < members; i++) {
        n += (size_t)sprintf(out + n, "%s", i ? "," : "");
        if (is_object)
            n += (size_t)sprintf(out + n, "\"%s\":", names[rng_below(rng, 6)]);
        n += put_value(out + n, rng, depth + 1);
    }
    out[n++] = is_object ? '}' : ']';
    return n;
}

static const json_t *value_at(const json_t *object, int key)
{
    const json_t *flat = json_object_get(object, keys[key].s);
    return key == 2 && !flat ? json_object_get(json_object_get(object, "o"), "u") : flat;
}

static void test_json_scan__agrees_with_jansson(void **state)
{
    (void)state;
    struct rng rng = rng_stream(5, RNG_INIT, 0);
    int good = 0, bad = 0;
    for (int i = 0; i < 60000; i++) {
        char line[BYTES];
        struct scanned got;
        json_error_t what;
        size_t n;
        do
            n = put_value(line, &rng, 0);
        while (*line != '{' || n > 1000);
        if (rng_below(&rng, 3) == 0)
            line[rng_below(&rng, (uint32_t)n)] = "\"\\{}[],:0eu "[rng_below(&rng, 12)];
        json_t *object = plain_json_loadb(line, n, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &what);
        const bool is_good = scan(&got, line, n);
        const bool is_twice = !is_good && strcmp(got.scan.wrong, "a key is there twice") == 0;
        const bool is_alike = !object && json_error_code(&what) == json_error_duplicate_key;
        if (is_good != json_is_object(object) && !is_twice && !is_alike && utf8_check(line, n) == n)
            fail_msg("%.*s: %s", (int)n, line, is_good ? what.text : got.scan.wrong);
        for (int k = 0; is_good && object && k < KEYS; k++) {
            const json_t *value = value_at(object, k);
            if (json_is_string(value)) {
                assert_int_equal(got.values[k].n, json_string_length(value));
                assert_memory_equal(got.values[k].s, json_string_value(value), got.values[k].n);
            }
            assert_int_equal(got.is_nested[k], json_is_object(value) || json_is_array(value));
        }
        good += is_good;
        bad += !is_good;
        json_decref(object);
    }
    assert_true(good > 20000 && bad > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_scan__finds_values),
        cmocka_unit_test(test_json_scan__refuses_what_is_no_object),
        cmocka_unit_test(test_json_scan__agrees_with_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
