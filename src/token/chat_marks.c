#include "token/chat_marks.h"

#include "base/file.h"
#include "base/utf8.h"

#include <string.h>

#define TEXT_PLACE "{text}"
#define FILE_MAX   ((size_t)64 << 10) /* bytes */

struct marks_parser {
    struct chat_marks *marks;
    const char *path;
    int line;
    bool has_no_system, has_user, has_assistant;
};

static int complain(const struct marks_parser *p, const char *what, struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_INPUT, "%s:%d: %s", p->path, p->line, what);
}

/* A value as it is meant: \n, \t, \s (a space) and \\ written out. out: CHAT_MARK_MAX + 1 bytes. */
static int unescape(const struct marks_parser *p, char *out, const char *s, size_t n,
                    struct llmx_error *err)
{
    static const char letters[] = "nts\\", meanings[] = "\n\t \\";
    size_t written = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '\\') {
            const char *letter = i + 1 < n ? memchr(letters, s[i + 1], sizeof letters - 1) : NULL;
            if (!letter)
                return complain(p, "a backslash must begin \\n, \\t, \\s (a space) or \\\\", err);
            c = meanings[letter - letters];
            i++;
        }
        if (written == CHAT_MARK_MAX)
            return err_set(err, LLMX_TOO_LARGE, "%s:%d: longer than %d bytes", p->path, p->line,
                           CHAT_MARK_MAX);
        out[written++] = c;
    }
    out[written] = '\0';
    return 0;
}

static int take_text(const struct marks_parser *p, char *to, bool *is_there, const char *value,
                     struct llmx_error *err)
{
    if (*is_there)
        return complain(p, "this line is there twice", err);
    *is_there = true;
    memcpy(to, value, strlen(value) + 1);
    return 0;
}

/* Splits a value at its {text}. */
static int take_mark(const struct marks_parser *p, struct chat_mark *mark, bool *is_there,
                     const char *value, struct llmx_error *err)
{
    const char *place = strstr(value, TEXT_PLACE);
    if (!place || strstr(place + 1, TEXT_PLACE))
        return complain(p, "the line must hold {text} once: where the text of the turn stands",
                        err);
    if (take_text(p, mark->after, is_there, place + strlen(TEXT_PLACE), err) != 0)
        return -1;
    memcpy(mark->before, value, (size_t)(place - value));
    mark->before[place - value] = '\0';
    return 0;
}

static int take_stop(const struct marks_parser *p, const char *value, struct llmx_error *err)
{
    struct chat_marks *marks = p->marks;
    if (!*value)
        return complain(p, "stop: must name a token", err);
    if (marks->n_stops == CHAT_STOPS_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s:%d: more than %d stops", p->path, p->line,
                       CHAT_STOPS_MAX);
    memcpy(marks->stops[marks->n_stops++], value, strlen(value) + 1);
    return 0;
}

static bool is_key(const char *key, const char *s, size_t n)
{
    return strlen(key) == n && memcmp(key, s, n) == 0;
}

static int take_line(struct marks_parser *p, const char *s, size_t n, struct llmx_error *err)
{
    struct chat_marks *marks = p->marks;
    char value[CHAT_MARK_MAX + 1];
    while (n && strchr(" \t\r", s[n - 1]) && s[n - 1])
        n--;
    if (n == 0 || *s == '#')
        return 0;
    const char *colon = memchr(s, ':', n), *end = s + n;
    const size_t key = colon ? (size_t)(colon - s) : 0;
    const char *from = colon ? colon + 1 : end;
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    if (unescape(p, value, from, (size_t)(end - from), err) != 0)
        return -1;
    if (is_key("system", s, key))
        return take_mark(p, &marks->system, &marks->has_system, value, err);
    if (is_key("user", s, key))
        return take_mark(p, &marks->user, &p->has_user, value, err);
    if (is_key("assistant", s, key))
        return take_mark(p, &marks->assistant, &p->has_assistant, value, err);
    if (is_key("no-system", s, key))
        return take_text(p, marks->no_system, &p->has_no_system, value, err);
    if (is_key("stop", s, key))
        return take_stop(p, value, err);
    return complain(p, "a line must begin with system:, no-system:, user:, assistant:, stop: or #",
                    err);
}

int chat_marks_parse(struct chat_marks *marks, const char *bytes, size_t n, const char *path,
                     struct llmx_error *err)
{
    struct marks_parser p = {.marks = marks, .path = path};
    *marks = (struct chat_marks){0};
    if (utf8_check_text(bytes, n) < n)
        return err_set(err, LLMX_BAD_INPUT, "%s: not a text in UTF-8", path);
    for (size_t at = utf8_mark(bytes, n), length; at < n; at += length + 1) {
        const char *newline = memchr(bytes + at, '\n', n - at);
        length = newline ? (size_t)(newline - bytes) - at : n - at;
        p.line++;
        if (take_line(&p, bytes + at, length, err) != 0)
            return -1;
    }
    if (!p.has_user || !p.has_assistant)
        return err_set(err, LLMX_BAD_INPUT, "%s: the line '%s' is missing", path,
                       p.has_user ? "assistant: ...{text}..." : "user: ...{text}...");
    return 0;
}

int chat_marks_open(struct chat_marks *marks, const char *path, struct llmx_error *err)
{
    struct mapping file;
    if (mapping_open(&file, path, err) != 0)
        return -1;
    int result;
    if (file.size > FILE_MAX)
        result = err_set(err, LLMX_TOO_LARGE, "%s: marks of more than %zu bytes", path, FILE_MAX);
    else
        result =
            chat_marks_parse(marks, file.size ? (const char *)file.data : "", file.size, path, err);
    mapping_release(&file);
    return result;
}
