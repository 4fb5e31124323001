#include "run/run.h"

#include "base/err.h"
#include "base/memory.h"
#include "kernel/topk.h"
#include "run/checkpoint.h"
#include "run/run_config.h"
#include "run/run_dir.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

int llmx_run_open(struct llmx_run **run, const char *run_dir, const struct llmx_data *data,
                  struct llmx_error *err)
{
    struct run_config config = {0};
    struct llmx_run *r = mem_array(1, sizeof *r, err);
    if (!r || run_config_read(&config, run_dir, err) != 0) {
        free(r);
        return -1;
    }
    int result = -1;
    openblas_set_num_threads(1); /* callers bring their own threads */
    const enum run_dir_state state = run_dir_state(run_dir);
    r->data = data;
    r->row = recommender_find(config.train.model, err);
    if (!r->row)
        err_prefix(err, "%s/config.yaml", run_dir);
    else if (state == RUN_STARTED || state == RUN_INTERRUPTED)
        err_set(err, LLMX_NOT_FOUND,
                "the training in %s is not finished; llmxrec train … --resume goes on with it",
                run_dir);
    else if (r->row->create(&r->model, llmx_data_users(data), llmx_data_items(data), &config.train,
                            err) == 0 &&
             model_read(r->row, r->model, llmx_data_fingerprint(data), run_dir, err) == 0)
        result = 0;
    run_config_release(&config);
    if (result == 0)
        *run = r;
    else
        llmx_run_destroy(r);
    return result;
}

void llmx_run_destroy(struct llmx_run *run)
{
    if (run && run->row)
        run->row->destroy(run->model);
    free(run);
}

int llmx_run_source(struct llmx_run_source *source, const char *run_dir, struct llmx_error *err)
{
    struct run_config *config = mem_array(1, sizeof *config, err);
    if (!config || run_config_read(config, run_dir, err) != 0) {
        free(config);
        return -1;
    }
    if (!config->data_path) {
        run_config_release(config);
        free(config);
        return err_set(err, LLMX_NOT_FOUND,
                       "the run %s does not say which data it was trained on; give --data",
                       run_dir);
    }
    *source = (struct llmx_run_source){config->data_path, config->data, config};
    return 0;
}

void llmx_run_source_release(struct llmx_run_source *source)
{
    if (source->config)
        run_config_release(source->config);
    free(source->config);
    *source = (struct llmx_run_source){0};
}

const char *llmx_run_model(const struct llmx_run *run)
{
    return run->row->name;
}

struct person run_person(const struct llmx_run *run, llmx_id user)
{
    struct person person = {.user = user};
    person.history = llmx_data_history(
        run->data, user, run->row->is_sequential ? LLMX_TRAIN_VALID : LLMX_TRAIN, &person.n);
    return person;
}

/* The largest positive contributions of one recommendation. `place` (n) is scratch. */
static int choose_evidence(const struct person *person, const float *contributions, int n_evidence,
                           int32_t *place, struct llmx_evidence *evidence)
{
    int n = topk(contributions, person->n, n_evidence < person->n ? n_evidence : person->n, place),
        kept = 0;
    for (int i = 0; i < n && contributions[place[i]] > 0; i++)
        evidence[kept++] =
            (struct llmx_evidence){person->history[place[i]], contributions[place[i]]};
    return kept;
}

static int add_evidence(const struct llmx_run *run, const struct person *person, int n,
                        int n_evidence, struct llmx_recommendation *top,
                        struct llmx_evidence *evidence, struct llmx_error *err)
{
    int result = -1;
    const size_t history = (size_t)person->n;
    llmx_id *items = mem_array((size_t)n, sizeof *items, err);
    float *contributions = mem_tensor((size_t)n * history, sizeof *contributions, err);
    int32_t *place = mem_array(history, sizeof *place, err);
    if (!items || !contributions || !place)
        goto done;
    for (int i = 0; i < n; i++)
        items[i] = top[i].item;
    if (run->row->evidence(run->model, person, items, n, contributions, err) != 0)
        goto done;
    for (int i = 0; i < n; i++) {
        top[i].evidence = evidence + (size_t)i * (size_t)n_evidence;
        top[i].n_evidence = choose_evidence(person, contributions + (size_t)i * history, n_evidence,
                                            place, top[i].evidence);
    }
    result = 0;
done:
    free(items);
    free(contributions);
    free(place);
    return result;
}

