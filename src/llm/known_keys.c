#include "llm/known_keys.h"

#include "base/plain_json.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 60 /* of a value in a message */

bool key_is_off(const json_t *value, const void *context)
{
    (void)context;
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_number(value) && json_number_value(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

bool key_is_one(const json_t *value, const void *context)
{
    (void)context;
    return json_is_null(value) || (json_is_number(value) && json_number_value(value) == 1);
}

bool key_is_no_factor(const json_t *value, const void *context)
{
    return key_is_one(value, context) || (json_is_number(value) && json_number_value(value) == 0);
}

bool key_is_boolean(const json_t *value, const void *context)
{
    (void)context;
    return json_is_null(value) || json_is_boolean(value);
}

bool key_is_on(const json_t *value, const void *context)
{
    (void)context;
    return json_is_null(value) || json_is_true(value);
}

static int refuse(const char *key, const json_t *value, const struct known_key *known,
                  const char *prefix, const char *path, struct llmx_error *err)
{
    char *shown = plain_json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *what = shown ? shown : "...";
    const int n = strlen(what) > SHOWN_BYTES ? SHOWN_BYTES : (int)strlen(what);
    const char *more = n == SHOWN_BYTES ? "..." : "";
    if (!known)
        err_set(err, LLMX_UNSUPPORTED,
                "%s: the key \"%s%s\" (%.*s%s) is not known to llmxrec and may change what is "
                "computed; if it does not, take it out of the file",
                path, prefix, key, n, what, more);
    else
        err_set(err, LLMX_UNSUPPORTED, "%s: \"%s%s\" is %.*s%s, which llmxrec does not compute%s%s",
                path, prefix, key, n, what, more, known->advice ? ": " : "",
                known->advice ? known->advice : "");
    free(shown);
    return -1;
}

static bool is_known(const struct known_key *known, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(known[i].name, key) == 0)
            return true;
    return false;
}

int known_keys_check(const json_t *object, const struct known_key *known, size_t n,
                     const void *context, const char *prefix, const char *path,
                     struct llmx_error *err)
{
    const char *key;
    const json_t *value;
    for (size_t i = 0; i < n; i++) {
        value = json_object_get(object, known[i].name);
        if (value && known[i].is_neutral && !known[i].is_neutral(value, context))
            return refuse(known[i].name, value, &known[i], prefix, path, err);
    }
    for (void *at = json_object_iter((json_t *)(size_t)object); at;
         at = json_object_iter_next((json_t *)(size_t)object, at)) {
        key = json_object_iter_key(at);
        value = json_object_iter_value(at);
        if (*key != '_' && !is_known(known, n, key) && !json_is_string(value) &&
            !key_is_off(value, NULL))
            return refuse(key, value, NULL, prefix, path, err);
    }
    return 0;
}
