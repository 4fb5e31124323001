/* cmd_study.c - studies in which people rate explanations: made here, held by `serve`, read here again. */
#include "base/err.h"
#include "cli/data_options.h"
#include "cli/word_list.h"
#include "llmxrec/study.h"

#include <sys/stat.h>

static struct {
    const char *action, *db, *study, *rater, *out;
} o;
static struct { /* of a new one */
    const char *explanations, *recs, *run, *data, *questions;
} made_of;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("ACTION", &o.action, REQUIRED, "what to do, one of: new, results, forget"),
    OPT_PATH("db", &o.db, REQUIRED, "where studies lie: an SQLite file, or postgresql://..."),
    OPT_LIST(
        "explanations", &made_of.explanations,
        "for new: files that explain the same, each a system called like its file (repeatable)"),
    OPT_PATH("recs", &made_of.recs, NULL, "for new: the recommendations that they are of"),
    OPT_PATH("run", &made_of.run, NULL, RUN_HELP),
    OPT_PATH("data", &made_of.data, NULL, DATA_HELP),
    OPT_PATH("questions", &made_of.questions, NULL,
             "for new: a YAML file (docs/study.md) (unset: the paper's three, from 1 to 5)"),
    OPT_TEXT("study", &o.study, NULL, "for results and forget: its id (unset: the one made last)"),
    OPT_TEXT("rater", &o.rater, NULL, "for forget: the rater's link, or rN of the results"),
    OPT_OUT("out", &o.out, "-", "for new the raters' secret links, for results the CSV"),
    DATA_OPTIONS(flags),
    OPT_END,
};

enum action { ACTION_NEW, ACTION_RESULTS, ACTION_FORGET };
static const char *const actions[] = {"new", "results", "forget", NULL}; /* as enum action */

enum { NEW = 1 << ACTION_NEW, RESULTS = 1 << ACTION_RESULTS, FORGET = 1 << ACTION_FORGET };
static const struct option_scope scopes[] = {
    SCOPE(made_of, NEW),    SCOPE(flags, NEW),           SCOPE(o.study, RESULTS | FORGET),
    SCOPE(o.rater, FORGET), SCOPE(o.out, NEW | RESULTS), SCOPE_END,
};

static int make_of(const struct word_list *files, const struct common *common,
                   struct llmx_error *err)
{
    struct llmx_study_options how = {.explanations = files->word,
                                     .n_explanations = files->n,
                                     .recs = made_of.recs,
                                     .questions = made_of.questions,
                                     .db = o.db,
                                     .seed = common->seed};
    struct llmx_study_made made;
    struct llmx_data *data = NULL;
    int status = data_open(&data, made_of.run, made_of.data, &flags, common, err);
    how.data = data;
    if (status == 0)
        status = llmx_study_new(&how, o.out, &made, err);
    if (status == 0 && !common->quiet)
        fprintf(stderr,
                "study %s: %d recommendations, %d raters with %d each (%d to %d raters of a "
                "recommendation)\nput each link behind the address of `llmxrec serve --db %s`\n",
                made.id, made.units, made.raters, made.tasks, made.marks_min, made.marks_max, o.db);
    llmx_data_destroy(data);
    return status;
}

/* Links of another study are nowhere else to be had. */
static int check_links(struct llmx_error *err)
{
    struct stat st;
    return stat(o.out, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0
               ? err_set(err, LLMX_BAD_OPTION,
                         "%s is there, and may hold the links of another study: choose another "
                         "--out, or remove it",
                         o.out)
               : 0;
}

static int make(const struct common *common, struct llmx_error *err)
{
    struct arena arena = {0};
    struct word_list files;
    if (!made_of.explanations || !made_of.recs)
        return err_set(err, LLMX_BAD_OPTION, "a new study needs --explanations and --recs");
    if (check_links(err) != 0)
        return -1;
    int status = word_list_split(&files, made_of.explanations, &arena, err);
    if (status == 0)
        status = make_of(&files, common, err);
    arena_release(&arena);
    return status;
}

static int tell_results(const struct common *common, struct llmx_error *err)
{
    struct llmx_study_results r;
    if (llmx_study_results(o.db, o.study, o.out, &r, err) != 0)
        return -1;
    if (!common->quiet)
        fprintf(stderr,
                "%ld marks of %d raters: %d begun, %d finished, %d failed an attention check, %d "
                "very fast\nllmxrec ratings %s --user user says what they show\n",
                r.marks, r.raters, r.begun, r.finished, r.failed_checks, r.speeders, o.out);
    return 0;
}

static int forget(struct llmx_error *err)
{
    if (!o.rater)
        return err_set(err, LLMX_BAD_OPTION, "forget whom? Choose --rater");
    return llmx_study_forget(o.db, o.study, o.rater, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    const int action = opt_choose("ACTION", o.action, actions, &err);
    const int status = action < 0 || opt_check_action(options, scopes, actions, action, &err) != 0
                           ? -1
                       : action == ACTION_NEW     ? make(common, &err)
                       : action == ACTION_RESULTS ? tell_results(common, &err)
                                                  : forget(&err);
    return status == 0 ? 0 : opt_fail(&err);
}

const struct command cmd_study = {
    "study",
    "have people rate explanations: a blind study",
    "new     makes a study of explanations of the same recommendations, and a secret link for each "
    "rater;\n"
    "        `llmxrec serve --db` with the same store has the page behind it\n"
    "results writes what the raters said, for `llmxrec ratings`\n"
    "forget  deletes what one rater said, for good",
    "  llmxrec study new --explanations build/demo/explanations.jsonl --recs "
    "build/demo/dozen.jsonl \\\n"
    "      --run build/demo/sasrec-final --db study.sqlite --out links.txt\n"
    "  llmxrec serve --run build/demo/sasrec-final --db study.sqlite\n"
    "  llmxrec study results --db study.sqlite --out ratings.csv",
    options,
    run,
};
