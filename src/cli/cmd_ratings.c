/* cmd_ratings.c - what people say of explanations, and whether figures say the same. */
#include "base/err.h"
#include "base/number.h"
#include "cli/opt.h"
#include "llmxrec/ratings.h"

#include <string.h>

static struct {
    const char *in, *figures, *user, *scale, *out;
    int resamples;
    bool json;
} o;

static const struct option_spec options[] = {
    OPT_ARG("FILE", &o.in, REQUIRED,
            "CSV, TSV or JSON Lines with rater, item, system, aspect and value"),
    OPT_PATH(
        "figures", &o.figures, NULL,
        "table of automatic figures of the same items: columns item and system, the others are "
        "figures (unset: none)"),
    OPT_TEXT("user", &o.user, NULL,
             "column that names whom an explanation is for, where raters are others (unset: none)"),
    OPT_TEXT("scale", &o.scale, NULL,
             "least and most that a rating can be, as 1-5; others are refused (unset: any)"),
    OPT_INT("resamples", &o.resamples, "10000",
            "draws of the bootstrap, which gives the intervals"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, NULL,
            "JSON Lines to write: the mean of each aspect of each thing rated"),
    OPT_END,
};

/* "1-5", or "-2-2". */
static int parse_scale(struct llmx_ratings_options *how, struct llmx_error *err)
{
    if (!o.scale)
        return 0;
    const char *dash = o.scale[0] ? strchr(o.scale + 1, '-') : NULL;
    how->has_scale = 1;
    if (!dash || !number_parse(o.scale, (size_t)(dash - o.scale), &how->least) ||
        !number_parse(dash + 1, strlen(dash + 1), &how->most) || how->least >= how->most)
        return err_set(err, LLMX_BAD_OPTION, "--scale: '%s' is not two numbers as 1-5", o.scale);
    return 0;
}

static int report(const struct common *common, struct llmx_ratings **ratings,
                  struct llmx_error *err)
{
    struct llmx_ratings_options how = {.user = o.user,
                                       .resampling = {o.resamples, common->seed, common->threads}};
    if (parse_scale(&how, err) != 0 || llmx_ratings_open(ratings, o.in, &how, err) != 0 ||
        (o.figures && llmx_ratings_figures(*ratings, o.figures, err) != 0) ||
        (o.out && llmx_ratings_write(*ratings, o.out, err) != 0))
        return -1;
    return llmx_ratings_print(*ratings, stdout, o.json, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_ratings *ratings = NULL;
    const int status = report(common, &ratings, &err) == 0 ? 0 : opt_fail(&err);
    llmx_ratings_destroy(ratings);
    return status;
}

const struct command cmd_ratings = {
    "ratings",
    "say what people's ratings of explanations show",
    "Means by system and aspect with intervals, whether raters agree, who is out of line or "
    "answers "
    "alike throughout,\n"
    "which systems differ by more than chance, and how well automatic figures (what `text-metrics "
    "--out` writes, a\n"
    "judge's scores) agree with people. Columns in any order; others are passed over, missing "
    "values "
    "are welcome.\n"
    "docs/evaluation.md explains each figure.",
    "  printf 'rater,item,system,aspect,value\\nann,1,ours,clarity,4\\nbob,1,ours,clarity,5\\n"
    "ann,2,ours,clarity,2\\n' |\n"
    "      llmxrec ratings - --scale 1-5",
    options,
    run,
};
