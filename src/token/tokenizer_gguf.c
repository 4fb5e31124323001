/* The tokenizer that a GGUF file holds in its tokenizer.ggml.* keys. */
#include "token/build.h"
#include "token/tokenizer.h"

#include <math.h>
#include <string.h>

/* GGML's token types. */
enum { TYPE_NORMAL = 1, TYPE_UNKNOWN, TYPE_CONTROL, TYPE_USER, TYPE_UNUSED, TYPE_BYTE };

/* Llama 3 takes up to three digits together, Qwen 2 one. */
#define WORDS(DIGITS)                                                                              \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" DIGITS                           \
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
static const char split_llama3[] = WORDS("\\p{N}{1,3}"), split_qwen2[] = WORDS("\\p{N}");

/* Mistral's later tokenizers, which part words where a capital follows a small letter. */
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
static const char split_tekken[] =
    "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER
    "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

#define RULES_MAX 4

/* What a name in tokenizer.ggml.pre means. */
static const struct rules {
    const char *name;
    const char *patterns[RULES_MAX];
    bool takes_whole_words, adds_begin, is_nfc;
} rules[] = {
    {.name = "smollm", .patterns = {"\\p{N}", split_gpt2}},
    {.name = "gpt-2", .patterns = {split_gpt2}},
    {.name = "llama-bpe",
     .patterns = {split_llama3},
     .takes_whole_words = true,
     .adds_begin = true},
    {.name = "llama3", .patterns = {split_llama3}, .takes_whole_words = true, .adds_begin = true},
    {.name = "qwen2", .patterns = {split_qwen2}, .is_nfc = true},
    {.name = "deepseek-r1-qwen", .patterns = {split_qwen2}, .is_nfc = true},
    {.name = "tekken", .patterns = {split_tekken}, .takes_whole_words = true, .adds_begin = true},
    {.name = "default", /* what llama.cpp does with files that do not say */
     .patterns = {"[\\p{P}\\$\\+<=>\\^~\\|]+",
                  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)",
                  "\\p{N}+", "[0-9][0-9][0-9]"}},
};

static bool has_rules(const struct llmx_tokenizer *t, const struct rules *r)
{
    size_t at = 0;
    for (int p = 0; p < RULES_MAX && r->patterns[p]; p++) {
        size_t n = strlen(r->patterns[p]) + 1;
        if (n > t->patterns.n - at || memcmp(r->patterns[p], t->patterns.s + at, n) != 0)
            return false;
        at += n;
    }
    return at == t->patterns.n && r->is_nfc == t->is_nfc;
}

const char *tokenizer_rules(const struct llmx_tokenizer *t)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (has_rules(t, &rules[i]))
            return rules[i].name;
    return NULL;
}

static int wrong_key(const struct llmx_tokenizer *t, const char *key, const char *needed,
                     struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_INPUT, "%s: the key '%s' is missing or is not %s", t->path, key,
                   needed);
}

/* An array of texts; NULL with `err` set. */
static const struct gguf_value *text_array(const struct llmx_tokenizer *t, const struct gguf *gguf,
                                           const char *key, struct llmx_error *err)
{
    const struct gguf_value *array = gguf_find(gguf, key);
    if (array && array->kind == GGUF_ARRAY && array->element == GGUF_TEXT)
        return array;
    wrong_key(t, key, "a list of texts", err);
    return NULL;
}

static enum token_kind kind_of(int64_t type)
{
    switch (type) {
    case TYPE_NORMAL:
    case TYPE_BYTE:
        return TOKEN_NORMAL; /* bytes are known by their names */
    case TYPE_USER:
        return TOKEN_ADDED;
    default:
        return TOKEN_SPECIAL;
    }
}

static int read_tokens(struct llmx_tokenizer *t, const struct gguf *gguf, struct llmx_error *err)
{
    const struct gguf_value *tokens = text_array(t, gguf, "tokenizer.ggml.tokens", err);
    const struct gguf_value *types = gguf_find(gguf, "tokenizer.ggml.token_type");
    if (!tokens)
        return -1;
    if (types &&
        (types->kind != GGUF_ARRAY || (types->element != GGUF_I32 && types->element != GGUF_U32) ||
         types->n != tokens->n))
        return wrong_key(t, "tokenizer.ggml.token_type",
                         "a list of as many 32-bit integers as there are tokens", err);
    const char *name;
    size_t offset = 0, n;
    for (int64_t id = 0; gguf_next_text(tokens, &offset, &name, &n); id++) {
        int64_t type = types ? (int64_t)gguf_element(types, (uint64_t)id) : TYPE_NORMAL;
        if (tokenizer_add(t, id, kind_of(type), name, n, err) != 0)
            return -1;
    }
    return 0;
}

static int read_merges(struct llmx_tokenizer *t, const struct gguf *gguf, struct llmx_error *err)
{
    const struct gguf_value *merges = text_array(t, gguf, "tokenizer.ggml.merges", err);
    if (!merges || bpe_reserve_merges(&t->bpe, (size_t)merges->n, err) != 0)
        return -1;
    const char *merge;
    size_t offset = 0, n;
    while (gguf_next_text(merges, &offset, &merge, &n)) {
        const char *space = n > 1 ? memchr(merge + 1, ' ', n - 1) : NULL;
        if (!space)
            return err_set(err, LLMX_BAD_INPUT, "%s: merge %zu has no space between two names",
                           t->path, t->bpe.n_merges + 1);
        size_t left = (size_t)(space - merge);
        if (tokenizer_add_merge(t, merge, left, space + 1, n - left - 1, err) != 0)
            return -1;
    }
    return 0;
}

