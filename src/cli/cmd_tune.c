/* cmd_tune.c - from instruction examples to an adapter. */
#include "base/err.h"
#include "base/number.h"
#include "base/plain.h"
#include "cli/data_options.h"
#include "cli/model_options.h"
#include "llmxrec/adapter.h"
#include "llmxrec/explain_file.h"
#include "llmxrec/tune.h"

#include <limits.h>
#include <string.h>

#define CURVE_MAX 32

static struct {
    const char *base, *examples, *out, *init, *target, *schedule, *too_long, *memory, *validate,
        *curve, *recs, *run, *data;
    int rank, epochs, batch, warmup, patience, samples, limit;
    double alpha, dropout, learning_rate, weight_decay, clip, validate_share, checkpoint_seconds;
    bool rslora, no_shuffle, resume, force;
} o;
static struct model_flags flags;
static struct data_flags data_flags;

static const struct option_spec options[] = {
    OPT_PATH("base", &o.base, REQUIRED, MODEL_HELP),
    OPT_PATH("examples", &o.examples, REQUIRED,
             "JSON Lines {\"instruction\",\"input\",\"output\"}; \"user\" lets a split keep users "
             "whole"),
    OPT_PATH("out", &o.out, REQUIRED, "adapter to write: a folder as PEFT reads it"),
    OPT_PATH("init", &o.init, NULL, "adapter to go on from (default: a new one)"),
    OPT_INT("rank", &o.rank, NULL, "of the adapter (default: 8, or that of --init)"),
    OPT_REAL("alpha", &o.alpha, NULL,
             "what the adapter adds is scaled by alpha / rank (default: 16, or that of --init)"),
    OPT_FLAG("rslora", &o.rslora, "scale by alpha / sqrt(rank) instead: for high ranks"),
    OPT_TEXT("target", &o.target, NULL,
             "linear layers to adapt, some of q,k,v,o,gate,up,down (default: all)"),
    OPT_REAL("dropout", &o.dropout, "0",
             "share of the adapter's inputs that are left out at random"),
    OPT_INT("epochs", &o.epochs, "5", "passes over the examples, at most"),
    OPT_INT("batch", &o.batch, "8", "examples a step of the optimiser (AdamW)"),
    OPT_REAL("learning-rate", &o.learning_rate, "0.0003", "step size"),
    OPT_TEXT("schedule", &o.schedule, "constant",
             "course of the learning rate, one of: constant, cosine, linear"),
    OPT_INT("warmup", &o.warmup, "0", "steps over which the learning rate rises"),
    OPT_REAL("weight-decay", &o.weight_decay, "0", "pull of the adapter towards nothing"),
    OPT_REAL("clip", &o.clip, "0", "the gradient's norm at most; 0: no limit"),
    OPT_FLAG("no-shuffle", &o.no_shuffle, "take the examples in the file's order in every epoch"),
    OPT_TEXT("too-long", &o.too_long, "error",
             "what is longer than the model's context, one of: error, skip"),
    OPT_TEXT("memory", &o.memory, "0",
             "for activations, as 900M or 2G: above it they are computed twice; 0: no limit"),
    OPT_PATH("validate", &o.validate, NULL,
             "examples to hold out: watched each epoch, never learnt"),
    OPT_REAL("validate-share", &o.validate_share, "0",
             "hold out this share of --examples instead, whole users at a time"),
    OPT_INT("limit", &o.limit, "0", "learn from so many of the examples alone; 0: all"),
    OPT_TEXT("curve", &o.curve, NULL,
             "how many examples are needed: tune on each of these numbers, as 0,10,20,50,100,240"),
    OPT_PATH("recs", &o.recs, NULL,
             "with --curve and --run or --data: explain these recommendations with each, and see "
             "what passes the gate"),
    OPT_PATH("run", &o.run, NULL, RUN_HELP),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_INT("patience", &o.patience, "2",
            "epochs without a better held-out loss before stopping; 0: never"),
    OPT_INT("samples", &o.samples, "3", "texts to write for held-out prompts after each epoch"),
    OPT_REAL("checkpoint-seconds", &o.checkpoint_seconds, "60", "between checkpoints"),
    OPT_FLAG("resume", &o.resume, "go on with an interrupted tuning, to the same bytes"),
    OPT_FLAG("force", &o.force, "replace what is in --out already"),
    MODEL_OPTIONS(flags),
    DATA_OPTIONS(data_flags),
    OPT_END,
};

