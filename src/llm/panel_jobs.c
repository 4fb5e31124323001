#include "llm/panel_jobs.h"

#include "base/memory.h"

#include <stdlib.h>

void panel_jobs_init(struct panel_jobs *jobs, int threads)
{
    *jobs = (struct panel_jobs){.threads = threads};
    pthread_mutex_init(&jobs->lock, NULL);
}

void panel_jobs_release(struct panel_jobs *jobs)
{
    for (int i = 0; jobs->values && i < jobs->threads; i++)
        free(jobs->values[i]);
    free(jobs->values);
    free(jobs->jobs);
    pthread_mutex_destroy(&jobs->lock);
}

int panel_jobs_add(struct panel_jobs *jobs, struct matrix *matrix, int panel,
                   const struct piece *pieces, int n, struct llmx_error *err)
{
    if (mem_grow(&jobs->jobs, &jobs->capacity, jobs->n + 1, sizeof *jobs->jobs, err) != 0)
        return -1;
    struct panel_job *job = &jobs->jobs[jobs->n++];
    *job = (struct panel_job){.matrix = matrix, .panel = panel, .n_pieces = n};
    for (int i = 0; i < n; i++)
        job->pieces[i] = pieces[i];
    return 0;
}

void *panel_jobs_place(struct panel_jobs *jobs, struct llmx_error *err)
{
    size_t bytes = 0;
    for (size_t j = 0; j < jobs->n; j++)
        if (jobs->jobs[j].panel == 0)
            bytes += matrix_bytes(jobs->jobs[j].matrix);
    char *packed = mem_tensor(bytes, 1, err), *at = packed;
    if (!packed)
        return NULL;
    mem_advise_large_pages(packed, bytes); /* fewer page walks while weights stream by */
    for (size_t j = 0; j < jobs->n; j++) {
        struct matrix *matrix = jobs->jobs[j].matrix;
        if (jobs->jobs[j].panel != 0)
            continue;
        if (matrix_place(matrix, at, err) != 0) {
            free(packed);
            return NULL;
        }
        at += matrix_bytes(matrix);
    }
    return packed;
}

int panel_jobs_scratch(struct panel_jobs *jobs, int rows, struct llmx_error *err)
{
    size_t n = 0;
    for (size_t j = 0; j < jobs->n; j++) {
        const struct matrix *matrix = jobs->jobs[j].matrix;
        const size_t columns = (size_t)matrix->panels[jobs->jobs[j].panel].columns,
                     size =
                         columns * (size_t)matrix->inner + (size_t)rows * (size_t)matrix->columns;
        n = size > n ? size : n;
    }
    jobs->values = mem_array((size_t)jobs->threads, sizeof *jobs->values, err);
    for (int i = 0; jobs->values && i < jobs->threads; i++)
        if (!(jobs->values[i] = mem_tensor(n, sizeof(float), err)))
            return -1;
    return jobs->values ? 0 : -1;
}

void panel_jobs_pack(struct panel_jobs *jobs, const struct panel_job *job, const float *values)
{
    struct llmx_error err;
    if (matrix_pack(job->matrix, job->panel, values, &err) == 0)
        return;
    pthread_mutex_lock(&jobs->lock);
    if (!jobs->has_failed)
        jobs->first_error = err;
    jobs->has_failed = true;
    pthread_mutex_unlock(&jobs->lock);
}

int panel_jobs_status(const struct panel_jobs *jobs, struct llmx_error *err)
{
    if (jobs->has_failed && err)
        *err = jobs->first_error;
    return jobs->has_failed ? -1 : 0;
}

int linear_tensors(struct tensor tensors[LINEARS], const struct source *source,
                   const struct config *config, int layer, struct llmx_error *err)
{
    const int q = config->heads * config->head_dim, kv = config->kv_heads * config->head_dim;
    const struct {
        enum tensor_role role;
        int rows, columns;
    } wanted[LINEARS] = {
        [LINEAR_Q] = {TENSOR_QUERY, q, config->hidden},
        [LINEAR_K] = {TENSOR_KEY, kv, config->hidden},
        [LINEAR_V] = {TENSOR_VALUE, kv, config->hidden},
        [LINEAR_O] = {TENSOR_OUTPUT, config->hidden, q},
        [LINEAR_GATE] = {TENSOR_GATE, config->ffn, config->hidden},
        [LINEAR_UP] = {TENSOR_UP, config->ffn, config->hidden},
        [LINEAR_DOWN] = {TENSOR_DOWN, config->hidden, config->ffn},
    };
    for (int i = 0; i < LINEARS; i++)
        if (source_tensor(&tensors[i], source, wanted[i].role, layer, wanted[i].rows,
                          wanted[i].columns, err) != 0)
            return -1;
    return 0;
}

int interleaved_row(int row, int head_dim)
{
    if (head_dim == 0)
        return row;
    const int head = row / head_dim, i = row % head_dim, half = head_dim / 2;
    return head * head_dim + i % half * 2 + i / half;
}
