/* report_texts.c - the explanations of every system: what the gate said of them, and which of their statements are so. */
#include "base/memory.h"
#include "evaluate/grounding_rows.h"
#include "format/html.h"
#include "report/report.h"
#include "report/report_grid.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* Checks that a text failed: of one that a gate rejected, of tries before. */
static int count_rejected(const json_t *line)
{
    const json_t *gate = json_object_get(line, "gate"), *one;
    const char *verdict = json_string_value(json_object_get(gate, "verdict"));
    size_t n = json_array_size(json_object_get(gate, "failed")), i;
    json_array_foreach(json_object_get(line, "rejected"), i, one)
    {
        n += json_array_size(json_object_get(one, "failed"));
    }
    return (int)n + (verdict && strcmp(verdict, "fallback") == 0);
}

static int take_text(void *context, json_t *line, json_t *row, struct llmx_error *err)
{
    struct report_texts *texts = context;
    const json_t *statement;
    size_t i;
    if (mem_grow(&texts->text, &texts->capacity, texts->n + 1, sizeof *texts->text, err) != 0)
        return -1;
    struct report_text *text = &texts->text[texts->n];
    *text = (struct report_text){.line = json_incref(line),
                                 .row = json_incref(row),
                                 .place = (int)texts->n,
                                 .rejected = count_rejected(line)};
    text->cited = (int)json_array_size(json_object_get(line, "cites"));
    json_array_foreach(json_object_get(row, "statements"), i, statement)
    {
        text->wrong += !json_is_true(json_object_get(statement, "supported"));
        text->wrong_strict += !json_is_true(json_object_get(statement, "supported_strict"));
    }
    texts->n++;
    return 0;
}

/* A name that no view of grounding has: a file that was given may have the texts' name. */
static const char *name_view(struct report *report, const char *name, struct llmx_error *err)
{
    for (int v = 0; v < report->n_views; v++) {
        const struct report_view *view = &report->view[v];
        if (strcmp(view->kind, "grounding") != 0 || strcmp(view->name, name) != 0)
            continue;
        const char *other = arena_printf(&report->arena, err, "%s (measured here)", name);
        return other ? name_view(report, other, err) : NULL;
    }
    return name;
}

/* Their grounding is a view as if its command had been called. */
static int read_texts(struct report *report, struct report_texts *texts, struct llmx_error *err)
{
    const struct llmx_report_options *o = report->options;
    const struct llmx_grounding_options how = {o->resampling, o->notice, o->notice_context};
    struct llmx_grounding found;
    if (grounding_measure(texts->files->explanations, texts->files->recs, texts->files->data, &how,
                          take_text, texts, &found, err) != 0)
        return -1;
    report->skipped += found.skipped;
    const char *name = name_view(report, texts->name, err);
    if (!name)
        return -1;
    json_t *figures = grounding_object(&found);
    if (!figures)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    report->view[report->n_views++] =
        (struct report_view){.name = name, .kind = "grounding", .figures = figures};
    return 0;
}

/* What the systems are called: their files, without what all names begin with. */
static int name_texts(struct report *report, const char **names, struct llmx_error *err)
{
    const struct llmx_report_options *o = report->options;
    const size_t n = (size_t)o->n_texts;
    const char **paths = arena_array(&report->arena, n + 1, sizeof *paths, err),
               ***shortened = arena_array(&report->arena, n + 1, sizeof *shortened, err);
    if (!paths || !shortened)
        return -1;
    for (size_t i = 0; i < n; i++) {
        paths[i] = o->texts[i].explanations;
        shortened[i] = &names[i];
    }
    if (report_names(paths, o->n_texts, ".jsonl", names, &report->arena, err) != 0)
        return -1;
    report_shorten_names(shortened, o->n_texts);
    return 0;
}

int report_read_texts(struct report *report, struct llmx_error *err)
{
    const struct llmx_report_options *o = report->options;
    const size_t n = (size_t)o->n_texts;
    const char **names = arena_array(&report->arena, n + 1, sizeof *names, err);
    report->texts = arena_array(&report->arena, n + 1, sizeof *report->texts, err);
    if (!names || !report->texts || name_texts(report, names, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct report_texts *texts = &report->texts[report->n_texts++];
        texts->name = names[i];
        texts->files = &o->texts[i];
        if (read_texts(report, texts, err) != 0)
            return -1;
    }
    return 0;
}

void report_release_texts(struct report *report)
{
    for (int t = 0; t < report->n_texts; t++) {
        struct report_texts *texts = &report->texts[t];
        for (size_t i = 0; i < texts->n; i++) {
            json_decref(texts->text[i].line);
            json_decref(texts->text[i].row);
        }
        free(texts->text);
    }
}

/* ---- the section ---- */

static void count(json_t *row, const char *key)
{
    json_object_set_new(row, key, json_integer(json_integer_value(json_object_get(row, key)) + 1));
}

static const char *outcome_of(const json_t *line)
{
    const char *verdict =
        json_string_value(json_object_get(json_object_get(line, "gate"), "verdict"));
    if (!verdict)
        return "not_checked";
    if (strcmp(verdict, "pass") == 0)
        return json_integer_value(json_object_get(line, "tries")) > 1 ? "passed_later"
                                                                      : "passed_first";
    return strcmp(verdict, "fallback") == 0 ? "plain_sentence" : "rejected";
}

/* What wrote a system's texts, and what became of them. */
static json_t *row_of(const struct report_texts *texts)
{
    static const char *const told[] = {"model", "adapter"};
    json_t *row = json_object(), *first = texts->n > 0 ? texts->text[0].line : NULL;
    for (size_t k = 0; k < sizeof told / sizeof *told; k++)
        if (json_is_string(json_object_get(first, told[k])))
            json_object_set(row, told[k], json_object_get(first, told[k]));
    json_object_set_new(row, "texts", json_integer((json_int_t)texts->n));
    for (size_t i = 0; i < texts->n; i++)
        count(row, outcome_of(texts->text[i].line));
    return row;
}

int report_put_texts(struct report *report, struct llmx_error *err)
{
    FILE *f = report->f;
    if (report->n_texts == 0)
        return 0;
    json_t *systems = json_object();
    for (int t = 0; t < report->n_texts; t++)
        json_object_set_new(systems, report->texts[t].name, row_of(&report->texts[t]));
    fputs("<section id=\"texts\">\n<h2>Explanations</h2>\n<p class=\"lead\">What wrote them, and "
          "what the gate said when they were written: passed at the first try, after others were "
          "sent back, or a plain sentence in the place of texts that would not pass.</p>\n",
          f);
    const int status = grid_put(
        f, &(struct grid_table){.caption = "Texts by system", .rows = "system"}, systems, err);
    fputs("</section>\n", f);
    json_decref(systems);
    return status;
}
