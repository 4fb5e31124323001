/* postgres.c - runs PostgreSQL's own programs; as root by the user that Debian's package made, since they refuse root. */
#include "support/postgres.h"

#include "support/test.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], programs[256], url[256];

/* Runs it in PostgreSQL's folder; returns the exit status. */
static int run(const char *command)
{
    char line[2048];
    snprintf(line, sizeof line, "cd %s && %s sh -c '%s' >%s/output 2>&1", folder,
             geteuid() == 0 ? "runuser -u postgres --" : "", command, folder);
    return system(line);
}

static bool find_programs(void)
{
    glob_t found;
    const bool is_there = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0;
    if (is_there)
        snprintf(programs, sizeof programs, "%.*s",
                 (int)(strrchr(found.gl_pathv[0], '/') - found.gl_pathv[0]), found.gl_pathv[0]);
    globfree(&found);
    return is_there;
}

const char *postgres_start(void)
{
    char command[1536];
    if (!find_programs())
        return NULL;
    snprintf(folder, sizeof folder, "/tmp/llmxrec-postgres-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command, "chmod 777 %s", folder);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command,
             "%s/initdb -A trust -U test --no-sync -D %s/base && "
             "%s/pg_ctl -w -D %s/base -o \"-k %s -h \\\"\\\" -F\" -l %s/log start",
             programs, folder, programs, folder, folder, folder);
    assert_int_equal(run(command), 0);
    snprintf(url, sizeof url, "postgresql:///postgres?host=%s&user=test", folder);
    return url;
}

void postgres_stop(void)
{
    char command[512];
    if (!*url)
        return;
    snprintf(command, sizeof command, "%s/pg_ctl -m immediate -D %s/base stop", programs, folder);
    run(command);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
    *url = '\0';
}
