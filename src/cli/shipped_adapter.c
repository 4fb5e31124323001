#include "cli/shipped_adapter.h"

#include "base/plain.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHIPPED_BASE "smollm2-135m-instruct"

static const char *const places[] = {"../data", "..", "../share/llmxrec"};

static bool is_shipped_base(const char *base)
{
    const char *slash = strrchr(base, '/');
    return plain_strncasecmp(slash ? slash + 1 : base, SHIPPED_BASE, strlen(SHIPPED_BASE)) == 0;
}

/* Where NAME lies beside the program; NULL: nowhere. */
static const char *shipped(char path[static PATH_MAX], const char *name)
{
    char program[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n < 0)
        return NULL;
    program[n] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (snprintf(path, PATH_MAX, "%s/%s/%s", program, places[i], name) < PATH_MAX &&
            access(path, R_OK) == 0)
            return path;
    return NULL;
}

const char *shipped_adapter(const char *base)
{
    static char path[PATH_MAX];
    return is_shipped_base(base) ? shipped(path, "adapters/reasons") : NULL;
}

const char *shipped_experiment(void)
{
    static char path[PATH_MAX];
    const char *found = shipped(path, "experiments/paper.yaml");
    return found ? found : "experiments/paper.yaml";
}
