#include "statistics/printing.h"

#include "base/err.h"
#include "base/plain.h"
#include "base/plain_json.h"

#include <math.h>

void print_interval(const struct llmx_interval *i, int width, FILE *f)
{
    if (isnan(i->mean))
        fprintf(f, "%*s", width, "-");
    else
        plain_fprintf(f, "%*.3f [%6.3f,%6.3f]", width - 16, i->mean, i->low, i->high);
}

void add_note(json_t *notes, const char *format, ...)
{
    char note[512];
    va_list args;
    va_start(args, format);
    plain_vsnprintf(note, sizeof note, format, args);
    va_end(args);
    json_array_append_new(notes, json_string(note));
}

void print_notes(const json_t *notes, FILE *f)
{
    for (size_t i = 0; i < json_array_size(notes); i++)
        fprintf(f, "Note: %s.\n", json_string_value(json_array_get(notes, i)));
}

int print_object(json_t *object, FILE *f, struct llmx_error *err)
{
    const int failed =
        !object || plain_json_dumpf(object, f, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0;
    fputc('\n', f);
    json_decref(object);
    return failed ? err_set(err, LLMX_NO_MEMORY, "cannot write JSON: memory is out") : 0;
}
