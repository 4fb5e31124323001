/* Text to ids: whole tokens are taken out, what lies between is normalised, split, and merged piece by piece. */
#include "token/build.h"
#include "token/tokenizer.h"

#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

#define TEXT_MAX ((size_t)1 << 30) /* bytes; counts of ids are int */

static int encoder_init(struct encoder *e, const struct llmx_tokenizer *t, struct token_ids *out,
                        struct llmx_error *err)
{
    *e = (struct encoder){.tokenizer = t, .out = out};
    for (int i = 0; i < t->n_splits; i++) {
        e->matches[i] = pcre2_match_data_create_from_pattern(t->splits[i], NULL);
        if (!e->matches[i])
            return err_set(err, LLMX_NO_MEMORY, "out of memory while tokenising");
    }
    return 0;
}

static void encoder_release(struct encoder *e)
{
    for (int i = 0; i < SPLITS_MAX; i++)
        pcre2_match_data_free(e->matches[i]);
    bpe_work_release(&e->work);
    text_release(&e->normal);
}

static bool is_ascii(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] >= 0x80)
            return false;
    }
    return true;
}

/* Canonical composition; *composed is the caller's to free. */
static int compose(const char *s, size_t n, char **composed, size_t *length, struct llmx_error *err)
{
    utf8proc_uint8_t *result = NULL;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &result,
                                         UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (size < 0)
        return err_set(err, size == UTF8PROC_ERROR_NOMEM ? LLMX_NO_MEMORY : LLMX_BAD_INPUT,
                       "cannot normalise: %s", utf8proc_errmsg(size));
    *composed = (char *)result;
    *length = (size_t)size;
    return 0;
}

/* Sentencepiece's way: spaces become marks, and one may come in front. */
static int mark_spaces(struct encoder *e, const char *s, size_t n, bool wants_prefix,
                       struct llmx_error *err)
{
    text_clear(&e->normal);
    if (wants_prefix)
        text_puts(&e->normal, SPACE_MARK);
    for (size_t at = 0; at < n;) {
        const char *space = memchr(s + at, ' ', n - at);
        size_t end = space ? (size_t)(space - s) : n;
        text_put(&e->normal, s + at, end - at);
        if (space)
            text_puts(&e->normal, SPACE_MARK);
        at = end + (space ? 1 : 0);
    }
    return text_check(&e->normal, err);
}

enum place { AT_START, AFTER_TOKEN, AMID };

static bool wants_prefix(const struct llmx_tokenizer *t, const char *s, size_t n, enum place place)
{
    size_t mark = sizeof SPACE_MARK - 1;
    bool begins_with_mark = *s == ' ' || (n >= mark && memcmp(s, SPACE_MARK, mark) == 0);
    if (place == AMID || t->prefix_space == PREFIX_NEVER)
        return false;
    if (t->prefix_space == PREFIX_ALWAYS)
        return true;
    return !begins_with_mark && (t->prefix_space == PREFIX_IF_MISSING || place == AT_START);
}

/* A stretch without whole tokens, n > 0. */
static int encode_stretch(struct encoder *e, const char *s, size_t n, enum place place,
                          struct llmx_error *err)
{
    const struct llmx_tokenizer *t = e->tokenizer;
    char *composed = NULL;
    int result = -1;
    if (t->is_nfc && !is_ascii(s, n)) {
        if (compose(s, n, &composed, &n, err) != 0)
            return -1;
        s = composed;
    }
    if (t->marks_spaces) {
        if (mark_spaces(e, s, n, wants_prefix(t, s, n, place), err) != 0)
            goto done;
        s = e->normal.s;
        n = e->normal.n;
    }
    result = n ? split_and_encode(e, 0, s, n, err) : 0;
done:
    free(composed);
    return result;
}

