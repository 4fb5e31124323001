/* cmd_gate.c - the gate over any explanations, ours or not. */
#include "base/plain.h"
#include "cli/data_options.h"
#include "llmxrec/explain_file.h"

static struct {
    const char *explanations, *recs, *data, *template_path, *out, *profile;
    int history, evidence, words;
} o;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("EXPLANATIONS", &o.explanations, REQUIRED,
            "JSON Lines with \"user\", \"item\" and \"explanation\""),
    OPT_PATH("recs", &o.recs, REQUIRED, "the recommendations they are for"),
    OPT_PATH("data", &o.data, REQUIRED, DATA_HELP),
    OPT_PATH("out", &o.out, "-", "the same lines with \"gate\""),
    OPT_PATH("template", &o.template_path, NULL,
             "what was told to the writer (unset: by the data's columns)"),
    OPT_INT("history", &o.history, "10", "latest history items that were told"),
    OPT_INT("evidence", &o.evidence, "3", "evidence items that were told"),
    OPT_INT("words", &o.words, "75", "longest explanation"),
    OPT_TEXT("profile", &o.profile, "tell",
             "age, gender, occupation, one of: hide, tell, speak (it may use them)"),
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
    struct llmx_data_options data_how;
    struct llmx_explain_options how = llmx_explain_defaults();
    struct llmx_explain_report report;
    struct llmx_data *data = NULL;
    static const char *const profiles[] = {"hide", "tell", "speak",
                                           NULL}; /* as enum llmx_profile */
    int status = 0;
    how.template_path = o.template_path;
    how.history_max = o.history;
    how.evidence_max = o.evidence;
    how.words_max = o.words;
    how.notice = opt_tell;
    int profile = opt_choose("profile", o.profile, profiles, &err);
    how.profile = (enum llmx_profile)profile;
    if (profile < 0 || data_options(&flags, common, &data_how, &err) != 0 ||
        llmx_data_open(&data, o.data, &data_how, &err) != 0 ||
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
    "  llmxrec gate build/demo/explanations.jsonl --recs build/demo/recs.jsonl --data "
    "build/assets/ml-100k",
    options,
    run,
};
