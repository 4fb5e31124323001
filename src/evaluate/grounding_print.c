/* grounding_print.c - grounding for a person, and for programs. */
#include "base/err.h"
#include "base/plain.h"
#include "evaluate/grounding_rows.h"
#include "statistics/printing.h"
#include "statistics/ratios.h"

#include <stdbool.h>

static void print_modes(const char *said, const struct llmx_interval *modes, FILE *f)
{
    fprintf(f, "%-24s", said);
    for (int mode = 0; mode < LLMX_GROUNDING_MODES; mode++)
        print_interval(&modes[mode], 26, f);
    fputc('\n', f);
}

static void print_table(const struct llmx_grounding *r, FILE *f)
{
    fprintf(f, "%d texts for %d users, %d statements, ", r->texts, r->users, r->statements);
    plain_fprintf(f, "%.2f a text\n\n%-24s%26s%26s\n", r->per_text.mean, "", "standard", "strict");
    print_modes("statements supported", r->supported, f);
    print_modes("texts wholly supported", r->whole, f);
    fprintf(f, "(shares with 95 %% intervals: bootstrap of %d resamples over users, seed %llu)\n",
            r->resampling.resamples, (unsigned long long)r->resampling.seed);
    bool is_first = true;
    for (int k = 0; k < LLMX_CHECK_COUNT; k++) {
        if (r->failed[k] == 0)
            continue;
        if (is_first)
            fputs("\nstatements not supported, by what is wrong\n", f);
        is_first = false;
        fprintf(f, "  %-16s%6d%s\n", llmx_check_name(k), r->failed[k],
                k == LLMX_CHECK_WORD ? "   strict alone" : "");
    }
    if (r->empty > 0)
        fprintf(f, "\n%d texts hold no word: no statements, and not whole.\n", r->empty);
    if (r->users < LLMX_ROWS_FEW)
        fprintf(f, "Note: %s.\n", FEW_NOTE);
}

static json_t *mode_object(const struct llmx_grounding *r, int mode)
{
    return json_pack("{s:o, s:o}", "statements", json_interval(&r->supported[mode]), "texts",
                     json_interval(&r->whole[mode]));
}

json_t *grounding_object(const struct llmx_grounding *r)
{
    json_t *failed = json_object(), *notes = json_array();
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        if (r->failed[k] > 0)
            json_object_set_new(failed, llmx_check_name(k), json_integer(r->failed[k]));
    if (r->users < LLMX_ROWS_FEW)
        json_array_append_new(notes, json_string(FEW_NOTE));
    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:o, s:o, s:o, s:o, s:o}", "view",
                     "grounding", "texts", r->texts, "users", r->users, "skipped", r->skipped,
                     "empty", r->empty, "statements", r->statements, "resamples",
                     r->resampling.resamples, "seed", (json_int_t)r->resampling.seed,
                     "statements_per_text", json_interval(&r->per_text), "standard",
                     mode_object(r, LLMX_GROUNDING_STANDARD), "strict",
                     mode_object(r, LLMX_GROUNDING_STRICT), "failed", failed, "notes", notes);
}

static int print_json(const struct llmx_grounding *r, FILE *f, struct llmx_error *err)
{
    json_t *object = grounding_object(r);
    return print_object(object, f, err);
}

int llmx_grounding_print(const struct llmx_grounding *result, FILE *stream, int is_json,
                         struct llmx_error *err)
{
    if (!is_json)
        print_table(result, stream);
    else if (print_json(result, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write the grounding") : 0;
}
