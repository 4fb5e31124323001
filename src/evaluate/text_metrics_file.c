/* text_metrics_file.c - explanations from JSON Lines, the same lines with the figures of each, and what is printed. */
#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/plain.h"
#include "base/plain_json.h"
#include "format/jsonl.h"
#include "llmxrec/text_metrics.h"

#include <math.h>
#include <stdlib.h>

#define FEW_NOTE "fewer than 20 to draw from: the intervals are wide, and should be wider still"

struct text_lines {
    json_t **lines; /* (n) */
    struct llmx_text *texts;
    double (*figures)[LLMX_TEXT_FIGURES];
    struct names users;
    size_t n, lines_capacity, texts_capacity;
};

/* A text, or NULL where there is none; anything else fails. */
static int optional_text(const char **text, const struct jsonl *jsonl, const json_t *line,
                         const char *field, struct llmx_error *err)
{
    const json_t *value = json_object_get(line, field);
    *text = NULL;
    if (!value || json_is_null(value))
        return 0;
    *text = jsonl_text(jsonl, line, field, err);
    return *text ? 0 : -1;
}

/* Whose text it is: one without a user stands for itself, under a name that no user has. */
static int64_t group_of(struct text_lines *t, const json_t *line, struct llmx_error *err)
{
    char name[32];
    const json_t *user = json_object_get(line, "user");
    if (json_is_string(user))
        return names_add(&t->users, json_string_value(user), json_string_length(user), err);
    const int n = json_is_integer(user) ? plain_snprintf(name, sizeof name, "%lld",
                                                         (long long)json_integer_value(user))
                                        : plain_snprintf(name, sizeof name, "%c%zu", '\0', t->n);
    return names_add(&t->users, name, (size_t)n, err);
}

static int take_line(struct text_lines *t, const struct jsonl *jsonl, json_t *line,
                     struct llmx_error *err)
{
    struct llmx_text text;
    if (mem_grow(&t->lines, &t->lines_capacity, t->n + 1, sizeof *t->lines, err) != 0 ||
        mem_grow(&t->texts, &t->texts_capacity, t->n + 1, sizeof *t->texts, err) != 0)
        return -1;
    text.text = jsonl_text(jsonl, line, "explanation", err);
    if (!text.text || optional_text(&text.reference, jsonl, line, "reference", err) != 0 ||
        optional_text(&text.feature, jsonl, line, "feature", err) != 0)
        return -1;
    const int64_t group = group_of(t, line, err);
    if (group < 0)
        return -1;
    text.group = (int32_t)group;
    t->texts[t->n] = text;
    t->lines[t->n++] = json_incref(line);
    return 0;
}

