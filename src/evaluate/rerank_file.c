/* rerank_file.c - recommendations of a file in a new order: the blend of their scores with how likely their titles are. */
#include "base/file.h"
#include "base/memory.h"
#include "evaluate/title_likelihood.h"
#include "explain/recs.h"
#include "run/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reordering {
    const struct llmx_run *run;
    const struct llmx_rerank_options *options;
    const struct llmx_rerank *chosen;
    struct llmx_explain_options told; /* for the notice alone */
    struct title_likelihood titles;
    struct recs recs;
    json_t **line; /* (recs.n) */
    size_t n_lines, lines_capacity;
    llmx_id *item;                    /* (recs.n) */
    double *score;                    /* (recs.n) */
    double *figure[LLMX_TITLE_FORMS]; /* (recs.n) */
    double *blend;                    /* (recs.n) of one user */
    int *order;                       /* (recs.n) of one user */
};

static void reordering_release(struct reordering *x)
{
    for (size_t i = 0; i < x->n_lines; i++)
        json_decref(x->line[i]);
    free(x->line);
    recs_release(&x->recs);
    title_release(&x->titles);
    for (int f = 0; f < LLMX_TITLE_FORMS; f++)
        free(x->figure[f]);
    free(x->item);
    free(x->score);
    free(x->blend);
    free(x->order);
}

static int take_line(struct reordering *x, const struct jsonl *in, json_t *line,
                     struct llmx_error *err)
{
    const int before = x->recs.n;
    if (recs_add(&x->recs, in, line, x->run->data, &x->told, err) != 0)
        return -1;
    if (x->recs.n == before)
        return 0;
    if (isnan(x->recs.rec[before].score))
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: no \"score\" to blend with", in->lines.path,
                       in->lines.number);
    if (mem_grow(&x->line, &x->lines_capacity, x->n_lines + 1, sizeof *x->line, err) != 0)
        return -1;
    x->line[x->n_lines++] = json_incref(line);
    return 0;
}

static int read_recs(struct reordering *x, const char *path, struct llmx_error *err)
{
    struct jsonl in;
    json_t *line;
    int more;
    if (jsonl_open(&in, path, err) != 0)
        return -1;
    while ((more = jsonl_read(&in, &line, err)) == 1) {
        const int status = take_line(x, &in, line, err);
        json_decref(line);
        if (status != 0) {
            more = -1;
            break;
        }
    }
    jsonl_close(&in);
    if (more == 0 && x->recs.n == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s: no recommendations to rank anew", path);
    return more;
}

static int make_room(struct reordering *x, struct llmx_error *err)
{
    const size_t n = (size_t)x->recs.n;
    for (int f = 0; f < LLMX_TITLE_FORMS; f++)
        if (!(x->figure[f] = mem_array(n, sizeof *x->figure[f], err)))
            return -1;
    x->item = mem_array(n, sizeof *x->item, err);
    x->score = mem_array(n, sizeof *x->score, err);
    x->blend = mem_array(n, sizeof *x->blend, err);
    x->order = mem_array(n, sizeof *x->order, err);
    return x->item && x->score && x->blend && x->order ? 0 : -1;
}

/* The recommendations from `first` on that are for one person: how many. */
static int person_lines(const struct reordering *x, int first)
{
    int n = 1;
    while (first + n < x->recs.n && !recs_begin_user(&x->recs, first + n))
        n++;
    return n;
}

static int ask(struct reordering *x, struct llmx_error *err)
{
    const int history = x->options->history;
    size_t n_questions = 0;
    struct arena arena = {0};
    struct title_question *q = arena_array(&arena, (size_t)x->recs.n, sizeof *q, err);
    int status = q ? 0 : -1;
    for (int i = 0; i < x->recs.n; i++) {
        x->item[i] = x->recs.rec[i].item;
        x->score[i] = x->recs.rec[i].score;
    }
    for (int first = 0, n; first < x->recs.n && status == 0; first += n, n_questions++) {
        struct title_question *one = &q[n_questions];
        llmx_id *had = arena_array(&arena, (size_t)history, sizeof *had, err);
        n = person_lines(x, first);
        *one = (struct title_question){.history = had, .item = x->item + first, .n = n};
        for (int f = 0; f < LLMX_TITLE_FORMS; f++)
            one->figures[f] = x->figure[f] + first;
        if (had)
            one->n_history =
                rec_history(&x->recs.rec[first], x->run->data, &x->run->twins, had, history);
        else
            status = -1;
    }
    if (status == 0)
        status = title_ask(&x->titles, q, n_questions, x->options, err);
    arena_release(&arena);
    return status;
}

static int write_person(struct reordering *x, int first, int n, FILE *stream,
                        struct llmx_error *err)
{
    title_blend(x->score + first, x->figure[x->chosen->form] + first, n, x->chosen->weight,
                x->blend, x->order);
    for (int rank = 1; rank <= n; rank++) {
        const int i = x->order[rank - 1], at = first + i;
        json_t *line = x->line[at];
        const bool failed =
            json_object_set_new(line, "rank", json_integer(rank)) != 0 ||
            json_object_set_new(line, "score", json_real(x->blend[i])) != 0 ||
            json_object_set_new(line, "recommender_score", json_real(x->score[at])) != 0 ||
            json_object_set_new(line, "title_logprob", json_real(x->figure[LLMX_TITLE_SUM][at])) !=
                0;
        if (failed)
            return err_set(err, LLMX_NO_MEMORY, "out of memory");
        if (jsonl_write(stream, line, err) != 0)
            return -1;
    }
    return 0;
}

static int write_all(struct reordering *x, const char *path, struct llmx_error *err)
{
    struct output out = {0};
    int status = output_open(&out, path, err);
    for (int first = 0, n; first < x->recs.n && status == 0; first += n) {
        n = person_lines(x, first);
        status = write_person(x, first, n, out.stream, err);
    }
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

int llmx_rerank_input_check(const struct llmx_run *run, const char *recs_path,
                            struct llmx_error *err)
{
    struct reordering x = {.run = run, .told = llmx_explain_defaults()};
    int status = title_check(run->data, err);
    if (status == 0 && recs_path)
        status = read_recs(&x, recs_path, err);
    reordering_release(&x);
    return status;
}

int llmx_rerank_file(const char *recs_path, const struct llmx_run *run,
                     const struct llmx_model *model, const struct llmx_rerank_options *options,
                     const struct llmx_rerank *result, const char *out_path, int *skipped,
                     struct llmx_error *err)
{
    struct reordering x = {
        .run = run, .options = options, .chosen = result, .told = llmx_explain_defaults()};
    x.told.notice = options->notice;
    x.told.notice_context = options->notice_context;
    const int status = title_open(&x.titles, run->data, model, err) == 0 &&
                               read_recs(&x, recs_path, err) == 0 && make_room(&x, err) == 0 &&
                               ask(&x, err) == 0 && write_all(&x, out_path, err) == 0
                           ? 0
                           : -1;
    if (status == 0)
        *skipped = x.recs.n_skipped;
    reordering_release(&x);
    return status;
}
