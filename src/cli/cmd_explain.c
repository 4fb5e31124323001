/* cmd_explain.c - recommendations in, written reasons out, each checked by the gate. */
#include "base/plain.h"
#include "cli/data_options.h"
#include "cli/writing_options.h"
#include "llmxrec/explain_file.h"

static struct {
    const char *recs, *run, *data, *out;
    int max_users;
    bool keep_prompts, keep_rejected, resume;
} o;
static struct data_flags flags;
static struct writing_flags writing;

static const struct option_spec options[] = {
    OPT_ARG("RECS", &o.recs, REQUIRED, "recommendations with evidence that `recommend` wrote"),
    OPT_PATH("run", &o.run, NULL, RUN_HELP),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_PATH("base", &writing.base, REQUIRED, REMOTE_MODEL_HELP),
    OPT_OUT("out", &o.out, "-", "explanations to write; OUT.partial until they are whole"),
    OPT_INT("max-users", &o.max_users, "0", "explain the file's first N users only (0: all)"),
    WRITING_OPTIONS(writing),
    OPT_FLAG("keep-prompts", &o.keep_prompts, "write each prompt beside its explanation"),
    OPT_FLAG("keep-rejected", &o.keep_rejected, "write the texts that did not pass beside it"),
    OPT_FLAG("resume", &o.resume, "go on with an interrupted output"),
    WRITER_OPTIONS(writing),
    DATA_OPTIONS(flags),
    OPT_END,
};

static int share(int part, int whole)
{
    return whole > 0 ? (100 * part + whole / 2) / whole : 0;
}

static void report_on(const struct llmx_explain_report *r)
{
    int later = r->passed - r->passed_first;
    plain_fprintf(
        stderr,
        "%d explanations in %.1f s (first text after %.1f s): %d passed the gate at once (%d "
        "%%), %d at a later "
        "try (%d %%), %d plain sentences (%d %%)\n",
        r->explained, r->elapsed_s, r->first_text_s, r->passed_first,
        share(r->passed_first, r->explained), later, share(later, r->explained), r->fallbacks,
        share(r->fallbacks, r->explained));
    if (r->revised > 0)
        fprintf(stderr, "gone back while writing: %d times\n", r->revised);
    const char *separator = "rejected tries: ";
    for (int k = 0; llmx_check_name(k); k++) {
        if (r->rejected[k] == 0)
            continue;
        fprintf(stderr, "%s%s %d", separator, llmx_check_name(k), r->rejected[k]);
        separator = ", ";
    }
    if (*separator == ',')
        fputc('\n', stderr);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct writer_how how;
    struct llmx_explain_report report;
    struct llmx_data *data = NULL;
    struct llmx_model *model = NULL;
    int status = writing_options(&writing, common, &how, &err);
    how.explain.keep_prompts = o.keep_prompts;
    how.explain.keep_rejected = o.keep_rejected;
    how.explain.resume = o.resume;
    how.explain.users_max = o.max_users;
    if (status != 0 || data_open(&data, o.run, o.data, &flags, common, &err) != 0 ||
        llmx_explain_check(data, &how.explain, &err) != 0 ||
        writer_open(&model, &writing, &how, &err) != 0 ||
        llmx_explain(o.recs, data, model, &how.explain, o.out, &report, &err) != 0)
        status = opt_fail(&err);
    if (status == 0 && !common->quiet)
        report_on(&report);
    if (status == 0 && report.skipped > 0)
        status = 3;
    writer_close(model, &how);
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_explain = {
    "explain",
    "write a reason for every recommendation",
    "The language model is told who the customer is, what they took last, the recommended item and "
    "the evidence it\n"
    "rests on. What it writes passes the gate only when it holds nothing that was not given "
    "(docs/gate.md); a text\n"
    "that does not is written again with another seed, and after --tries a plain sentence from the "
    "evidence takes\n"
    "its place, marked \"fallback\". Interrupted? --resume goes on to the same bytes, and asks a "
    "server (--base http://...)\n"
    "nothing that it has answered (docs/scale.md).",
    "  llmxrec explain build/demo/recs.jsonl --run build/demo/sasrec \\\n"
    "      --base build/assets/smollm2-135m-instruct-q4_1.gguf --max-users 5 --out "
    "explanations.jsonl",
    options,
    run,
};