/* The longest whole token that stands at s; -1: none. */
static int32_t whole_at(const struct llmx_tokenizer *t, const char *s, size_t n, bool parse_special)
{
    if (!t->begins_whole[(unsigned char)*s])
        return -1;
    for (int i = 0; i < t->n_whole; i++) {
        const struct token *token = &t->tokens[t->whole[i]];
        if (token->n_name <= n && memcmp(t->pool.s + token->name, s, token->n_name) == 0 &&
            (parse_special || token->kind == TOKEN_ADDED))
            return t->whole[i];
    }
    return -1;
}

int32_t tokenizer_whole(const struct llmx_tokenizer *t, const char *text, size_t n, size_t *length)
{
    const int32_t id = n ? whole_at(t, text, n, true) : -1;
    if (length)
        *length = id < 0 ? 0 : t->tokens[id].n_name;
    return id;
}

static int encode(struct encoder *e, const char *text, size_t n, enum place place,
                  bool parse_special, struct llmx_error *err)
{
    const struct llmx_tokenizer *t = e->tokenizer;
    size_t begin = 0;
    for (size_t at = 0; at < n;) {
        int32_t id = whole_at(t, text + at, n - at, parse_special);
        if (id < 0) {
            at++;
            continue;
        }
        if (at > begin && encode_stretch(e, text + begin, at - begin, place, err) != 0)
            return -1;
        if (token_ids_put(e->out, id, err) != 0)
            return -1;
        at += t->tokens[id].n_name;
        begin = at;
        place = AFTER_TOKEN;
    }
    return n > begin ? encode_stretch(e, text + begin, n - begin, place, err) : 0;
}

static int encode_text(const struct llmx_tokenizer *t, const char *text, size_t n, enum place place,
                       bool parse_special, struct token_ids *out, struct llmx_error *err)
{
    struct encoder e;
    size_t valid = n > TEXT_MAX ? n : utf8_check(text, n);
    if (n > TEXT_MAX)
        return err_set(err, LLMX_TOO_LARGE,
                       "a text of %zu bytes is too long to tokenise (at most %zu MiB)", n,
                       TEXT_MAX >> 20);
    if (valid < n)
        return err_set(err, LLMX_BAD_INPUT, "the text is not UTF-8 at byte %zu (0x%02x)", valid,
                       (unsigned)(unsigned char)text[valid]);
    int result = encoder_init(&e, t, out, err);
    if (result == 0)
        result = encode(&e, text, n, place, parse_special, err);
    encoder_release(&e);
    return result;
}

int llmx_tokenize(const struct llmx_tokenizer *t, const char *text, size_t n, int add_special,
                  int parse_special, int32_t **ids, struct llmx_error *err)
{
    struct token_ids out = {0};
    if (mem_grow(&out.ids, &out.capacity, n / 3 + 1, sizeof *out.ids, err) != 0 ||
        (add_special && t->adds_begin && t->begin_id >= 0 &&
         token_ids_put(&out, t->begin_id, err) != 0) ||
        encode_text(t, text, n, AT_START, parse_special, &out, err) != 0) {
        token_ids_release(&out);
        return -1;
    }
    *ids = out.ids;
    return out.n;
}

/* Where the next text stands, as the last id tells. */
static enum place place_after(const struct llmx_tokenizer *t, const struct token_ids *out)
{
    if (out->n == 0)
        return AT_START;
    int32_t last = out->ids[out->n - 1];
    return last >= 0 && last < t->vocabulary && t->tokens[last].kind >= TOKEN_ADDED ? AFTER_TOKEN
                                                                                    : AMID;
}

int tokenizer_append(const struct llmx_tokenizer *t, const char *text, size_t n, bool parse_special,
                     struct token_ids *out, struct llmx_error *err)
{
    enum place place = place_after(t, out);
    if (!out->wants_space)
        return encode_text(t, text, n, place, parse_special, out, err);
    char *spaced = mem_array(n + 1, 1, err);
    if (!spaced)
        return -1;
    spaced[0] = ' ';
    memcpy(spaced + 1, text, n);
    out->wants_space = false;
    int result = encode_text(t, spaced, n + 1, place, parse_special, out, err);
    free(spaced);
    return result;
}
