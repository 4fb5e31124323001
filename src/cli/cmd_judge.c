/* cmd_judge.c - which of two explanations is better: tuning a judge, having it compare, and asking how far it can be trusted. */
#include "base/err.h"
#include "base/plain.h"
#include "cli/data_options.h"
#include "cli/model_options.h"
#include "cli/remote_options.h"
#include "llmxrec/audit.h"
#include "llmxrec/judge.h"
#include "llmxrec/preferences.h"
#include "llmxrec/sanity.h"

#include <limits.h>
#include <string.h>

static struct {
    const char *action, *base, *out, *figures;
    struct option_words files;
    int limit, resamples;
    bool json;
} o;
static struct { /* of whoever judges, or learns to */
    const char *template;
    int prompt_tokens;
    bool resume;
} asked;
static struct { /* to be judged */
    const char *judge;
    int max_tokens;
} verdicts;
static struct { /* where explanations are spoilt */
    const char *recs, *run, *data;
} spoilt;
static struct {
    const char *schedule;
    int epochs, batch, rank, warmup, patience;
    double hold, learning_rate, alpha, validate_share;
    bool synthetic, force;
} learning;
static struct model_flags model_how;
static struct remote_flags remote_how;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("ACTION", &o.action, REQUIRED, "what to do, one of: train, compare, audit, sanity"),
    OPT_ARGS(
        "FILE", &o.files,
        "train, audit: labelled pairs; compare: explanations of two systems or more, or pairs; "
        "sanity: explanations"),
    OPT_PATH("base", &o.base, NULL,
             "who judges: " REMOTE_MODEL_HELP " (unset: as the pairs say that they were judged)"),
    OPT_PATH("judge", &verdicts.judge, NULL,
             "folder that `judge train` wrote, which goes with --base"),
    OPT_PATH("template", &asked.template, NULL,
             "how the judge is asked, one of: single (of each text by itself), judge (which of "
             "two), rubric "
             "(a server, which of two by rules); or a file of your own (unset: with --judge as "
             "tuned; to "
             "train single; of a server rubric; else judge)"),
    OPT_INT("prompt-tokens", &asked.prompt_tokens, "96",
            "how much of the prompt a model here is shown, from its end; -1: all (with --judge: as "
            "tuned)"),
    OPT_PATH("out", &o.out, NULL, "train: the judge's folder; else the judged pairs as JSON Lines"),
    OPT_OUT("figures", &o.figures, NULL,
            "compare: JSON Lines to write, the win score of each text, for `ratings --figures`"),
    OPT_PATH("recs", &spoilt.recs, NULL,
             "sanity, --synthetic: the recommendations that the explanations are for"),
    OPT_PATH("run", &spoilt.run, NULL, RUN_HELP),
    OPT_PATH("data", &spoilt.data, NULL, DATA_HELP),
    OPT_FLAG("synthetic", &learning.synthetic,
             "train: FILE holds explanations; learn to tell them from the same ones spoilt"),
    OPT_REAL("hold", &learning.hold, "0",
             "train: keep out this share of the prompts, with all of their pairs"),
    OPT_INT("limit", &o.limit, "0",
            "train: learn from so many pairs; sanity: spoil so many texts; 0: all"),
    OPT_INT("epochs", &learning.epochs, "2", "train: passes over the pairs, at most"),
    OPT_INT("batch", &learning.batch, "8", "train: examples a step"),
    OPT_REAL("learning-rate", &learning.learning_rate, "0.001", "train: step size"),
    OPT_TEXT("schedule", &learning.schedule, "constant",
             "train: course of the learning rate, one of: constant, cosine, linear"),
    OPT_INT("warmup", &learning.warmup, "0", "train: steps over which the learning rate rises"),
    OPT_INT("rank", &learning.rank, NULL, "train: rank of the adapter (default: 8)"),
    OPT_REAL("alpha", &learning.alpha, NULL,
             "train: the adapter is scaled by alpha / rank (default: 16)"),
    OPT_REAL("validate-share", &learning.validate_share, "0",
             "train: watch this share of what is learnt from, and keep the best epoch"),
    OPT_INT("patience", &learning.patience, "2",
            "train: epochs without a better watched loss before stopping; 0: never"),
    OPT_INT("max-tokens", &verdicts.max_tokens, "64",
            "server: longest answer; more for one that thinks"),
    OPT_INT("resamples", &o.resamples, "10000",
            "draws of the bootstrap, which gives the intervals"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_FLAG("resume", &asked.resume, "go on with what was interrupted; nothing is asked twice"),
    OPT_FLAG("force", &learning.force, "train: replace what is in --out already"),
    MODEL_OPTIONS(model_how),
    REMOTE_OPTIONS(remote_how),
    DATA_OPTIONS(flags),
    OPT_END,
};

