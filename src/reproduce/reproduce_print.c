/* reproduce_print.c - the results of an experiment as a table: a row a cell, a column a headline figure. */
#include "base/err.h"
#include "base/file.h"
#include "base/plain.h"
#include "base/plain_json.h"
#include "format/json_file.h"
#include "llmxrec/reproduce.h"

#include <limits.h>
#include <string.h>

#define PATH_DEPTH 4

static const struct column {
    const char *head, *view,
        *path[PATH_DEPTH]; /* "*": the system's name; "0": the first of a list */
    int digits;
} columns[] = {
    {"so", "grounding", {"standard", "statements", "mean"}, 2},
    {"whole", "grounding", {"standard", "texts", "mean"}, 2},
    {"cited=ev", "faithfulness", {"precision", "mean"}, 2},
    {"of ev", "faithfulness", {"share_of_evidence", "mean"}, 2},
    {"words", "text-metrics", {"words"}, 1},
    {"distinct", "text-metrics", {"usr"}, 2},
    {"won", "judge-compare", {"systems", "*", "win_score"}, 2},
    {"changed", "bias-told", {"pairs", "0", "changed", "mean"}, 2},
    {"other", "lint", {"checks", "other_prompt", "found"}, 0},
    {"twice", "lint", {"checks", "duplicate", "found"}, 0},
};

static const char legend[] =
    "so: share of statements that the data support; whole: of texts that hold no other "
    "(grounding)\n"
    "cited=ev: share of cited items that are evidence; of ev: share of the evidence's fall that "
    "goes with what is cited (faithfulness)\n"
    "distinct: different texts / texts; won: win score, .5 is as good as the others (judge "
    "compare)\n"
    "changed: share of the model's own texts that change when the person is told as of the other "
    "gender (bias-told)\n"
    "other, twice: texts that answer another prompt, that repeat one (lint)\n";

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

static int is_of_cell(const json_t *row, const json_t *cell, const char *view)
{
    return strcmp(text_of(row, "view"), view) == 0 &&
           strcmp(text_of(row, "data"), text_of(cell, "data")) == 0 &&
           strcmp(text_of(row, "recommender"), text_of(cell, "recommender")) == 0 &&
           (json_is_null(json_object_get(row, "system")) ||
            strcmp(text_of(row, "system"), text_of(cell, "system")) == 0);
}

static void print_figure(const json_t *views, const json_t *cell, const struct column *column,
                         FILE *f)
{
    const json_t *value = NULL;
    for (size_t i = 0; !value && i < json_array_size(views); i++)
        if (is_of_cell(json_array_get(views, i), cell, column->view))
            value = json_object_get(json_array_get(views, i), "figures");
    for (int i = 0; i < PATH_DEPTH && column->path[i]; i++)
        value = *column->path[i] == '0'   ? json_array_get(value, 0)
                : *column->path[i] == '*' ? json_object_get(value, text_of(cell, "system"))
                                          : json_object_get(value, column->path[i]);
    if (json_is_number(value))
        plain_fprintf(f, "%9.*f", column->digits, json_number_value(value));
    else
        fprintf(f, "%9s", "-");
}

static void print_table(const json_t *results, FILE *f)
{
    const json_t *views = json_object_get(results, "views"),
                 *plan = json_object_get(results, "plan");
    const size_t n = sizeof columns / sizeof *columns;
    fprintf(f, "%s: %lld users a cell\n\n%-12s%-12s%-12s", text_of(results, "experiment"),
            (long long)json_integer_value(json_object_get(plan, "users")), "data", "recommender",
            "system");
    for (size_t c = 0; c < n; c++)
        fprintf(f, "%9s", columns[c].head);
    fputc('\n', f);
    for (size_t i = 0; i < json_array_size(views); i++) {
        const json_t *cell = json_array_get(views, i);
        if (strcmp(text_of(cell, "view"), columns[0].view) != 0)
            continue;
        fprintf(f, "%-12s%-12s%-12s", text_of(cell, "data"), text_of(cell, "recommender"),
                text_of(cell, "system"));
        for (size_t c = 0; c < n; c++)
            print_figure(views, cell, &columns[c], f);
        fputc('\n', f);
    }
    const json_t *cut = json_object_get(plan, "cut");
    for (size_t i = 0; i < json_array_size(cut); i++) {
        const json_t *c = json_array_get(cut, i);
        fprintf(f, "%sCut to fit the budget: %lld of %lld %s.\n", i ? "" : "\n",
                (long long)json_integer_value(json_object_get(c, "planned")),
                (long long)json_integer_value(json_object_get(c, "asked")), text_of(c, "what"));
    }
    fprintf(f, "\n%s", legend);
}

int llmx_reproduce_print(const char *out, FILE *stream, int is_json, struct llmx_error *err)
{
    char path[PATH_MAX];
    if (path_join(path, sizeof path, out, "results.json", err) != 0)
        return -1;
    json_t *results = json_file_read(path, err);
    if (!results)
        return -1;
    int status = 0;
    if (!is_json)
        print_table(results, stream);
    else if (plain_json_dumpf(results, stream, JSON_INDENT(2)) != 0)
        status = err_set(err, LLMX_NO_MEMORY, "cannot write JSON: memory is out");
    if (is_json)
        fputc('\n', stream);
    json_decref(results);
    if (status == 0 && ferror(stream))
        return err_system(err, "cannot write the results");
    return status;
}
