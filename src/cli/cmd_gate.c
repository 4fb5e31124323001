/* cmd_gate.c - the gate over any explanations, ours or not. */
#include "base/plain.h"
#include "cli/data_options.h"
#include "cli/prompt_options.h"
#include "llmxrec/explain_file.h"

static struct {
    const char *explanations, *recs, *run, *data, *out;
} o;
static struct data_flags flags;
static struct prompt_flags prompt;

static const struct option_spec options[] = {
    OPT_ARG("EXPLANATIONS", &o.explanations, REQUIRED,
            "JSON Lines with \"user\", \"item\" and \"explanation\""),
    OPT_PATH("recs", &o.recs, REQUIRED, "the recommendations they are for"),
    OPT_PATH("run", &o.run, NULL, RUN_HELP),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_OUT("out", &o.out, "-", "the same lines with \"gate\""),
    TEMPLATE_OPTION(prompt, "what was told to the writer (unset: by the data's columns)"),
    PROMPT_OPTIONS(prompt),
    DATA_OPTIONS(flags),
    OPT_END,
};

static void report_on(const struct llmx_explain_report *r)
{
    plain_fprintf(stderr, "%d explanations, %d passed, %d rejected, %.0f us each\n", r->explained,
                  r->passed, r->fallbacks,
                  r->explained > 0 ? 1e6 * r->elapsed_s / r->explained : 0.0);
    for (int k = 0; llmx_check_name(k); k++)
        if (r->rejected[k] > 0)
            fprintf(stderr, "  %-16s %d\n", llmx_check_name(k), r->rejected[k]);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_explain_options how = llmx_explain_defaults();
    struct llmx_explain_report report;
    struct llmx_data *data = NULL;
    int status = 0;
    if (prompt_options(&prompt, &how, &err) != 0 ||
        data_open(&data, o.run, o.data, &flags, common, &err) != 0 ||
        llmx_gate_file(o.explanations, o.recs, data, &how, o.out, &report, &err) != 0)
        status = opt_fail(&err);
    if (status == 0 && !common->quiet)
        report_on(&report);
    if (status == 0 && report.skipped > 0)
        status = 3;
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_gate = {
    "gate",
    "check explanations: nothing in them may be made up",
    "Takes explanations, whoever wrote them, and says of each whether it holds only what was "
    "given: titles, genres,\n"
    "years, names, the evidence, nothing about the customer's person, and a form fit to be sent "
    "(docs/gate.md).",
    "  llmxrec gate build/demo/explanations.jsonl --recs build/demo/recs.jsonl --run "
    "build/demo/sasrec",
    options,
    run,
};
