/* report_summary.c - what was run, in two sentences for a reader who knows nothing of it yet. */
#include "format/html.h"
#include "report/report.h"
#include "report/report_grid.h"

#include <string.h>

#define LISTED 4 /* names in a sentence */

static const char *data_of(const struct report *report, int i)
{
    return report_data_name(&report->run[i]);
}

static const char *model_of(const struct report *report, int i)
{
    return report_setting(&report->run[i], "model");
}

typedef const char *name_of(const struct report *report, int i);

static bool is_new(const struct report *report, int i, name_of *name)
{
    for (int k = 0; k < i; k++)
        if (strcmp(name(report, k), name(report, i)) == 0)
            return false;
    return *name(report, i) != '\0';
}

/* The names of all runs, each once: "bpr, sasrec and lightgcn". */
static void put_names(const struct report *report, name_of *name)
{
    int n = 0, at = 0;
    for (int i = 0; i < report->n_runs; i++)
        n += is_new(report, i, name);
    for (int i = 0; i < report->n_runs && at < LISTED; i++) {
        if (!is_new(report, i, name))
            continue;
        at++;
        fputs(at == 1 ? "" : at == n ? " and " : ", ", report->f);
        html_put(report->f, "<em><bdi>%s</bdi></em>", name(report, i));
    }
    if (n > LISTED)
        html_put(report->f, " and %d more", n - LISTED);
}

static void put_count_of(const struct report *report, const char *key, const char *what)
{
    const json_t *count = json_object_get(report->run[0].data, key);
    if (!json_is_integer(count))
        return;
    grid_put_count(report->f, (double)json_integer_value(count));
    fputs(what, report->f);
}

static void put_runs(const struct report *report)
{
    FILE *f = report->f;
    if (report->n_runs == 0)
        return;
    if (report->n_runs > 1)
        html_put(f, "%d runs: ", report->n_runs);
    put_names(report, model_of);
    fputs(" learnt from ", f);
    put_names(report, data_of);
    if (report->n_runs == 1 && report->run[0].data) {
        fputs(" (", f);
        put_count_of(report, "interactions", " interactions of ");
        put_count_of(report, "users", " people with ");
        put_count_of(report, "items", " items");
        fputs(")", f);
    }
    fputs(". ", f);
}

static void put_texts(const struct report *report)
{
    FILE *f = report->f;
    size_t texts = 0;
    if (report->n_texts == 0)
        return;
    for (int t = 0; t < report->n_texts; t++)
        texts += report->texts[t].n;
    grid_put_count(f, (double)texts);
    const json_t *first = report->texts[0].n > 0 ? report->texts[0].text[0].line : NULL,
                 *model = json_object_get(first, "model"),
                 *adapter = json_object_get(first, "adapter");
    fputs(texts == 1 ? " explanation" : " explanations", f);
    if (report->n_texts > 1)
        html_put(f, " by %d systems", report->n_texts);
    fputs(texts == 1 ? " says why" : " say why", f);
    if (report->n_texts == 1 && json_is_string(model))
        html_put(f, ", written by <em><bdi>%s</bdi></em>", json_string_value(model));
    if (report->n_texts == 1 && json_is_string(adapter))
        html_put(f, " with the adapter <em><bdi>%s</bdi></em>", json_string_value(adapter));
    fputc('.', f);
}

void report_put_summary(const struct report *report)
{
    if (report->n_runs + report->n_texts == 0)
        return;
    fputs("<p class=\"summary\">", report->f);
    put_runs(report);
    put_texts(report);
    fputs("</p>\n", report->f);
}
