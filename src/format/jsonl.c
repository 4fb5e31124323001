#include "format/jsonl.h"

#include "base/plain_json.h"

#include <errno.h>
#include <string.h>

int jsonl_open(struct jsonl *jsonl, const char *path, struct llmx_error *err)
{
    *jsonl = (struct jsonl){0};
    return lines_open(&jsonl->lines, path, err);
}

void jsonl_close(struct jsonl *jsonl)
{
    lines_close(&jsonl->lines);
}

int jsonl_read(struct jsonl *jsonl, json_t **object, struct llmx_error *err)
{
    struct lines *lines = &jsonl->lines;
    int got;
    do
        got = lines_next(lines, err);
    while (got > 0 && strspn(lines->line, " \t\r") == lines->n);
    if (got <= 0)
        return got;

    json_error_t what;
    size_t flags = JSON_REJECT_DUPLICATES | (jsonl->allows_nul ? JSON_ALLOW_NUL : 0);
    json_t *value = plain_json_loadb(lines->line, lines->n, flags, &what);
    if (json_is_object(value)) {
        *object = value;
        return 1;
    }
    const bool is_json = value != NULL;
    json_decref(value);
    if (lines->line[strspn(lines->line, " \t\r")] == '[')
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:%ld: a JSON object {...} is needed on each line, not an array (jq -c "
                       "'.[]' FILE makes such lines)",
                       lines->path, lines->number);
    if (is_json)
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: a JSON object {...} is needed on each line",
                       lines->path, lines->number);
    return err_set(err, LLMX_BAD_INPUT, "%s:%ld: not valid JSON at byte %d: %s%s", lines->path,
                   lines->number, what.position, what.text,
                   json_error_code(&what) == json_error_premature_end_of_input
                       ? "; each line must hold one whole object (jq -c . FILE makes such lines)"
                       : "");
}

static int wrong_field(const struct jsonl *jsonl, const json_t *value, const char *field,
                       const char *needed, struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_INPUT, "%s:%ld: the field \"%s\" %s %s", jsonl->lines.path,
                   jsonl->lines.number, field, value ? "must be" : "is missing; it must be",
                   needed);
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
