/* check_markup.c - what is no plain text: links, HTML, Markdown, marks of lists and of chats. Titles may hold any of it. */
#include "gate/checks.h"

#include <ctype.h>
#include <string.h>
#include <utf8proc.h>

#define ENDING_BYTES 8 /* of an address in the net, at most: ".com" */

static char byte_at(const struct llmx_checker *c, size_t at)
{
    return at < c->n ? c->text[at] : '\0';
}

static bool is_alnum_at(const struct llmx_checker *c, size_t at)
{
    return at < c->n && isalnum((unsigned char)c->text[at]);
}

static bool begins(const struct llmx_checker *c, size_t at, const char *mark)
{
    const size_t n = strlen(mark);
    return at + n <= c->n && memcmp(c->text + at, mark, n) == 0;
}

/* ---- titles ---- */

/* Is all of a quotation titles that are given? */
static bool holds_title(struct llmx_checker *c, const struct quotation *q)
{
    for (int i = q->first; i < q->first + q->n; i++)
        if (c->mention_of[i] < 0 || c->mention[c->mention_of[i]].item < 0)
            return quotation_is_given(c, q);
    return true;
}

static bool is_in_title(struct llmx_checker *c, size_t at)
{
    const struct passage *w = &c->words;
    for (int k = 0; k < c->n_mentions; k++) {
        const struct mention *m = &c->mention[k];
        if (m->item >= 0 && at >= w->word[m->first].start && at < w->word[m->first + m->n - 1].end)
            return true;
    }
    for (int k = 0; k < w->n_quotations; k++)
        if (at > w->quotation[k].start && at + 1 < w->quotation[k].end &&
            c->text[w->quotation[k].start] != '*' && holds_title(c, &w->quotation[k]))
            return true;
    return false;
}

/* Does a word of a title begin at a byte, or end there? */
static bool touches_title(const struct llmx_checker *c, size_t at)
{
    for (int k = 0; k < c->n_mentions; k++) {
        const struct mention *m = &c->mention[k];
        if (at == c->words.word[m->first].start || at == c->words.word[m->first + m->n - 1].end)
            return true;
    }
    return false;
}

/* ---- anywhere ---- */

/* "<b", "</b", "<!--", "<|im_end|>", "<<SYS>>"; the bytes of its beginning. */
static size_t tag_at(const struct llmx_checker *c, size_t at)
{
    size_t next = at;
    if (text_next(c->text, c->n, &next) != '<')
        return 0;
    return is_alnum_at(c, next) || (next < c->n && strchr("/!?|<", c->text[next])) ? next + 1 - at
                                                                                   : 0;
}

/* ".com" of an address. */
static size_t ending_at(const struct llmx_checker *c, size_t at)
{
    char ending[ENDING_BYTES];
    size_t n = 0;
    if (at == 0 || !is_alnum_at(c, at - 1))
        return 0;
    for (; n < ENDING_BYTES && is_alnum_at(c, at + 1 + n); n++)
        ending[n] = (char)tolower((unsigned char)c->text[at + 1 + n]);
    return n > 0 && n < ENDING_BYTES && list_find(LIST_WEB_ENDINGS, ending, n) ? n + 1 : 0;
}

static bool is_www(const struct llmx_checker *c, size_t at)
{
    return (begins(c, at, "www.") || begins(c, at, "WWW.")) && !(at > 0 && is_alnum_at(c, at - 1));
}

/* "**" around a title inside a line is as good as quotation marks. */
static bool is_emphasis(const struct llmx_checker *c, size_t at)
{
    const bool is_line = at == 0 || c->text[at - 1] == '\n';
    return !is_line && (touches_title(c, at) || touches_title(c, at + 2));
}

