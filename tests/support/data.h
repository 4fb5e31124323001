/* data.h - data sets for tests: a small made-up one, and ml-100k where it was fetched. */
#ifndef TESTS_DATA_H
#define TESTS_DATA_H

#include "llmxrec/data.h"

/* Users and items fall into two halves; a user takes `each` distinct items, mostly of their own half, items with
 * small numbers more often. Tokens are u0, u1, ... and i0, i1, ...; the file is NAME in the test's directory.
 * Fails the test rather than returning NULL. Destroy it. */
struct llmx_data *test_data(const char *name, int users, int items, int each, unsigned seed);

/* ml-100k from build/assets with that rounding of times; skips the test when it is not there. */
struct llmx_data *test_ml100k(enum llmx_timestamps timestamps);

/* Writes the made-up interactions without opening them; returns the path. */
const char *test_interactions(const char *name, int users, int items, int each, unsigned seed);

#endif
