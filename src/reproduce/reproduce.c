/* reproduce.c - does the steps of an experiment in turn, each once. */
#include "reproduce/reproduce.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/plain_json.h"
#include "data/dataset.h"
#include "format/json_file.h"

#include <string.h>

#define DONE    "done"
#define RESULTS "results.json"

static stage_work *const work[STAGES] = {
    [STAGE_TRAIN] = work_train,
    [STAGE_RECOMMEND] = work_recommend,
    [STAGE_CHOOSE] = work_choose,
    [STAGE_FACTS] = work_facts,
    [STAGE_TUNE] = work_tune,
    [STAGE_EXPLAIN] = work_explain,
    [STAGE_BIAS] = work_bias,
    [STAGE_BIAS_TOLD] = work_bias_told,
    [STAGE_JUDGE] = work_judge,
    [STAGE_COMPARE] = work_compare,
    [STAGE_AUDIT] = work_audit,
    [STAGE_RERANK] = work_rerank,
    [STAGE_ATTRIBUTES] = work_attributes,
    [STAGE_LINT] = work_lint,
    [STAGE_GROUNDING] = work_grounding,
    [STAGE_FAITHFULNESS] = work_faithfulness,
    [STAGE_TEXT_METRICS] = work_text_metrics,
};

/* ---- what there is ---- */

static int hash_data(struct reproduce *r, int d, struct llmx_error *err)
{
    const struct data_report *report = &r->data[d]->report;
    r->data_hash[d] = llmx_data_fingerprint(r->data[d]);
    for (int part = 0; part < SOURCES; part++) {
        uint64_t pair[2] = {r->data_hash[d], 0};
        if (reproduce_hash(report->files[part].path, &pair[1], err) != 0)
            return -1;
        r->data_hash[d] = hash_bytes(pair, sizeof pair);
    }
    return reproduce_hash(r->x.data[d].learnt, &r->learnt_hash[d], err);
}

static int open_data(struct reproduce *r, int d, struct llmx_error *err)
{
    struct llmx_error why = {0};
    const struct llmx_data_options how = {.threads = r->options->threads};
    if (llmx_data_open(&r->data[d], r->x.data[d].path, &how, &why) == 0)
        return hash_data(r, d, err);
    r->data[d] = NULL;
    if (why.code != LLMX_NOT_FOUND)
        return err_set(err, why.code, "%s", why.message);
    reproduce_tell(r, "left out: %s (%s)", r->x.data[d].name, why.message);
    return 0;
}

static int open_all(struct reproduce *r, struct llmx_error *err)
{
    struct llmx_error why = {0};
    int n = 0;
    if (experiment_open(&r->x, r->options->experiment, err) != 0 ||
        reproduce_hash(r->x.base, &r->base_hash, err) != 0)
        return -1;
    if (reproduce_hash(r->x.judge, &r->judge_hash, &why) != 0) {
        reproduce_tell(r, "left out: the judge (%s)", why.message);
        r->x.judge = NULL;
    }
    for (int d = 0; d < r->x.n_data; d++) {
        if (open_data(r, d, err) != 0)
            return -1;
        n += r->data[d] != NULL;
    }
    for (int s = 0; s < r->x.n_systems; s++) {
        const struct experiment_system *system = &r->x.system[s];
        if (reproduce_hash(system->examples ? system->examples : system->adapter,
                           &r->system_hash[s], err) != 0)
            return -1;
    }
    return n == 0 ? err_set(err, LLMX_NOT_FOUND, "%s: none of its data sets is there", r->x.path)
                  : reproduce_find_told(r, err);
}

static void close_all(struct reproduce *r)
{
    for (int d = 0; d < r->x.n_data; d++)
        llmx_data_destroy(r->data[d]);
    llmx_model_destroy(r->model);
    json_decref(r->plan.note);
    experiment_release(&r->x);
}

/* ---- steps ---- */

static int count_steps(const struct reproduce *r)
{
    int n = 0;
    for (int id = 0; id < STAGES; id++)
        for (struct place at = {-1, 0, 0}; reproduce_next(r, (enum stage_id)id, &at);)
            n++;
    return n;
}

static int mark_done(const char *folder, const char *name, double seconds, struct llmx_error *err)
{
    json_t *note = json_pack("{s:s, s:f}", "step", name, "seconds", seconds);
    char *text = note ? plain_json_dumps(note, 0) : NULL;
    const int status = text ? folder_write(folder, DONE, text, strlen(text), err)
                            : err_set(err, LLMX_NO_MEMORY, "out of memory");
    free(text);
    json_decref(note);
    return status;
}

static int do_step(struct reproduce *r, enum stage_id id, struct place at, const char *name,
                   struct llmx_error *err)
{
    char folder[PATH_MAX], product[PATH_MAX];
    const int number = r->report.kept + r->report.done + 1;
    if (reproduce_folder(r, id, at, folder, err) != 0 ||
        reproduce_path(r, id, at, product, err) != 0)
        return -1;
    if (folder_has(folder, DONE)) {
        r->report.kept++;
        reproduce_tell(r, "[%d/%d] %s: is there", number, r->report.steps, name);
        return 0;
    }
    if (llmx_stop_asked(r->options->stop))
        return err_set(err, LLMX_INTERRUPTED, "interrupted before %s; the same call goes on", name);
    const double start = clock_now_s();
    if (directory_make(folder, err) != 0 || work[id](r, at, product, err) != 0)
        return err_prefix(err, "%s", name);
    const double seconds = clock_now_s() - start;
    if (mark_done(folder, name, seconds, err) != 0)
        return -1;
    r->report.done++;
    reproduce_tell(r, "[%d/%d] %s: %.1f s", number, r->report.steps, name, seconds);
    return 0;
}

