#include "cli/shipped_adapter.h"

#include "base/plain.h"
#include "cli/opt.h"

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

/* The folder of the program; "" where the system does not tell. */
static const char *program_folder(char folder[static PATH_MAX])
{
    const ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[n < 0 ? 0 : n] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return folder;
}

/* Where NAME lies beside the program; NULL: nowhere. */
static const char *shipped(char path[static PATH_MAX], const char *name)
{
    char program[PATH_MAX];
    program_folder(program);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (snprintf(path, PATH_MAX, "%s/%s/%s", program, places[i], name) < PATH_MAX &&
            access(path, R_OK) == 0)
            return path;
    return NULL;
}

static void tell_missing(const char *name)
{
    char program[PATH_MAX], message[PATH_MAX + 512];
    snprintf(
        message, sizeof message,
        "the adapter that was tuned for this model is missing, and texts are worse without it: "
        "looked for %s in ../data, .. and ../share/llmxrec, from the program's folder %s; name "
        "it with --adapter FOLDER, or --adapter none",
        name, program_folder(program));
    opt_tell(NULL, message);
}

const char *shipped_adapter(const char *base)
{
    static const char *const name = "adapters/reasons";
    static char path[PATH_MAX];
    if (!is_shipped_base(base))
        return NULL;
    const char *found = shipped(path, name);
    if (!found)
        tell_missing(name);
    return found;
}

const char *shipped_experiment(void)
{
    static char path[PATH_MAX];
    const char *found = shipped(path, "experiments/paper.yaml");
    return found ? found : "experiments/paper.yaml";
}
