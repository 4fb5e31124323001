/* reproduce_views.c - the views of an experiment: each of one file of explanations, into the JSON that its command prints. */
#include "base/file.h"
#include "llmxrec/attributes.h"
#include "llmxrec/bias.h"
#include "llmxrec/faithfulness.h"
#include "llmxrec/grounding.h"
#include "llmxrec/lint.h"
#include "llmxrec/rerank.h"
#include "llmxrec/text_metrics.h"
#include "reproduce/reproduce.h"

#include <stdlib.h>

#define DRAWS      10 /* of random items, a text */
#define CANDIDATES 20 /* that are ranked anew */
#define HISTORY    10 /* titles before them */
#define KNOWN      20 /* items of a history from which an attribute is told */

/* What a view is of. */
struct viewed {
    char texts[PATH_MAX], recs[PATH_MAX], run[PATH_MAX];
    struct llmx_resampling resampling;
    struct output out;
};

static int open_view(const struct reproduce *r, struct place at, const char *product,
                     struct viewed *v, struct llmx_error *err)
{
    v->resampling = (struct llmx_resampling){r->options->resamples, r->x.seed, r->options->threads};
    return reproduce_path(r, STAGE_EXPLAIN, at, v->texts, err) != 0 ||
                   reproduce_path(r, STAGE_CHOOSE, at, v->recs, err) != 0 ||
                   reproduce_path(r, STAGE_TRAIN, at, v->run, err) != 0
               ? -1
               : output_open(&v->out, product, err);
}

/* status: of what was printed into it */
static int close_view(struct viewed *v, int status, struct llmx_error *err)
{
    if (status == 0)
        status = output_commit(&v->out, err);
    output_discard(&v->out);
    return status;
}

int work_lint(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    struct viewed v = {0};
    struct llmx_lint found;
    char recs[PATH_MAX];
    const char *examples[2];
    int n = 0, status = open_view(r, at, product, &v, err);
    if (r->x.data[at.data].learnt)
        examples[n++] = r->x.data[at.data].learnt;
    if (r->x.system[at.system].examples)
        examples[n++] = r->x.system[at.system].examples;
    const char *run = v.run;
    const struct llmx_lint_options how = {.runs = &run,
                                          .n_runs = 1,
                                          .data = r->x.data[at.data].path,
                                          .recs = recs,
                                          .explanations = v.texts,
                                          .examples = examples,
                                          .n_examples = n,
                                          .threads = r->options->threads};
    if (status == 0)
        status = reproduce_path(r, STAGE_RECOMMEND, at, recs, err);
    if (status == 0)
        status = llmx_lint(&how, NULL, &found, err);
    if (status == 0)
        status = llmx_lint_print(&found, v.out.stream, 1, err);
    return close_view(&v, status, err);
}

int work_grounding(struct reproduce *r, struct place at, const char *product,
                   struct llmx_error *err)
{
    struct viewed v = {0};
    struct llmx_grounding found;
    int status = open_view(r, at, product, &v, err);
    const struct llmx_grounding_options how = {.resampling = v.resampling};
    if (status == 0)
        status = llmx_grounding_file(v.texts, v.recs, r->data[at.data], &how, NULL, &found, err);
    if (status == 0)
        status = llmx_grounding_print(&found, v.out.stream, 1, err);
    return close_view(&v, status, err);
}

int work_faithfulness(struct reproduce *r, struct place at, const char *product,
                      struct llmx_error *err)
{
    struct viewed v = {0};
    struct llmx_run *run = NULL;
    struct llmx_faithfulness found;
    int status = open_view(r, at, product, &v, err);
    const struct llmx_faithfulness_options how = {
        .draws = DRAWS, .resampling = v.resampling, .stop = r->options->stop};
    if (status == 0)
        status = llmx_run_open(&run, v.run, r->data[at.data], err);
    if (status == 0)
        status = llmx_faithfulness_file(v.texts, v.recs, run, &how, NULL, &found, err);
    if (status == 0)
        status = llmx_faithfulness_print(&found, v.out.stream, 1, err);
    llmx_run_destroy(run);
    return close_view(&v, status, err);
}

int work_text_metrics(struct reproduce *r, struct place at, const char *product,
                      struct llmx_error *err)
{
    struct viewed v = {0};
    struct llmx_text_metrics found;
    int status = open_view(r, at, product, &v, err);
    const struct llmx_text_options how = {.resampling = v.resampling};
    if (status == 0)
        status = llmx_text_metrics_file(v.texts, &how, NULL, &found, err);
    if (status == 0)
        status = llmx_text_metrics_print(&found, v.out.stream, 1, err);
    return close_view(&v, status, err);
}

int work_bias(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    struct viewed v = {0};
    struct llmx_bias *found = NULL;
    struct llmx_bias_options how = llmx_bias_defaults();
    int status = open_view(r, at, product, &v, err);
    how.resampling = v.resampling;
    if (status == 0)
        status = llmx_bias_groups(&found, v.texts, v.recs, r->data[at.data], &how, NULL, err);
    if (status == 0)
        status = llmx_bias_print(found, v.out.stream, 1, err);
    llmx_bias_destroy(found);
    return close_view(&v, status, err);
}

int work_rerank(struct reproduce *r, struct place at, const char *product, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct output out = {0};
    struct llmx_run *run = NULL;
    struct llmx_rerank found;
    const struct llmx_rerank_options how = {
        .candidates = CANDIDATES,
        .history = HISTORY,
        .users = r->plan.users,
        .resampling = {r->options->resamples, r->x.seed, r->options->threads},
        .stop = r->options->stop,
        .progress = r->options->progress};
    int status = reproduce_path(r, STAGE_TRAIN, at, path, err);
    if (status == 0)
        status = reproduce_model(r, err);
    if (status == 0)
        status = llmx_run_open(&run, path, r->data[at.data], err);
    if (status == 0)
        status = llmx_rerank(run, r->model, &how, &found, err);
    if (status == 0)
        status = output_open(&out, product, err);
    if (status == 0)
        status = llmx_rerank_print(&found, out.stream, 1, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    llmx_run_destroy(run);
    return status;
}

int work_attributes(struct reproduce *r, struct place at, const char *product,
                    struct llmx_error *err)
{
    char path[PATH_MAX];
    struct output out = {0};
    struct llmx_run *run = NULL;
    struct llmx_attributes *found = NULL;
    struct llmx_attributes_options how = {
        .domain = r->x.data[at.data].domain,
        .asked_max = r->plan.users,
        .history_max = KNOWN,
        .resampling = {r->options->resamples, r->x.seed, r->options->threads},
        .stop = r->options->stop,
        .progress = r->options->progress};
    int status = reproduce_path(r, STAGE_TRAIN, at, path, err);
    if (status == 0)
        status = reproduce_model(r, err);
    if (status == 0)
        status = llmx_run_open(&run, path, r->data[at.data], err);
    how.model = r->model;
    how.run = run;
    if (status == 0)
        status = llmx_attributes_of_data(&found, r->data[at.data], &how, NULL, err);
    if (status == 0)
        status = output_open(&out, product, err);
    if (status == 0)
        status = llmx_attributes_print(found, out.stream, 1, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    llmx_attributes_destroy(found);
    llmx_run_destroy(run);
    return status;
}