/* How many bytes at one are markup, 0: none. */
static size_t mark_at(const struct llmx_checker *c, size_t at)
{
    const char next = byte_at(c, at + 1);
    const bool is_after_word = at > 0 && is_alnum_at(c, at - 1);
    switch (c->text[at]) {
    case '<':
    case '&':
        return tag_at(c, at);
    case '.':
        return ending_at(c, at);
    case ':':
        return begins(c, at, "://") ? 3 : 0;
    case 'w':
    case 'W':
        return is_www(c, at) ? 4 : 0;
    case '*':
    case '_':
        return next == c->text[at] && !is_emphasis(c, at) ? 2 : 0;
    case '~':
        return next == '~' ? 2 : 0;
    case '`':
        return !is_after_word || !is_alnum_at(c, at + 1);
    case '#':
    case '@':
        return c->text[at] == '@' ? is_alnum_at(c, at + 1)
                                  : !is_after_word && (is_alnum_at(c, at + 1) || next == '#');
    case '\\':
        return next != 'x' && next != 'u' ? 2 : 0;
    case '[':
    case ']':
    case '{':
    case '}':
        return 1;
    default:
        return 0;
    }
}

/* ---- at the beginning of a line ---- */

/* An arrow, a tick, a pictograph, but no sign of ASCII's. */
static bool is_symbol(int32_t code)
{
    return code > 127 && utf8proc_category(code) == UTF8PROC_CATEGORY_SO;
}

/* "2. ", "2) ", "(2) ", "b) ": how many bytes but the blank, 0: none. */
static size_t list_number_at(const struct llmx_checker *c, size_t at)
{
    const size_t open = byte_at(c, at) == '(' ? 1 : 0;
    size_t n = 0;
    while (n < 3 && isdigit((unsigned char)byte_at(c, at + open + n)))
        n++;
    const bool is_letter = n == 0 && islower((unsigned char)byte_at(c, at + open));
    const char end = byte_at(c, at + open + n + is_letter);
    if (n == 3 || n + is_letter == 0 || (end != ')' && (end != '.' || open || is_letter)))
        return 0;
    n += open + is_letter + 1;
    return byte_at(c, at + n) == ' ' ? n : 0;
}

/* A list's mark or number, a heading's, a quotation's, a rule: how many bytes, 0: none. */
static size_t line_mark_at(const struct llmx_checker *c, size_t at)
{
    static const char *const marks[] = {"- ", "* ", "+ ", "> ", "|", "--", "==", "• ", "– ", "— "};
    size_t n = 0, next = at;
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (begins(c, at, marks[k]))
            return strlen(marks[k]);
    if (at < c->n && is_symbol(text_next(c->text, c->n, &next)))
        return next - at;
    while (byte_at(c, at + n) == '#')
        n++;
    if (n > 0 && byte_at(c, at + n) == ' ')
        return n;
    return list_number_at(c, at);
}

/* "assistant" alone on a line, "User:", and in lower case before a capital. */
static bool is_role(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const size_t at = checker_skip(c, w->word[i].end, "*] \r");
    if (!checker_on(c, i, LIST_CHAT_ROLES) || c->mention_of[i] >= 0)
        return false;
    return at >= c->n || c->text[at] == ':' || c->text[at] == '\n' ||
           (!checker_is_capital(c, i) && checker_is_capital(c, i + 1) &&
            w->word[i + 1].start == at);
}

static void check_lines(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    int i = 0; /* the word at or behind the line's beginning */
    for (size_t at = 0; at < c->n;) {
        at = checker_skip(c, at, " \t\r\n");
        const size_t n = line_mark_at(c, at);
        const char *end = memchr(c->text + at, '\n', c->n - at);
        while (i < w->n && w->word[i].start < at)
            i++;
        if (n > 0 && !is_in_title(c, at))
            checker_fail_at(c, LLMX_CHECK_MARKUP, at, at + n);
        if (i < w->n && w->word[i].start == at && is_role(c, i))
            checker_fail(c, LLMX_CHECK_MARKUP, i, 1);
        at = end ? (size_t)(end - c->text) : c->n;
    }
}

void check_markup(struct llmx_checker *c)
{
    check_lines(c);
    for (size_t at = 0; at < c->n;) {
        size_t n = mark_at(c, at);
        if (n > 0 && is_in_title(c, at))
            n = 0;
        if (n > 0)
            checker_fail_at(c, LLMX_CHECK_MARKUP, at, at + n < c->n ? at + n : c->n);
        at += n > 0 ? n : 1;
    }
}