static void mask(float *scores, llmx_id items, struct selection selection, const llmx_id *known,
                 int n_known)
{
    for (int i = 0; i < n_known && !selection.keep_seen; i++)
        scores[known[i]] = -INFINITY;
    for (llmx_id i = 0; i < items && selection.is_left_out; i++)
        if (selection.is_left_out[i])
            scores[i] = -INFINITY;
}

/* Ranks what is selected and not in `known`, with evidence from the person's history. */
static int recommend(const struct llmx_run *run, const struct person *person,
                     struct selection selection, const llmx_id *known, int n_known, int k,
                     int n_evidence, struct llmx_recommendation *top,
                     struct llmx_evidence *evidence, struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(run->data);
    if (k < 1 || n_evidence < 0)
        return err_set(err, LLMX_BAD_OPTION,
                       "%d recommendations with %d evidence items: choose 1 or more, 0 or more", k,
                       n_evidence);
    int n = -1;
    const int wanted = k < items ? k : items;
    float *scores = mem_tensor((size_t)items, sizeof *scores, err);
    int32_t *place = mem_array((size_t)wanted, sizeof *place, err);
    if (!scores || !place || run->row->score(run->model, person, 1, scores, err) != 0)
        goto done;
    mask(scores, items, selection, known, n_known);
    n = topk(scores, items, wanted, place);
    for (int i = 0; i < n; i++)
        top[i] = (struct llmx_recommendation){
            .item = place[i], .rank = i + 1, .score = scores[place[i]]};
    if (n > 0 && n_evidence > 0 && person->n > 0 && run->row->evidence &&
        add_evidence(run, person, n, n_evidence, top, evidence, err) != 0)
        n = -1;
done:
    free(scores);
    free(place);
    return n;
}

int run_recommend(const struct llmx_run *run, llmx_id user, struct selection selection, int k,
                  int n_evidence, struct llmx_recommendation *top, struct llmx_evidence *evidence,
                  struct llmx_error *err)
{
    if (user < 0 || user >= llmx_data_users(run->data))
        return err_set(err, LLMX_NOT_FOUND, "there is no user %d in the training data", user);
    const struct person person = run_person(run, user);
    int n_known;
    const llmx_id *known = llmx_data_history(run->data, user, LLMX_TRAIN_VALID, &n_known);
    return recommend(run, &person, selection, known, n_known, k, n_evidence, top, evidence, err);
}

int run_recommend_history(const struct llmx_run *run, const llmx_id *history, int n,
                          struct selection selection, int k, int n_evidence,
                          struct llmx_recommendation *top, struct llmx_evidence *evidence,
                          struct llmx_error *err)
{
    const struct person person = {.user = -1, .history = history, .n = n};
    for (int i = 0; i < n; i++)
        if (history[i] < 0 || history[i] >= llmx_data_items(run->data))
            return err_set(err, LLMX_NOT_FOUND, "there is no item %d in the training data",
                           history[i]);
    return recommend(run, &person, selection, history, n, k, n_evidence, top, evidence, err);
}

int llmx_recommend(const struct llmx_run *run, llmx_id user, int k, int n_evidence,
                   struct llmx_recommendation *top, struct llmx_evidence *evidence,
                   struct llmx_error *err)
{
    return run_recommend(run, user, (struct selection){0}, k, n_evidence, top, evidence, err);
}

int llmx_recommend_history(const struct llmx_run *run, const llmx_id *history, int n, int k,
                           int n_evidence, struct llmx_recommendation *top,
                           struct llmx_evidence *evidence, struct llmx_error *err)
{
    return run_recommend_history(run, history, n, (struct selection){0}, k, n_evidence, top,
                                 evidence, err);
}

int llmx_score_users(const struct llmx_run *run, const llmx_id *users, int n, float *scores,
                     struct llmx_error *err)
{
    struct person *people = mem_array((size_t)n, sizeof *people, err);
    if (!people)
        return -1;
    int result = 0;
    for (int i = 0; result == 0 && i < n; i++) {
        if (users[i] < 0 || users[i] >= llmx_data_users(run->data))
            result =
                err_set(err, LLMX_NOT_FOUND, "there is no user %d in the training data", users[i]);
        else
            people[i] = run_person(run, users[i]);
    }
    if (result == 0)
        result = run->row->score(run->model, people, n, scores, err);
    free(people);
    return result;
}
