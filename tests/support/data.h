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

/* Those of 40 users and 30 items as $T/made.inter, titles ("Zanzibar 7") and profiles (age, gender) beside them; the program's
 * run of them, $T/run, and `top` recommendations for each user, $T/recs.jsonl. Skips the test when there is no program. */
void test_titled_run(int top);

#endif
