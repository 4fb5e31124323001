/* cmd_generate.c - texts for prompts. */
#include "cli/remote_options.h"

static struct {
    const char *in, *base, *system, *out;
    bool chat, greedy, resume;
    double temperature, top_p, repetition_penalty;
    int top_k, max_tokens, sequences;
} o;
static struct model_flags flags;
static struct remote_flags remote;

static const struct option_spec options[] = {
    OPT_ARG("FILE", &o.in, "-", "JSON Lines with a field \"prompt\"; - reads standard input"),
    OPT_PATH("base", &o.base, REQUIRED, REMOTE_MODEL_HELP),
    OPT_FLAG("chat", &o.chat, "set each prompt as a user's turn in the model's chat template"),
    OPT_TEXT("system", &o.system, NULL, "system turn for --chat (default: the template's own)"),
    OPT_FLAG("greedy", &o.greedy, "always take the most probable token"),
    OPT_REAL("temperature", &o.temperature, "0.7", "how freely to choose; 0 is --greedy"),
    OPT_REAL("top-p", &o.top_p, "0.9",
             "choose among the most probable that hold this share; 1: off"),
    OPT_INT("top-k", &o.top_k, "0", "choose among the k most probable tokens; 0: off"),
    OPT_REAL("repetition-penalty", &o.repetition_penalty, "1",
             "divide the scores of tokens seen before; 1: off"),
    OPT_INT("max-tokens", &o.max_tokens, "200", "tokens a text at most"),
    OPT_INT("sequences", &o.sequences, "0", "texts in work at a time (0: 64)"),
    ADAPTER_OPTION(flags),
    MODEL_OPTIONS(flags),
    REMOTE_OPTIONS(remote),
    OPT_OUT("out", &o.out, "-", "where to write the lines; OUT.partial until they are whole"),
    OPT_FLAG("resume", &o.resume, "go on with an interrupted output"),
    OPT_END,
};

static int generate_here(const struct common *common, const struct llmx_lines_options *lines,
                         struct llmx_error *err)
{
    struct llmx_model *model = NULL;
    struct llmx_model_options how;
    int status = -1;
    if (!o.chat && opt_refuse(options, &o.system, sizeof o.system, "goes with --chat", err) != 0)
        return -1;
    if (model_options(&flags, common, &how, err) == 0 &&
        llmx_model_open(&model, o.base, &how, err) == 0)
        status = llmx_generate_lines(model, o.in, lines, o.out, err);
    llmx_model_destroy(model);
    return status;
}

static int generate_there(const struct llmx_remote_options *how,
                          const struct llmx_lines_options *lines, struct llmx_error *err)
{
    struct llmx_remote *server = NULL;
    if (o.sequences != 0)
        return remote_refuse("sequences", err);
    if (llmx_remote_open(&server, o.base, how, err) != 0)
        return -1;
    const int status = llmx_remote_lines(server, o.in, lines, o.out, err);
    llmx_remote_destroy(server);
    return status;
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_remote_options how;
    const struct llmx_lines_options lines = {
        .sampling = {(float)(o.greedy ? 0 : o.temperature), (float)o.top_p, o.top_k,
                     (float)o.repetition_penalty},
        .seed = common->seed,
        .max_tokens = o.max_tokens,
        .is_chat = o.chat,
        .system = o.system,
        .sequences_max = o.sequences,
        .resume = o.resume,
        .stop = common->stop,
        .progress = common->progress,
    };
    if (llmx_generate_lines_check(&lines, &err) != 0 ||
        remote_options(&remote, o.base, &flags, &how, &err) != 0 ||
        (remote_is_address(o.base) ? generate_there(&how, &lines, &err)
                                   : generate_here(common, &lines, &err)) != 0)
        return opt_fail(&err);
    return 0;
}

const struct command cmd_generate = {
    "generate",
    "write texts for prompts",
    "Reads JSON Lines with a field \"prompt\" and writes the same lines, in the same order, with "
    "\"text\",\n"
    "\"tokens\" (how many) and \"finish\" (\"stop\": the model ended; \"length\": --max-tokens or "
    "the context did).\n"
    "All cores work on many texts at once; neighbouring prompts that begin alike share that work. "
    "The same\n"
    "--seed gives the same texts. Interrupted? --resume goes on to the same bytes.\n"
    "A server (--base http://...) sets every prompt as a user's turn, with --chat or without, and "
    "its model's name\n"
    "stands in \"model\".",
    "  echo '{\"prompt\":\"Why do people like old films?\"}' |\n"
    "      llmxrec generate --base build/assets/smollm2-135m-instruct-q4_1.gguf --chat --greedy\n"
    "  llmxrec generate prompts.jsonl --base build/assets/smollm2-135m-instruct-q4_1.gguf \\\n"
    "      --temperature 0.8 --top-p 0.95 --max-tokens 100 --seed 7 --out texts.jsonl",
    options,
    run,
};