enum action { ACTION_TRAIN, ACTION_COMPARE, ACTION_AUDIT, ACTION_SANITY };
static const char *const actions[] = {"train", "compare", "audit", "sanity",
                                      NULL}; /* as enum action */

enum {
    TRAIN = 1 << ACTION_TRAIN,
    COMPARE = 1 << ACTION_COMPARE,
    AUDIT = 1 << ACTION_AUDIT,
    SANITY = 1 << ACTION_SANITY
};
static const struct option_scope scopes[] = {
    SCOPE(learning, TRAIN),
    SCOPE(o.limit, TRAIN | SANITY),
    SCOPE(spoilt, TRAIN | SANITY),
    SCOPE(flags, TRAIN | SANITY),
    SCOPE(o.figures, COMPARE),
    SCOPE(verdicts, COMPARE | AUDIT | SANITY),
    SCOPE(remote_how, COMPARE | AUDIT | SANITY),
    SCOPE(o.resamples, COMPARE | AUDIT | SANITY),
    SCOPE(o.json, COMPARE | AUDIT | SANITY),
    SCOPE_END,
};

/* Who judges, or learns to, is asked in its own way. */
static int check_asking(int action, struct llmx_error *err)
{
    static const char with_base[] = "goes with --base, who judges";
    if (!o.base)
        return (action == ACTION_SANITY &&
                opt_refuse(options, &o.json, sizeof o.json, with_base, err) != 0) ||
                       opt_refuse(options, &asked, sizeof asked, with_base, err) != 0 ||
                       opt_refuse(options, &verdicts, sizeof verdicts, with_base, err) != 0 ||
                       opt_refuse(options, &model_how, sizeof model_how, with_base, err) != 0 ||
                       opt_refuse(options, &remote_how, sizeof remote_how, with_base, err) != 0
                   ? -1
                   : 0;
    if (remote_is_address(o.base))
        return opt_refuse(options, &asked.prompt_tokens, sizeof asked.prompt_tokens,
                          "is for a model here; a server is shown the whole prompt", err);
    if (verdicts.judge && opt_refuse(options, &asked.prompt_tokens, sizeof asked.prompt_tokens,
                                     "is as the judge was tuned: leave it out", err) != 0)
        return -1;
    return opt_refuse(options, &verdicts.max_tokens, sizeof verdicts.max_tokens, "is for a server",
                      err) != 0 ||
                   (action != ACTION_TRAIN &&
                    opt_refuse(options, &asked.resume, sizeof asked.resume,
                               "is for train and for a server's answers", err) != 0)
               ? -1
               : 0;
}

/* Nothing that was said is passed over. */
static int check_usage(int action, struct llmx_error *err)
{
    static const char with_spoilt[] = "goes with sanity and train --synthetic";
    if (opt_check_action(options, scopes, actions, action, err) != 0)
        return -1;
    if (action == ACTION_TRAIN && !learning.synthetic &&
        (opt_refuse(options, &spoilt, sizeof spoilt, with_spoilt, err) != 0 ||
         opt_refuse(options, &flags, sizeof flags, with_spoilt, err) != 0))
        return -1;
    return check_asking(action, err);
}

/* ---- pairs ---- */

