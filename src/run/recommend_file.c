/* recommend_file.c - recommendations for many people as JSON Lines or CSV: blocks of people shared out over threads, their
 * lines written in the order asked for. */
#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/plain_json.h"
#include "run/item_filter.h"
#include "run/requests.h"
#include "run/run.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK        256 /* people whose lines are held before they are written */
#define TOP_MAX      10000
#define EVIDENCE_MAX 1000
#define SCORE_DIGITS 7 /* what a float holds */

struct write_job {
    const struct llmx_run *run;
    const struct llmx_recommend_options *options;
    struct selection selection;
    const struct request *requests; /* of this block */
    struct text *lines;             /* (BLOCK) a person's lines */
    int *count;                     /* (BLOCK) how many */
    pthread_mutex_t lock;           /* of failed and error */
    int failed;
    struct llmx_error error;
};

/* NULL when memory is out, or a token is not UTF-8. */
static json_t *evidence_list(const struct llmx_run *run, const struct llmx_recommendation *r)
{
    json_t *list = json_array();
    for (int i = 0; i < r->n_evidence; i++) {
        const struct llmx_evidence *e = &r->evidence[i];
        json_t *entry = json_pack("{s:s, s:f}", "item", llmx_data_item_token(run->data, e->item),
                                  "contribution", (double)e->contribution);
        if (json_array_append_new(list, entry) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static int put_json(struct text *out, const struct llmx_run *run, const char *name,
                    const struct llmx_recommendation *r, struct llmx_error *err)
{
    json_t *line = json_pack("{s:s, s:s, s:i, s:f, s:s, s:o}", "user", name, "item",
                             llmx_data_item_token(run->data, r->item), "rank", r->rank, "score",
                             (double)r->score, "model", llmx_run_model(run), "evidence",
                             evidence_list(run, r));
    char *dump =
        line ? plain_json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(SCORE_DIGITS)) : NULL;
    if (dump) {
        text_puts(out, dump);
        text_puts(out, "\n");
    }
    free(dump);
    json_decref(line);
    return dump ? text_check(out, err)
                : err_set(err, LLMX_BAD_INPUT,
                          "cannot write JSON for user '%s': memory is out, or a token is not UTF-8",
                          name);
}

/* A field of CSV, quoted where it must be (RFC 4180). */
static void put_field(struct text *out, const char *s)
{
    if (!strpbrk(s, ",\"\r\n")) {
        text_puts(out, s);
        return;
    }
    text_puts(out, "\"");
    for (; *s; s++)
        text_put(out, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    text_puts(out, "\"");
}

static int put_csv(struct text *out, const struct llmx_run *run, const char *name,
                   const struct llmx_recommendation *r, struct llmx_error *err)
{
    struct text evidence = {0};
    for (int i = 0; i < r->n_evidence; i++)
        text_printf(&evidence, "%s%s=%.*g", i ? " " : "",
                    llmx_data_item_token(run->data, r->evidence[i].item), SCORE_DIGITS,
                    (double)r->evidence[i].contribution);
    int result = text_check(&evidence, err);
    if (result == 0) {
        put_field(out, name);
        text_puts(out, ",");
        put_field(out, llmx_data_item_token(run->data, r->item));
        text_printf(out, ",%d,%.*g,%s,", r->rank, SCORE_DIGITS, (double)r->score,
                    llmx_run_model(run));
        put_field(out, evidence.n ? evidence.s : "");
        text_puts(out, "\n");
        result = text_check(out, err);
    }
    text_release(&evidence);
    return result;
}

static int write_person(struct write_job *job, size_t i, struct llmx_error *err)
{
    const struct llmx_recommend_options *o = job->options;
    const struct request *request = &job->requests[i];
    const size_t k = (size_t)o->top, n_evidence = (size_t)o->n_evidence;
    struct llmx_recommendation *top = mem_array(k, sizeof *top, err);
    struct llmx_evidence *evidence = mem_array(k * n_evidence, sizeof *evidence, err);
    int n = -1;
    if (top && evidence)
        n = request->user >= 0
                ? run_recommend(job->run, request->user, job->selection, o->top, o->n_evidence, top,
                                evidence, err)
                : run_recommend_history(job->run, request->history, request->n, job->selection,
                                        o->top, o->n_evidence, top, evidence, err);
    text_clear(&job->lines[i]);
    job->count[i] = n;
    for (int r = 0; r < n; r++)
        if ((o->format == LLMX_CSV ? put_csv : put_json)(&job->lines[i], job->run, request->name,
                                                         &top[r], err) != 0)
            n = -1;
    free(top);
    free(evidence);
    return n < 0 ? -1 : 0;
}

static void write_one(void *context, size_t i, int thread)
{
    (void)thread;
    struct write_job *job = context;
    struct llmx_error error;
    if (write_person(job, i, &error) == 0)
        return;
    pthread_mutex_lock(&job->lock);
    job->failed = 1;
    job->error = error;
    pthread_mutex_unlock(&job->lock);
}

static int write_all(struct write_job *job, struct requests *requests, struct threads *pool,
                     FILE *stream, struct llmx_error *err)
{
    const struct llmx_progress *progress = &job->options->progress;
    if (job->options->format == LLMX_CSV)
        fputs("user,item,rank,score,model,evidence\n", stream);
    for (size_t first = 0; first < requests->n; first += BLOCK) {
        const size_t n = requests->n - first < BLOCK ? requests->n - first : BLOCK;
        job->requests = requests->requests + first;
        threads_for(pool, n, write_one, job);
        if (job->failed)
            return err_set(err, job->error.code, "%s", job->error.message);
        for (size_t i = 0; i < n; i++) {
            if (job->lines[i].n)
                fwrite(job->lines[i].s, 1, job->lines[i].n, stream);
            requests->report.people++;
            requests->report.lines += job->count[i];
        }
        if (progress->report && progress->report(progress->context, "recommending",
                                                 (double)(first + n), (double)requests->n, NULL))
            return err_set(err, LLMX_INTERRUPTED, "stopped; nothing was written");
    }
    return 0;
}

int llmx_recommend_write(const struct llmx_run *run, const struct llmx_recommend_options *options,
                         const char *out_path, struct llmx_recommend_report *report,
                         struct llmx_error *err)
{
    struct requests requests = {0};
    struct item_filter filter = {0};
    struct output output = {0};
    struct threads *pool = NULL;
    struct write_job job = {.run = run, .options = options, .lock = PTHREAD_MUTEX_INITIALIZER};
    int result = -1;
    if (options->top < 1 || options->top > TOP_MAX || options->n_evidence < 0 ||
        options->n_evidence > EVIDENCE_MAX)
        return err_set(err, LLMX_BAD_OPTION,
                       "%d recommendations with %d evidence items: choose 1 to %d, and 0 to %d",
                       options->top, options->n_evidence, TOP_MAX, EVIDENCE_MAX);
    job.lines = mem_array(BLOCK, sizeof *job.lines, err);
    job.count = mem_array(BLOCK, sizeof *job.count, err);
    pool = threads_create(options->threads, err);
    if (!job.lines || !job.count || !pool ||
        requests_read(&requests, run->data, options, err) != 0 ||
        item_filter_open(&filter, run->data, options, &requests, err) != 0)
        goto done;
    job.selection = (struct selection){options->keep_seen != 0, filter.is_left_out};
    if (text_check(&requests.unknown, err) != 0 || output_open(&output, out_path, err) != 0 ||
        write_all(&job, &requests, pool, output.stream, err) != 0 ||
        output_commit(&output, err) != 0)
        goto done;
    result = 0;
    if (report) {
        *report = requests.report;
        report->unknown = requests.unknown.s;
        requests.unknown = (struct text){0};
    }
done:
    output_discard(&output);
    threads_destroy(pool);
    for (int i = 0; job.lines && i < BLOCK; i++)
        text_release(&job.lines[i]);
    free(job.lines);
    free(job.count);
    item_filter_release(&filter);
    requests_release(&requests);
    return result;
}
