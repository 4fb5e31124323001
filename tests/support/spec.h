/* spec.h - holds what a server answers to openapi.json: is this an answer that the route gives, and does the body fit
 * its schema? Knows as much of JSON Schema as our file uses. */
#ifndef TESTS_SPEC_H
#define TESTS_SPEC_H

#include <jansson.h>

/* The whole file; lives until the program ends. */
const json_t *spec(void);

/* Fails the test where the route (path without the query) gives no such status, or the body does not fit.
 * body   NULL: no JSON */
void spec_check(const char *method, const char *path, int status, const json_t *body);

#endif
