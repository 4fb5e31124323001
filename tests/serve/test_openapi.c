/* test_openapi.c - openapi.json describes the routes that there are, no more and no less. */
#include "serve/app.h"
#include "support/spec.h"
#include "support/test.h"

#include <ctype.h>

static const json_t *described(const char *path, const char *method)
{
    char lower[8] = "";
    for (size_t i = 0; method[i] && i + 1 < sizeof lower; i++)
        lower[i] = (char)tolower((unsigned char)method[i]);
    return json_object_get(json_object_get(json_object_get(spec(), "paths"), path), lower);
}

static void test_openapi__describes_every_route(void **state)
{
    (void)state;
    for (const struct http_route *r = app_routes; r->method; r++) {
        const json_t *operation = described(r->path, r->method);
        if (!operation)
            fail_msg("%s %s is not described", r->method, r->path);
        const json_t *security = json_object_get(operation, "security");
        assert_int_equal(security && json_array_size(security) == 0, r->door == HTTP_OPEN);
        assert_int_equal(json_object_get(operation, "requestBody") != NULL,
                         strcmp(r->method, "POST") == 0);
    }
}

static void test_openapi__describes_nothing_else(void **state)
{
    json_t *paths = json_object_get(spec(), "paths"), *methods, *operation;
    const char *path, *method;
    size_t described = 0, routes = 0;
    (void)state;
    json_object_foreach(paths, path, methods)
    {
        json_object_foreach(methods, method, operation)
        {
            described++;
        }
    }
    while (app_routes[routes].method)
        routes++;
    assert_int_equal(described, routes);
}

/* Every parameter of a path has a description. */
static void test_openapi__names_the_parts_of_paths(void **state)
{
    (void)state;
    for (const struct http_route *r = app_routes; r->method; r++) {
        const char *open = strchr(r->path, '{');
        if (!open)
            continue;
        const json_t *first =
            json_array_get(json_object_get(described(r->path, r->method), "parameters"), 0);
        const char *name = json_string_value(json_object_get(first, "name"));
        assert_non_null(name);
        assert_int_equal(strncmp(open + 1, name, strlen(name)), 0);
        assert_string_equal(json_string_value(json_object_get(first, "in")), "path");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openapi__describes_every_route),
        cmocka_unit_test(test_openapi__describes_nothing_else),
        cmocka_unit_test(test_openapi__names_the_parts_of_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
