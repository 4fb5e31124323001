/* cmd_examples.c - instruction examples for tuning: made from recommendations, written by people, checked, built. */
#include "base/err.h"
#include "cli/data_options.h"
#include "cli/prompt_options.h"
#include "cli/remote_options.h"
#include "llmxrec/explain_file.h"

static struct {
    const char *action, *file, *run, *data, *out;
    int variants, max_users;
} o;
static struct { /* by a server */
    const char *base;
    int tries, max_tokens;
    double temperature, top_p;
    bool resume;
} drafts;
static struct data_flags flags;
static struct prompt_flags prompt;
static struct remote_flags remote;

static const struct option_spec options[] = {
    OPT_ARG("ACTION", &o.action, REQUIRED, "what to do, one of: make, draft, check, build"),
    OPT_ARG("FILE", &o.file, REQUIRED,
            "for make recommendations with evidence, else the examples that were written"),
    OPT_PATH("run", &o.run, NULL, RUN_HELP),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_OUT("out", &o.out, "-", "JSON Lines to write (make, draft, build)"),
    OPT_PATH("base", &drafts.base, NULL, "draft: http(s)://.../v1 of an OpenAI-compatible server"),
    TEMPLATE_OPTION(prompt, "prompt layout, the one that `explain` will use (unset: reasons)"),
    OPT_INT("max-users", &o.max_users, "0", "make: examples of so many users, one each (0: all)"),
    PROMPT_OPTIONS(prompt),
    OPT_INT("tries", &drafts.tries, "4", "draft: texts per example before it is left to people"),
    OPT_INT("max-tokens", &drafts.max_tokens, "200", "draft: longest text"),
    OPT_REAL("temperature", &drafts.temperature, "0.7",
             "draft: of every try but the first, which is greedy"),
    OPT_REAL("top-p", &drafts.top_p, "0.9", "draft: sample from the tokens that hold so much"),
    OPT_INT("variants", &o.variants, "1",
            "build: lines of each example, all but the first with other titles and counts"),
    OPT_FLAG("resume", &drafts.resume, "draft: go on with an interrupted output"),
    REMOTE_OPTIONS(remote),
    DATA_OPTIONS(flags),
    OPT_END,
};

enum action { ACTION_MAKE, ACTION_DRAFT, ACTION_CHECK, ACTION_BUILD };
static const char *const actions[] = {"make", "draft", "check", "build", NULL}; /* as enum action */

enum { MAKE = 1 << ACTION_MAKE, DRAFT = 1 << ACTION_DRAFT, BUILD = 1 << ACTION_BUILD };
static const struct option_scope scopes[] = {
    SCOPE(o.max_users, MAKE),
    SCOPE(drafts, DRAFT),
    SCOPE(remote, DRAFT),
    SCOPE(o.variants, BUILD),
    SCOPE(o.out, MAKE | DRAFT | BUILD),
    SCOPE_END,
};

static int draft(const struct llmx_data *data, struct llmx_explain_options *how,
                 struct llmx_examples_report *report, struct llmx_error *err)
{
    struct llmx_remote_options remote_how;
    if (!drafts.base || !remote_is_address(drafts.base))
        return err_set(err, LLMX_BAD_OPTION, "draft needs a server: --base http(s)://.../v1");
    if (remote_options(&remote, drafts.base, NULL, &remote_how, err) != 0 ||
        llmx_remote_open(&how->remote, drafts.base, &remote_how, err) != 0)
        return -1;
    const int status = llmx_examples_draft(o.file, data, how, o.out, report, err);
    llmx_remote_destroy(how->remote);
    return status;
}

static int act(enum action action, const struct llmx_data *data, struct llmx_explain_options *how,
               struct llmx_examples_report *report, struct llmx_error *err)
{
    if (action == ACTION_DRAFT)
        return draft(data, how, report, err);
    if (action == ACTION_MAKE)
        return llmx_examples_make(o.file, data, how, o.out, report, err);
    return llmx_examples_build(o.file, data, how, action == ACTION_CHECK ? NULL : o.out, report,
                               err);
}

static void report_on(enum action action, const struct llmx_examples_report *r)
{
    if (action == ACTION_MAKE)
        fprintf(stderr, "%d examples to write\n", r->passed);
    else if (action == ACTION_DRAFT)
        fprintf(stderr, "%d examples with a text, %d without\n", r->passed, r->empty);
    else
        fprintf(stderr, "%d passed, %d rejected, %d not written yet\n", r->passed, r->rejected,
                r->empty);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_explain_options how = llmx_explain_defaults();
    struct llmx_examples_report report;
    struct llmx_data *data = NULL;
    int status = 0;
    how.users_max = o.max_users;
    how.variants = o.variants;
    how.seed = common->seed;
    how.tries = drafts.tries;
    how.max_tokens = drafts.max_tokens;
    how.sampling.temperature = (float)drafts.temperature;
    how.sampling.top_p = (float)drafts.top_p;
    how.resume = drafts.resume;
    how.progress = common->progress;
    how.stop = common->stop;
    int action = opt_choose("ACTION", o.action, actions, &err);
    if (action < 0 || opt_check_action(options, scopes, actions, action, &err) != 0 ||
        prompt_options(&prompt, &how, &err) != 0 ||
        data_open(&data, o.run, o.data, &flags, common, &err) != 0 ||
        act((enum action)action, data, &how, &report, &err) != 0)
        status = opt_fail(&err);
    if (status == 0 && !common->quiet)
        report_on((enum action)action, &report);
    if (status == 0 && action == ACTION_CHECK && report.rejected > 0)
        status = 1;
    else if (status == 0 && report.rejected + report.empty + report.skipped > 0)
        status = 3;
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_examples = {
    "examples",
    "make, draft, check and build the examples that tuning learns from",
    "make   chooses recommendations, many items and one a user, and writes each with its prompt "
    "and an empty\n"
    "       \"output\" for people to fill in.\n"
    "draft  has a stronger model on a server write what is empty: drafts that pass the gate, for "
    "people to edit.\n"
    "check  holds what was written to the gate and names line, check and span of what it rejects "
    "(exit status 1).\n"
    "build  writes what passes as {\"instruction\",\"input\",\"output\"} for `tune`; the prompts "
    "are made anew from the\n"
    "       data, so they are those of `explain` with the same template.\n"
    "docs/examples.md says how to write good ones.",
    "  llmxrec examples make build/demo/recs.jsonl --data build/assets/ml-100k --max-users 50 "
    "--out "
    "todo.jsonl\n"
    "  llmxrec examples check data/instructions/films.jsonl --data build/assets/ml-100k --split-by "
    "none\n"
    "  llmxrec examples build data/instructions/films.jsonl --data build/assets/ml-100k --split-by "
    "none --out "
    "examples.jsonl",
    options,
    run,
};
