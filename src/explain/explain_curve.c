/* explain_curve.c - how many examples a model must have learnt until its texts pass the gate. */
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/jsonl.h"
#include "format/svg.h"
#include "llmxrec/adapter.h"
#include "llmxrec/explain_file.h"

#include <limits.h>
#include <string.h>

#define TEXTS "explanations.jsonl"

static const char *const ours[] = {"gate.jsonl", "gate.svg"}, *const explanations[] = {TEXTS};
static const struct folder_kind curve_kind = {
    "llmxrec tune --curve", ours, 2, "gate.jsonl", {"{\"examples\":", "\"explained\":"}};
static const struct folder_kind texts_kind = {
    "llmxrec explain", explanations, 1, TEXTS, {"{\"user\":", "\"explanation\":", "\"gate\":"}};

/* What came of the first try of every text. */
struct tally {
    int explained, passed, without_evidence;
};

static bool has_failed(const json_t *gate, const char *check)
{
    size_t i;
    const json_t *name;
    json_array_foreach(json_object_get(gate, "failed"), i, name)
    {
        const char *s = json_string_value(name);
        if (s && strcmp(s, check) == 0)
            return true;
    }
    return false;
}

static int count_texts(struct tally *tally, const char *path, struct llmx_error *err)
{
    struct jsonl in;
    json_t *line;
    int more;
    if (jsonl_open(&in, path, err) != 0)
        return -1;
    while ((more = jsonl_read(&in, &line, err)) > 0) {
        const json_t *gate = json_object_get(line, "gate");
        const char *verdict = json_string_value(json_object_get(gate, "verdict"));
        tally->explained++;
        tally->passed += verdict && strcmp(verdict, "pass") == 0;
        tally->without_evidence += has_failed(gate, llmx_check_name(LLMX_CHECK_EVIDENCE));
        json_decref(line);
    }
    jsonl_close(&in);
    return more;
}

/* Writes FOLDER/explanations.jsonl with the adapter of that folder (is_untuned: with none), where it is not there yet. */
static int explain_with(const char *recs_path, const struct llmx_data *data,
                        const struct llmx_model *model, const struct llmx_explain_options *options,
                        const char *folder, bool is_untuned, struct llmx_error *err)
{
    struct llmx_explain_options own = *options;
    struct llmx_adapter *adapter = NULL;
    char path[PATH_MAX];
    if (options->resume && folder_has(folder, TEXTS))
        return 0;
    if (path_join(path, sizeof path, folder, TEXTS, err) != 0 || directory_make(folder, err) != 0 ||
        folder_check(folder, &texts_kind, err) != 0 ||
        (!is_untuned && llmx_adapter_open(&adapter, model, folder, err) != 0))
        return -1;
    own.tries = 1;
    own.grounded = 0;
    own.adapter = adapter;
    own.adapter_name = is_untuned ? NULL : folder;
    const int result = llmx_explain(recs_path, data, model, &own, path, NULL, err);
    llmx_adapter_destroy(adapter);
    return result;
}

static double share(int part, int whole)
{
    return whole ? (double)part / whole : 0;
}

static int write_points(const struct tally *points, const int *sizes, int n, const char *out,
                        struct llmx_error *err)
{
    struct text lines = {0};
    for (int i = 0; i < n; i++) {
        const struct tally *p = &points[i];
        text_printf(&lines,
                    "{\"examples\":%d,\"explained\":%d,\"passed\":%.9g,\"evidence_cited\":%.9g}\n",
                    sizes[i], p->explained, share(p->passed, p->explained),
                    share(p->explained - p->without_evidence, p->explained));
    }
    int result = text_check(&lines, err);
    if (result == 0)
        result = folder_write(out, "gate.jsonl", lines.s, lines.n, err);
    text_release(&lines);
    return result;
}

static int draw_points(const struct tally *points, const int *sizes, int n, const char *out,
                       struct llmx_error *err)
{
    char path[PATH_MAX];
    double *xs = mem_array((size_t)n * 3, sizeof *xs, err);
    if (!xs || path_join(path, sizeof path, out, "gate.svg", err) != 0) {
        free(xs);
        return -1;
    }
    double *passed = xs + n, *cited = passed + n;
    for (int i = 0; i < n; i++) {
        const struct tally *p = &points[i];
        xs[i] = sizes[i];
        passed[i] = 100 * share(p->passed, p->explained);
        cited[i] = 100 * share(p->explained - p->without_evidence, p->explained);
    }
    const struct chart_series series[] = {
        {.name = "pass the gate", .x = xs, .y = passed, .n = n, .is_marked = true},
        {.name = "name evidence", .x = xs, .y = cited, .n = n, .is_marked = true}};
    const struct chart chart = {"First tries by examples learnt", "examples", "% of texts", series,
                                2};
    const int result = chart_write(path, &chart, err);
    free(xs);
    return result;
}

int llmx_explain_curve(const char *recs_path, const struct llmx_data *data,
                       const struct llmx_model *model, const struct llmx_explain_options *options,
                       const int *sizes, int n, const char *folder, struct llmx_error *err)
{
    struct tally *points = mem_array((size_t)n, sizeof *points, err);
    int result = points ? folder_check(folder, &curve_kind, err) : -1;
    for (int i = 0; i < n && result == 0; i++) {
        char name[16], own[PATH_MAX], texts[PATH_MAX];
        snprintf(name, sizeof name, "%d", sizes[i]);
        result = path_join(own, sizeof own, folder, name, err);
        if (result == 0)
            result = path_join(texts, sizeof texts, own, TEXTS, err);
        if (result == 0)
            result = explain_with(recs_path, data, model, options, own, sizes[i] == 0, err);
        if (result == 0)
            result = count_texts(&points[i], texts, err);
    }
    if (result == 0)
        result = write_points(points, sizes, n, folder, err);
    if (result == 0)
        result = draw_points(points, sizes, n, folder, err);
    free(points);
    return result;
}
