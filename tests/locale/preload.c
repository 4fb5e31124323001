/* preload.c - preloaded into our programs (tools/test-locale), it gives them the locale that does most harm: in Turkish
 * numbers have commas, the capital of i is no I, and the system speaks Turkish. */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void take_locale(void)
{
    const char *name = program_invocation_short_name;
    if (strcmp(name, "llmxrec") != 0 && strncmp(name, "test_", 5) != 0)
        return; /* a shell, or a tool that a test runs */
    if (setlocale(LC_ALL, "tr_TR.UTF-8"))
        return;
    fputs("LOCPATH has no tr_TR.UTF-8\n", stderr);
    abort();
}
