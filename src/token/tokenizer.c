#include "token/tokenizer.h"

#include "token/build.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>

/* Tokens that end a text or a turn in the families we know, wherever a file forgets to say so. */
static const char *const stop_names[] = {"<|endoftext|>", "<|im_end|>", "<|end_of_text|>",
                                         "<|eot_id|>",    "<|eom_id|>", "</s>"};

struct llmx_tokenizer *tokenizer_create(const char *path, struct llmx_error *err)
{
    struct llmx_tokenizer *t = mem_array(1, sizeof *t, err);
    if (!t)
        return NULL;
    bpe_init(&t->bpe);
    t->begin_id = -1;
    snprintf(t->path, sizeof t->path, "%s", path);
    return t;
}

void llmx_tokenizer_destroy(struct llmx_tokenizer *t)
{
    if (!t)
        return;
    bpe_release(&t->bpe);
    free(t->tokens);
    free(t->whole);
    text_release(&t->pool);
    text_release(&t->template);
    text_release(&t->scratch);
    text_release(&t->patterns);
    for (int i = 0; i < t->n_splits; i++)
        pcre2_code_free(t->splits[i]);
    free(t);
}

/* GPT-2 writes a byte as the character of the same number where that is a visible one of Latin-1, and the others
 * in order as U+0100 and up. */
static int byte_of(uint32_t c)
{
    static const struct {
        unsigned char first, last;
    } hidden[] = {{0x00, 0x20}, {0x7f, 0xa0}, {0xad, 0xad}};
    uint32_t above = c - 0x100;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        if (c >= hidden[i].first && c <= hidden[i].last)
            return -1;
        uint32_t count = (uint32_t)hidden[i].last - hidden[i].first + 1;
        if (c >= 0x100 && above < count)
            return (int)(hidden[i].first + above);
        above -= count;
    }
    return c < 0x100 ? (int)c : -1;
}

/* The bytes that a byte-level name stands for, written over `out` (n bytes are room enough). -1 when it holds a
 * character that stands for no byte. */
static int64_t byte_level_decode(const char *name, size_t n, char *out)
{
    int64_t written = 0;
    bool valid;
    for (size_t at = 0, length; at < n; at += length) {
        length = utf8_step(name + at, n - at, &valid);
        int byte = valid ? byte_of(utf8_value(name + at, length)) : -1;
        if (byte < 0)
            return -1;
        out[written++] = (char)byte;
    }
    return written;
}

void byte_level_encode(struct text *out, const char *bytes, size_t n)
{
    uint32_t characters[256] = {0}; /* of each byte */
    for (uint32_t c = 0, found = 0; found < 256; c++) {
        int byte = byte_of(c);
        if (byte >= 0) {
            characters[byte] = c;
            found++;
        }
    }
    for (size_t i = 0; i < n; i++) {
        char character[4];
        text_put(out, character, utf8_write(characters[(unsigned char)bytes[i]], character));
    }
}

/* "<0x0A>" */
static bool is_byte_name(const char *name, size_t n, unsigned char *byte)
{
    if (n != 6 || memcmp(name, "<0x", 3) != 0 || name[5] != '>')
        return false;
    unsigned value = 0;
    for (int i = 3; i < 5; i++) {
        const char *digits = "0123456789ABCDEF", *digit = memchr(digits, name[i], 16);
        if (!digit)
            return false;
        value = value * 16 + (unsigned)(digit - digits);
    }
    *byte = (unsigned char)value;
    return true;
}

static int make_room(struct llmx_tokenizer *t, int64_t id, struct llmx_error *err)
{
    if (id < 0 || id >= VOCABULARY_MAX)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: the token id %" PRId64 " is out of range (0 to %d)", t->path, id,
                       VOCABULARY_MAX - 1);
    if (mem_grow(&t->tokens, &t->token_capacity, (size_t)id + 1, sizeof *t->tokens, err) != 0)
        return -1;
    for (; t->vocabulary <= id; t->vocabulary++)
        t->tokens[t->vocabulary] = (struct token){0};
    return 0;
}

static void put_bytes(struct llmx_tokenizer *t, struct token *token, const char *bytes, size_t n)
{
    token->start = t->pool.n;
    token->n = n;
    text_put(&t->pool, bytes, n);
}

