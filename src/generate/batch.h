/* batch.h - what one forward pass is asked: spans of new tokens of any sequences, and the memory that it works in. */
#ifndef GENERATE_BATCH_H
#define GENERATE_BATCH_H

#include "generate/kv.h"

/* n new tokens for one sequence. Spans that share a prefix should stand next to each other. */
struct token_span {
    struct sequence *sequence;
    const int32_t *ids;
    int n;
    int n_wanted; /* hidden states wanted of its last rows: 0, 1 (generation) or n (scoring) */
};

struct workspace;

/* For at most rows_max new tokens a call, of which wanted_max want their hidden state, by a team of team_size. */
int workspace_create(struct workspace **workspace, const struct llmx_model *model, int rows_max,
                     int wanted_max, int team_size, struct llmx_error *err);
void workspace_destroy(struct workspace *workspace);

/* Whether steps of one or two rows may take the faster kernel, whose sums differ (product_worker_few_rows); they may. */
void workspace_few_rows(struct workspace *workspace, int may);

#endif
