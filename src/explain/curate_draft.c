/* curate_draft.c - first versions of instruction examples, written by a stronger model for people to edit. */
#include "base/memory.h"
#include "explain/explain.h"
#include "format/jsonl.h"

#include <stdlib.h>

struct drafting {
    struct llmx_explain_options options;
    struct explaining e;
    size_t capacity; /* of e.examples */
};

/* One more example; one that cannot be explained is told and left out. */
static int add_example(struct drafting *d, const struct jsonl *file, json_t *line,
                       struct llmx_error *err)
{
    struct explaining *e = &d->e;
    const int before = e->recs.n;
    if (!jsonl_text(file, line, "output", err) ||
        recs_add(&e->recs, file, line, e->briefing.data, &d->options, err) != 0)
        return -1;
    if (e->recs.n == before)
        return 0;
    if (mem_grow(&e->examples, &d->capacity, (size_t)before + 1, sizeof *e->examples, err) != 0) {
        e->recs.n = before;
        return -1;
    }
    e->examples[before] = json_incref(line);
    return 0;
}

static int read_examples(struct drafting *d, const char *path, struct llmx_error *err)
{
    struct jsonl file;
    json_t *line;
    int status = jsonl_open(&file, path, err);
    while (status == 0 && (status = jsonl_read(&file, &line, err)) == 1) {
        status = add_example(d, &file, line, err);
        json_decref(line);
    }
    jsonl_close(&file);
    return status;
}

int llmx_examples_draft(const char *path, const struct llmx_data *data,
                        const struct llmx_explain_options *options, const char *out_path,
                        struct llmx_examples_report *report, struct llmx_error *err)
{
    struct llmx_explain_report explained = {0};
    struct drafting d = {.options = *options};
    d.options.model_name = llmx_remote_model(options->remote);
    d.e.options = &d.options;
    d.e.report = &explained;
    if (!d.options.template_path)
        d.options.template_path = LAYOUT_TUNED;
    int status = briefing_open(&d.e.briefing, data, &d.options, err);
    if (status == 0)
        status = read_examples(&d, path, err);
    if (status == 0)
        status = explain_run(&d.e, NULL, out_path, err);
    if (report)
        *report = (struct llmx_examples_report){
            .passed = explained.passed, .empty = explained.fallbacks, .skipped = explained.skipped};
    for (int i = 0; i < d.e.recs.n; i++)
        json_decref(d.e.examples[i]);
    free(d.e.examples);
    explaining_release(&d.e);
    return status;
}