/* A sentencepiece piece as text. */
static void put_unmarked(struct llmx_tokenizer *t, struct token *token, const char *name, size_t n)
{
    const size_t mark = sizeof SPACE_MARK - 1;
    token->start = t->pool.n;
    for (size_t at = 0; at < n;) {
        bool is_mark = n - at >= mark && memcmp(name + at, SPACE_MARK, mark) == 0;
        text_put(&t->pool, is_mark ? " " : name + at, 1);
        at += is_mark ? mark : 1;
    }
    token->n = t->pool.n - token->start;
}

static int add_byte_level(struct llmx_tokenizer *t, int32_t id, const char *name, size_t n,
                          struct llmx_error *err)
{
    struct token *token = &t->tokens[id];
    char *bytes = mem_array(n, 1, err);
    if (!bytes)
        return -1;
    int64_t length = byte_level_decode(name, n, bytes);
    int result = 0;
    if (length <
        0) { /* not written in bytes: it stands for itself, and merging never leads to it */
        put_bytes(t, token, name, n);
    } else {
        put_bytes(t, token, bytes, (size_t)length);
        result = bpe_add_piece(&t->bpe, bytes, (size_t)length, id, err);
        if (length == 1 && t->bpe.byte_ids[(unsigned char)bytes[0]] < 0)
            t->bpe.byte_ids[(unsigned char)bytes[0]] = id;
    }
    free(bytes);
    return result;
}

/* Whether it was one: "<0x0A>" stands for its byte even in files that call it special. */
static bool add_byte(struct llmx_tokenizer *t, int32_t id, const char *name, size_t n)
{
    unsigned char byte;
    if (t->bpe.is_byte_level || !is_byte_name(name, n, &byte))
        return false;
    t->tokens[id].kind = TOKEN_BYTE;
    put_bytes(t, &t->tokens[id], (const char *)&byte, 1);
    t->bpe.byte_ids[byte] = id;
    return true;
}

static int add_normal(struct llmx_tokenizer *t, int32_t id, const char *name, size_t n,
                      struct llmx_error *err)
{
    if (t->bpe.is_byte_level)
        return add_byte_level(t, id, name, n, err);
    if (add_byte(t, id, name, n))
        return 0;
    put_unmarked(t, &t->tokens[id], name, n);
    return bpe_add_piece(&t->bpe, name, n, id, err);
}

static int add_whole(struct llmx_tokenizer *t, int32_t id, const char *name, size_t n,
                     struct llmx_error *err)
{
    struct token *token = &t->tokens[id];
    token->name = t->pool.n;
    token->n_name = n;
    if (token->kind == TOKEN_ADDED) {
        token->start = token->name;
        token->n = n;
    }
    text_put(&t->pool, name, n);
    if (n == 0)
        return 0;
    if (mem_grow(&t->whole, &t->whole_capacity, (size_t)t->n_whole + 1, sizeof *t->whole, err) != 0)
        return -1;
    t->whole[t->n_whole++] = id;
    t->begins_whole[(unsigned char)name[0]] = true;
    return 0;
}

int tokenizer_add(struct llmx_tokenizer *t, int64_t id, enum token_kind kind, const char *name,
                  size_t n, struct llmx_error *err)
{
    if (make_room(t, id, err) != 0)
        return -1;
    struct token *token = &t->tokens[id];
    if (token->is_set && kind == TOKEN_NORMAL && token->kind >= TOKEN_ADDED) {
        add_byte(t, (int32_t)id, name, n);
        return 0;
    }
    if (token->is_set)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: the token id %" PRId64 " is given twice, the second time to '%.*s'",
                       t->path, id, (int)(n < 100 ? n : 100), name);
    token->is_set = true;
    token->kind = kind;
    int result = kind >= TOKEN_ADDED ? add_whole(t, (int32_t)id, name, n, err)
                                     : add_normal(t, (int32_t)id, name, n, err);
    return result == 0 ? text_check(&t->pool, err) : -1;
}

/* The id of a piece as the file writes it, and what it is in bytes, appended to `bytes`. */
static int find_part(struct llmx_tokenizer *t, const char *name, size_t n, struct text *bytes,
                     int32_t *id, struct llmx_error *err)
{
    size_t start = bytes->n;
    text_put(bytes, name, n);
    if (text_check(bytes, err) != 0)
        return -1;
    int64_t length =
        t->bpe.is_byte_level ? byte_level_decode(name, n, bytes->s + start) : (int64_t)n;
    *id = length < 0 ? -1 : bpe_find(&t->bpe, bytes->s + start, (size_t)length);
    if (*id < 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: merge %zu names '%.*s', which is not in the vocabulary", t->path,
                       t->bpe.n_merges + 1, (int)(n < 100 ? n : 100), name);
    bytes->n = start + (size_t)length;
    return 0;
}

