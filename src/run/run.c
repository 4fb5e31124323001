#include "run/run.h"

#include "base/err.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "product/blas.h"
#include "run/checkpoint.h"
#include "run/data_record.h"
#include "run/run_config.h"
#include "run/run_dir.h"

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
    blas_one_thread();
    r->data = data;
    r->twins = *data_twins(data, true);
    r->row = recommender_find(config.train.model, err);
    if (!r->row)
        err_prefix(err, "%s/config.yaml", run_dir);
    else if (run_dir_check_finished(run_dir, err) == 0 &&
             data_record_check(data, run_dir, err) == 0 &&
             r->row->create(&r->model, llmx_data_users(data), llmx_data_items(data), &config.train,
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

const char *llmx_run_model(const struct llmx_run *run)
{
    return run->row->name;
}

struct llmx_person run_person(const struct llmx_run *run, llmx_id user)
{
    struct llmx_person person = {.user = user, .as_of = LLMX_AS_OF_TRAIN};
    person.history = llmx_data_history(
        run->data, user, run->row->is_sequential ? LLMX_TRAIN_VALID : LLMX_TRAIN, &person.n);
    return person;
}

/* A user with all that the log has of them; where that is what was learnt from, as of the training. */
static struct llmx_person person_now(const struct llmx_run *run, llmx_id user)
{
    struct llmx_person person = {.user = user, .as_of = LLMX_AS_OF_NOW};
    int n_learnt;
    person.history = llmx_data_history(run->data, user, LLMX_ALL, &person.n);
    llmx_data_history(run->data, user, LLMX_TRAIN, &n_learnt);
    if (person.n == n_learnt)
        person.as_of = LLMX_AS_OF_TRAIN;
    return person;
}

int run_check_item(const struct llmx_run *run, llmx_id item, struct llmx_error *err)
{
    if (item >= 0 && item < llmx_data_items(run->data))
        return 0;
    return err_set(err, LLMX_NOT_FOUND, "there is no item %d in the training data", item);
}

int run_resolve(const struct llmx_run *run, const struct llmx_person *given,
                struct llmx_person *person, struct llmx_error *err)
{
    if (given->user < -1 || given->user >= llmx_data_users(run->data))
        return err_set(err, LLMX_NOT_FOUND, "there is no user %d in the training data",
                       given->user);
    if (given->user >= 0 && given->history)
        return err_set(err, LLMX_BAD_OPTION,
                       "user %d has a history in the data; give user -1 for one of your own",
                       given->user);
    for (int i = 0; given->user < 0 && i < given->n; i++)
        if (run_check_item(run, given->history[i], err) != 0)
            return -1;
    if (given->user < 0)
        *person = *given;
    else
        *person = given->as_of == LLMX_AS_OF_TRAIN ? run_person(run, given->user)
                                                   : person_now(run, given->user);
    return 0;
}

const llmx_id *run_taken(const struct llmx_run *run, const struct llmx_person *given, int *n)
{
    if (given->user >= 0)
        return llmx_data_history(run->data, given->user,
                                 given->as_of == LLMX_AS_OF_TRAIN ? LLMX_TRAIN_VALID : LLMX_ALL, n);
    *n = given->n;
    return given->history;
}
