/* failing_alloc.h - makes the n-th allocation from now on fail, to walk through every out-of-memory path.
 * The test programs are linked with --wrap, so this reaches all of our code and none of the libraries'. */
#ifndef TESTS_FAILING_ALLOC_H
#define TESTS_FAILING_ALLOC_H

#include "llmxrec/error.h"

#include <stdbool.h>

/* The n-th allocation (1 = the next) fails, once; 0: none does. */
void failing_alloc_at(long n);

/* Whether the allocation that was to fail has come. Switches it off. */
bool failing_alloc_happened(void);

/* Calls attempt(context, &err) with the first, second, ... allocation failing until it runs undisturbed.
 * Every disturbed call must return -1 with LLMX_NO_MEMORY and leave nothing behind (the leak checker sees);
 * returns how many there were. */
long failing_alloc_each(int (*attempt)(void *context, struct llmx_error *err), void *context);

/* The same with the allocations of the JSON library failing too, from now on. It cannot always say why it failed,
 * and reading may even lose a byte unseen: a disturbed call may return -1 with any message, or 0. */
long failing_alloc_each_json(int (*attempt)(void *context, struct llmx_error *err), void *context);

#endif
