/* lint_note.c - keeps what the checks of a lint find. */
#include "base/text.h"
#include "base/utf8.h"
#include "evaluate/lint.h"
#include "format/jsonl.h"
#include "gate/titles.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void lint_look(struct lint *lint, enum llmx_lint_check check, int n)
{
    lint->found.check[check].looked = n;
}

/* Keeps the sentence, cut between characters. */
static void keep(struct lint *lint, enum llmx_lint_check check, const char *message)
{
    const int k = lint->found.check[check].found;
    if (k >= LLMX_LINT_SHOWN)
        return;
    char *row = lint->found.check[check].row[k];
    snprintf(row, LLMX_LINT_LINE, "%s", message);
    row[utf8_check(row, strlen(row))] = '\0';
}

/* The line that a sentence begins with, as those of readers do ("FILE:LINE: "); 0: none. */
static long line_of(const char *message, const char *file)
{
    const size_t n = file ? strlen(file) : 0;
    return n > 0 && strncmp(message, file, n) == 0 && message[n] == ':'
               ? strtol(message + n + 1, NULL, 10)
               : 0;
}

static int write_row(struct lint *lint, enum llmx_lint_check check, const struct lint_place *place,
                     const char *message)
{
    const long number = place->line > 0 ? place->line : line_of(message, place->file);
    json_t *line = number > 0 ? json_integer(number) : json_null();
    json_t *row = json_pack("{s:s, s:s?, s:s?, s:s?, s:o, s:s}", "check", llmx_lint_name(check),
                            "user", place->user, "item", place->item, "file", place->file, "line",
                            line, "message", message);
    const int status = row ? jsonl_write(lint->out.stream, row, lint->err)
                           : err_set(lint->err, LLMX_NO_MEMORY, "out of memory");
    json_decref(row);
    return status;
}

void lint_add(struct lint *lint, enum llmx_lint_check check, const struct lint_place *place,
              const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    message[utf8_check(message, strlen(message))] = '\0';
    keep(lint, check, message);
    lint->found.check[check].found++;
    lint->found.found++;
    if (lint->out.stream && lint->status == 0)
        lint->status = write_row(lint, check, place, message);
}

const char *lint_title(struct text *title, const struct llmx_data *data, llmx_id item)
{
    const int column = llmx_data_title_column(data);
    text_clear(title);
    text_puts(title, "");
    if (column >= 0)
        title_display(title, llmx_data_feature(data, LLMX_ITEMS, item, column));
    return title->s && *title->s ? title->s : llmx_data_item_token(data, item);
}
