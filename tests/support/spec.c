/* spec.c - a small reader of OpenAPI. */
#include "support/spec.h"

#include "support/test.h"

const json_t *spec(void)
{
    static json_t *file;
    json_error_t where;
    if (!file && !(file = json_load_file("src/serve/web/openapi.json", 0, &where)))
        fail_msg("openapi.json:%d: %s", where.line, where.text);
    return file;
}

/* "#/components/schemas/Item" */
static const json_t *resolve(const json_t *node)
{
    const char *ref = json_string_value(json_object_get(node, "$ref"));
    char part[64];
    if (!ref)
        return node;
    node = spec();
    for (ref++; *ref == '/'; ref += strlen(part) + 1) {
        snprintf(part, sizeof part, "%.*s", (int)strcspn(ref + 1, "/"), ref + 1);
        node = json_object_get(node, part);
    }
    assert_non_null(node);
    return node;
}

static bool is_of_type(const json_t *value, const char *type)
{
    return strcmp(type, "object") == 0    ? json_is_object(value)
           : strcmp(type, "array") == 0   ? json_is_array(value)
           : strcmp(type, "string") == 0  ? json_is_string(value)
           : strcmp(type, "integer") == 0 ? json_is_integer(value)
           : strcmp(type, "number") == 0  ? json_is_number(value)
           : strcmp(type, "boolean") == 0 ? json_is_boolean(value)
                                          : json_is_null(value);
}

static bool is_of_types(const json_t *value, const json_t *type)
{
    if (!json_is_array(type))
        return !type || is_of_type(value, json_string_value(type));
    for (size_t i = 0; i < json_array_size(type); i++)
        if (is_of_type(value, json_string_value(json_array_get(type, i))))
            return true;
    return false;
}

static bool is_in(const json_t *value, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(value, json_array_get(list, i)))
            return true;
    return !list;
}

static void check_value(const json_t *value, const json_t *schema, const char *where);

/* All that is required is there, and what is there is described. */
static void check_object(const json_t *value, const json_t *schema, const char *where)
{
    const json_t *required = json_object_get(schema, "required"),
                 *properties = json_object_get(schema, "properties");
    const char *key;
    json_t *member;
    for (size_t i = 0; i < json_array_size(required); i++)
        if (!json_object_get(value, json_string_value(json_array_get(required, i))))
            fail_msg("%s lacks %s", where, json_string_value(json_array_get(required, i)));
    json_object_foreach((json_t *)value, key, member)
    {
        if (!json_object_get(properties, key))
            fail_msg("%s has %s, of which openapi.json knows nothing", where, key);
        check_value(member, json_object_get(properties, key), key);
    }
}

static bool is_in_range(const json_t *value, const json_t *schema)
{
    const json_t *least = json_object_get(schema, "minimum"),
                 *most = json_object_get(schema, "maximum");
    return (!least || json_number_value(value) >= json_number_value(least)) &&
           (!most || json_number_value(value) <= json_number_value(most));
}

static void check_value(const json_t *value, const json_t *schema, const char *where)
{
    schema = resolve(schema);
    const json_t *or_null = json_object_get(schema, "anyOf"); /* of something and of null */
    if (or_null && !json_is_null(value))
        check_value(value, json_array_get(or_null, 0), where);
    const json_t *constant = json_object_get(schema, "const");
    if (!is_of_types(value, json_object_get(schema, "type")) ||
        !is_in(value, json_object_get(schema, "enum")) || !is_in_range(value, schema) ||
        (constant && !json_equal(value, constant)))
        fail_msg("%s is no value that openapi.json allows there", where);
    if (json_object_get(schema, "properties"))
        check_object(value, schema, where);
    for (size_t i = 0; json_object_get(schema, "items") && i < json_array_size(value); i++)
        check_value(json_array_get(value, i), json_object_get(schema, "items"), where);
}

/* Is it the path, where "{name}" stands for any part? */
static bool fits(const char *pattern, const char *path)
{
    while (*pattern && *path) {
        if (*pattern == '{') {
            path += strcspn(path, "/");
            pattern += strcspn(pattern, "}") + 1;
        } else if (*pattern++ != *path++)
            return false;
    }
    return *pattern == *path;
}

static const json_t *operation(const char *method, const char *path)
{
    json_t *paths = json_object_get(spec(), "paths"), *route;
    const char *pattern;
    json_object_foreach(paths, pattern, route)
    {
        if (fits(pattern, path))
            return json_object_get(route, strcmp(method, "GET") == 0 ? "get" : "post");
    }
    return NULL;
}

void spec_check(const char *method, const char *path, int status, const json_t *body)
{
    char number[16];
    snprintf(number, sizeof number, "%d", status);
    const json_t *responses = json_object_get(operation(method, path), "responses");
    if (!responses)
        fail_msg("openapi.json has no %s %s", method, path);
    const json_t *response = resolve(json_object_get(responses, number));
    if (!response)
        fail_msg("openapi.json does not say that %s %s answers %d", method, path, status);
    const json_t *content =
        json_object_get(json_object_get(response, "content"), "application/json");
    if (body && !content)
        fail_msg("openapi.json does not say that %s %s answers JSON", method, path);
    if (body)
        check_value(body, json_object_get(content, "schema"), path);
}