/* What stands between the last slash and the last dot. */
static void name_of(const char *path, char name[static NAME_MAX + 1])
{
    const char *base = strrchr(path, '/');
    snprintf(name, NAME_MAX + 1, "%s", base ? base + 1 : path);
    char *dot = strrchr(name, '.');
    if (dot && dot > name)
        *dot = '\0';
}

/* Systems are called as their files, by the whole path where two are called alike. */
static int match_files(struct llmx_pairs **pairs, struct llmx_error *err)
{
    char name[OPTION_WORDS_MAX][NAME_MAX + 1];
    const char *names[OPTION_WORDS_MAX];
    bool are_apart = true;
    for (int i = 0; i < o.files.n; i++) {
        name_of(o.files.word[i], name[i]);
        for (int k = 0; k < i; k++)
            are_apart = are_apart && strcmp(name[i], name[k]) != 0;
    }
    for (int i = 0; i < o.files.n; i++)
        names[i] = are_apart ? name[i] : o.files.word[i];
    return llmx_pairs_match(pairs, o.files.word, names, o.files.n, err);
}

static int spoilt_pairs(const struct common *common, struct llmx_pairs **pairs, int *left_out,
                        struct llmx_error *err)
{
    struct llmx_data *data = NULL;
    const struct llmx_sanity_options how = {
        .resampling = {o.resamples, common->seed, common->threads},
        .limit = learning.synthetic ? 0 : o.limit,
        .notice = opt_tell};
    int status = spoilt.recs ? data_open(&data, spoilt.run, spoilt.data, &flags, common, err)
                             : err_set(err, LLMX_BAD_OPTION,
                                       "spoiling explanations needs the recommendations: --recs");
    if (status == 0)
        status = llmx_sanity_pairs(pairs, o.files.word[0], spoilt.recs, data, &how, left_out, err);
    llmx_data_destroy(data);
    return status;
}

static int open_pairs(enum action action, const struct common *common, struct llmx_pairs **pairs,
                      int *left_out, struct llmx_error *err)
{
    const bool is_spoilt =
        action == ACTION_SANITY || (action == ACTION_TRAIN && learning.synthetic);
    if (action == ACTION_SANITY && !o.base && !o.out)
        return err_set(err, LLMX_BAD_OPTION,
                       "nothing to do: --base says who judges the spoilt texts, --out where they "
                       "are written");
    if (action == ACTION_COMPARE && o.files.n > 1)
        return match_files(pairs, err);
    if (o.files.n > 1)
        return err_set(err, LLMX_BAD_OPTION, "%s takes one file, not %d", o.action, o.files.n);
    return is_spoilt ? spoilt_pairs(common, pairs, left_out, err)
                     : llmx_pairs_read(pairs, o.files.word[0], err);
}

/* ---- judging ---- */

/* Who judges; what of it is NULL is not there. */
struct bench {
    struct llmx_model *model;
    struct llmx_remote *remote;
    struct llmx_judge *judge;
};

static void bench_close(struct bench *b)
{
    llmx_judge_close(b->judge);
    llmx_model_destroy(b->model);
    llmx_remote_destroy(b->remote);
}

static int open_model(struct bench *b, const struct common *common, struct llmx_error *err)
{
    struct llmx_model_options how;
    return model_options(&model_how, common, &how, err) != 0
               ? -1
               : llmx_model_open(&b->model, o.base, &how, err);
}

static int open_local(struct bench *b, const struct llmx_judge_options *how,
                      const struct common *common, struct llmx_error *err)
{
    return llmx_judge_check(how, err) != 0 || open_model(b, common, err) != 0
               ? -1
               : llmx_judge_open(&b->judge, b->model, how, err);
}

static int bench_open(struct bench *b, const struct common *common, struct llmx_error *err)
{
    const struct llmx_judge_options how = {.folder = verdicts.judge,
                                           .template_path = asked.template,
                                           .prompt_tokens = asked.prompt_tokens,
                                           .max_tokens = verdicts.max_tokens,
                                           .notice = opt_tell,
                                           .progress = common->progress,
                                           .stop = common->stop};
    struct llmx_remote_options server;
    if (remote_options(&remote_how, o.base, &model_how, &server, err) != 0)
        return -1;
    if (!remote_is_address(o.base))
        return open_local(b, &how, common, err);
    if (verdicts.judge)
        return remote_refuse("judge", err);
    return llmx_remote_open(&b->remote, o.base, &server, err) != 0
               ? -1
               : llmx_judge_open_remote(&b->judge, b->remote, &how, err);
}

