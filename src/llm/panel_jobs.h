/* panel_jobs.h - matrices to be packed panel by panel on all threads: which rows of which tensors each panel is made of,
 * memory for all of them, and the first thing that goes wrong.
 *
 *     panel_jobs_init(&jobs, threads);
 *     matrix_init(...), panel_jobs_add(...)              for every panel of every matrix
 *     packed = panel_jobs_place(&jobs, &err), panel_jobs_scratch(&jobs, 0, &err)
 *     threads_for(pool, jobs.n, work, ...)               fills jobs.values[thread], calls panel_jobs_pack
 *     panel_jobs_status(&jobs, &err), panel_jobs_release(&jobs) */
#ifndef LLM_PANEL_JOBS_H
#define LLM_PANEL_JOBS_H

#include "llm/config.h"
#include "llm/lora.h"
#include "llm/source.h"
#include "product/product.h"

#include <pthread.h>

/* Rows first .. first + n - 1 of a tensor. */
struct piece {
    struct tensor tensor;
    const struct lora_pair *pair; /* that is folded into them; NULL: none */
    int first, n;
    int interleaved; /* head size when rows stand as llama.cpp permutes them, else 0 */
};

#define PIECES_MAX 3
#define PANEL_UNIT 64 /* columns: how oneDNN blocks packed weights for AVX-512 and AMX */

struct panel_job {
    struct matrix *matrix;
    int panel, n_pieces;
    struct piece pieces[PIECES_MAX];
};

struct panel_jobs {
    struct panel_job *jobs;
    size_t n, capacity;
    int threads;
    float **values; /* (threads) a panel (columns, inner), then the rows of panel_jobs_scratch */
    pthread_mutex_t lock;
    struct llmx_error first_error;
    bool has_failed;
};

void panel_jobs_init(struct panel_jobs *jobs, int threads);
void panel_jobs_release(struct panel_jobs *jobs); /* the matrices and their memory stay */

/* One more: the matrix's panels come one after the other, from 0. */
int panel_jobs_add(struct panel_jobs *jobs, struct matrix *matrix, int panel,
                   const struct piece *pieces, int n, struct llmx_error *err);

/* Memory for all matrices, each placed in it; the caller's, to be freed after them. NULL with `err` set. */
void *panel_jobs_place(struct panel_jobs *jobs, struct llmx_error *err);

/* Each thread's values: room for the largest panel, and `rows` rows as long as its matrix has columns. */
int panel_jobs_scratch(struct panel_jobs *jobs, int rows, struct llmx_error *err);

/* Packs the values of a panel. Any thread; panel_jobs_status says afterwards whether all went well. */
void panel_jobs_pack(struct panel_jobs *jobs, const struct panel_job *job, const float *values);
int panel_jobs_status(const struct panel_jobs *jobs, struct llmx_error *err);

/* The tensors of a block's linear layers. */
int linear_tensors(struct tensor tensors[LINEARS], const struct source *source,
                   const struct config *config, int layer, struct llmx_error *err);

/* llama.cpp permutes the rows of each head's queries and keys from halves (i, i + dim/2) to pairs (2i, 2i + 1): where row
 * `row` of the halves stands. With a head_dim of 0 nothing is permuted. */
int interleaved_row(int row, int head_dim);

#endif
