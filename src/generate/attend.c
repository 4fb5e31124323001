#include "generate/attend.h"

#include "generate/kv_layout.h"

/* Rows that go over keys together, times the query heads that share a key head. */
struct row_tile {
    const struct llmx_model *model;
    const struct row *rows; /* (n) */
    int n, group;
    const struct kv *prefix; /* NULL: none */
};

static const struct sequence *sequence_of(const struct row *row)
{
    return row->span->sequence;
}

/* How many of the rows row .. row1 - 1 go together: of one sequence, or of several with one prefix. */
static int tile_rows(const struct row *rows, int row, int row1, int group)
{
    const struct kv *prefix = sequence_of(&rows[row])->prefix;
    int n = 1, most = ATTENTION_ROWS / group;
    while (n < most && row + n < row1) {
        const struct sequence *next = sequence_of(&rows[row + n]);
        if (next != sequence_of(&rows[row]) && (!prefix || next->prefix != prefix))
            break;
        n++;
    }
    return n;
}

/* First key that a row sees, counted from the one at position `start`. */
static int window_first(const struct row_tile *tile, int i, int start)
{
    int window = tile->model->config.window;
    int first = window ? tile->rows[i].position - window + 1 - start : 0;
    return first > 0 ? first : 0;
}

static void set_range(const struct row_tile *tile, int i, int start, int stop, int *first, int *end)
{
    for (int h = 0; h < tile->group; h++) {
        first[i * tile->group + h] = window_first(tile, i, start);
        end[i * tile->group + h] = stop;
    }
}

static void attend_prefix(const struct row_tile *tile, const struct kv *prefix,
                          struct attention_state *state, int layer, int head, const void *const *q)
{
    int first[ATTENTION_ROWS], end[ATTENTION_ROWS];
    for (int i = 0; i < tile->n; i++)
        set_range(tile, i, prefix->start, prefix->length, first, end);
    attention_keys(state, q, 0, tile->n * tile->group,
                   kv_head(prefix->data, prefix->capacity, tile->model, layer, head), first, end,
                   tile->model->config.head_dim, tile->model->type);
}

/* The rows of one sequence at a time. */
static void attend_own(const struct row_tile *tile, struct attention_state *state, int layer,
                       int head, const void *const *q)
{
    int first[ATTENTION_ROWS], end[ATTENTION_ROWS];
    for (int i = 0, n; i < tile->n; i += n) {
        const struct sequence *sequence = sequence_of(&tile->rows[i]);
        for (n = 0; i + n < tile->n && sequence_of(&tile->rows[i + n]) == sequence; n++)
            set_range(tile, i + n, sequence->own->start, tile->rows[i + n].token + 1, first, end);
        const struct kv *own = sequence->own;
        attention_keys(state, q, i * tile->group, n * tile->group,
                       kv_head(own->data, own->capacity, tile->model, layer, head), first, end,
                       tile->model->config.head_dim, tile->model->type);
    }
}

static void attend_tile(const struct row_tile *tile, struct attention_state *state,
                        const struct workspace *w, int row, int layer, int head)
{
    const struct config *c = &tile->model->config;
    const enum dtype to = model_input(tile->model);
    const size_t q_bytes = (size_t)c->head_dim * dtype_block_bytes(tile->model->type);
    const size_t out_bytes = (size_t)c->head_dim * dtype_block_bytes(to);
    int rows = tile->n * tile->group;
    const void *q[ATTENTION_ROWS];
    void *out[ATTENTION_ROWS];
    for (int i = 0; i < rows; i++) {
        size_t place =
            (size_t)((row + i / tile->group) * c->heads + head * tile->group + i % tile->group);
        q[i] = (const char *)w->q + place * q_bytes;
        out[i] = (char *)w->attended + place * out_bytes;
    }
    attention_begin(state, rows, c->head_dim);
    for (const struct kv *prefix = tile->prefix; prefix; prefix = prefix->before)
        attend_prefix(tile, prefix, state, layer, head, q);
    attend_own(tile, state, layer, head, q);
    attention_end(out, state, rows, c->head_dim, to);
}

void attend(const struct llmx_model *model, struct workspace *w, struct attention_state *state,
            int layer, int row0, int row1, int member, int members)
{
    const struct config *c = &model->config;
    struct row_tile tile = {.model = model, .group = c->heads / c->kv_heads};
    int number = 0;
    for (int row = row0; row < row1; row += tile.n) {
        tile.rows = w->rows + row;
        tile.n = tile_rows(w->rows, row, row1, tile.group);
        tile.prefix = sequence_of(&w->rows[row])->prefix;
        for (int head = 0; head < c->kv_heads; head++)
            if (number++ % members == member)
                attend_tile(&tile, state, w, row, layer, head);
    }
}
