#include "evaluate/attribute_split.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/rng.h"
#include "explain/recs.h"
#include "format/jsonl.h"

#include <stdlib.h>

/* Marks the user (item) of a line; returns whether the data have it, -1 a token that is none. */
static int mark(struct attribute_split *split, enum llmx_side side, const struct jsonl *in,
                const json_t *line, const struct llmx_data *data, struct arena *arena,
                struct llmx_error *err)
{
    const char *field = side == LLMX_USERS ? "user" : "item";
    if (!json_object_get(line, field))
        return 0;
    const char *token = rec_token(in->lines.path, in->lines.number, line, field, arena, err);
    if (!token)
        return -1;
    const llmx_id row =
        side == LLMX_USERS ? llmx_data_user(data, token) : llmx_data_item(data, token);
    if (row >= 0)
        split->is_tuned[side][row] = 1;
    return row >= 0;
}

static int read_tuned(struct attribute_split *split, const char *path, const struct llmx_data *data,
                      struct llmx_error *err)
{
    struct jsonl in = {0};
    struct arena arena = {0};
    json_t *line = NULL;
    long known = 0;
    int status = jsonl_open(&in, path, err);
    while (status == 0 && (status = jsonl_read(&in, &line, err)) == 1) {
        const int user = mark(split, LLMX_USERS, &in, line, data, &arena, err),
                  item = user < 0 ? -1 : mark(split, LLMX_ITEMS, &in, line, data, &arena, err);
        known += user > 0 || item > 0;
        status = item < 0 ? -1 : 0;
        json_decref(line);
        arena_reset(&arena);
    }
    if (status == 0 && known == 0)
        status = err_set(err, LLMX_MISMATCH,
                         "%s has no line whose \"user\" or \"item\" is in the data", path);
    jsonl_close(&in);
    arena_release(&arena);
    return status;
}

static void shuffle(size_t *order, size_t n, struct rng rng)
{
    for (size_t i = 0; i < n; i++) {
        const size_t j = rng_below(&rng, (uint32_t)i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

int attribute_split_open(struct attribute_split *split, const struct llmx_data *data,
                         const char *tuned_on_path, uint64_t seed, struct llmx_error *err)
{
    *split = (struct attribute_split){
        .n = {(size_t)llmx_data_users(data), (size_t)llmx_data_items(data)}};
    for (int side = 0; side < 2; side++) {
        split->order[side] = mem_array(split->n[side], sizeof *split->order[side], err);
        split->is_tuned[side] = mem_array(split->n[side], 1, err);
        if (!split->order[side] || !split->is_tuned[side])
            return -1;
        shuffle(split->order[side], split->n[side],
                rng_stream(seed, RNG_ATTRIBUTES, (uint64_t)side));
    }
    return tuned_on_path ? read_tuned(split, tuned_on_path, data, err) : 0;
}

void attribute_split_release(struct attribute_split *split)
{
    for (int side = 0; side < 2; side++) {
        free(split->order[side]);
        free(split->is_tuned[side]);
    }
}

int attribute_split_panel(const struct attribute_split *split, struct panel *p,
                          const struct bits *taken, int most, struct llmx_error *err)
{
    const enum llmx_side side = p->attribute.side;
    size_t known = 0;
    if (panel_make_room(p, p->rows, err) != 0)
        return -1;
    for (size_t row = 0; row < p->rows; row++)
        known += p->truth->is_parsed[row] && taken->start[row + 1] > taken->start[row];
    for (size_t i = 0; i < p->rows; i++) {
        const size_t row = split->order[side][i];
        if (!p->truth->is_parsed[row] || taken->start[row + 1] == taken->start[row])
            continue;
        if (!split->is_tuned[side][row] && p->n_asked < known / 2 && p->n_asked < (size_t)most)
            p->asked[p->n_asked++] = row;
        else
            p->learnt[p->n_learnt++] = row;
    }
    for (size_t i = 0; i < p->n_asked; i++)
        p->groups[i] = (int32_t)i;
    return p->n_asked > 0 ? 0
                          : err_set(err, LLMX_BAD_OPTION,
                                    "'%s': nobody is left to ask about; it is known of %zu, "
                                    "and the model was tuned on those, or there are fewer than 2",
                                    p->attribute.name, known);
}
