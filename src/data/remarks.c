#include "data/remarks.h"

#include "base/text.h"
#include "data/dataset.h"

/* Tells what `text` holds, if anything, and empties it. */
static int tell(struct text *text, const struct llmx_data_options *options, struct llmx_error *err)
{
    const int result = text_check(text, err);
    if (result == 0 && text->n > 0)
        options->notice(options->notice_context, text->s);
    text_release(text);
    return result;
}

int remarks_header(const struct data_report *report, const struct data_files *files,
                   const struct llmx_data_options *options, struct llmx_error *err)
{
    struct text text = {0};
    int result = 0;
    for (int f = 0; result == 0 && options->notice && f < FILES_MAX; f++) {
        if (!header_is_guess(report->header[f]))
            continue;
        const bool is_taken = header_is_taken(report->header[f]);
        text_printf(&text, "%s: the first line is taken for %s, on a guess (--header %s: it is %s)",
                    files->inter[f],
                    is_taken ? "the names of the columns"
                             : "data, not for the names of the columns",
                    is_taken ? "no" : "yes", is_taken ? "data" : "their names");
        result = tell(&text, options, err);
    }
    return result;
}

static void put_units(struct text *text, const char *path, const struct time_units *units)
{
    for (int u = 0; u < TIME_UNIT_COUNT; u++)
        if (units->count[u])
            text_printf(text, "\n  %zu %s %s, the first in %s:%ld", units->count[u],
                        u == TIME_DATE || u == TIME_OTHER ? "are" : "count",
                        time_unit_name((enum time_unit)u), path, units->first[u]);
}

int remarks_units(const struct data_report *report, const struct data_files *files,
                  const struct llmx_data_options *options, struct llmx_error *err)
{
    struct text text = {0};
    struct time_units units;
    data_report_units(report, &units);
    if (!options->notice || !time_units_are_mixed(&units))
        return 0;
    text_printf(&text,
                "%s: its times are not of one kind, so their order may be wrong:", report->source);
    for (int f = 0; f < FILES_MAX; f++)
        put_units(&text, files->inter[f], &report->units[f]);
    return tell(&text, options, err);
}

void llmx_data_left_out(const struct llmx_data *data, FILE *stream)
{
    const struct data_report *report = &data->report;
    const struct {
        size_t n;
        const char *why;
    } dropped[] = {
        {report->low_rated, "rated lower than --min-rating"},
        {report->duplicates, "that repeat a user and an item (--duplicates)"},
        {report->outside_core, "of users or items that have too few (--min-user, --min-item)"}};
    if (report->bad_lines)
        fprintf(stream, "left out %zu of %zu lines, which could not be read; the first:\n  %s\n",
                report->bad_lines, report->lines, report->first_bad);
    for (int side = LLMX_USERS; side <= LLMX_ITEMS; side++)
        if (data->features[side].bad_lines)
            fprintf(stream, "left out %zu lines of %s, which could not be read\n",
                    data->features[side].bad_lines, data->features[side].path);
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
        if (dropped[i].n)
            fprintf(stream, "left out %zu of %zu interactions, %s\n", dropped[i].n,
                    report->lines - report->bad_lines, dropped[i].why);
}
