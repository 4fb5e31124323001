/* cmd_show.c - explanations for a person to read. */
#include "cli/data_options.h"
#include "llmxrec/explain_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    const char *explanations, *recs, *run, *data;
    int top;
} o;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("EXPLANATIONS", &o.explanations, REQUIRED, "what `explain` or `gate` wrote"),
    OPT_PATH("recs", &o.recs, REQUIRED, "the recommendations they are for"),
    OPT_PATH("run", &o.run, NULL, RUN_HELP),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_INT("top", &o.top, "5", "how many (0: all)"),
    DATA_OPTIONS(flags),
    OPT_END,
};

/* Is there a terminal that wants bold and colour (no-color.org)? */
static int wants_colour(void)
{
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}

static int run(const struct common *common)
{
    (void)common;
    struct llmx_error err = {0};
    struct llmx_data *data = NULL;
    int status = 0;
    if (data_open(&data, o.run, o.data, &flags, common, &err) != 0 ||
        llmx_show(o.explanations, o.recs, data, o.top, wants_colour(), stdout, &err) != 0)
        status = opt_fail(&err);
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_show = {
    "show",
    "show explanations as a person wants to read them",
    "Who it is for and what they took last, the item, the evidence with bars for its "
    "contributions, the text with\n"
    "the titles it names marked, and what the gate said.",
    "  llmxrec show build/demo/explanations.jsonl --recs build/demo/recs.jsonl --run "
    "build/demo/sasrec",
    options,
    run,
};