int tokenizer_add_merge(struct llmx_tokenizer *t, const char *left, size_t n_left,
                        const char *right, size_t n_right, struct llmx_error *err)
{
    int32_t left_id, right_id, id;
    struct text *bytes = &t->scratch;
    text_clear(bytes);
    if (find_part(t, left, n_left, bytes, &left_id, err) != 0 ||
        find_part(t, right, n_right, bytes, &right_id, err) != 0)
        return -1;
    id = bpe_find(&t->bpe, bytes->s, bytes->n);
    if (id < 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: merge %zu, '%.*s' and '%.*s', leads to no token of the vocabulary",
                       t->path, t->bpe.n_merges + 1, (int)(n_left < 100 ? n_left : 100), left,
                       (int)(n_right < 100 ? n_right : 100), right);
    bpe_add_merge(&t->bpe, left_id, right_id, id);
    return 0;
}

void tokenizer_add_stop(struct llmx_tokenizer *t, int64_t id)
{
    if (id >= 0 && id < t->vocabulary && t->n_stops < STOPS_MAX &&
        !tokenizer_is_stop(t, (int32_t)id))
        t->stops[t->n_stops++] = (int32_t)id;
}

void tokenizer_set_end(struct llmx_tokenizer *t, int64_t id)
{
    tokenizer_add_stop(t, id);
    for (int i = 1; i < t->n_stops; i++)
        if (t->stops[i] == id) {
            t->stops[i] = t->stops[0];
            t->stops[0] = (int32_t)id;
        }
}

/* Longest first, so that of several that begin alike the longest is found. */
struct length {
    size_t n;
    int32_t id;
};

static int by_falling_length(const void *a, const void *b)
{
    const struct length *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : (x->id > y->id) - (x->id < y->id);
}

static int sort_whole(struct llmx_tokenizer *t, struct llmx_error *err)
{
    struct length *order = mem_array((size_t)t->n_whole, sizeof *order, err);
    if (!order)
        return -1;
    for (int i = 0; i < t->n_whole; i++)
        order[i] = (struct length){t->tokens[t->whole[i]].n_name, t->whole[i]};
    qsort(order, (size_t)t->n_whole, sizeof *order, by_falling_length);
    for (int i = 0; i < t->n_whole; i++)
        t->whole[i] = order[i].id;
    free(order);
    return 0;
}

int tokenizer_finish(struct llmx_tokenizer *t, struct llmx_error *err)
{
    text_release(&t->scratch);
    if (t->vocabulary == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s: the tokenizer has no tokens", t->path);
    if (text_check(&t->template, err) != 0 || text_check(&t->patterns, err) != 0 ||
        sort_whole(t, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof stop_names / sizeof stop_names[0]; i++)
        tokenizer_add_stop(t, tokenizer_special(t, stop_names[i]));
    return 0;
}

int tokenizer_vocabulary(const struct llmx_tokenizer *t)
{
    return t->vocabulary;
}

bool tokenizer_is_stop(const struct llmx_tokenizer *t, int32_t id)
{
    for (int i = 0; i < t->n_stops; i++) {
        if (t->stops[i] == id)
            return true;
    }
    return false;
}

int32_t tokenizer_end(const struct llmx_tokenizer *t)
{
    return t->n_stops ? t->stops[0] : -1;
}

int32_t tokenizer_begin(const struct llmx_tokenizer *t)
{
    return t->begin_id;
}

bool tokenizer_adds_begin(const struct llmx_tokenizer *t)
{
    return t->adds_begin;
}

const char *tokenizer_template(const struct llmx_tokenizer *t, size_t *n)
{
    *n = t->template.n;
    return t->template.s ? t->template.s : "";
}

const char *tokenizer_kind(const struct llmx_tokenizer *t)
{
    return t->kind;
}

int32_t tokenizer_special(const struct llmx_tokenizer *t, const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < t->n_whole; i++) {
        const struct token *token = &t->tokens[t->whole[i]];
        if (token->kind == TOKEN_SPECIAL && token->n_name == n &&
            memcmp(t->pool.s + token->name, name, n) == 0)
            return t->whole[i];
    }
    return -1;
}

const char *tokenizer_bytes(const struct llmx_tokenizer *t, int32_t id, size_t *n)
{
    *n = 0;
    if (id < 0 || id >= t->vocabulary)
        return "";
    *n = t->tokens[id].n;
    return t->pool.s ? t->pool.s + t->tokens[id].start : "";
}