static void report_on(const struct llmx_judge_report *r)
{
    if (r->unreadable > 0)
        fprintf(stderr, "llmxrec: %d of %d answers are neither 1, 2 nor tie: not judged\n",
                r->unreadable, r->answered);
    if (r->refused > 0)
        fprintf(stderr, "llmxrec: %d questions were refused: not judged\n", r->refused);
}

/* Judges the pairs where somebody is to; *short_of: answers that are missing. */
static int judge(struct llmx_pairs *pairs, const struct common *common, int *short_of,
                 struct llmx_error *err)
{
    struct bench b = {0};
    struct llmx_judge_report report = {0};
    if (o.out && opt_check_folder(o.out, err) != 0)
        return -1;
    if (!o.base)
        return o.out ? llmx_pairs_write(pairs, o.out, err) : 0;
    const int status = bench_open(&b, common, err) != 0
                           ? -1
                           : llmx_judge_pairs(b.judge, pairs, o.out, asked.resume, &report, err);
    bench_close(&b);
    if (status == 0)
        report_on(&report);
    *short_of += report.unreadable + report.refused;
    return status;
}

/* ---- train ---- */

static void report_training(const struct llmx_judge_training_report *r)
{
    fprintf(stderr, "learnt from %d pairs; of %d, with %d prompts, kept out %d with %d\n",
            r->learnt, r->pairs, r->prompts, r->held, r->held_prompts);
    if (r->ties + r->unlabelled + r->repeated > 0)
        fprintf(stderr, "left out %d ties, %d without a label, %d that repeat others\n", r->ties,
                r->unlabelled, r->repeated);
    if (r->labelled_a == 0 || r->labelled_b == 0)
        fprintf(stderr,
                "all labels are \"%s\": that teaches no place, but who always writes it may be all "
                "there is to learn (judge audit)\n",
                r->labelled_a ? "a" : "b");
    plain_fprintf(stderr, "last loss %.4f (half of ln 2 = .3466 is a coin); the judge lies in %s\n",
                  r->tune.loss, o.out);
}

static int train(const struct llmx_pairs *pairs, const struct common *common,
                 struct llmx_error *err)
{
    static const char *const schedules[] = {"constant", "cosine", "linear", NULL};
    struct bench b = {0};
    struct llmx_judge_training_report report;
    struct llmx_judge_training how = llmx_judge_training_defaults();
    const int schedule = opt_choose("schedule", learning.schedule, schedules, err);
    how.template_path = asked.template;
    how.prompt_tokens = asked.prompt_tokens;
    how.hold = learning.hold;
    how.limit = o.limit;
    how.report = &report;
    how.tune.epochs = learning.epochs;
    how.tune.batch = learning.batch;
    how.tune.learning_rate = learning.learning_rate;
    how.tune.schedule = (enum llmx_schedule)schedule;
    how.tune.warmup = learning.warmup;
    how.tune.rank = learning.rank;
    how.tune.alpha = learning.alpha;
    how.tune.validate_share = learning.validate_share;
    how.tune.patience = learning.patience;
    how.tune.resume = asked.resume;
    how.tune.force = learning.force;
    how.tune.seed = common->seed;
    how.tune.progress = common->progress;
    if (schedule < 0)
        return -1;
    if (!o.base || !o.out || remote_is_address(o.base))
        return err_set(err, LLMX_BAD_OPTION,
                       "train needs a model here and a folder to write: --base MODEL --out DIR");
    const int status =
        llmx_judge_training_check(pairs, &how, o.out, err) != 0 || open_model(&b, common, err) != 0
            ? -1
            : llmx_judge_train(b.model, pairs, &how, o.out, err);
    bench_close(&b);
    if (status == 0 && !common->quiet && !report.tune.was_finished)
        report_training(&report);
    return status;
}