static int read_lines(struct text_lines *t, const char *path, struct llmx_error *err)
{
    struct jsonl jsonl;
    json_t *line;
    int got;
    if (jsonl_open(&jsonl, path, err) != 0)
        return -1;
    while ((got = jsonl_read(&jsonl, &line, err)) > 0) {
        const int status = take_line(t, &jsonl, line, err);
        json_decref(line);
        if (status != 0)
            break;
    }
    jsonl_close(&jsonl);
    if (got == 0 && t->n == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s holds no explanations", path);
    return got == 0 ? 0 : -1;
}

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* The figures that some text has: every line names the same ones. */
static void find_written(const struct text_lines *t, bool is_written[LLMX_TEXT_FIGURES])
{
    for (int f = 0; f < LLMX_TEXT_FIGURES; f++) {
        is_written[f] = false;
        for (size_t i = 0; i < t->n && !is_written[f]; i++)
            is_written[f] = !isnan(t->figures[i][f]);
    }
}

static int write_lines(const struct text_lines *t, const char *path, struct llmx_error *err)
{
    bool is_written[LLMX_TEXT_FIGURES];
    struct output out = {0};
    int status = output_open(&out, path, err);
    find_written(t, is_written);
    for (size_t i = 0; i < t->n && status == 0; i++) {
        for (int f = 0; f < LLMX_TEXT_FIGURES; f++)
            if (is_written[f])
                json_object_set_new(t->lines[i], llmx_text_figure_name(f),
                                    real_or_null(t->figures[i][f]));
        status = jsonl_write(out.stream, t->lines[i], err);
    }
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

int llmx_text_metrics_file(const char *path, const struct llmx_text_options *options,
                           const char *out_path, struct llmx_text_metrics *result,
                           struct llmx_error *err)
{
    struct text_lines t = {0};
    int status = -1;
    if (read_lines(&t, path, err) != 0)
        goto done;
    t.figures = mem_array(t.n, sizeof *t.figures, err);
    if (t.figures && llmx_text_metrics(t.texts, t.n, options, t.figures, result, err) == 0 &&
        (!out_path || write_lines(&t, out_path, err) == 0))
        status = 0;
done:
    for (size_t i = 0; i < t.n; i++)
        json_decref(t.lines[i]);
    names_release(&t.users);
    free(t.lines);
    free(t.texts);
    free(t.figures);
    return status;
}

static int print_json(const struct llmx_text_metrics *metrics, FILE *f, struct llmx_error *err)
{
    json_t *object = json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:I}", "view", "text-metrics",
                               "rows", metrics->rows, "references", metrics->references, "features",
                               metrics->features, "groups", metrics->groups, "resamples",
                               metrics->resampling.resamples, "seed",
                               (json_int_t)metrics->resampling.seed),
           *intervals = json_object();
    for (int i = 0; i < LLMX_TEXT_FIGURES; i++) {
        const struct llmx_interval *figure = &metrics->figures[i];
        const char *name = llmx_text_figure_name(i);
        json_object_set_new(object, name, real_or_null(figure->mean));
        if (isfinite(figure->low) && isfinite(figure->high))
            json_object_set_new(intervals, name, json_pack("[f, f]", figure->low, figure->high));
    }
    json_t *notes = json_array();
    if (metrics->groups < LLMX_ROWS_FEW)
        json_array_append_new(notes, json_string(FEW_NOTE));
    const bool failed = json_object_set_new(object, "intervals", intervals) != 0 ||
                        json_object_set_new(object, "notes", notes) != 0 ||
                        plain_json_dumpf(object, f, JSON_INDENT(2)) != 0;
    fputc('\n', f);
    json_decref(object);
    return failed ? err_set(err, LLMX_NO_MEMORY, "cannot write JSON: memory is out") : 0;
}

static void print_table(const struct llmx_text_metrics *metrics, FILE *f)
{
    static const char *const said[LLMX_TEXT_FIGURES] = {
        "of 100, words as in the reference",
        "of 100, runs of four words",
        "words shared with the reference",
        "pairs of words shared",
        "longest run shared, gaps allowed",
        "distinct words / words",
        "distinct pairs / pairs",
        "distinct texts / texts",
        "texts that name their feature",
        "features that some text names",
        "features that two texts share",
        "of 100, against all other texts",
        "per text",
        "per text",
        "under the model",
    };
    fprintf(f, "%-14s%10s%22s\n", "", "", "95 % interval");
    for (int i = 0; i < LLMX_TEXT_FIGURES; i++) {
        const struct llmx_interval *figure = &metrics->figures[i];
        const int digits = figure->mean < 10 ? 4 : 2;
        if (isnan(figure->mean))
            continue;
        plain_fprintf(f, "%-14s%10.*f", llmx_text_figure_name(i), digits, figure->mean);
        if (isnan(figure->low))
            fprintf(f, "%22s", "");
        else
            plain_fprintf(f, "%10.*f ..%9.*f", digits, figure->low, digits, figure->high);
        fprintf(f, "   %s\n", said[i]);
    }
    fprintf(f,
            "\n%d texts, %d of them with a reference, %d features; bootstrap of %d resamples over "
            "%d %s, seed %llu\n",
            metrics->rows, metrics->references, metrics->features, metrics->resampling.resamples,
            metrics->groups, metrics->groups < metrics->rows ? "users" : "texts",
            (unsigned long long)metrics->resampling.seed);
    if (metrics->groups < LLMX_ROWS_FEW)
        fprintf(f, "Note: %s.\n", FEW_NOTE);
}

int llmx_text_metrics_print(const struct llmx_text_metrics *metrics, FILE *stream, int is_json,
                            struct llmx_error *err)
{
    if (!is_json)
        print_table(metrics, stream);
    else if (print_json(metrics, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write the text metrics") : 0;
}
