/* The splitting rules of byte-pair encoding: merging never crosses a piece's border. */
#include "token/build.h"

const char split_gpt2[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/* PCRE2 counts U+180E among spaces; Unicode since 6.3, and with it the tokenizers we follow, do not. So \s and \S are
 * spelt out. False where a bracket stands bare within a class: dialects read that differently. */
#define SPACES "\\p{Z}\\t-\\r\\x{85}"

static bool spell_out_spaces(struct text *out, const char *pattern, size_t n)
{
    size_t class_start = 0; /* after the bracket that opened it; 0: in no class */
    for (size_t at = 0; at < n; at++) {
        char c = pattern[at], next = at + 1 < n ? pattern[at + 1] : '\0';
        if (c == '\\' && next == 's') {
            text_puts(out, class_start ? SPACES : "[" SPACES "]");
            at++;
        } else if (c == '\\' && next == 'S' && !class_start) {
            text_puts(out, "[^" SPACES "]");
            at++;
        } else if (c == '\\' && at + 1 < n) {
            text_put(out, pattern + at++, 2);
        } else {
            bool is_first =
                at == class_start || (at == class_start + 1 && pattern[class_start] == '^');
            if (class_start && (c == '[' || (c == ']' && is_first)))
                return false;
            if (c == '[' || c == ']')
                class_start = c == '[' ? at + 1 : 0;
            text_put(out, &c, 1);
        }
    }
    return true;
}

int tokenizer_add_split(struct llmx_tokenizer *t, const char *pattern, size_t n,
                        struct llmx_error *err)
{
    int code = 0;
    size_t at;
    struct text spelt = {0};
    pcre2_code *rule = NULL;
    PCRE2_UCHAR why[128] = "a bare bracket within a class";
    if (t->n_splits == SPLITS_MAX)
        return err_set(err, LLMX_UNSUPPORTED, "%s: more than %d splitting rules", t->path,
                       SPLITS_MAX);
    bool is_clear = spell_out_spaces(&spelt, pattern, n);
    int result = text_check(&spelt, err);
    if (result == 0 && is_clear)
        rule = pcre2_compile((PCRE2_SPTR)spelt.s, spelt.n, PCRE2_UTF | PCRE2_UCP, &code, &at, NULL);
    text_release(&spelt);
    if (result != 0)
        return -1;
    if (code && !rule)
        pcre2_get_error_message(code, why, sizeof why);
    if (!rule)
        return err_set(err, LLMX_UNSUPPORTED, "%s: cannot use the splitting rule '%.*s': %s",
                       t->path, (int)(n < 200 ? n : 200), pattern, (const char *)why);
    text_put(&t->patterns, pattern, n);
    text_put(&t->patterns, "", 1);
    pcre2_jit_compile(rule,
                      PCRE2_JIT_COMPLETE); /* where it cannot, matching is slower and the same */
    t->splits[t->n_splits++] = rule;
    return 0;
}

/* The next match at or after `at` that is not empty: 1, 0 none, -1. */
static int next_match(struct encoder *e, int rule, const char *s, size_t n, size_t at,
                      size_t *begin, size_t *end, struct llmx_error *err)
{
    pcre2_match_data *match = e->matches[rule];
    int result = pcre2_match(e->tokenizer->splits[rule], (PCRE2_SPTR)s, n, at,
                             PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, match, NULL);
    if (result == PCRE2_ERROR_NOMATCH)
        return 0;
    const size_t *place = pcre2_get_ovector_pointer(match);
    if (result < 0 || place[0] < at || place[1] <= place[0])
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: splitting rule %d fails on this text (PCRE2 says %d)",
                       e->tokenizer->path, rule + 1, result);
    *begin = place[0];
    *end = place[1];
    return 1;
}

int split_and_encode(struct encoder *e, int rule, const char *s, size_t n, struct llmx_error *err)
{
    if (rule == e->tokenizer->n_splits)
        return bpe_encode(&e->tokenizer->bpe, &e->work, s, n, e->out, err);
    size_t at = 0, begin = 0, end = 0;
    int result;
    while (at < n && (result = next_match(e, rule, s, n, at, &begin, &end, err)) != 0) {
        if (result < 0 ||
            (begin > at && split_and_encode(e, rule + 1, s + at, begin - at, err) != 0) ||
            split_and_encode(e, rule + 1, s + begin, end - begin, err) != 0)
            return -1;
        at = end;
    }
    return at < n ? split_and_encode(e, rule + 1, s + at, n - at, err) : 0;
}