/* "900M", "1.5G", "0" to bytes. */
static int parse_size(const char *text, size_t *bytes, struct llmx_error *err)
{
    static const struct {
        const char *suffix;
        double times;
    } units[] = {{"", 1}, {"K", 0x1p10}, {"M", 0x1p20}, {"G", 0x1p30}, {"T", 0x1p40}};
    const size_t n = strlen(text);
    double number;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const size_t digits = n - (n && *units[i].suffix == text[n - 1]);
        if ((digits == n && *units[i].suffix) || !number_parse(text, digits, &number) ||
            !(number >= 0) || number * units[i].times > 0x1p62)
            continue;
        *bytes = (size_t)(number * units[i].times);
        return 0;
    }
    return err_set(err, LLMX_BAD_OPTION, "--memory takes a size like 900M or 2G, not '%s'", text);
}

static int tune_options(const struct common *common, struct llmx_tune_report *report,
                        struct llmx_tune_options *tune, struct llmx_error *err)
{
    static const char *const schedules[] = {"constant", "cosine", "linear", NULL};
    static const char *const lengths[] = {"error", "skip", NULL};
    const int schedule = opt_choose("schedule", o.schedule, schedules, err);
    const int too_long = schedule < 0 ? -1 : opt_choose("too-long", o.too_long, lengths, err);
    *tune = (struct llmx_tune_options){.init = o.init,
                                       .rank = o.rank,
                                       .alpha = o.alpha,
                                       .is_rank_stabilised = o.rslora,
                                       .target = o.target,
                                       .dropout = o.dropout,
                                       .epochs = o.epochs,
                                       .batch = o.batch,
                                       .learning_rate = o.learning_rate,
                                       .schedule = (enum llmx_schedule)schedule,
                                       .warmup = o.warmup,
                                       .weight_decay = o.weight_decay,
                                       .clip = o.clip,
                                       .keeps_order = o.no_shuffle,
                                       .skips_long = too_long == 1,
                                       .limit = o.limit,
                                       .validate = o.validate,
                                       .validate_share = o.validate_share,
                                       .patience = o.patience,
                                       .samples = o.samples,
                                       .checkpoint_seconds = o.checkpoint_seconds,
                                       .resume = o.resume,
                                       .force = o.force,
                                       .seed = common->seed,
                                       .report = report,
                                       .progress = common->progress};
    return too_long < 0 ? -1 : parse_size(o.memory, &tune->memory_bytes, err);
}

static void print_summary(const struct llmx_tune_report *r)
{
    if (r->was_finished) {
        fprintf(stderr, "%s holds the finished adapter already\n", o.out);
        return;
    }
    plain_fprintf(stderr,
                  "learnt %d examples in %d epochs (%d steps, %.0f tokens/s); last loss %.4f\n",
                  r->learnt, r->epochs, r->steps, r->tokens_per_s, r->loss);
    if (r->skipped)
        fprintf(stderr, "left out %d examples that are longer than the context\n", r->skipped);
    if (r->held)
        plain_fprintf(
            stderr,
            "kept epoch %d: loss %.4f on %d held-out examples (untuned %.4f), %.1f %% of their "
            "tokens guessed right (untuned %.1f %%)\n",
            r->best_epoch, r->held_loss, r->held, r->held_loss_before, 100 * r->held_accuracy,
            100 * r->held_accuracy_before);
    fprintf(stderr, "the adapter lies in %s\n", o.out);
}

/* 0,10,20: what opt_integers reads, but from 0 on. How many, or -1. */
static int curve_sizes(int sizes[static CURVE_MAX], struct llmx_error *err)
{
    const bool has_none = strncmp(o.curve, "0,", 2) == 0;
    sizes[0] = 0;
    const int n =
        opt_integers(o.curve + (has_none ? 2 : 0), sizes + has_none, CURVE_MAX - has_none, err);
    return n < 0 ? -1 : n + has_none;
}