static int read_scores(struct llmx_tokenizer *t, const struct gguf *gguf, struct llmx_error *err)
{
    const struct gguf_value *scores = gguf_find(gguf, "tokenizer.ggml.scores");
    if (!scores || scores->kind != GGUF_ARRAY || scores->element != GGUF_F32 ||
        scores->n != (uint64_t)t->vocabulary)
        return wrong_key(t, "tokenizer.ggml.scores", "a list of as many f32 as there are tokens",
                         err);
    uint32_t n = t->bpe.pieces.count;
    float *by_piece = mem_array(n, sizeof *by_piece, err);
    if (!by_piece)
        return -1;
    int result = 0;
    for (uint32_t i = 0; i < n && result == 0; i++) {
        by_piece[i] = (float)gguf_element(scores, (uint64_t)t->bpe.piece_ids[i]);
        if (isnan(by_piece[i])) /* has no rank */
            result = err_set(err, LLMX_BAD_INPUT,
                             "%s: the score of token %d in tokenizer.ggml.scores is no number",
                             t->path, (int)t->bpe.piece_ids[i]);
    }
    if (result == 0)
        result = bpe_rank_by_score(&t->bpe, by_piece, err);
    free(by_piece);
    return result;
}

static int read_rules(struct llmx_tokenizer *t, const struct gguf *gguf, struct llmx_error *err)
{
    size_t n;
    const char *name = gguf_text(gguf, "tokenizer.ggml.pre", &n);
    if (!name) {
        name = "default";
        n = strlen(name);
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strlen(rules[i].name) != n || memcmp(rules[i].name, name, n) != 0)
            continue;
        t->bpe.takes_whole_words = rules[i].takes_whole_words;
        t->adds_begin = rules[i].adds_begin;
        t->is_nfc = rules[i].is_nfc;
        snprintf(t->kind, sizeof t->kind, "byte-level BPE (%s)", rules[i].name);
        for (int p = 0; p < RULES_MAX && rules[i].patterns[p]; p++) {
            if (tokenizer_add_split(t, rules[i].patterns[p], strlen(rules[i].patterns[p]), err) !=
                0)
                return -1;
        }
        return 0;
    }
    return err_set(err, LLMX_UNSUPPORTED,
                   "%s: the splitting rules '%.*s' (tokenizer.ggml.pre) are not known; a Hugging "
                   "Face folder of this "
                   "model spells them out in its tokenizer.json",
                   t->path, (int)(n < 100 ? n : 100), name);
}

static int read_kind(struct llmx_tokenizer *t, const struct gguf *gguf, struct llmx_error *err)
{
    size_t n;
    const char *model = gguf_text(gguf, "tokenizer.ggml.model", &n);
    if (!model)
        return wrong_key(t, "tokenizer.ggml.model", "a text", err);
    t->bpe.is_byte_level = n == 4 && memcmp(model, "gpt2", n) == 0;
    if (t->bpe.is_byte_level) {
        t->bpe.unknown_id = -1;
        return read_tokens(t, gguf, err) != 0 || read_merges(t, gguf, err) != 0
                   ? -1
                   : read_rules(t, gguf, err);
    }
    if (n != 5 || memcmp(model, "llama", n) != 0)
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: tokenizers of kind '%.*s' are not supported (gpt2 and llama are)",
                       t->path, (int)(n < 100 ? n : 100), model);
    t->marks_spaces = t->adds_begin = true;
    if (gguf_integer_or(gguf, "tokenizer.ggml.add_space_prefix", 1)) {
        t->prefix_space = PREFIX_ALWAYS;
        t->strips_first_space = true;
    }
    snprintf(t->kind, sizeof t->kind, "sentencepiece BPE");
    return read_tokens(t, gguf, err) != 0 ? -1 : read_scores(t, gguf, err);
}

static int read_all(struct llmx_tokenizer *t, const struct gguf *gguf, struct llmx_error *err)
{
    static const char *const stop_keys[] = {"tokenizer.ggml.eos_token_id",
                                            "tokenizer.ggml.eot_token_id",
                                            "tokenizer.ggml.eom_token_id"};
    if (read_kind(t, gguf, err) != 0)
        return -1;
    int64_t begin = gguf_integer_or(gguf, "tokenizer.ggml.bos_token_id", -1);
    int64_t unknown = gguf_integer_or(gguf, "tokenizer.ggml.unknown_token_id", -1);
    if (begin >= t->vocabulary || unknown >= t->vocabulary)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: the begin or unknown token's id is past the vocabulary of %d", t->path,
                       t->vocabulary);
    t->begin_id = begin < 0 ? -1 : (int32_t)begin;
    if (!t->bpe.is_byte_level && unknown >= 0)
        t->bpe.unknown_id = (int32_t)unknown;
    t->adds_begin = gguf_integer_or(gguf, "tokenizer.ggml.add_bos_token", t->adds_begin) != 0;
    for (size_t i = 0; i < sizeof stop_keys / sizeof stop_keys[0]; i++)
        tokenizer_add_stop(t, gguf_integer_or(gguf, stop_keys[i], -1));
    size_t n;
    const char *template = gguf_text(gguf, "tokenizer.chat_template", &n);
    if (template)
        text_put(&t->template, template, n);
    return tokenizer_finish(t, err);
}

int tokenizer_from_gguf(struct llmx_tokenizer **tokenizer, const struct gguf *gguf,
                        struct llmx_error *err)
{
    struct llmx_tokenizer *t = tokenizer_create(gguf->path, err);
    if (!t)
        return -1;
    if (read_all(t, gguf, err) != 0) {
        llmx_tokenizer_destroy(t);
        return -1;
    }
    *tokenizer = t;
    return 0;
}
