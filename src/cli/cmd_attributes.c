/* cmd_attributes.c - hide what is known of users and items: can it be told from the rest, or from an explanation? */
#include "base/err.h"
#include "cli/data_options.h"
#include "cli/model_options.h"
#include "llmxrec/attributes.h"

static struct {
    const char *names, *run, *data, *base, *domain, *explanations, *recs, *tuned_on, *out;
    int resamples, asked, history;
    bool json;
} o;
static struct model_flags model_flags;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_PATH("run", &o.run, NULL, "run whose data, and whose embeddings, are looked at"),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_LIST("attribute", &o.names,
             "column of users, column or role of items, or popularity (repeatable; all there are)"),
    OPT_PATH("base", &o.base, NULL, MODEL_HELP " to ask"),
    ADAPTER_OPTION(model_flags),
    OPT_PATH("tuned-on", &o.tuned_on, NULL,
             "JSON Lines that the adapter was tuned on: their \"user\" and \"item\" are not asked "
             "about"),
    OPT_PATH("explanations", &o.explanations, NULL,
             "ask of these texts instead: JSON Lines with \"user\", \"item\", \"explanation\""),
    OPT_PATH("recs", &o.recs, NULL, "the recommendations that they are for"),
    OPT_INT("asked", &o.asked, "200", "at most so many users, and so many items, are asked about"),
    OPT_INT("max-history", &o.history, "20", "items of a user's history that the model is told"),
    OPT_TEXT(
        "domain", &o.domain, NULL,
        "words for items, one of: films, games, news, books, music, products, items (guessed)"),
    OPT_INT("resamples", &o.resamples, "10000",
            "draws of the bootstrap, which gives the intervals"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, NULL, "JSON Lines to write: the truth and every answer, row by row"),
    MODEL_OPTIONS(model_flags),
    DATA_OPTIONS(flags),
    OPT_END,
};

static int check_usage(struct llmx_error *err)
{
    const char *wrong = o.explanations && !o.recs   ? "--explanations need --recs"
                        : o.recs && !o.explanations ? "--recs goes with --explanations"
                        : o.tuned_on && !o.base     ? "--tuned-on goes with --base"
                                                    : NULL;
    if (wrong)
        return err_set(err, LLMX_BAD_OPTION, "%s", wrong);
    if (!o.base &&
        (opt_refuse(options, &model_flags, sizeof model_flags, "goes with --base", err) != 0 ||
         opt_refuse(options, &o.history, sizeof o.history, "goes with --base", err) != 0))
        return -1;
    return !o.explanations ? 0
           : opt_refuse(options, &o.asked, sizeof o.asked,
                        "does not go with --explanations: all are asked about", err) != 0
               ? -1
               : opt_refuse(options, &o.history, sizeof o.history,
                            "does not go with --explanations: no history is told", err);
}

static int open_model(struct llmx_model **model, const struct common *common,
                      struct llmx_error *err)
{
    struct llmx_model_options how;
    if (!o.base)
        return 0;
    return model_options(&model_flags, common, &how, err) != 0
               ? -1
               : llmx_model_open(model, o.base, &how, err);
}

static int measure(struct llmx_attributes **found, const struct llmx_data *data,
                   const struct llmx_attributes_options *how, struct llmx_error *err)
{
    return o.explanations
               ? llmx_attributes_of_texts(found, o.explanations, o.recs, data, how, o.out, err)
               : llmx_attributes_of_data(found, data, how, o.out, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_data *data = NULL;
    struct llmx_run *opened = NULL;
    struct llmx_model *model = NULL;
    struct llmx_attributes *found = NULL;
    struct llmx_attributes_options how = {
        .names = o.names,
        .domain = o.domain,
        .tuned_on_path = o.tuned_on,
        .asked_max = o.asked,
        .history_max = o.history,
        .resampling = {o.resamples, common->seed, common->threads},
        .notice = opt_tell,
        .progress = common->progress,
        .stop = common->stop};
    int status = 0;
    if (check_usage(&err) != 0 || data_open(&data, o.run, o.data, &flags, common, &err) != 0 ||
        llmx_attributes_check(data, &how, &err) != 0 ||
        (o.run && !o.explanations && llmx_run_open(&opened, o.run, data, &err) != 0) ||
        open_model(&model, common, &err) != 0) {
        status = opt_fail(&err);
    } else {
        how.model = model;
        how.run = opened;
        if (measure(&found, data, &how, &err) != 0 ||
            llmx_attributes_print(found, stdout, o.json, &err) != 0)
            status = opt_fail(&err);
        else if (llmx_attributes_skipped(found) > 0)
            status = 3;
    }
    llmx_attributes_destroy(found);
    llmx_model_destroy(model);
    llmx_run_destroy(opened);
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_attributes = {
    "attributes",
    "hide attributes of users and items, and have them guessed",
    "Hides age, gender, occupation or any other column of a user, categories, decade, price or "
    "popularity of an item,\n"
    "and has a language model tell it from the rest: from the history, or from the other features "
    "and what the same\n"
    "people took; by how likely it finds each answer, and in its own words. Beside it stand "
    "guesses without it: the\n"
    "majority, naive Bayes on the history, a linear probe of the run's embeddings. With "
    "--explanations it is told from\n"
    "the texts instead, and from the facts and prompts in the same lines; lines without a "
    "recommendation are told and left\n"
    "out (exit status 3). docs/evaluation.md has the definitions.",
    "  llmxrec attributes --run build/demo/sasrec --base "
    "build/assets/smollm2-135m-instruct-q4_1.gguf\n"
    "  llmxrec attributes --run build/demo/sasrec --attribute gender --json --out rows.jsonl\n"
    "  llmxrec attributes --run build/demo/sasrec --explanations build/demo/explanations.jsonl "
    "--recs build/demo/recs.jsonl",
    options,
    run,
};
