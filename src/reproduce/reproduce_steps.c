/* reproduce_steps.c - what is done in the steps before the views: one function a kind. */
#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/rng.h"
#include "base/text.h"
#include "format/jsonl.h"
#include "llmxrec/explain_file.h"
#include "llmxrec/recommend_file.h"
#include "llmxrec/tune.h"
#include "reproduce/reproduce.h"

#include <stdlib.h>
#include <string.h>

#define TOP      10 /* recommendations a user, of whom lint looks at all */
#define EVIDENCE 5

int work_train(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    struct llmx_train_options how = r->x.recommender[at.recommender].train;
    const struct llmx_data_options read = {0};
    how.seed = r->x.seed;
    how.threads = r->options->threads;
    how.resume = 1;
    how.data_path = r->x.data[at.data].path;
    how.data_options = &read;
    how.progress = r->options->progress;
    return llmx_train(r->data[at.data], &how, product, err);
}

static int recommend(struct reproduce *r, struct place at, const struct llmx_recommend_options *how,
                     const char *out, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct llmx_run *run = NULL;
    struct llmx_recommend_report report = {0};
    int status = reproduce_path(r, STAGE_TRAIN, at, path, err);
    if (status == 0)
        status = llmx_run_open(&run, path, r->data[at.data], err);
    if (status == 0)
        status = llmx_recommend_write(run, how, out, &report, err);
    free(report.unknown);
    llmx_run_destroy(run);
    return status;
}

int work_recommend(struct reproduce *r, struct place at, const char *product,
                   struct llmx_error *err)
{
    const struct llmx_recommend_options how = {.top = TOP,
                                               .n_evidence = EVIDENCE,
                                               .as_of = LLMX_AS_OF_TRAIN,
                                               .resume = 1,
                                               .threads = r->options->threads};
    return recommend(r, at, &how, product, err);
}

/* ---- who is asked about ---- */

/* The users of the examples that the data set's adapter has learnt from. */
static int read_learnt(const char *path, struct names *users, struct llmx_error *err)
{
    struct jsonl file;
    json_t *line;
    int more = jsonl_open(&file, path, err) == 0 ? 1 : -1;
    while (more == 1 && (more = jsonl_read(&file, &line, err)) == 1) {
        const char *user = json_string_value(json_object_get(line, "user"));
        if (user && names_add(users, user, strlen(user), err) < 0)
            more = -1;
        json_decref(line);
    }
    jsonl_close(&file);
    return more;
}

/* Writes the tokens of n users of the shuffled rows, a line each. */
static int write_users(const struct llmx_data *data, const struct names *learnt, llmx_id *rows,
                       uint64_t seed, int n, const char *out, struct llmx_error *err)
{
    struct output file;
    const llmx_id users = llmx_data_users(data);
    struct rng rng = rng_stream(seed, RNG_SHUFFLE, 0);
    if (output_open(&file, out, err) != 0)
        return -1;
    for (llmx_id i = 0; i < users; i++)
        rows[i] = i;
    for (llmx_id i = 0; n > 0 && i < users; i++) {
        const llmx_id k = i + (llmx_id)rng_below(&rng, (uint32_t)(users - i));
        const llmx_id user = rows[k];
        rows[k] = rows[i];
        const char *token = llmx_data_user_token(data, user);
        int had;
        llmx_data_history(data, user, LLMX_TRAIN, &had);
        if (had > 0 && names_find(learnt, token, strlen(token)) < 0) {
            fprintf(file.stream, "%s\n", token);
            n--;
        }
    }
    const int status = output_commit(&file, err);
    output_discard(&file);
    return status;
}

int reproduce_choose(struct reproduce *r, struct place at, int n, const char *out,
                     struct llmx_error *err)
{
    char users[PATH_MAX], list[PATH_MAX + 1];
    struct names learnt = {0};
    const struct llmx_data *data = r->data[at.data];
    llmx_id *rows = mem_array((size_t)llmx_data_users(data), sizeof *rows, err);
    int status = rows ? 0 : -1;
    if (snprintf(users, sizeof users, "%s.users", out) >= (int)sizeof users)
        status = err_set(err, LLMX_TOO_LARGE, "%s: path is too long", out);
    if (status == 0 && r->x.data[at.data].learnt)
        status = read_learnt(r->x.data[at.data].learnt, &learnt, err);
    if (status == 0)
        status = write_users(data, &learnt, rows, r->x.seed, n, users, err);
    snprintf(list, sizeof list, "@%s", users);
    const struct llmx_recommend_options how = {.top = 1,
                                               .n_evidence = EVIDENCE,
                                               .users = list,
                                               .as_of = LLMX_AS_OF_TRAIN,
                                               .resume = 1,
                                               .threads = r->options->threads};
    if (status == 0)
        status = recommend(r, at, &how, out, err);
    names_release(&learnt);
    free(rows);
    return status;
}

int work_choose(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    return reproduce_choose(r, at, r->plan.users, product, err);
}

int work_facts(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    char recs[PATH_MAX];
    const struct llmx_facts_options how = {.domain = r->x.data[at.data].domain,
                                           .threads = r->options->threads};
    return reproduce_path(r, STAGE_CHOOSE, at, recs, err) != 0
               ? -1
               : llmx_facts_file(recs, r->data[at.data], &how, product, NULL, err);
}

/* ---- texts ---- */

