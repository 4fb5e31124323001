/* Any bytes as a line of JSON Lines: json_scan must find what jansson finds, and refuse what it refuses. */
#include "base/plain_json.h"
#include "base/utf8.h"
#include "format/json_scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { KEYS = 4 };
static const struct span keys[KEYS] = {{"a", 1}, {"b", 1}, {"b.c", 3}, {"d.e.f", 5}};

/* The value at a key, "b.c" one within an object; NULL: none. */
static const json_t *find(const json_t *object, const char *key)
{
    const json_t *found = json_object_get(object, key);
    const char *dot = strchr(key, '.');
    char head[8] = "";
    if (found || !dot)
        return found;
    memcpy(head, key, (size_t)(dot - key));
    return find(json_object_get(object, head), dot + 1);
}

static void check(const json_t *value, struct span got, bool is_nested)
{
    const bool is_text = json_is_string(value);
    if (is_nested != (json_is_object(value) || json_is_array(value)))
        abort();
    if ((!value || json_is_null(value)) && got.n > 0)
        abort();
    if (is_text &&
        (json_string_length(value) != got.n || memcmp(json_string_value(value), got.s, got.n) != 0))
        abort();
    if (json_is_number(value) && (got.n == 0 || (*got.s != '-' && (*got.s < '0' || *got.s > '9'))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *s = (const char *)bytes;
    struct span values[KEYS];
    bool is_nested[KEYS];
    json_error_t what;
    char *text = n ? malloc(n) : NULL; /* not a byte more than promised */
    if (!text || memchr(s, '\0', n)) { /* which jansson takes for a blank behind a number */
        free(text);
        return 0;
    }
    struct json_scan scan = {
        .keys = keys, .n_keys = KEYS, .values = values, .text = text, .is_nested = is_nested};
    const bool is_good = json_scan(&scan, s, n);
    json_t *object = plain_json_loadb(s, n, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &what);
    for (int i = 0; is_good && json_is_object(object) && i < KEYS; i++)
        check(find(object, keys[i].s), values[i], is_nested[i]);
    /* What it leaves to others: that texts are UTF-8, numbers in range, keys that nobody asked for once. */
    const int code = object ? -1 : (int)json_error_code(&what);
    if (is_good && !json_is_object(object) && utf8_check(s, n) == n &&
        code != json_error_numeric_overflow && code != json_error_duplicate_key &&
        code != json_error_null_byte_in_key)
        abort();
    if (!is_good && json_is_object(object) && strcmp(scan.wrong, "a key is there twice") != 0 &&
        strcmp(scan.wrong, "objects or arrays too deep in one another") != 0)
        abort();
    json_decref(object);
    free(text);
    return 0;
}