/* ---- figures ---- */

static int compare(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                   struct llmx_error *err)
{
    struct llmx_preferences found = {0};
    if ((o.figures && llmx_preferences_write(pairs, o.figures, err) != 0) ||
        llmx_preferences_measure(pairs, how, &found, err) != 0)
        return -1;
    const int status = llmx_preferences_print(&found, stdout, o.json, err);
    llmx_preferences_release(&found);
    return status;
}

static int audit(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                 struct llmx_error *err)
{
    struct llmx_audit found;
    return llmx_audit_judge(pairs, how, &found, err) != 0
               ? -1
               : llmx_audit_print(&found, stdout, o.json, err);
}

static int sanity(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                  struct llmx_error *err)
{
    struct llmx_sanity found;
    if (!o.base)
        return 0;
    return llmx_sanity_measure(pairs, how, &found, err) != 0
               ? -1
               : llmx_sanity_print(&found, stdout, o.json, err);
}

static int act(enum action action, struct llmx_pairs *pairs, const struct common *common,
               int *short_of, struct llmx_error *err)
{
    const struct llmx_resampling how = {o.resamples, common->seed, common->threads};
    if (action == ACTION_TRAIN)
        return train(pairs, common, err);
    if (llmx_resampling_check(&how, err) != 0 || judge(pairs, common, short_of, err) != 0)
        return -1;
    return action == ACTION_COMPARE ? compare(pairs, &how, err)
           : action == ACTION_AUDIT ? audit(pairs, &how, err)
                                    : sanity(pairs, &how, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_pairs *pairs = NULL;
    int status = 0, short_of = 0;
    const int action = opt_choose("ACTION", o.action, actions, &err);
    if (action < 0 || check_usage(action, &err) != 0 ||
        open_pairs((enum action)action, common, &pairs, &short_of, &err) != 0 ||
        act((enum action)action, pairs, common, &short_of, &err) != 0)
        status = opt_fail(&err);
    else if (short_of > 0)
        status = 3;
    llmx_pairs_close(pairs);
    return status;
}

const struct command cmd_judge = {
    "judge",
    "which of two explanations is better, and who says so",
    "train    tunes a judge on labelled pairs {\"prompt\",\"a\",\"b\",\"label\"}: on each text by "
    "itself, or with --template\n"
    "         judge on each pair in both orders; --hold .2 keeps a fifth of the prompts out "
    "(DIR/held.jsonl).\n"
    "         Without labels: --synthetic.\n"
    "compare  judges every two texts of the same recommendation, in both orders, and says which "
    "system's are better.\n"
    "audit    holds a judge to labels, beside judges that cannot read: a judge that does not beat "
    "those is called out.\n"
    "sanity   spoils good explanations in known ways and asks the judge which is which; without "
    "--base it only writes\n"
    "         the pairs (--out).\n"
    "The judge is a model here (--base MODEL), tuned (--judge DIR) or as it is, which is asked how "
    "likely it finds \"1\"\n"
    "and \"2\"; or a server (--base http://...), which answers in words. docs/evaluation.md has "
    "the "
    "definitions.",
    "  llmxrec judge sanity build/demo/explanations.jsonl --recs build/demo/recs.jsonl --run "
    "build/demo/sasrec-final \\\n"
    "      --base build/assets/smollm2-135m-instruct-q4_1.gguf\n"
    "  llmxrec judge train pairs.jsonl --hold .2 --base "
    "build/assets/smollm2-135m-instruct-q4_1.gguf --out judges/mine\n"
    "  llmxrec judge audit judges/mine/held.jsonl --judge judges/mine \\\n"
    "      --base build/assets/smollm2-135m-instruct-q4_1.gguf\n"
    "  llmxrec judge compare ours.jsonl theirs.jsonl --base http://127.0.0.1:8000/v1 --out "
    "judged.jsonl",
    options,
    run,
};
