/* report_page.h - the page that `report` makes as $T/page.html, for tests of what it holds. */
#ifndef TESTS_CLI_REPORT_PAGE_H
#define TESTS_CLI_REPORT_PAGE_H

#include "support/test.h"

/* Runs a command that makes it; free() it. */
static char *page(const char *command)
{
    test_command(command, 0, "");
    return test_read(test_path("page.html"));
}

static void lacks(const char *page, const char *part)
{
    const char *at = strstr(page, part);
    if (at)
        fail_msg("the page holds \"%s\": %.60s", part, at);
}

#endif
