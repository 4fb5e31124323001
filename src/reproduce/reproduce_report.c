/* reproduce_report.c - the results of an experiment by name, and the page of all of them. */
#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "llmxrec/report.h"
#include "reproduce/reproduce.h"

#include <stdlib.h>
#include <string.h>

#define FOLDER     "results"
#define EXAMPLES   3 /* of each cell's texts, best and worst */
#define CELLS_MAX  (EXPERIMENT_MAX * EXPERIMENT_MAX * EXPERIMENT_MAX)
#define VIEWS_MAX  (STAGES * CELLS_MAX)
#define NAME_BYTES 200

struct paper {
    const struct reproduce *r;
    struct arena arena;
    char folder[PATH_MAX];
    const char *runs[CELLS_MAX], *run_names[CELLS_MAX], *views[VIEWS_MAX];
    struct llmx_report_texts texts[CELLS_MAX];
    int n_runs, n_views, n_texts;
};

/* A copy of a step's product under its name; NULL with `err` set. */
static const char *copy(struct paper *p, enum stage_id id, struct place at, struct llmx_error *err)
{
    char from[PATH_MAX], name[NAME_BYTES];
    const char *ending = strrchr(stages[id].product, '.');
    if (reproduce_path(p->r, id, at, from, err) != 0 ||
        reproduce_name(p->r, id, at, "-", name, sizeof name, err) != 0)
        return NULL;
    const char *to = arena_printf(&p->arena, err, "%s/%s%s", p->folder, name, ending);
    return to && file_copy(from, to, true, err) == 0 ? to : NULL;
}

static const char *path_of(struct paper *p, enum stage_id id, struct place at,
                           struct llmx_error *err)
{
    char path[PATH_MAX];
    return reproduce_path(p->r, id, at, path, err) == 0
               ? arena_text(&p->arena, path, strlen(path), err)
               : NULL;
}

static int add_runs(struct paper *p, struct llmx_error *err)
{
    const struct experiment *x = &p->r->x;
    for (struct place at = {-1, 0, 0}; reproduce_next(p->r, STAGE_TRAIN, &at); p->n_runs++)
        if (!(p->runs[p->n_runs] = path_of(p, STAGE_TRAIN, at, err)) ||
            !(p->run_names[p->n_runs] = arena_printf(&p->arena, err, "%s %s", x->data[at.data].name,
                                                     x->recommender[at.recommender].name)))
            return -1;
    return 0;
}

static int add_texts(struct paper *p, struct llmx_error *err)
{
    for (struct place at = {-1, 0, 0}; reproduce_next(p->r, STAGE_EXPLAIN, &at); p->n_texts++) {
        struct llmx_report_texts *t = &p->texts[p->n_texts];
        t->data = p->r->data[at.data];
        if (!(t->explanations = copy(p, STAGE_EXPLAIN, at, err)) ||
            !(t->recs = path_of(p, STAGE_CHOOSE, at, err)) ||
            !(t->run = path_of(p, STAGE_TRAIN, at, err)))
            return -1;
    }
    return 0;
}

/* Of all texts the page measures the grounding itself. */
static int add_views(struct paper *p, struct llmx_error *err)
{
    for (int id = 0; id < STAGES; id++)
        for (struct place at = {-1, 0, 0};
             stages[id].is_view && reproduce_next(p->r, (enum stage_id)id, &at);) {
            const char *view = copy(p, (enum stage_id)id, at, err);
            if (!view)
                return -1;
            if (id != STAGE_GROUNDING)
                p->views[p->n_views++] = view;
        }
    return 0;
}

static int write_page(const struct paper *p, struct llmx_error *err)
{
    const struct llmx_reproduce_options *o = p->r->options;
    char page[PATH_MAX];
    const struct llmx_report_options how = {.runs = p->runs,
                                            .run_names = p->run_names,
                                            .n_runs = p->n_runs,
                                            .texts = p->texts,
                                            .n_texts = p->n_texts,
                                            .views = p->views,
                                            .n_views = p->n_views,
                                            .examples = EXAMPLES,
                                            .resampling = {o->resamples, p->r->x.seed, o->threads}};
    return path_join(page, sizeof page, o->out, "report.html", err) != 0
               ? -1
               : llmx_report_write(page, &how, NULL, err);
}

int reproduce_report(const struct reproduce *r, struct llmx_error *err)
{
    struct paper *p = mem_array(1, sizeof *p, err);
    if (!p)
        return -1;
    p->r = r;
    int status = path_join(p->folder, sizeof p->folder, r->options->out, FOLDER, err);
    if (status == 0)
        status = directory_make(p->folder, err);
    if (status == 0 && (add_runs(p, err) != 0 || add_texts(p, err) != 0 || add_views(p, err) != 0))
        status = -1;
    if (status == 0)
        status = write_page(p, err);
    arena_release(&p->arena);
    free(p);
    return status;
}
