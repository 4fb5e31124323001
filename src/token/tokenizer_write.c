/* A tokenizer as the tokenizer.ggml.* keys of a GGUF file. */
#include "token/build.h"
#include "token/tokenizer.h"

#include <stdlib.h>

/* GGML's token types. */
enum { TYPE_NORMAL = 1, TYPE_UNKNOWN, TYPE_CONTROL, TYPE_USER, TYPE_UNUSED, TYPE_BYTE };

#define SCORE_NEVER (-1e6f) /* of what merging does not lead to */

/* A piece as files write it. */
static void put_piece(struct text *out, const struct llmx_tokenizer *t, const char *s, size_t n)
{
    if (t->bpe.is_byte_level && bpe_find(&t->bpe, s, n) >= 0) {
        byte_level_encode(out, s, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_space = s[i] == ' ' && !t->bpe.is_byte_level;
        text_put(out, is_space ? SPACE_MARK : s + i, is_space ? sizeof SPACE_MARK - 1 : 1);
    }
}

/* Writes a token's name and returns its type. */
static int32_t put_token(struct text *name, const struct llmx_tokenizer *t, int id)
{
    const struct token *token = id < t->vocabulary ? &t->tokens[id] : NULL;
    if (!token || !token->is_set) {
        text_printf(name, "[PAD%d]", id); /* the embedding has rows to spare */
        return TYPE_UNUSED;
    }
    if (token->kind == TOKEN_BYTE) {
        text_printf(name, "<0x%02X>", (unsigned char)t->pool.s[token->start]);
        return TYPE_BYTE;
    }
    if (token->kind == TOKEN_NORMAL) {
        put_piece(name, t, t->pool.s + token->start, token->n);
        return TYPE_NORMAL;
    }
    text_put(name, t->pool.s + token->name, token->n_name);
    if (id == t->bpe.unknown_id)
        return TYPE_UNKNOWN;
    return token->kind == TOKEN_ADDED ? TYPE_USER : TYPE_CONTROL;
}

static void append_text(struct text *list, const struct text *one)
{
    uint64_t n = one->n;
    text_put(list, (const char *)&n, sizeof n);
    text_put(list, one->s, one->n);
}

static int put_list(struct gguf_writer *w, const char *key, enum gguf_kind element, size_t n,
                    const struct text *list, struct llmx_error *err)
{
    if (text_check(list, err) != 0)
        return -1;
    gguf_writer_value(w, key,
                      &(struct gguf_value){.kind = GGUF_ARRAY,
                                           .element = element,
                                           .n = n,
                                           .size = list->n,
                                           .data = (const unsigned char *)(n ? list->s : "")});
    return 0;
}

static int put_tokens(struct gguf_writer *w, const struct llmx_tokenizer *t, int vocabulary,
                      struct llmx_error *err)
{
    struct text names = {0}, types = {0}, name = {0};
    for (int id = 0; id < vocabulary; id++) {
        text_clear(&name);
        int32_t type = put_token(&name, t, id);
        append_text(&names, &name);
        text_put(&types, (const char *)&type, sizeof type);
        names.failed |= name.failed;
    }
    int result =
        put_list(w, "tokenizer.ggml.tokens", GGUF_TEXT, (size_t)vocabulary, &names, err) != 0 ||
                put_list(w, "tokenizer.ggml.token_type", GGUF_I32, (size_t)vocabulary, &types,
                         err) != 0
            ? -1
            : 0;
    text_release(&names);
    text_release(&types);
    text_release(&name);
    return result;
}

static int by_rank(const void *a, const void *b)
{
    const struct bpe_merge *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* All merges in order of rank; *n of them. free(). */
static struct bpe_merge *sorted_merges(const struct bpe *bpe, size_t *n, struct llmx_error *err)
{
    struct bpe_merge *merges = mem_array(bpe->n_merges, sizeof *merges, err);
    *n = 0;
    for (size_t i = 0; merges && i < bpe->merge_slots; i++)
        if (bpe->merges[i].pair != 0)
            merges[(*n)++] = bpe->merges[i];
    if (merges)
        qsort(merges, *n, sizeof *merges, by_rank);
    return merges;
}

/* "left right" */
static int put_merges(struct gguf_writer *w, const struct llmx_tokenizer *t,
                      const struct bpe_merge *merges, size_t n, struct llmx_error *err)
{
    struct text list = {0}, one = {0};
    for (size_t i = 0; i < n; i++) {
        const struct token *left = &t->tokens[(merges[i].pair >> 32) - 1];
        const struct token *right = &t->tokens[(merges[i].pair & UINT32_MAX) - 1];
        text_clear(&one);
        byte_level_encode(&one, t->pool.s + left->start, left->n);
        text_puts(&one, " ");
        byte_level_encode(&one, t->pool.s + right->start, right->n);
        append_text(&list, &one);
        list.failed |= one.failed;
    }
    int result = put_list(w, "tokenizer.ggml.merges", GGUF_TEXT, n, &list, err);
    text_release(&list);
    text_release(&one);
    return result;
}

/* What merging leads to first has the highest score. */
static int put_scores(struct gguf_writer *w, int vocabulary, const struct bpe_merge *merges,
                      size_t n, struct llmx_error *err)
{
    float *scores = mem_array((size_t)vocabulary, sizeof *scores, err);
    if (!scores)
        return -1;
    for (int id = 0; id < vocabulary; id++)
        scores[id] = SCORE_NEVER;
    for (size_t i = n; i-- > 0;)
        scores[merges[i].id] = -(float)i;
    gguf_writer_value(w, "tokenizer.ggml.scores",
                      &(struct gguf_value){.kind = GGUF_ARRAY,
                                           .element = GGUF_F32,
                                           .n = (size_t)vocabulary,
                                           .size = (size_t)vocabulary * sizeof *scores,
                                           .data = (const unsigned char *)scores});
    free(scores);
    return 0;
}

static int put_model(struct gguf_writer *w, const struct llmx_tokenizer *t, int vocabulary,
                     struct llmx_error *err)
{
    const char *rules = tokenizer_rules(t);
    size_t n;
    if (t->bpe.is_byte_level && !rules)
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: its splitting rules have no name in GGUF files that is known here",
                       t->path);
    struct bpe_merge *merges = sorted_merges(&t->bpe, &n, err);
    if (!merges)
        return -1;
    gguf_writer_text(w, "tokenizer.ggml.model", t->bpe.is_byte_level ? "gpt2" : "llama");
    if (t->bpe.is_byte_level)
        gguf_writer_text(w, "tokenizer.ggml.pre", rules);
    else
        gguf_writer_bool(w, "tokenizer.ggml.add_space_prefix", t->prefix_space != PREFIX_NEVER);
    int result = t->bpe.is_byte_level ? put_merges(w, t, merges, n, err)
                                      : put_scores(w, vocabulary, merges, n, err);
    free(merges);
    return result;
}

int tokenizer_put_keys(const struct llmx_tokenizer *t, struct gguf_writer *w, int vocabulary,
                       struct llmx_error *err)
{
    if (put_model(w, t, vocabulary, err) != 0 || put_tokens(w, t, vocabulary, err) != 0)
        return -1;
    if (t->begin_id >= 0)
        gguf_writer_u32(w, "tokenizer.ggml.bos_token_id", (uint32_t)t->begin_id);
    if (t->n_stops > 0)
        gguf_writer_u32(w, "tokenizer.ggml.eos_token_id", (uint32_t)t->stops[0]);
    if (t->bpe.unknown_id >= 0)
        gguf_writer_u32(w, "tokenizer.ggml.unknown_token_id", (uint32_t)t->bpe.unknown_id);
    gguf_writer_bool(w, "tokenizer.ggml.add_bos_token", t->adds_begin);
    if (t->template.n > 0)
        gguf_writer_text(w, "tokenizer.chat_template", t->template.s);
    return 0;
}
