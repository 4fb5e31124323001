/* cmd_report.c - one page of all that was measured. */
#include "base/err.h"
#include "cli/opt.h"
#include "cli/run_data.h"
#include "cli/word_list.h"
#include "llmxrec/report.h"

#include <string.h>

static struct option_words runs;
static struct {
    const char *explanations, *recs, *run, *with, *title, *out;
} o;
static struct { /* of explanations */
    int examples, resamples;
} texts;

static const struct option_spec options[] = {
    OPT_ARGS("RUN", &runs, "run directories that `train` wrote"),
    OPT_LIST(
        "explanations", &o.explanations,
        "JSON Lines with explanations to measure and show; each file is a system (repeatable)"),
    OPT_LIST("recs", &o.recs,
             "the recommendations they are for: one for all, or one for each file (repeatable)"),
    OPT_LIST("run", &o.run,
             "the run those come from: one for all, or one for each file (unset: the first RUN)"),
    OPT_LIST("with", &o.with,
             "JSON that grounding, judge, ratings or another command printed with --json "
             "(repeatable); the "
             "rows that --out writes are not for a report"),
    OPT_TEXT("title", &o.title, NULL, "of the page (unset: Recommendations and their reasons)"),
    OPT_INT("examples", &texts.examples, "3",
            "so many of the worst and of the best texts of each system are shown"),
    OPT_INT("resamples", &texts.resamples, "10000",
            "draws of the bootstrap, which gives the intervals of --explanations"),
    OPT_OUT("out", &o.out, REQUIRED, "HTML to write"),
    OPT_END,
};

/* What the command line names, and the data that the explanations are told from. */
struct inputs {
    struct arena arena;
    struct word_list explanations, recs, run, with;
    struct run_data *opened; /* (n_opened) one for each run that explanations come from */
    int n_opened;
    struct llmx_report_texts *texts;
};

static int check_count(const char *option, int n, int files, struct llmx_error *err)
{
    if (n > 0 && files == 0)
        return err_set(err, LLMX_BAD_OPTION,
                       "--%s is given without --explanations, which it is for", option);
    if (n == files || (n == 1 && files > 0))
        return 0;
    return err_set(err, LLMX_BAD_OPTION,
                   "--%s is given %d times: give one for all explanations, or one for each of the "
                   "%d files",
                   option, n, files);
}

/* The data of the run, opened once. */
static const struct llmx_data *open_data(struct inputs *in, const char *run,
                                         const struct common *common, struct llmx_error *err)
{
    for (int i = 0; i < in->n_opened; i++)
        if (strcmp(in->opened[i].source.run_dir, run) == 0)
            return in->opened[i].data;
    struct run_data *opened = &in->opened[in->n_opened++];
    return run_data_open(opened, run, NULL, common->threads, err) == 0 ? opened->data : NULL;
}

static int open_texts(struct inputs *in, const struct common *common, struct llmx_error *err)
{
    const int n = in->explanations.n;
    const size_t room = (size_t)n + 1;
    in->opened = arena_array(&in->arena, room, sizeof *in->opened, err);
    in->texts = arena_array(&in->arena, room, sizeof *in->texts, err);
    if (!in->opened || !in->texts)
        return -1;
    if (check_count("recs", in->recs.n, n, err) != 0 ||
        (in->run.n > 0 && check_count("run", in->run.n, n, err) != 0))
        return -1;
    for (int i = 0; i < n; i++) {
        const char *run = in->run.n == 0 ? runs.word[0] : in->run.word[in->run.n == 1 ? 0 : i];
        const struct llmx_data *data = open_data(in, run, common, err);
        if (!data)
            return -1;
        in->texts[i] = (struct llmx_report_texts){
            in->explanations.word[i], in->recs.word[in->recs.n == 1 ? 0 : i], data, run};
    }
    return 0;
}

static int report(const struct common *common, struct inputs *in, int *skipped,
                  struct llmx_error *err)
{
    if (!o.explanations &&
        opt_refuse(options, &texts, sizeof texts, "goes with --explanations", err) != 0)
        return -1;
    if (word_list_split(&in->explanations, o.explanations, &in->arena, err) != 0 ||
        word_list_split(&in->recs, o.recs, &in->arena, err) != 0 ||
        word_list_split(&in->run, o.run, &in->arena, err) != 0 ||
        word_list_split(&in->with, o.with, &in->arena, err) != 0 ||
        open_texts(in, common, err) != 0)
        return -1;
    const struct llmx_report_options how = {
        .runs = runs.word,
        .n_runs = runs.n,
        .texts = in->texts,
        .n_texts = in->explanations.n,
        .views = in->with.word,
        .n_views = in->with.n,
        .title = o.title,
        .examples = texts.examples,
        .resampling = {texts.resamples, common->seed, common->threads},
        .notice = opt_tell};
    return llmx_report_write(o.out, &how, skipped, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct inputs in = {0};
    int skipped = 0, status = report(common, &in, &skipped, &err) == 0 ? 0 : opt_fail(&err);
    if (status == 0 && skipped > 0)
        status = 3;
    for (int i = 0; i < in.n_opened; i++)
        run_data_close(&in.opened[i]);
    arena_release(&in.arena);
    return status;
}

const struct command cmd_report = {
    "report",
    "put all that was measured on one page",
    "Writes one HTML page that needs no network: what was run and how well it ranks, the figures "
    "that are given --with,\n"
    "and of explanations how many of their statements are so (as `grounding` measures it), the "
    "worst and the best of\n"
    "them, with what is wrong marked. Tables sort; it reads on a phone, in print and aloud. "
    "Explanations without a\n"
    "recommendation are told and left out (exit status 3). docs/evaluation.md says what is where.",
    "  llmxrec faithfulness build/demo/explanations.jsonl --recs build/demo/dozen.jsonl --run "
    "build/demo/sasrec-final --json >cited.json\n"
    "  llmxrec report build/demo/sasrec --with cited.json --explanations "
    "build/demo/explanations.jsonl \\\n"
    "      --recs build/demo/dozen.jsonl --run build/demo/sasrec-final --out report.html",
    options,
    run,
};
