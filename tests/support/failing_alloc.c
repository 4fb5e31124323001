#include "support/failing_alloc.h"

#include <execinfo.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long countdown; /* 0: off */
static atomic_bool happened;
static void *place[12]; /* where it happened */
static int place_depth;

static bool must_fail(void)
{
    if (atomic_load(&countdown) <= 0 || atomic_fetch_sub(&countdown, 1) != 1)
        return false;
    place_depth = backtrace(place, sizeof place / sizeof *place);
    atomic_store(&happened, true);
    return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);

void *__wrap_malloc(size_t n)
{
    return must_fail() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return must_fail() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return must_fail() ? NULL : __real_realloc(p, n);
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
    return must_fail() ? NULL : __real_aligned_alloc(alignment, n);
}

void failing_alloc_at(long n)
{
    atomic_store(&happened, false);
    atomic_store(&countdown, n);
}

bool failing_alloc_happened(void)
{
    atomic_store(&countdown, 0);
    return atomic_load(&happened);
}

static void complain(long n, int status, const struct llmx_error *err)
{
    fprintf(stderr, "allocation %ld failed, yet status %d, code %d: %s\n", n, status,
            (int)err->code, err->message);
    backtrace_symbols_fd(place, place_depth, 2); /* addr2line -fe PROGRAM +0x... */
    abort();
}

static long each(int (*attempt)(void *context, struct llmx_error *err), void *context,
                 bool is_lenient)
{
    for (long n = 1;; n++) {
        struct llmx_error err = {LLMX_OK, ""};
        failing_alloc_at(n);
        int status = attempt(context, &err);
        if (!failing_alloc_happened()) {
            if (status == 0)
                return n - 1;
            fprintf(stderr, "undisturbed, yet it failed: %s\n", err.message);
            abort();
        }
        const bool is_told = status == -1 && err.code != LLMX_OK && err.message[0];
        if (is_lenient ? !is_told && status != 0 : !is_told || err.code != LLMX_NO_MEMORY)
            complain(n, status, &err);
    }
}

long failing_alloc_each(int (*attempt)(void *context, struct llmx_error *err), void *context)
{
    return each(attempt, context, false);
}

static void *json_memory(size_t n)
{
    return malloc(n);
}

long failing_alloc_each_json(int (*attempt)(void *context, struct llmx_error *err), void *context)
{
    json_set_alloc_funcs(json_memory, free);
    return each(attempt, context, true);
}
