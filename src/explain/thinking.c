#include "explain/thinking.h"

#include "base/plain.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *const names[] = {"think", "thinking", "thought", "reasoning"};

/* Does what a growing text ends with begin a name? */
static bool begins_name(const char *s, size_t n)
{
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (n <= strlen(names[k]) && plain_strncasecmp(s, names[k], n) == 0)
            return true;
    return false;
}

/* A mark of a block: <think>, <think mode="short">, <think/>, </think>. */
struct mark {
    size_t start, end;
    bool opens, closes;
};

static bool is_name(const char *s, size_t n)
{
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strlen(names[k]) == n && plain_strncasecmp(s, names[k], n) == 0)
            return true;
    return false;
}

/* The mark at text[at], which is an opening bracket. One that the text breaks off in ends with it. */
static bool mark_at(const char *text, size_t n, size_t at, struct mark *mark)
{
    const char bracket = text[at] == '<' ? '>' : ']';
    const bool is_end = at + 1 < n && text[at + 1] == '/';
    size_t name = at + 1 + is_end, end = name;
    while (end < n && isalpha((unsigned char)text[end]))
        end++;
    if (!is_name(text + name, end - name) ||
        (end < n && !isspace((unsigned char)text[end]) && text[end] != '/' && text[end] != bracket))
        return false;
    const char *close = memchr(text + end, bracket, n - end);
    const bool is_empty = !is_end && close && close[-1] == '/';
    *mark = (struct mark){at, close ? (size_t)(close - text) + 1 : n, !is_end && !is_empty, is_end};
    return true;
}

/* The next mark from `at` on. */
static bool next_mark(const char *text, size_t n, size_t at, struct mark *mark)
{
    for (; at < n; at++)
        if ((text[at] == '<' || text[at] == '[') && mark_at(text, n, at, mark))
            return true;
    return false;
}

size_t thinking_cut(char *text, size_t n)
{
    struct mark mark;
    size_t kept = 0,
           from = 0; /* what is kept so far, and where what was read of the text goes on */
    bool is_thinking = false, has_cut = false;
    for (; next_mark(text, n, from, &mark); from = mark.end) {
        if (mark.closes && !is_thinking)
            kept = 0;
        else if (!is_thinking) {
            memmove(text + kept, text + from, mark.start - from);
            kept += mark.start - from;
        }
        is_thinking = mark.opens || (is_thinking && !mark.closes);
        has_cut = true;
    }
    if (!has_cut)
        return n;
    if (!is_thinking) {
        memmove(text + kept, text + from, n - from);
        kept += n - from;
    }
    while (kept > 0 && isspace((unsigned char)text[kept - 1]))
        kept--;
    size_t space = 0;
    while (space < kept && isspace((unsigned char)text[space]))
        space++;
    memmove(text, text + space, kept - space);
    return kept - space;
}

size_t thinking_settled(const char *text, size_t n)
{
    size_t at = n;
    while (at > 0 && isalpha((unsigned char)text[at - 1]))
        at--;
    const size_t name = at;
    at -= at > 0 && text[at - 1] == '/';
    return at > 0 && strchr("<[", text[at - 1]) && begins_name(text + name, n - name) ? at - 1 : n;
}