/* Explains --recs with every adapter of the curve, all by the layout that the examples were made with. */
static int explain_curve(const struct llmx_model *model, const struct common *common,
                         const int *sizes, int n, struct llmx_error *err)
{
    struct llmx_data *data = NULL;
    struct llmx_explain_options explain = llmx_explain_defaults();
    char adapter[PATH_MAX], template[PATH_MAX];
    snprintf(adapter, sizeof adapter, "%s/%d", o.out, sizes[n - 1]);
    if (llmx_adapter_template(adapter, template, sizeof template, err) != 0)
        return -1;
    explain.template_path = *template ? template : NULL;
    explain.is_strict = *template != '\0';
    explain.seed = common->seed;
    explain.model_name = o.base;
    explain.resume = !o.force;
    explain.notice = opt_tell;
    explain.progress = common->progress;
    explain.stop = common->stop;
    const int result =
        data_open(&data, o.run, o.data, &data_flags, common, err) != 0
            ? -1
            : llmx_explain_curve(o.recs, data, model, &explain, sizes, n, o.out, err);
    llmx_data_destroy(data);
    return result;
}

static int tune_curve(const struct llmx_model *model, const struct common *common,
                      const struct llmx_tune_options *tune, const int *sizes, int n,
                      struct llmx_error *err)
{
    if (llmx_tune_curve(model, o.examples, tune, sizes, n, o.out, err) != 0)
        return -1;
    return o.recs ? explain_curve(model, common, sizes, n, err) : 0;
}

/* What the curve is of, and whether the options will do; *n is 0 without one. */
static int check(const struct llmx_tune_options *tune, int sizes[static CURVE_MAX], int *n,
                 struct llmx_error *err)
{
    *n = 0;
    if (!o.recs != !(o.run || o.data) || (o.recs && !o.curve))
        return err_set(err, LLMX_BAD_OPTION,
                       "--recs and --run (or --data) go together, and with --curve");
    if (!o.recs &&
        opt_refuse(options, &data_flags, sizeof data_flags, "goes with --recs", err) != 0)
        return -1;
    if (!o.curve)
        return llmx_tune_check(tune, o.out, err);
    *n = curve_sizes(sizes, err);
    return *n < 0 ? -1 : llmx_tune_curve_check(tune, sizes, *n, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_model *model = NULL;
    struct llmx_model_options how;
    struct llmx_tune_options tune;
    struct llmx_tune_report report;
    int sizes[CURVE_MAX], n, status = 0;
    if (tune_options(common, &report, &tune, &err) != 0 || check(&tune, sizes, &n, &err) != 0 ||
        model_options(&flags, common, &how, &err) != 0 ||
        llmx_model_open(&model, o.base, &how, &err) != 0 ||
        (o.curve ? tune_curve(model, common, &tune, sizes, n, &err)
                 : llmx_tune(model, o.examples, &tune, o.out, &err)) != 0)
        status = opt_fail(&err);
    else if (!common->quiet && !o.curve)
        print_summary(&report);
    else if (!common->quiet)
        fprintf(stderr, "the curve lies in %s/curve.svg, its numbers in curve.jsonl\n", o.out);
    llmx_model_destroy(model);
    return status;
}

const struct command cmd_tune = {
    "tune",
    "teach a language model from a few hundred examples",
    "Learns the outputs of instruction examples and writes a LoRA adapter: a small folder, as "
    "PEFT's, "
    "that `explain`,\n"
    "`generate` and `score` take with --adapter. The base model stays as it is. Hold some examples "
    "out (--validate or\n"
    "--validate-share) and it keeps the epoch that does best on them and stops when they get "
    "worse; "
    "without, it keeps\n"
    "the last. Beside the adapter the folder gets log.jsonl (every step), epochs.jsonl, curve.svg "
    "(look at it),\n"
    "samples.jsonl (read them) and config.yaml (every option, readable with --config).\n"
    "A loss that does not fall: raise --learning-rate. One that jumps or ends as no number: lower "
    "it, "
    "or --clip 1. A\n"
    "held-out loss that rises while the other falls: fewer --epochs, --dropout 0.05, more "
    "examples. "
    "Ctrl-C or a crash\n"
    "loses little: the same command with --resume goes on to the same bytes.",
    "  llmxrec tune --base build/assets/smollm2-135m-instruct-q4_1.gguf --examples examples.jsonl "
    "\\\n"
    "      --validate-share 0.1 --out adapters/mine\n"
    "  llmxrec tune --base build/assets/smollm2-135m-instruct-q4_1.gguf --examples examples.jsonl "
    "\\\n"
    "      --rank 16 --alpha 32 --schedule cosine --warmup 10 --memory 1G --out adapters/wider",
    options,
    run,
};