/* Of a step that needs the plan only the name is known before there is one. */
static int tell_step(struct reproduce *r, enum stage_id id, struct place at, const char *name,
                     struct llmx_error *err)
{
    char folder[PATH_MAX];
    const int number = ++r->report.done;
    if (stages[id].is_planned && !r->plan.note) {
        reproduce_tell(r, "[%d/%d] %s", number, r->report.steps, name);
        return 0;
    }
    if (reproduce_folder(r, id, at, folder, err) != 0)
        return -1;
    reproduce_tell(r, "[%d/%d] %s%s", number, r->report.steps, name,
                   folder_has(folder, DONE) ? ": is there" : "");
    return 0;
}

static int do_stage(struct reproduce *r, enum stage_id id, struct llmx_error *err)
{
    char name[NAME_MAX];
    if (stages[id].is_planned && !r->plan.note && !r->options->dry_run && plan_open(r, err) != 0)
        return -1;
    for (struct place at = {-1, 0, 0}; reproduce_next(r, id, &at);)
        if (reproduce_name(r, id, at, " ", name, sizeof name, err) != 0 ||
            (r->options->dry_run ? tell_step : do_step)(r, id, at, name, err) != 0)
            return -1;
    return 0;
}

/* ---- results ---- */

static json_t *name_or_null(const struct stage *stage, enum per what, const char *name)
{
    return stage->per & what ? json_string(name) : json_null();
}

static int add_view(const struct reproduce *r, enum stage_id id, struct place at, json_t *views,
                    struct llmx_error *err)
{
    char path[PATH_MAX];
    const struct stage *stage = &stages[id];
    if (reproduce_path(r, id, at, path, err) != 0)
        return -1;
    json_t *figures = json_file_read(path, err);
    if (!figures)
        return -1;
    json_t *row = json_pack(
        "{s:s, s:o, s:o, s:o, s:o}", "view", stage->name, "data",
        name_or_null(stage, PER_DATA, r->x.data[at.data].name), "recommender",
        name_or_null(stage, PER_RECOMMENDER, r->x.recommender[at.recommender].name), "system",
        name_or_null(stage, PER_SYSTEM, r->x.system[at.system].name), "figures", figures);
    return row && json_array_append_new(views, row) == 0
               ? 0
               : err_set(err, LLMX_NO_MEMORY, "out of memory");
}

static int collect(const struct reproduce *r, json_t *views, struct llmx_error *err)
{
    for (int id = 0; id < STAGES; id++)
        for (struct place at = {-1, 0, 0};
             stages[id].is_view && reproduce_next(r, (enum stage_id)id, &at);)
            if (add_view(r, (enum stage_id)id, at, views, err) != 0)
                return -1;
    return 0;
}

static int write_results(const struct reproduce *r, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct output out = {0};
    json_t *views = json_array();
    int status = path_join(path, sizeof path, r->options->out, RESULTS, err);
    if (status == 0)
        status = collect(r, views, err);
    json_t *results = json_pack("{s:s, s:s, s:O, s:o}", "view", "reproduce", "experiment",
                                r->x.path, "plan", r->plan.note, "views", views);
    if (status == 0)
        status = output_open(&out, path, err);
    if (status == 0 && (!results || plain_json_dumpf(results, out.stream, JSON_INDENT(1)) != 0))
        status = err_set(err, LLMX_NO_MEMORY, "out of memory");
    if (status == 0) {
        fputc('\n', out.stream);
        status = output_commit(&out, err);
    }
    output_discard(&out);
    json_decref(results);
    return status;
}

/* ---- all together ---- */

static int do_all(struct reproduce *r, struct llmx_error *err)
{
    r->report.steps = count_steps(r);
    if (!r->options->dry_run && directory_make(r->options->out, err) != 0)
        return -1;
    for (int id = 0; id < STAGES; id++)
        if (do_stage(r, (enum stage_id)id, err) != 0)
            return -1;
    if (r->options->dry_run)
        return 0;
    return write_results(r, err) != 0 ? -1 : reproduce_report(r, err);
}

int llmx_reproduce(const struct llmx_reproduce_options *options,
                   struct llmx_reproduce_report *report, struct llmx_error *err)
{
    struct reproduce r = {.options = options, .start_s = clock_now_s()};
    if (!(options->budget_s >= 0))
        return err_set(err, LLMX_BAD_OPTION, "budget %g s: choose 0 or more", options->budget_s);
    int status = open_all(&r, err);
    if (status == 0)
        status = do_all(&r, err);
    r.report.elapsed_s = clock_now_s() - r.start_s;
    if (status == 0 && report)
        *report = r.report;
    close_all(&r);
    return status;
}
