#include "token/text_tokens.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

void tokens_release(struct tokens *tokens)
{
    free(tokens->ids);
    *tokens = (struct tokens){0};
}

static int push(struct tokens *out, struct names *names, const char *word, size_t n,
                struct llmx_error *err)
{
    const int64_t id = names_add(names, word, n, err);
    if (id < 0 || mem_grow(&out->ids, &out->capacity, out->n + 1, sizeof *out->ids, err) != 0)
        return -1;
    out->ids[out->n++] = (uint32_t)id;
    return 0;
}

/* str.isspace() of Python. */
static bool is_blank(uint32_t c)
{
    if (c < 0x80)
        return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
    return c == 0x85 || c == 0x2028 || c == 0x2029 ||
           utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ZS;
}

int tokens_split(struct tokens *out, struct names *names, const char *s, size_t n,
                 struct llmx_error *err)
{
    size_t begin = 0, length;
    bool is_valid;
    out->n = 0;
    for (size_t at = 0; at < n; at += length) {
        length = utf8_step(s + at, n - at, &is_valid);
        if (!is_valid || !is_blank(utf8_value(s + at, length)))
            continue;
        if (at > begin && push(out, names, s + begin, at - begin, err) != 0)
            return -1;
        begin = at + length;
    }
    return n > begin ? push(out, names, s + begin, n - begin, err) : 0;
}

/* The text that was written to `spare` becomes the text. */
static int take(struct text *text, struct text *spare, struct llmx_error *err)
{
    const struct text written = *spare;
    *spare = *text;
    *text = written;
    return text_check(text, err);
}

/* Puts `with` in the place of every `what`. */
static int replace_all(struct text *text, struct text *spare, const char *what, const char *with,
                       struct llmx_error *err)
{
    const size_t length = strlen(what);
    if (text->n == 0 || !strstr(text->s, what))
        return 0;
    text_clear(spare);
    for (const char *at = text->s, *next; at; at = next) {
        next = strstr(at, what);
        text_put(spare, at, next ? (size_t)(next - at) : strlen(at));
        if (next) {
            text_puts(spare, with);
            next += length;
        }
    }
    return take(text, spare, err);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_point(char c)
{
    return c == '.' || c == ',';
}

/* All of ASCII's signs but ' - . , which need a look at their neighbours. */
static bool is_sign(char c)
{
    return c > ' ' && c < 127 && strchr("{|}~[\\]^_`!\"#$%&()*+:;<=>?@/", c) != NULL;
}

/* A rule of 13a: where two neighbours are of those kinds, `lead` goes before the first, a blank between them, `end` behind.
 * As a regular expression goes on behind what it matched, so does this. */
struct rule {
    bool (*first)(char), (*second)(char);
    const char *lead, *end;
};

static bool is_no_digit(char c)
{
    return !is_digit(c);
}

static bool is_dash(char c)
{
    return c == '-';
}

static int apply(struct text *text, struct text *spare, const struct rule *rule,
                 struct llmx_error *err)
{
    text_clear(spare);
    for (size_t i = 0; i < text->n; i++) {
        const char *at = text->s + i;
        if (i + 1 < text->n && rule->first(at[0]) && rule->second(at[1])) {
            text_puts(spare, rule->lead);
            text_put(spare, at, 1);
            text_puts(spare, " ");
            text_put(spare, at + 1, 1);
            text_puts(spare, rule->end);
            i++;
        } else {
            text_put(spare, at, 1);
        }
    }
    return take(text, spare, err);
}

/* The text between two blanks, its signs set apart. */
static int set_signs_apart(struct text *text, struct text *spare, struct llmx_error *err)
{
    text_clear(spare);
    text_puts(spare, " ");
    for (size_t i = 0; i < text->n; i++) {
        const bool is_apart = is_sign(text->s[i]);
        if (is_apart)
            text_puts(spare, " ");
        text_put(spare, text->s + i, 1);
        if (is_apart)
            text_puts(spare, " ");
    }
    text_puts(spare, " ");
    return take(text, spare, err);
}

/* sacrebleu cuts the blanks at the end off before all else: a dash there is then at no line's end. */
static size_t without_end(const char *s, size_t n)
{
    size_t end = 0, length;
    bool is_valid;
    for (size_t at = 0; at < n; at += length) {
        length = utf8_step(s + at, n - at, &is_valid);
        if (!is_valid || !is_blank(utf8_value(s + at, length)))
            end = at + length;
    }
    return end;
}

int tokens_13a(struct tokens *out, struct names *names, const char *s, size_t n,
               struct llmx_error *err)
{
    static const char *const replaced[][2] = {{"<skipped>", ""}, {"-\n", ""},    {"\n", " "},
                                              {"&quot;", "\""},  {"&amp;", "&"}, {"&lt;", "<"},
                                              {"&gt;", ">"}};
    static const struct rule rules[] = {{is_no_digit, is_point, "", " "},
                                        {is_point, is_no_digit, " ", ""},
                                        {is_digit, is_dash, "", " "}};
    struct text text = {0}, spare = {0};
    text_put(&text, s, without_end(s, n));
    int status = text_check(&text, err);
    for (size_t i = 0; i < sizeof replaced / sizeof *replaced && status == 0; i++)
        status = replace_all(&text, &spare, replaced[i][0], replaced[i][1], err);
    if (status == 0)
        status = set_signs_apart(&text, &spare, err);
    for (size_t i = 0; i < sizeof rules / sizeof *rules && status == 0; i++)
        status = apply(&text, &spare, &rules[i], err);
    if (status == 0)
        status = tokens_split(out, names, text.s, text.n, err);
    text_release(&text);
    text_release(&spare);
    return status;
}

int tokens_rouge(struct tokens *out, struct names *names, const char *s, size_t n,
                 struct llmx_error *err)
{
    struct text word = {0};
    size_t length;
    bool is_valid;
    int status = 0;
    out->n = 0;
    for (size_t at = 0; at <= n && status == 0; at += length) {
        length = at < n ? utf8_step(s + at, n - at, &is_valid) : 1;
        const uint32_t c = at < n && is_valid ? utf8_value(s + at, length) : ' ';
        const int32_t lower = utf8proc_tolower((utf8proc_int32_t)c);
        const bool is_part = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (is_part)
            text_put(&word, &(char){(char)lower}, 1);
        /* of a capital I with a dot, small letters are two characters, and the second is no letter */
        if ((!is_part || c == 0x130) && word.n > 0) {
            status = text_check(&word, err) != 0 ? -1 : push(out, names, word.s, word.n, err);
            text_clear(&word);
        }
    }
    if (status == 0)
        status = text_check(&word, err);
    text_release(&word);
    return status;
}

size_t characters_of(const char *s, size_t n)
{
    size_t characters = 0, length;
    bool is_valid;
    for (size_t at = 0; at < n; at += length, characters++)
        length = utf8_step(s + at, n - at, &is_valid);
    return characters;
}
