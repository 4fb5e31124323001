/* reproduce_judge.c - the judge of an experiment: learns, compares the systems, and is itself audited. */
#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "format/jsonl.h"
#include "llmxrec/audit.h"
#include "llmxrec/judge.h"
#include "llmxrec/preferences.h"
#include "reproduce/reproduce.h"

#include <string.h>

#define HELD_NAME   "held.jsonl"
#define JUDGED_BY   "single" /* each text alone: of few pairs that learns most (docs/evaluation.md) */
#define JUDGE_BATCH 4        /* few pairs are to be many steps */
#define PROBE_PAIRS "probe-pairs.jsonl"

int work_judge(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    struct llmx_judge_training how = llmx_judge_training_defaults();
    struct llmx_model *model = NULL;
    struct llmx_pairs *pairs = NULL;
    const struct llmx_model_options precise = reproduce_model_options(r, LLMX_PRECISION_FLOAT);
    (void)at;
    how.template_path = JUDGED_BY;
    how.prompt_tokens = 0;
    how.hold = JUDGE_HELD;
    how.tune.epochs = JUDGE_EPOCHS;
    how.tune.batch = JUDGE_BATCH;
    how.limit = r->plan.pairs;
    how.tune.resume = 1;
    how.tune.seed = r->x.seed;
    how.tune.progress = r->options->progress;
    int status = llmx_pairs_read(&pairs, r->x.judge, err);
    if (status == 0)
        status = llmx_model_open(&model, r->x.base, &precise, err);
    if (status == 0)
        status = llmx_judge_train(model, pairs, &how, product, err);
    llmx_model_destroy(model);
    llmx_pairs_close(pairs);
    return status;
}

/* folder  NULL: the model as it is */
static int judge(struct reproduce *r, const char *folder, struct llmx_pairs *pairs,
                 struct llmx_error *err)
{
    struct llmx_judge *judge = NULL;
    struct llmx_judge_report report;
    const struct llmx_judge_options how = {.folder = folder,
                                           .template_path = folder ? NULL : JUDGED_BY,
                                           .progress = r->options->progress,
                                           .stop = r->options->stop};
    int status = reproduce_model(r, err);
    if (status == 0)
        status = llmx_judge_open(&judge, r->model, &how, err);
    if (status == 0)
        status = llmx_judge_pairs(judge, pairs, NULL, 0, &report, err);
    llmx_judge_close(judge);
    return status;
}

static int match_systems(const struct reproduce *r, struct place at, struct llmx_pairs **pairs,
                         struct llmx_error *err)
{
    struct arena arena = {0};
    const char *paths[EXPERIMENT_MAX], *names[EXPERIMENT_MAX];
    int status = 0;
    for (int s = 0; status == 0 && s < r->x.n_systems; s++) {
        char path[PATH_MAX];
        at.system = s;
        names[s] = r->x.system[s].name;
        status = reproduce_path(r, STAGE_EXPLAIN, at, path, err);
        if (status == 0 && !(paths[s] = arena_text(&arena, path, strlen(path), err)))
            status = -1;
    }
    if (status == 0)
        status = llmx_pairs_match(pairs, paths, names, r->x.n_systems, err);
    arena_release(&arena);
    return status;
}

static int print_preferences(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                             FILE *stream, struct llmx_error *err)
{
    struct llmx_preferences found = {0};
    const int status = llmx_preferences_measure(pairs, how, &found, err) != 0
                           ? -1
                           : llmx_preferences_print(&found, stream, 1, err);
    llmx_preferences_release(&found);
    return status;
}

static int print_audit(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                       FILE *stream, struct llmx_error *err)
{
    struct llmx_audit found;
    return llmx_audit_judge(pairs, how, &found, err) != 0
               ? -1
               : llmx_audit_print(&found, stream, 1, err);
}

/* Judges the pairs and writes what `print` makes of them. */
static int judge_into(struct reproduce *r, struct llmx_pairs *pairs, const char *product,
                      int (*print)(const struct llmx_pairs *pairs,
                                   const struct llmx_resampling *how, FILE *stream,
                                   struct llmx_error *err),
                      struct llmx_error *err)
{
    char folder[PATH_MAX];
    struct output out = {0};
    const struct llmx_resampling how = {r->options->resamples, r->x.seed, r->options->threads};
    int status = reproduce_path(r, STAGE_JUDGE, (struct place){-1, -1, -1}, folder, err);
    if (status == 0)
        status = judge(r, folder, pairs, err);
    if (status == 0)
        status = output_open(&out, product, err);
    if (status == 0)
        status = print(pairs, &how, out.stream, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

int work_compare(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    struct llmx_pairs *pairs = NULL;
    const int status = match_systems(r, at, &pairs, err) != 0
                           ? -1
                           : judge_into(r, pairs, product, print_preferences, err);
    llmx_pairs_close(pairs);
    return status;
}

int work_audit(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    char folder[PATH_MAX], held[PATH_MAX];
    struct llmx_pairs *pairs = NULL;
    int status = reproduce_path(r, STAGE_JUDGE, at, folder, err);
    if (status == 0)
        status = path_join(held, sizeof held, folder, HELD_NAME, err);
    if (status == 0)
        status = llmx_pairs_read(&pairs, held, err);
    if (status == 0)
        status = judge_into(r, pairs, product, print_audit, err);
    llmx_pairs_close(pairs);
    return status;
}

/* ---- speed ---- */

static int write_first(const char *from, const char *to, int n, struct llmx_error *err)
{
    struct jsonl file;
    struct output out = {0};
    json_t *line;
    int more = jsonl_open(&file, from, err) == 0 && output_open(&out, to, err) == 0 ? 1 : -1;
    while (more == 1 && n-- > 0 && (more = jsonl_read(&file, &line, err)) == 1) {
        if (jsonl_write(out.stream, line, err) != 0)
            more = -1;
        json_decref(line);
    }
    if (more >= 0)
        more = output_commit(&out, err);
    jsonl_close(&file);
    output_discard(&out);
    return more;
}

int reproduce_time_pairs(struct reproduce *r, int n, double *seconds, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct llmx_pairs *pairs = NULL;
    int status = path_join(path, sizeof path, r->options->out, PROBE_PAIRS, err);
    if (status == 0)
        status = write_first(r->x.judge, path, n, err);
    if (status == 0)
        status = llmx_pairs_read(&pairs, path, err);
    if (status == 0)
        status = reproduce_model(r, err);
    const double start = clock_now_s();
    if (status == 0)
        status = judge(r, NULL, pairs, err);
    *seconds = (clock_now_s() - start) / n;
    llmx_pairs_close(pairs);
    folder_remove(r->options->out, PROBE_PAIRS);
    return status;
}
