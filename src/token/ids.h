/* ids.h - a growing array of token ids. */
#ifndef TOKEN_IDS_H
#define TOKEN_IDS_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct token_ids {
    int32_t *ids;
    int n;
    size_t capacity;
    bool wants_space; /* the next text begins with a space: see chat_open */
};

static inline int token_ids_put(struct token_ids *out, int32_t id, struct llmx_error *err)
{
    size_t n = (size_t)out->n;
    if (n == out->capacity &&
        mem_grow(&out->ids, &out->capacity, n + 1, sizeof *out->ids, err) != 0)
        return -1;
    out->ids[out->n++] = id;
    return 0;
}

static inline void token_ids_release(struct token_ids *ids)
{
    free(ids->ids);
    *ids = (struct token_ids){0};
}

#endif