struct llmx_model_options reproduce_model_options(const struct reproduce *r,
                                                  enum llmx_precision precision)
{
    return (struct llmx_model_options){.precision = precision,
                                       .threads = r->options->threads,
                                       .chat_template = r->x.chat_template};
}

int work_tune(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    struct llmx_tune_options how = llmx_tune_defaults();
    struct llmx_model *model = NULL;
    const struct llmx_model_options precise = reproduce_model_options(r, LLMX_PRECISION_FLOAT);
    how.epochs = r->plan.epochs;
    how.limit = r->plan.examples;
    how.skips_long = 1;
    how.samples = 0;
    how.resume = 1;
    how.seed = r->x.seed;
    how.progress = r->options->progress;
    int status = llmx_model_open(&model, r->x.base, &precise, err);
    if (status == 0)
        status = llmx_tune(model, r->x.system[at.system].examples, &how, product, err);
    llmx_model_destroy(model);
    return status;
}

/* Of a text that did not pass the gate the model's own words: it is the model that is measured. What the line says of the plain
 * sentence in its place goes. */
static void take_own_words(json_t *line)
{
    const json_t *rejected = json_array_get(json_object_get(line, "rejected"), 0);
    const char *own = json_string_value(json_object_get(rejected, "text"));
    if (!own)
        return;
    json_object_set_new(line, "explanation", json_string(own));
    json_object_del(line, "cites");
    json_object_del(line, "rejected");
}

static int write_own_words(const char *in, const char *out, struct llmx_error *err)
{
    struct jsonl file;
    struct output output = {0};
    json_t *line;
    int more = jsonl_open(&file, in, err) == 0 && output_open(&output, out, err) == 0 ? 1 : -1;
    while (more == 1 && (more = jsonl_read(&file, &line, err)) == 1) {
        take_own_words(line);
        if (jsonl_write(output.stream, line, err) != 0)
            more = -1;
        json_decref(line);
    }
    if (more == 0)
        more = output_commit(&output, err);
    jsonl_close(&file);
    output_discard(&output);
    return more;
}

/* How a system writes: with an adapter of ours as it was tuned to, with facts and held to the gate; else once and as it
 * comes. */
static int set_writing(struct reproduce *r, struct place at, const char *adapter, struct writing *w,
                       struct llmx_error *err)
{
    const struct experiment_system *system = &r->x.system[at.system];
    struct llmx_explain_options *how = &w->how;
    *how = llmx_explain_defaults();
    how->domain = r->x.data[at.data].domain;
    how->seed = r->x.seed;
    how->keep_prompts = 1;
    how->resume = 1;
    how->progress = r->options->progress;
    how->stop = r->options->stop;
    how->model_name = system->is_plain ? NULL : r->x.base;
    how->adapter_name = adapter ? system->name : NULL;
    if (adapter && llmx_adapter_template(adapter, w->template, sizeof w->template, err) != 0)
        return -1;
    if (system->is_plain)
        how->template_path = "reasons";
    else if (*w->template)
        how->template_path = w->template;
    how->grounded = how->is_strict = *w->template != '\0';
    how->tries = how->grounded ? how->tries : 1;
    how->keep_rejected = !how->grounded;
    return 0;
}

int reproduce_model(struct reproduce *r, struct llmx_error *err)
{
    const struct llmx_model_options how = reproduce_model_options(r, LLMX_PRECISION_AUTO);
    return r->model ? 0 : llmx_model_open(&r->model, r->x.base, &how, err);
}

static int open_adapter(struct reproduce *r, struct place at, const char *path, struct writing *w,
                        struct llmx_error *err)
{
    const bool is_plain = r->x.system[at.system].is_plain;
    if (set_writing(r, at, path, w, err) != 0 || (!is_plain && reproduce_model(r, err) != 0) ||
        (path && llmx_adapter_open(&w->adapter, r->model, path, err) != 0))
        return -1;
    w->how.adapter = w->adapter;
    return 0;
}

int writing_open(struct reproduce *r, struct place at, struct writing *w, struct llmx_error *err)
{
    char tuned[PATH_MAX];
    const struct experiment_system *system = &r->x.system[at.system];
    if (system->examples && reproduce_path(r, STAGE_TUNE, at, tuned, err) != 0)
        return -1;
    return open_adapter(r, at, system->examples ? tuned : system->adapter, w, err);
}

void writing_close(struct writing *w)
{
    llmx_adapter_destroy(w->adapter);
}

int reproduce_explain(struct reproduce *r, struct place at, const char *recs, const char *out,
                      struct llmx_error *err)
{
    char written[PATH_MAX];
    struct writing w = {0};
    const bool is_plain = r->x.system[at.system].is_plain;
    if (snprintf(written, sizeof written, "%s.written", out) >= (int)sizeof written)
        return err_set(err, LLMX_TOO_LARGE, "%s: path is too long", out);
    int status = writing_open(r, at, &w, err);
    if (status == 0)
        status = llmx_explain(recs, r->data[at.data], is_plain ? NULL : r->model, &w.how, written,
                              NULL, err);
    if (status == 0)
        status = w.how.keep_rejected && !is_plain ? write_own_words(written, out, err)
                                                  : file_copy(written, out, true, err);
    writing_close(&w);
    return status;
}

int work_explain(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    char recs[PATH_MAX];
    return reproduce_path(r, STAGE_CHOOSE, at, recs, err) != 0
               ? -1
               : reproduce_explain(r, at, recs, product, err);
}
