/* cmd_serve.c - the page and the HTTP API over a run. */
#include "base/err.h"
#include "cli/model_options.h"
#include "cli/prompt_options.h"
#include "cli/remote_options.h"
#include "cli/writing_options.h"
#include "llmxrec/serve.h"

#include <limits.h>
#include <signal.h>
#include <string.h>

static struct {
    const char *run, *data, *explanations, *base, *db, *report, *address, *token;
    int port, rate;
    bool is_public;
} o;
static struct model_flags model;
static struct prompt_flags prompt;
static struct remote_flags remote;

static const struct option_spec options[] = {
    OPT_PATH("run", &o.run, REQUIRED, "run directory that `train` wrote"),
    OPT_PATH("data", &o.data, NULL, "data set, when it is no more where it lay at the training"),
    OPT_LIST("explanations", &o.explanations,
             "files that `explain` wrote, to be shown; each is a system of its own"),
    OPT_PATH("base", &o.base, NULL, REMOTE_MODEL_HELP ", for \"explain now\""),
    OPT_PATH("adapter", &model.adapter, NULL,
             ADAPTER_HELP "; none (unset: with SmolLM2-135M-Instruct the one that comes along)"),
    OPT_PATH("db", &o.db, NULL,
             "feedback, studies and explanations: an SQLite file, or postgresql://... (unset: kept "
             "in memory, gone at the end)"),
    OPT_PATH("report", &o.report, NULL, "page that `report` wrote, to be opened from here"),
    OPT_TEXT("address", &o.address, "127.0.0.1", "to listen on"),
    OPT_INT("port", &o.port, "8080", "to listen on (0: any that is free)"),
    OPT_TEXT("token", &o.token, NULL, "that programs must send; needed where others can connect"),
    OPT_FLAG("public", &o.is_public, "let everybody ask who can connect"),
    OPT_INT("rate", &o.rate, "0", "requests a second from one address (0: any number)"),
    PROMPT_OPTIONS(prompt),
    MODEL_OPTIONS(model),
    REMOTE_OPTIONS(remote),
    OPT_END,
};

#define FILES_MAX 16

/* Cuts "a,b" in place; returns how many, or -1. */
static int cut_list(char *list, const char *files[static FILES_MAX], struct llmx_error *err)
{
    int n = 0;
    for (char *next; list && *list; list = next) {
        next = list + strcspn(list, ",");
        if (*next)
            *next++ = '\0';
        if (n == FILES_MAX)
            return err_set(err, LLMX_BAD_OPTION, "at most %d files of explanations", FILES_MAX);
        files[n++] = list;
    }
    return n;
}

static struct llmx_stop reload_wish;

static void on_hangup(int signal)
{
    (void)signal;
    llmx_stop_ask(&reload_wish);
}

static void tell_ready(void *context, const char *address, int port)
{
    const struct common *common = context;
    if (!common->quiet)
        fprintf(stderr, "serving %s at http://%s:%d/ (Ctrl-C ends it, SIGHUP takes up a new run)\n",
                o.run, address, port);
}

static int serve_options(const struct common *common, struct llmx_serve_options *how,
                         const char *files[static FILES_MAX], struct llmx_error *err)
{
    static char list[PATH_MAX];
    const int n = snprintf(list, sizeof list, "%s", o.explanations ? o.explanations : "");
    if (n >= (int)sizeof list)
        return err_set(err, LLMX_BAD_OPTION, "explanations: too long a list");
    *how = (struct llmx_serve_options){.run_dir = o.run,
                                       .data_path = o.data,
                                       .explanations = files,
                                       .n_explanations = cut_list(list, files, err),
                                       .report_path = o.report,
                                       .db = o.db,
                                       .address = o.address,
                                       .port = o.port,
                                       .token = o.token,
                                       .is_public = o.is_public,
                                       .rate = o.rate,
                                       .threads = common->threads,
                                       .ready = tell_ready,
                                       .notice = opt_tell,
                                       .context = (void *)common,
                                       .stop = common->stop,
                                       .reload = &reload_wish};
    return how->n_explanations >= 0 ? 0 : -1;
}

static int open_model(const struct common *common, struct llmx_explain_options *explain,
                      struct llmx_model **base, struct llmx_error *err)
{
    struct llmx_model_options how;
    if (writing_defaults(&model, &prompt, false, explain, err) != 0 ||
        model_options(&model, common, &how, err) != 0)
        return -1;
    return llmx_model_open(base, o.base, &how, err);
}

static int open_remote(const struct llmx_remote_options *how, struct llmx_explain_options *explain,
                       struct llmx_error *err)
{
    if (llmx_remote_open(&explain->remote, o.base, how, err) != 0)
        return -1;
    explain->model_name = llmx_remote_model(explain->remote);
    return 0;
}

/* What "explain now" takes. */
static int open_writer(const struct common *common, struct llmx_serve_options *how,
                       struct llmx_explain_options *explain, struct llmx_model **base,
                       struct llmx_error *err)
{
    struct llmx_remote_options remote_how;
    *explain = llmx_explain_defaults();
    if (prompt_options(&prompt, explain, err) != 0)
        return -1;
    explain->seed = common->seed;
    how->explain = explain;
    if (!o.base)
        return 0;
    writing_adapter(&model, &prompt, o.base);
    writing_names(&model, o.base, explain);
    if (remote_options(&remote, o.base, &model, &remote_how, err) != 0)
        return -1;
    if (remote_is_address(o.base))
        return open_remote(&remote_how, explain, err);
    if (open_model(common, explain, base, err) != 0)
        return -1;
    how->model = *base;
    how->adapter_path = model.adapter;
    return 0;
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_serve_options how;
    struct llmx_explain_options explain = {0};
    struct llmx_model *base = NULL;
    const char *files[FILES_MAX];
    int status = 0;
    sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_hangup}, NULL);
    if (serve_options(common, &how, files, &err) != 0 ||
        open_writer(common, &how, &explain, &base, &err) != 0 || llmx_serve(&how, &err) != 0)
        status = opt_fail(&err);
    llmx_remote_destroy(explain.remote);
    llmx_model_destroy(base);
    return status;
}

const struct command cmd_serve = {
    "serve",
    "a web page and an HTTP API over a run",
    "Serves the page on which people and what they are recommended are looked at, with evidence "
    "and "
    "reasons, and the\n"
    "API that programs ask (/openapi.json). On 127.0.0.1 alone, unless --address says otherwise.",
    "  llmxrec serve --run build/demo/sasrec-final --explanations build/demo/explanations.jsonl "
    "\\\n"
    "      --base build/assets/smollm2-135m-instruct-q4_1.gguf",
    options,
    run,
};
