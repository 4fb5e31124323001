/* test.h - cmocka with what it needs before it, and helpers that most tests use. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef assert_int_in_range /* cmocka 2, which wants this name instead */
#undef assert_in_range
#define assert_in_range assert_int_in_range
#endif

#define assert_contains(TEXT, PART)                                                                \
    do {                                                                                           \
        if (!strstr((TEXT), (PART)))                                                               \
            fail_msg("\"%s\" does not hold \"%s\"", (TEXT), (PART));                               \
    } while (0)

#define assert_near(A, B, TOLERANCE)                                                               \
    do {                                                                                           \
        double a_ = (A), b_ = (B);                                                                 \
        if (!(fabs(a_ - b_) <= (TOLERANCE)))                                                       \
            fail_msg("%s = %.9g, expected %.9g (tolerance %g)", #A, a_, b_, (double)(TOLERANCE));  \
    } while (0)

/* A fresh directory under /tmp, removed with everything in it when the program ends. */
const char *test_directory(void);

/* PATH of NAME in that directory (static storage, four of them in turn). */
const char *test_path(const char *name);

/* Writes a file there and returns its path. */
const char *test_file(const char *name, const char *text);

/* What a file holds, NUL-terminated; free() it. Fails the test when it cannot be read. */
char *test_read(const char *path);

/* The program that was built with this test: build/llmxrec, or that of a sanitizer's build. */
const char *test_program(void);

/* Skips the test when the program was not built. */
void test_needs_program(void);

/* Runs a shell command; returns its exit status, its standard output and error in *out (free() it). $LLMXREC is
 * test_program(), $T is test_directory(). */
int test_shell(const char *command, char **out);

/* Runs a shell command that uses $LLMXREC; it must end with that exit status and say `part` (standard output and
 * error together). */
void test_command(const char *command, int status, const char *part);

#endif
