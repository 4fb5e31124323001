/* cmd_lint.c - what is amiss with runs and what was made with them, before anything is measured on it. */
#include "cli/opt.h"
#include "cli/word_list.h"
#include "llmxrec/lint.h"

static struct option_words runs;
static struct {
    const char *data, *recs, *explanations, *examples, *adapter, *out;
    bool json;
} o;

static const struct option_spec options[] = {
    OPT_ARGS("RUN", &runs, "run directories, of one data set; the first one's data are looked at"),
    OPT_PATH("data", &o.data, NULL, "where the runs' data lie now, when not where they lay"),
    OPT_PATH("recs", &o.recs, NULL, "recommendations of the first run"),
    OPT_PATH("explanations", &o.explanations, NULL, "explanations of them, whoever wrote them"),
    OPT_LIST("examples", &o.examples,
             "instruction examples that a model was tuned on (repeatable)"),
    OPT_PATH("adapter", &o.adapter, NULL,
             "adapter that wrote them, whose examples its folder notes"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, NULL, "JSON Lines to write: all that is found"),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_lint result;
    struct arena arena = {0};
    struct word_list examples;
    struct llmx_lint_options how = {.runs = runs.word,
                                    .n_runs = runs.n,
                                    .data = o.data,
                                    .recs = o.recs,
                                    .explanations = o.explanations,
                                    .adapter = o.adapter,
                                    .threads = common->threads,
                                    .notice = opt_tell};
    int status = word_list_split(&examples, o.examples, &arena, &err);
    how.examples = examples.word;
    how.n_examples = examples.n;
    if (status != 0 || llmx_lint(&how, o.out, &result, &err) != 0 ||
        llmx_lint_print(&result, stdout, o.json, &err) != 0)
        status = opt_fail(&err);
    else if (result.found > 0)
        status = 3;
    arena_release(&arena);
    return status;
}

const struct command cmd_lint = {
    "lint",
    "find leaks, mix-ups and duplicates before measuring",
    "Looks for what makes figures worthless: runs whose data are others now, recommendations of "
    "what was taken already,\n"
    "one item recommended to most users, two ids with one title, explanations that answer another "
    "prompt or repeat\n"
    "each other, and people or prompts of the tuning examples among those explained. What is not "
    "given is not looked at.\n"
    "Prints counts and the first rows of each. Exit status 0: nothing found, 3: something. "
    "docs/evaluation.md has the rules.",
    "  llmxrec lint build/demo/sasrec-final --recs build/demo/recs.jsonl --explanations "
    "build/demo/explanations.jsonl\n"
    "  llmxrec lint runs/bpr runs/sasrec --recs recs.jsonl --explanations theirs.jsonl --adapter "
    "runs/adapter --out rows.jsonl",
    options,
    run,
};
