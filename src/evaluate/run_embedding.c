#include "evaluate/run_embedding.h"

#include "base/memory.h"
#include "run/run.h"

#include <stdlib.h>
#include <string.h>

/* The rows (items, dim) that the model has of items, NULL: none. */
static const float *item_rows(const struct llmx_run *run, int *dim)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    if (run->row->item_rows)
        return run->row->item_rows(run->model, dim);
    const int n = run->row->is_sequential ? run->row->arrays(run->model, arrays) : 0;
    for (int i = 0; i < n; i++)
        if (arrays[i].rows == ROWS_ITEMS && arrays[i].n_dims == 2 && !arrays[i].is_training &&
            arrays[i].type == DTYPE_F32) {
            *dim = (int)arrays[i].dims[1];
            return arrays[i].data;
        }
    return NULL;
}

bool run_embedding_is_there(const struct llmx_run *run)
{
    int dim;
    return item_rows(run, &dim) != NULL;
}

static int fill_user(float *row, int dim, const struct llmx_run *run, const float *items,
                     llmx_id user, struct llmx_error *err)
{
    const struct llmx_person person = run_person(run, user);
    int n;
    if (run->row->person_rows)
        return run->row->person_rows(run->model, &person, 1, row, err);
    const llmx_id *history = llmx_data_history(run->data, user, LLMX_TRAIN, &n);
    for (int i = 0; i < n; i++)
        for (int d = 0; d < dim; d++)
            row[d] += items[(size_t)history[i] * (size_t)dim + (size_t)d] / (float)n;
    return 0;
}

int run_embedding_open(struct run_embedding *e, const struct llmx_run *run,
                       const struct guessing *g, enum llmx_side side, struct llmx_error *err)
{
    const float *items = item_rows(run, &e->dim);
    const size_t n =
        (size_t)(side == LLMX_USERS ? llmx_data_users(run->data) : llmx_data_items(run->data));
    const size_t width = (size_t)e->dim;
    if (!(e->rows = mem_array(n, width * sizeof *e->rows, err)))
        return -1;
    int status = 0;
    for (size_t i = 0; i < g->n_learnt + g->n_asked && status == 0; i++) {
        const size_t row = i < g->n_learnt ? g->learnt[i] : g->asked[i - g->n_learnt];
        float *to = e->rows + row * width;
        if (side == LLMX_USERS)
            status = fill_user(to, e->dim, run, items, (llmx_id)row, err);
        else
            memcpy(to, items + row * width, width * sizeof *to);
    }
    if (status != 0)
        run_embedding_release(e);
    return status;
}

void run_embedding_release(struct run_embedding *e)
{
    free(e->rows);
    *e = (struct run_embedding){0};
}
