#include "format/lines.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

int lines_open(struct lines *lines, const char *path, struct llmx_error *err)
{
    const bool is_standard_input = strcmp(path, "-") == 0;
    const char *shown = is_standard_input ? "standard input" : path;
    *lines = (struct lines){0};
    lines->path = mem_text(shown, strlen(shown), err);
    if (!lines->path)
        return -1;
    lines->stream = is_standard_input ? stdin : fopen(path, "r");
    if (lines->stream)
        return 0;
    err_system(err, "cannot open %s", path);
    lines_close(lines);
    return -1;
}

void lines_close(struct lines *lines)
{
    if (lines->stream && lines->stream != stdin)
        fclose(lines->stream);
    free(lines->path);
    free(lines->line);
    *lines = (struct lines){0};
}

int lines_next(struct lines *lines, struct llmx_error *err)
{
    size_t n = 0;
    int c;
    lines->number++;
    while ((c = getc_unlocked(lines->stream)) != EOF && c != '\n') {
        if (n >= LINE_MAX_BYTES)
            return err_set(err, LLMX_TOO_LARGE, "%s:%ld: the line is longer than %zu MiB",
                           lines->path, lines->number, LINE_MAX_BYTES >> 20);
        if (n + 1 >= lines->capacity &&
            mem_grow(&lines->line, &lines->capacity, n + 2, 1, err) != 0)
            return -1;
        lines->line[n++] = (char)c;
    }
    if (c == EOF && ferror(lines->stream))
        return err_system(err, "cannot read %s", lines->path);
    if (c == EOF && n == 0)
        return 0;
    if (n == 0 && mem_grow(&lines->line, &lines->capacity, 1, 1, err) != 0)
        return -1;
    const size_t mark = lines->number == 1 ? utf8_mark(lines->line, n) : 0;
    if (mark)
        memmove(lines->line, lines->line + mark, n -= mark);
    n -= n > 0 && lines->line[n - 1] == '\r';
    lines->line[n] = '\0';
    lines->n = n;
    lines->is_ended = c == '\n';
    return 1;
}

int lines_next_text(struct lines *lines, struct llmx_error *err)
{
    const int got = lines_next(lines, err);
    if (got <= 0 || utf8_check_text(lines->line, lines->n) == lines->n)
        return got;
    return err_set(err, LLMX_BAD_INPUT, "%s:%ld: not UTF-8 text", lines->path, lines->number);
}

int lines_columns(struct lines *lines, char **column, int max)
{
    int n = 0;
    for (char *at = lines->line; at; n++) {
        char *tab = memchr(at, '\t', lines->n - (size_t)(at - lines->line));
        if (tab)
            *tab = '\0';
        if (n < max)
            column[n] = at;
        at = tab ? tab + 1 : NULL;
    }
    return n;
}
