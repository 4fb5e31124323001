/* cmd_serve.c - the page and the HTTP API over a run. */
#include "base/err.h"
#include "cli/word_list.h"
#include "cli/writing_options.h"
#include "llmxrec/serve.h"

#include <malloc.h>
#include <signal.h>

static struct {
    const char *run, *data, *explanations, *db, *report, *address, *token;
    int port, rate;
    bool is_public;
} o;
static struct writing_flags writing;

static const struct option_spec options[] = {
    OPT_PATH("run", &o.run, REQUIRED, "run directory that `train` wrote"),
    OPT_PATH("data", &o.data, NULL, "data set, when it is no more where it lay at the training"),
    OPT_LIST("explanations", &o.explanations,
             "files that `explain` wrote, to be shown; each is a system of its own (repeatable)"),
    OPT_PATH("base", &writing.base, NULL, REMOTE_MODEL_HELP ", for \"explain now\""),
    OPT_PATH("db", &o.db, NULL,
             "feedback, studies and explanations: an SQLite file, or postgresql://... (unset: kept "
             "in memory, gone at the end)"),
    OPT_PATH("report", &o.report, NULL, "page that `report` wrote, to be opened from here"),
    OPT_TEXT("address", &o.address, "127.0.0.1", "to listen on"),
    OPT_INT("port", &o.port, "8080", "to listen on (0: any that is free)"),
    OPT_TEXT("token", &o.token, NULL, "that programs must send; needed where others can connect"),
    OPT_FLAG("public", &o.is_public, "let everybody ask who can connect"),
    OPT_INT("rate", &o.rate, "0", "requests a second from one address (0: any number)"),
    WRITING_OPTIONS(writing),
    WRITER_OPTIONS(writing),
    OPT_END,
};

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

/* What "explain now" takes; without --base texts are only held to the gate. */
static int open_writer(const struct common *common, struct writer_how *how, struct llmx_error *err)
{
    struct llmx_model *none;
    if (!writing.base) {
        how->explain = llmx_explain_defaults();
        return prompt_options(&writing.prompt, &how->explain, err);
    }
    if (writing_options(&writing, common, how, err) != 0)
        return -1;
    return remote_is_address(writing.base) ? writer_open(&none, &writing, how, err) : 0;
}

static int serve(const struct common *common, const struct word_list *files,
                 const struct writer_how *writer, struct llmx_error *err)
{
    const struct llmx_serve_options how = {.run_dir = o.run,
                                           .data_path = o.data,
                                           .explanations = files->word,
                                           .n_explanations = files->n,
                                           .base = writer->explain.remote ? NULL : writing.base,
                                           .model = &writer->model,
                                           .explain = &writer->explain,
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
    return llmx_serve(&how, err);
}

/* Large arrays go back to the system when they are freed. glibc's own limit of what is large grows to 32 MB, and each of the
 * server's threads would keep what its requests took: half a gigabyte after some hundred questions for evidence. */
static void keep_no_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
#endif
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct arena arena = {0};
    struct word_list files;
    struct writer_how writer = {0};
    int status = 0;
    if (o.rate < 0) {
        err_set(&err, LLMX_BAD_OPTION, "--rate %d: choose 1 or more, or 0 for any number", o.rate);
        return opt_fail(&err);
    }
    keep_no_memory();
    sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_hangup}, NULL);
    if (word_list_split(&files, o.explanations, &arena, &err) != 0 ||
        open_writer(common, &writer, &err) != 0 || serve(common, &files, &writer, &err) != 0)
        status = opt_fail(&err);
    writer_close(NULL, &writer);
    arena_release(&arena);
    return status;
}

const struct command cmd_serve = {
    "serve",
    "a web page and an HTTP API over a run",
    "Serves the page on which people and what they are recommended are looked at, with evidence "
    "and "
    "reasons, the study\n"
    "in which people rate the reasons (`llmxrec study`), and the API that programs ask "
    "(/openapi.json; docs/serving.md).\n"
    "On 127.0.0.1 alone, unless --address says otherwise.",
    "  llmxrec serve --run build/demo/sasrec-final --explanations build/demo/explanations.jsonl "
    "\\\n"
    "      --base build/assets/smollm2-135m-instruct-q4_1.gguf",
    options,
    run,
};
