/* cmd_explain.c - recommendations in, written reasons out, each checked by the gate. */
#include "base/err.h"
#include "base/plain.h"
#include "cli/data_options.h"
#include "cli/remote_options.h"
#include "cli/writing_options.h"
#include "llmxrec/explain_file.h"

static struct {
    const char *recs, *run, *data, *base, *out;
    int max_users, tries, max_tokens, top_k;
    double temperature, top_p, repetition_penalty;
    bool grounded, ungrounded, keep_prompts, keep_rejected, resume;
} o;
static struct data_flags flags;
static struct prompt_flags prompt;
static struct model_flags model;
static struct remote_flags remote;

static const struct option_spec options[] = {
    OPT_ARG("RECS", &o.recs, REQUIRED, "recommendations with evidence that `recommend` wrote"),
    OPT_PATH("run", &o.run, NULL, RUN_HELP),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_PATH("base", &o.base, REQUIRED, REMOTE_MODEL_HELP),
    OPT_PATH("out", &o.out, "-", "explanations to write; OUT.partial until they are whole"),
    OPT_INT("max-users", &o.max_users, "0", "explain the file's first N users only (0: all)"),
    TEMPLATE_OPTION(
        prompt, "prompt layout: a file, or movies, games, news, general (unset: as the adapter was "
                "tuned, else by the data's columns)"),
    PROMPT_OPTIONS(prompt),
    OPT_INT("tries", &o.tries, "4",
            "texts per recommendation before a plain sentence takes their place"),
    OPT_INT("max-tokens", &o.max_tokens, "120", "longest text"),
    OPT_REAL("temperature", &o.temperature, "0.7", "of every try but the first, which is greedy"),
    OPT_REAL("top-p", &o.top_p, "0.9", "sample from the most probable tokens that hold so much"),
    OPT_INT("top-k", &o.top_k, "0", "sample from so many tokens (0: all)"),
    OPT_REAL("repetition-penalty", &o.repetition_penalty, "1.0", "1: none"),
    OPT_FLAG(
        "grounded", &o.grounded,
        "let nothing but titles of the prompt stand in double quotes, no other numbers outside, "
        "and take back sentences that do not pass the gate while they are written (default with "
        "an adapter that was tuned on `llmxrec examples`)"),
    OPT_FLAG("ungrounded", &o.ungrounded, "let anything be written, whatever the adapter"),
    OPT_FLAG("keep-prompts", &o.keep_prompts, "write each prompt beside its explanation"),
    OPT_FLAG("keep-rejected", &o.keep_rejected, "write the texts that did not pass beside it"),
    OPT_FLAG("resume", &o.resume, "go on with an interrupted output"),
    OPT_PATH("adapter", &model.adapter, NULL,
             ADAPTER_HELP "; none (unset: with SmolLM2-135M-Instruct the one that comes along)"),
    MODEL_OPTIONS(model),
    REMOTE_OPTIONS(remote),
    DATA_OPTIONS(flags),
    OPT_END,
};

static int explain_options(const struct common *common, struct llmx_explain_options *how,
                           struct llmx_error *err)
{
    *how = llmx_explain_defaults();
    if (prompt_options(&prompt, how, err) != 0)
        return -1;
    how->tries = o.tries;
    how->max_tokens = o.max_tokens;
    how->sampling = (struct llmx_sampling){(float)o.temperature, (float)o.top_p, o.top_k,
                                           (float)o.repetition_penalty};
    how->seed = common->seed;
    writing_names(&model, o.base, how);
    how->grounded = o.grounded;
    how->keep_prompts = o.keep_prompts;
    how->keep_rejected = o.keep_rejected;
    how->resume = o.resume;
    how->users_max = o.max_users;
    how->progress = common->progress;
    how->stop = common->stop;
    if (o.grounded && o.ungrounded)
        return err_set(err, LLMX_BAD_OPTION, "choose --grounded or --ungrounded, not both");
    return writing_defaults(&model, &prompt, o.ungrounded, how, err);
}

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

static int explain_here(const struct llmx_model_options *model_how, const struct llmx_data *data,
                        const struct llmx_explain_options *how, struct llmx_explain_report *report,
                        struct llmx_error *err)
{
    struct llmx_model *base = NULL;
    if (llmx_model_open(&base, o.base, model_how, err) != 0)
        return -1;
    const int status = llmx_explain(o.recs, data, base, how, o.out, report, err);
    llmx_model_destroy(base);
    return status;
}

static int explain_there(const struct llmx_remote_options *remote_how, const struct llmx_data *data,
                         struct llmx_explain_options *how, struct llmx_explain_report *report,
                         struct llmx_error *err)
{
    if (llmx_remote_open(&how->remote, o.base, remote_how, err) != 0)
        return -1;
    how->model_name = llmx_remote_model(how->remote);
    const int status = llmx_explain(o.recs, data, NULL, how, o.out, report, err);
    llmx_remote_destroy(how->remote);
    return status;
}

static int run(const struct common *common)
{
    const bool is_remote = remote_is_address(o.base);
    struct llmx_error err = {0};
    struct llmx_model_options model_how;
    struct llmx_remote_options remote_how;
    struct llmx_explain_options how;
    struct llmx_explain_report report;
    struct llmx_data *data = NULL;
    int status = 0;
    writing_adapter(&model, &prompt, o.base);
    if (model_options(&model, common, &model_how, &err) != 0 ||
        remote_options(&remote, o.base, &model, &remote_how, &err) != 0 ||
        (is_remote && o.grounded && remote_refuse("grounded", &err) != 0) ||
        explain_options(common, &how, &err) != 0 ||
        data_open(&data, o.run, o.data, &flags, common, &err) != 0 ||
        (is_remote ? explain_there(&remote_how, data, &how, &report, &err)
                   : explain_here(&model_how, data, &how, &report, &err)) != 0)
        status = opt_fail(&err);
    if (status == 0 && !common->quiet)
        report_on(&report);
    if (status == 0 && report.skipped > 0)
        status = 3;
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
