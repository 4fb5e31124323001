/* report.c - a report from what its inputs hold: the page around its sections. */
#include "report/report.h"

#include "base/file.h"
#include "format/html.h"
#include "format/json_file.h"
#include "format/jsonl.h"
#include "llmxrec/llmxrec.h"

#include <stdlib.h>
#include <string.h>

#define EXAMPLES_MAX 100

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings" /* the style sheet is one literal */
static const struct {
    const char *name, *text;
} files[] = {
#include "report.inc"
};
#pragma GCC diagnostic pop

/* ---- reading ---- */

/* Are there records one after the other, as JSON Lines has them? */
static bool is_of_lines(const char *path)
{
    struct jsonl file;
    json_t *line;
    int n = 0;
    if (jsonl_open(&file, path, NULL) != 0)
        return false;
    while (n < 2 && jsonl_read(&file, &line, NULL) > 0) {
        json_decref(line);
        n++;
    }
    jsonl_close(&file);
    return n == 2;
}

static int refuse_view(const char *path, const char *why, struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_INPUT,
                   "%s %s: --with takes what a command prints with --json, one object that says "
                   "its \"view\" (explanations go to --explanations, with --recs)",
                   path, why);
}

/* A command with two answers has two kinds of view: of bias, told as one and as the other, and by group. */
static const char *kind_of(const json_t *figures)
{
    const char *view = json_string_value(json_object_get(figures, "view"));
    const bool is_told = json_array_size(json_object_get(figures, "pairs")) > 0;
    return view && is_told && strcmp(view, "bias") == 0 ? "bias told" : view;
}

static int read_view(struct report_view *view, const char *path, struct llmx_error *err)
{
    struct llmx_error cause = {0};
    view->figures = json_file_read(path, &cause);
    if (!view->figures && cause.code == LLMX_BAD_INPUT && is_of_lines(path))
        return refuse_view(path, "is JSON Lines", err);
    if (!view->figures)
        return err_set(err, cause.code, "%s", cause.message);
    view->kind = kind_of(view->figures);
    return view->kind ? 0 : refuse_view(path, "has no \"view\"", err);
}

static int shorten_views(struct report *report, struct llmx_error *err)
{
    const char ***names =
        arena_array(&report->arena, (size_t)report->n_views + 1, sizeof *names, err);
    if (!names)
        return -1;
    for (int i = 0; i < report->n_views; i++) {
        int n = 0;
        bool is_first = true;
        for (int k = 0; k < report->n_views; k++)
            if (strcmp(report->view[k].kind, report->view[i].kind) == 0) {
                names[n++] = &report->view[k].name;
                is_first &= k >= i;
            }
        if (is_first)
            report_shorten_names(names, n);
    }
    return 0;
}

static int read_views(struct report *report, struct llmx_error *err)
{
    const struct llmx_report_options *o = report->options;
    const size_t n = (size_t)o->n_views + (size_t)o->n_texts;
    const char **names = arena_array(&report->arena, n + 1, sizeof *names, err);
    report->view = arena_array(&report->arena, n + 1, sizeof *report->view, err);
    if (!names || !report->view ||
        report_names(o->views, o->n_views, ".json", names, &report->arena, err) != 0)
        return -1;
    for (int i = 0; i < o->n_views; i++) {
        report->view[report->n_views++].name = names[i];
        if (read_view(&report->view[i], o->views[i], err) != 0)
            return -1;
    }
    return shorten_views(report, err);
}

static void report_release(struct report *report)
{
    for (int i = 0; i < report->n_views; i++)
        json_decref(report->view[i].figures);
    report_release_texts(report);
    report_release_runs(report);
    arena_release(&report->arena);
}

/* ---- the page ---- */

static void put_file(FILE *f, const char *name)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].name, name) == 0)
            fputs(files[i].text, f);
}

static const char *title_of(const struct report *report)
{
    return report->options->title ? report->options->title : "Recommendations and their reasons";
}

static void put_head(const struct report *report)
{
    FILE *f = report->f;
    html_put(
        f,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"generator\" content=\"llmxrec %s\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'; script-src 'unsafe-inline'\">\n<style>\n",
        title_of(report), LLMX_VERSION);
    put_file(f, "page");
    html_put(
        f,
        "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the figures</a>\n"
        "<header class=\"top\">\n<p class=\"brand\">llmxrec report</p>\n<h1 dir=\"auto\">%s</h1>\n",
        title_of(report));
}

static void put_link(FILE *f, const char *id, const char *text)
{
    html_put(f, "<li><a href=\"#%s\">%s</a></li>\n", id, text);
}

static bool is_ranked(const struct report *report)
{
    for (int i = 0; i < report->n_runs; i++)
        if (report_test_part(&report->run[i]))
            return true;
    return false;
}

static void put_contents(const struct report *report)
{
    FILE *f = report->f;
    const char *kind;
    fputs("</header>\n<nav aria-label=\"Sections\">\n<ul>\n", f);
    put_link(f, "runs", "What was run");
    if (is_ranked(report))
        put_link(f, "ranking", "Ranking");
    if (report->n_texts > 0)
        put_link(f, "texts", "Explanations");
    for (int i = 0; (kind = report_kind_at(report, i)); i++) {
        fputs("<li><a href=\"#", f);
        report_put_kind_id(f, kind);
        html_put(f, "\">%s</a></li>\n", report_kind_heading(kind));
    }
    if (report->n_texts > 0 && report->options->examples > 0)
        put_link(f, "examples", "Examples");
    fputs("</ul>\n</nav>\n<main id=\"main\">\n", f);
}

static int put_page(struct report *report, struct llmx_error *err)
{
    const char *kind;
    FILE *f = report->f;
    put_head(report);
    report_put_summary(report);
    put_contents(report);
    if (report_put_headline(report, err) != 0 || report_put_runs(report, err) != 0 ||
        report_put_ranking(report, err) != 0 || report_put_texts(report, err) != 0)
        return -1;
    for (int i = 0; (kind = report_kind_at(report, i)); i++)
        if (report_put_view(report, kind, err) != 0)
            return -1;
    if (report_put_examples(report, err) != 0)
        return -1;
    html_put(f,
             "</main>\n<footer>\n<p>Made by llmxrec %s. Every figure is defined in "
             "<code>docs/evaluation.md</code> and <code>docs/metrics.md</code>; intervals are of "
             "95 %%; what is drawn again is told with each figure.</p>\n</footer>\n<script>\n",
             LLMX_VERSION);
    put_file(f, "sort");
    fputs("</script>\n</body>\n</html>\n", f);
    return 0;
}

static int check_options(const struct llmx_report_options *o, struct llmx_error *err)
{
    if (o->n_runs + o->n_texts + o->n_views == 0)
        return err_set(err, LLMX_BAD_OPTION, "a report needs a run, explanations or a view");
    if (o->examples < 0 || o->examples > EXAMPLES_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d examples: choose 0 to %d", o->examples,
                       EXAMPLES_MAX);
    return 0;
}

int llmx_report_write(const char *path, const struct llmx_report_options *options, int *skipped,
                      struct llmx_error *err)
{
    struct report report = {.options = options};
    struct output out = {0};
    int status = -1;
    if (check_options(options, err) == 0 && read_views(&report, err) == 0 &&
        report_read_runs(&report, err) == 0 && report_read_texts(&report, err) == 0 &&
        output_open(&out, path, err) == 0) {
        report.f = out.stream;
        status = put_page(&report, err);
    }
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    if (status == 0 && skipped)
        *skipped = report.skipped;
    report_release(&report);
    return status;
}
