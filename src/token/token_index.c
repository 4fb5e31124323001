#include "token/token_index.h"

#include "base/memory.h"
#include "token/tokenizer.h"

#include <stdlib.h>
#include <string.h>

static int by_bytes(const void *a, const void *b)
{
    const struct token_bytes *x = a, *y = b;
    int order = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);
    if (order != 0)
        return order;
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static bool holds_digit(const struct token_bytes *token)
{
    uint32_t i = 0;
    while (i < token->n && !token_byte_is_digit(token->s[i]))
        i++;
    return i < token->n;
}

int token_index_init(struct token_index *index, const struct llmx_tokenizer *tokenizer, char mark,
                     struct llmx_error *err)
{
    size_t vocabulary = (size_t)tokenizer_vocabulary(tokenizer);
    *index = (struct token_index){.vocabulary = (int)vocabulary, .mark = mark};
    if (!(index->sorted = mem_array(vocabulary, sizeof *index->sorted, err)) ||
        !(index->place = mem_array(vocabulary, sizeof *index->place, err)) ||
        !(index->marked = mem_array(vocabulary, sizeof *index->marked, err)) ||
        !(index->numeric = mem_array(vocabulary, sizeof *index->numeric, err)) ||
        !(index->silent = mem_array(vocabulary, sizeof *index->silent, err))) {
        token_index_release(index);
        return -1;
    }
    for (int32_t id = 0; id < index->vocabulary; id++) {
        size_t n;
        const char *s = tokenizer_bytes(tokenizer, id, &n);
        index->place[id] = -1;
        if (n > 0)
            index->sorted[index->n++] = (struct token_bytes){s, (uint32_t)n, id};
        else if (!tokenizer_is_stop(tokenizer, id))
            index->silent[index->n_silent++] = id;
    }
    qsort(index->sorted, (size_t)index->n, sizeof *index->sorted, by_bytes);
    for (int i = 0; i < index->n; i++) {
        const struct token_bytes *token = &index->sorted[i];
        index->place[token->id] = i;
        if (memchr(token->s, mark, token->n))
            index->marked[index->n_marked++] = i;
        if (holds_digit(token))
            index->numeric[index->n_numeric++] = i;
    }
    return 0;
}

void token_index_release(struct token_index *index)
{
    free(index->sorted);
    free(index->place);
    free(index->marked);
    free(index->numeric);
    free(index->silent);
    *index = (struct token_index){0};
}
