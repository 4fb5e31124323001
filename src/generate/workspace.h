/* workspace.h - what a forward pass keeps while it runs: shared by a team, and of each member. */
#ifndef GENERATE_WORKSPACE_H
#define GENERATE_WORKSPACE_H

#include "attention/attention.h"
#include "base/threads.h"
#include "generate/batch.h"
#include "llm/model.h"

#define ADAPT_TOGETHER 3 /* linear layers of one input: queries, keys, values */

/* A new token. */
struct row {
    const struct token_span *span;
    int32_t id;
    int token;    /* its place in the sequence's own keys and values */
    int position; /* in the whole text */
    int wanted;   /* number among the wanted rows, or -1 */
};

/* One member's own memory; a tile is PRODUCT_ROWS_MAX rows. What feeds products is of model_input's type. */
struct team_lane {
    struct product_worker *worker;
    void *input;  /* (tile, hidden) what goes into a product */
    void *ready;  /* (tile, widest input) the same in groups of 8 bits, for int8 */
    void *units;  /* (tile, ffn) gated units, when rows are split */
    float *panel; /* (tile, widest panel) what comes out of one */
    float *u;     /* (ADAPT_TOGETHER, tile, rank_max) between an adapter's two products */
    struct attention_state *attention;
};

struct workspace {
    int rows_max, wanted_max, team_size;
    struct barrier barrier;
    int n_rows, n_wanted;
    int rank_max; /* of the adapters in this batch, 0: there are none */
    struct row *rows;
    float *x;             /* (rows, hidden) residual stream */
    void *q;              /* (rows, heads * head_dim) queries */
    void *attended;       /* the same size, what attention makes of them; q itself but for int8 */
    void *units;          /* (tile, ffn) gated units, when columns are split */
    void *hidden;         /* (wanted, hidden) */
    float *cosine, *sine; /* (rows, head_dim / 2) */
    struct team_lane *lanes; /* (team_size) */
};

#endif
