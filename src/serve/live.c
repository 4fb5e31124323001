/* live.c - opening all that answers are made from. */
#include "serve/live.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/threads.h"
#include "serve/writer_hash.h"

#include <stdlib.h>
#include <string.h>

#define SERVED_BYTES_MAX ((size_t)1 << 28) /* of lists that are kept in memory */

const char *live_title(const struct live *live, llmx_id item)
{
    return live->items.name[item];
}

void report_drop(struct report *report)
{
    if (!report || --report->holders > 0)
        return;
    free(report->bytes);
    free(report);
}

void live_hold(struct live *live)
{
    live->holders++;
}

void live_drop(struct live *live)
{
    if (!live || --live->holders > 0)
        return;
    llmx_viewer_close(live->viewer);
    report_drop(live->report);
    written_close(&live->written);
    llmx_explainer_close(live->explainer);
    llmx_generator_close(live->generator);
    llmx_model_destroy(live->model);
    kept_lists_destroy(live->kept);
    names_index_close(&live->people);
    names_index_close(&live->items);
    llmx_run_destroy(live->run);
    llmx_data_destroy(live->data);
    free(live);
}

static int open_data(struct live *e, const struct llmx_serve_options *o, struct llmx_error *err)
{
    struct llmx_run_source source = {0};
    int status = llmx_run_source(&source, o->run_dir, err);
    source.notice = o->notice;
    source.notice_context = o->context;
    if (status == 0 && o->data_path)
        status = llmx_run_source_set(&source, "data", o->data_path, err);
    if (status == 0)
        status = llmx_run_data_open(&e->data, &source, err);
    llmx_run_source_release(&source);
    return status;
}

/* ---- names ---- */

static const char *user_name(const struct live *e, llmx_id row)
{
    return llmx_data_user_token(e->data, row);
}

static const char *item_name(const struct live *e, llmx_id row)
{
    return llmx_gate_title(llmx_explainer_gate(e->explainer), row);
}

static int open_names(struct names_index *index, const struct live *e, llmx_id n,
                      const char *name_of(const struct live *, llmx_id), struct llmx_error *err)
{
    const char **name = mem_array((size_t)n + 1, sizeof *name, err);
    if (!name)
        return -1;
    for (llmx_id i = 0; i < n; i++)
        name[i] = name_of(e, i);
    return names_index_open(index, name, n, err);
}

/* ---- what writes and shows ---- */

static int open_model(struct live *e, const struct llmx_serve_options *o, struct llmx_error *err)
{
    if (!o->base)
        return 0;
    if (llmx_model_open(&e->model, o->base, o->model, err) != 0 ||
        writer_hash(o->base, o->model ? o->model->adapter : NULL, &e->writer_hash, err) != 0)
        return -1;
    return llmx_generator_open(&e->generator, e->model, NULL, err);
}

static int open_explainer(struct live *e, const struct llmx_serve_options *o,
                          struct llmx_error *err)
{
    e->explain = o->explain ? *o->explain : llmx_explain_defaults();
    e->explain.stop = NULL; /* what is begun when the server stops is finished: http_close */
    e->explain.keep_rejected = 1;
    if (written_open(&e->written, o->explanations, o->n_explanations, e->data, o->notice,
                     o->context, err) != 0)
        return -1;
    if (open_model(e, o, err) != 0)
        return -1;
    return llmx_explainer_open(&e->explainer, e->data, e->generator, &e->explain, err) == 0
               ? llmx_viewer_open(&e->viewer, llmx_explainer_gate(e->explainer), &e->explain, err)
               : -1;
}

static int read_report(struct live *e, const char *path, struct llmx_error *err)
{
    struct mapping file;
    if (!path)
        return 0;
    if (!(e->report = mem_array(1, sizeof *e->report, err)) || mapping_open(&file, path, err) != 0)
        return -1;
    e->report->holders = 1;
    e->report->n = file.size;
    e->report->bytes = mem_text(file.size ? (const char *)file.data : "", file.size, err);
    mapping_release(&file);
    return e->report->bytes ? 0 : -1;
}

/* ---- all of it ---- */

/* What needs the data alone, opened beside what writes and shows. */
struct half {
    struct live *live;
    const struct llmx_serve_options *options;
    int status;
    struct llmx_error error;
};

static void open_run(void *context)
{
    struct half *half = context;
    struct live *e = half->live;
    const llmx_id people = llmx_data_users(e->data);
    struct llmx_error *err = &half->error;
    half->status = llmx_run_open(&e->run, half->options->run_dir, e->data, err);
    if (half->status == 0)
        half->status = open_names(&e->people, e, people, user_name, err);
    if (half->status == 0)
        half->status = kept_lists_create(&e->kept, people, SERVED_BYTES_MAX, err);
}

static int open_rest(struct live *e, const struct llmx_serve_options *o, struct llmx_error *err)
{
    return open_explainer(e, o, err) != 0 || read_report(e, o->report_path, err) != 0
               ? -1
               : open_names(&e->items, e, llmx_data_items(e->data), item_name, err);
}

/* Two threads: with 100,000 people that is a third of the time. */
static int open_halves(struct live *e, const struct llmx_serve_options *o, struct llmx_error *err)
{
    struct half run = {.live = e, .options = o};
    struct aside aside;
    aside_begin(&aside, true, open_run, &run);
    const int status = open_rest(e, o, err);
    aside_end(&aside);
    if (run.status != 0 && err)
        *err = run.error;
    return status != 0 || run.status != 0 ? -1 : 0;
}

int live_open(struct live **live, const struct llmx_serve_options *options, struct llmx_error *err)
{
    struct live *e = mem_array(1, sizeof *e, err);
    *live = NULL;
    if (!e)
        return -1;
    e->holders = 1;
    if (open_data(e, options, err) != 0 || open_halves(e, options, err) != 0) {
        live_drop(e);
        return -1;
    }
    *live = e;
    return 0;
}
