/* cmd_bias.c - do reasons differ for who somebody is? Told as one and as the other, or as they are, by group. */
#include "base/err.h"
#include "cli/data_options.h"
#include "cli/writing_options.h"
#include "llmxrec/bias.h"
#include "llmxrec/explain_file.h"

static struct {
    const char *recs, *explanations, *run, *data, *out;
    int resamples;
    bool drafts, json;
} o;
static struct { /* of RECS */
    const char *attribute, *pairs, *keep, *verdicts;
    int max_users;
    bool resume;
} told;
static struct { /* of --explanations */
    const char *recs, *by;
} groups;
static struct data_flags flags;
static struct writing_flags writing;

static const struct option_spec options[] = {
    OPT_ARG("RECS", &o.recs, NULL,
            "recommendations that `recommend` wrote, to explain for each value"),
    OPT_PATH("explanations", &o.explanations, NULL,
             "in place of RECS: explanations as they are, compared by group"),
    OPT_PATH("recs", &groups.recs, NULL, "the recommendations that --explanations are for"),
    OPT_PATH("run", &o.run, NULL, RUN_HELP),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_TEXT("by", &groups.by, NULL,
             "with --explanations: columns of .user, by name or as age, gender, occupation "
             "(unset: gender,age)"),
    OPT_TEXT("attribute", &told.attribute, NULL,
             "with RECS: what is told otherwise, a column of .user or age, gender, occupation"),
    OPT_LIST("pairs", &told.pairs,
             "with RECS: what everybody is told as, one and the other: M:F, or several (unset: the "
             "two commonest values)"),
    OPT_PATH("keep", &told.keep, NULL,
             "with RECS: folder for the texts and pairs.jsonl, those that differ, for a judge"),
    OPT_FLAG("resume", &told.resume,
             "take the texts that --keep holds already, and go on with others"),
    OPT_PATH("verdicts", &told.verdicts, NULL,
             "with RECS: pairs.jsonl of --keep as a judge returned it"),
    OPT_FLAG("drafts", &o.drafts,
             "compare what the model wrote first, whether it passed the gate or not"),
    OPT_INT("max-users", &told.max_users, "0", "with RECS: the file's first N users only (0: all)"),
    OPT_INT("resamples", &o.resamples, "10000", "of the bootstrap and of the permutation test"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, NULL, "JSON Lines to write: the figures of each text"),
    OPT_PATH("base", &writing.base, NULL, REMOTE_MODEL_HELP),
    WRITING_OPTIONS(writing),
    WRITER_OPTIONS(writing),
    DATA_OPTIONS(flags),
    OPT_END,
};

/* What RECS take, or --explanations, is refused beside the other. */
static int check_mode(bool is_flip, struct llmx_error *err)
{
    return is_flip ? opt_refuse(options, &groups, sizeof groups, "goes with --explanations", err)
           : opt_refuse(options, &told, sizeof told, "goes with RECS; --explanations take --by",
                        err) != 0
               ? -1
               : opt_refuse(options, &writing, sizeof writing,
                            "goes with RECS; nothing is written beside --explanations", err);
}

/* Which of both is asked for, and is what it needs there? */
static int check_usage(struct llmx_error *err)
{
    const bool is_flip = o.recs != NULL;
    const char *missing = is_flip && !writing.base     ? "base"
                          : is_flip && !told.attribute ? "attribute"
                          : is_flip && !told.keep      ? "keep"
                          : !is_flip && !groups.recs   ? "recs"
                                                       : NULL;
    if (is_flip == (o.explanations != NULL))
        return err_set(err, LLMX_BAD_OPTION,
                       "give one of the two: RECS, to have texts written for each value, or "
                       "--explanations");
    if (check_mode(is_flip, err) != 0)
        return -1;
    return missing ? err_set(err, LLMX_BAD_OPTION, "--%s is missing (llmxrec bias --help)", missing)
                   : 0;
}

static int flip(const struct llmx_data *data, struct writer_how *how,
                struct llmx_bias_options *how_bias, struct llmx_bias **bias, struct llmx_error *err)
{
    struct llmx_model *model = NULL;
    int status = llmx_explain_check(data, &how->explain, err) != 0
                     ? -1
                     : llmx_bias_check(data, how_bias, err);
    if (status == 0)
        status = writer_open(&model, &writing, how, err);
    how_bias->explain = how->explain;
    if (status == 0)
        status = llmx_bias_flip(bias, o.recs, data, model, how_bias, told.keep, o.out, err);
    writer_close(model, how);
    return status;
}

static int measure(const struct common *common, struct llmx_data **data, struct llmx_bias **bias,
                   struct llmx_error *err)
{
    struct llmx_bias_options how_bias = llmx_bias_defaults();
    struct writer_how how = {.explain = how_bias.explain};
    how_bias.attribute = told.attribute;
    how_bias.pairs = told.pairs;
    how_bias.by = groups.by;
    how_bias.drafts = o.drafts;
    how_bias.verdicts = told.verdicts;
    how_bias.resampling = (struct llmx_resampling){o.resamples, common->seed, common->threads};
    if (check_usage(err) != 0 || (o.recs && writing_options(&writing, common, &how, err) != 0) ||
        data_open(data, o.run, o.data, &flags, common, err) != 0)
        return -1;
    how.explain.notice = opt_tell;
    how.explain.users_max = told.max_users;
    how.explain.resume = told.resume;
    how_bias.explain = how.explain;
    return o.recs
               ? flip(*data, &how, &how_bias, bias, err)
               : llmx_bias_groups(bias, o.explanations, groups.recs, *data, &how_bias, o.out, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_data *data = NULL;
    struct llmx_bias *bias = NULL;
    int status = 0;
    if (measure(common, &data, &bias, &err) != 0 ||
        llmx_bias_print(bias, stdout, o.json, &err) != 0)
        status = opt_fail(&err);
    if (status == 0 && llmx_bias_skipped(bias) > 0)
        status = 3;
    llmx_bias_destroy(bias);
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_bias = {
    "bias",
    "test whether reasons differ for who somebody is",
    "With RECS, writes every explanation twice, as if the person had one value of --attribute "
    "(a woman) and the other (a man).\n"
    "All else and the random numbers are the same, so that what differs comes from the value: "
    "length, words of praise and\n"
    "blame, items cited, categories named, and whom a judge prefers. What the prompts do not tell "
    "can change nothing:\n"
    "use a layout that tells the profile (movies, general), and --profile speak. --blind beside it "
    "shows what blinding\n"
    "does away with. With --explanations, the same figures of explanations as they are, by gender "
    "and age.\n"
    "docs/evaluation.md has the definitions.",
    "  llmxrec bias build/demo/recs.jsonl --run build/demo/sasrec-final --base "
    "build/assets/smollm2-135m-instruct-q4_1.gguf \\\n"
    "      --adapter none --template movies --profile speak --attribute gender --max-users 20 "
    "--keep texts\n"
    "  llmxrec bias --explanations build/demo/explanations.jsonl --recs build/demo/recs.jsonl "
    "--run build/demo/sasrec-final",
    options,
    run,
};
