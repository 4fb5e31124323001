#include "format/jsonl.h"

#include "base/memory.h"
#include "base/plain_json.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int jsonl_open(struct jsonl *jsonl, const char *path, struct llmx_error *err)
{
    *jsonl = (struct jsonl){0};
    int is_standard_input = strcmp(path, "-") == 0;
    const char *shown = is_standard_input ? "standard input" : path;
    jsonl->path = mem_text(shown, strlen(shown), err);
    if (!jsonl->path)
        return -1;
    jsonl->stream = is_standard_input ? stdin : fopen(path, "r");
    if (jsonl->stream)
        return 0;
    err_system(err, "cannot open %s", path);
    jsonl_close(jsonl);
    return -1;
}

void jsonl_close(struct jsonl *jsonl)
{
    if (jsonl->stream && jsonl->stream != stdin)
        fclose(jsonl->stream);
    free(jsonl->path);
    free(jsonl->line);
    *jsonl = (struct jsonl){0};
}

/* One line without its newline: 1 read, 0 end, -1. It may hold any byte, NUL too. */
static int read_line(struct jsonl *jsonl, size_t *n, struct llmx_error *err)
{
    int c;
    *n = 0;
    jsonl->number++;
    while ((c = getc_unlocked(jsonl->stream)) != EOF && c != '\n') {
        if (*n >= JSONL_LINE_MAX)
            return err_set(err, LLMX_TOO_LARGE, "%s:%ld: the line is longer than %zu MiB",
                           jsonl->path, jsonl->number, JSONL_LINE_MAX >> 20);
        if (*n == jsonl->capacity && mem_grow(&jsonl->line, &jsonl->capacity, *n + 1, 1, err) != 0)
            return -1;
        jsonl->line[(*n)++] = (char)c;
    }
    if (c == EOF && ferror(jsonl->stream))
        return err_system(err, "cannot read %s", jsonl->path);
    const size_t mark = jsonl->number == 1 ? utf8_mark(jsonl->line, *n) : 0;
    if (mark)
        memmove(jsonl->line, jsonl->line + mark, *n -= mark);
    return c == EOF && *n == 0 ? 0 : 1;
}

static int is_blank(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return 0;
    }
    return 1;
}

int jsonl_read(struct jsonl *jsonl, json_t **object, struct llmx_error *err)
{
    size_t n;
    int result;
    do {
        result = read_line(jsonl, &n, err);
        if (result <= 0)
            return result;
    } while (is_blank(jsonl->line, n));

    json_error_t what;
    size_t flags = JSON_REJECT_DUPLICATES | (jsonl->allows_nul ? JSON_ALLOW_NUL : 0);
    json_t *value = plain_json_loadb(jsonl->line, n, flags, &what);
    if (json_is_object(value)) {
        *object = value;
        return 1;
    }
    const bool is_json = value != NULL;
    json_decref(value);
    if (jsonl->line[strspn(jsonl->line, " \t\r")] == '[')
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:%ld: a JSON object {...} is needed on each line, not an array (jq -c "
                       "'.[]' FILE makes such lines)",
                       jsonl->path, jsonl->number);
    if (is_json)
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: a JSON object {...} is needed on each line",
                       jsonl->path, jsonl->number);
    return err_set(err, LLMX_BAD_INPUT, "%s:%ld: not valid JSON at byte %d: %s%s", jsonl->path,
                   jsonl->number, what.position, what.text,
                   json_error_code(&what) == json_error_premature_end_of_input
                       ? "; each line must hold one whole object (jq -c . FILE makes such lines)"
                       : "");
}

static int wrong_field(const struct jsonl *jsonl, const json_t *value, const char *field,
                       const char *needed, struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_INPUT, "%s:%ld: the field \"%s\" %s %s", jsonl->path,
                   jsonl->number, field, value ? "must be" : "is missing; it must be", needed);
}

const char *jsonl_text(const struct jsonl *jsonl, const json_t *object, const char *field,
                       struct llmx_error *err)
{
    const json_t *value = json_object_get(object, field);
    if (!json_is_string(value))
        wrong_field(jsonl, value, field, "a text", err);
    return json_string_value(value);
}

int jsonl_integer(const struct jsonl *jsonl, const json_t *object, const char *field,
                  json_int_t *value, struct llmx_error *err)
{
    const json_t *found = json_object_get(object, field);
    if (!json_is_integer(found))
        return wrong_field(jsonl, found, field, "an integer", err);
    *value = json_integer_value(found);
    return 0;
}

int jsonl_real(const struct jsonl *jsonl, const json_t *object, const char *field, double *value,
               struct llmx_error *err)
{
    const json_t *found = json_object_get(object, field);
    if (!json_is_number(found))
        return wrong_field(jsonl, found, field, "a number", err);
    *value = json_number_value(found);
    return 0;
}

int jsonl_write(FILE *stream, const json_t *object, struct llmx_error *err)
{
    errno = 0;
    if (plain_json_dumpf(object, stream, JSON_COMPACT | JSON_REAL_PRECISION(JSONL_REAL_DIGITS)) !=
            0 ||
        putc('\n', stream) == EOF)
        return errno ? err_system(err, "cannot write a line of JSON")
                     : err_set(err, LLMX_BAD_INPUT,
                               "cannot write a line of JSON: not UTF-8, or no finite number");
    return 0;
}
