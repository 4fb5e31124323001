/* recommend_file.c - recommendations for many people as JSON Lines or CSV: blocks of people shared out over threads, their
 * lines written in the order asked for. */
#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/plain_json.h"
#include "format/partial.h"
#include "run/item_filter.h"
#include "run/people.h"
#include "run/run.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK        256 /* people whose lines are held before they are written */
#define TOP_MAX      10000
#define EVIDENCE_MAX 1000
#define SCORE_DIGITS 7 /* what a float holds */

/* What an interrupted call left: whole lines of people in the order asked for, of the last one perhaps not all. */
struct left {
    size_t person;    /* the last one */
    int rank;         /* of the last line; 0: nothing was left */
    long lines;       /* of the people before */
    struct text text; /* the lines of the last one */
};

struct write_job {
    const struct llmx_run *run;
    const struct llmx_recommend_options *options;
    struct llmx_selection selection;
    struct llmx_recommendation *popular; /* (n_popular) for people of whom nothing is known */
    int n_popular;
    const struct named_person *people; /* of this block */
    struct text *lines;                /* (BLOCK) a person's lines */
    int *count;                        /* (BLOCK) how many */
    const struct people *all;
    struct left left;
    struct partial out; /* JSON Lines */
    struct output csv;
    pthread_mutex_t lock; /* of failed and error */
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

/* What somebody outside the data has; NULL as above. */
static json_t *history_list(const struct llmx_run *run, const struct llmx_person *person)
{
    json_t *list = json_array();
    for (int i = 0; i < person->n; i++)
        if (json_array_append_new(
                list, json_string(llmx_data_item_token(run->data, person->history[i]))) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static const char *model_of(const struct llmx_run *run, const struct named_person *asked)
{
    return asked->is_cold ? recommender_pop.name : llmx_run_model(run);
}

static int put_json(struct text *out, const struct llmx_run *run, const struct named_person *asked,
                    const struct llmx_recommendation *r, struct llmx_error *err)
{
    json_t *line = json_pack("{s:s, s:s, s:i, s:f, s:s, s:o, s:s*}", "user", asked->name, "item",
                             llmx_data_item_token(run->data, r->item), "rank", r->rank, "score",
                             (double)r->score, "model", model_of(run, asked), "evidence",
                             evidence_list(run, r), "as_of",
                             asked->person.as_of == LLMX_AS_OF_TRAIN ? "train" : NULL);
    if (line && asked->is_outside_of_data &&
        json_object_set_new(line, "history", history_list(run, &asked->person)) != 0) {
        json_decref(line);
        line = NULL;
    }
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
                          asked->name);
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

static int put_csv(struct text *out, const struct llmx_run *run, const struct named_person *asked,
                   const struct llmx_recommendation *r, struct llmx_error *err)
{
    struct text evidence = {0};
    for (int i = 0; i < r->n_evidence; i++)
        text_printf(&evidence, "%s%s=%.*g", i ? " " : "",
                    llmx_data_item_token(run->data, r->evidence[i].item), SCORE_DIGITS,
                    (double)r->evidence[i].contribution);
    int result = text_check(&evidence, err);
    if (result == 0) {
        put_field(out, asked->name);
        text_puts(out, ",");
        put_field(out, llmx_data_item_token(run->data, r->item));
        text_printf(out, ",%d,%.*g,%s,", r->rank, SCORE_DIGITS, (double)r->score,
                    model_of(run, asked));
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
    const struct named_person *asked = &job->people[i];
    const size_t k = (size_t)o->top, n_evidence = (size_t)o->n_evidence;
    struct llmx_recommendation *top = mem_array(k, sizeof *top, err);
    struct llmx_evidence *evidence = mem_array(k * n_evidence, sizeof *evidence, err);
    int n = -1;
    if (top && evidence && asked->is_cold) {
        n = job->n_popular;
        memcpy(top, job->popular, (size_t)n * sizeof *top);
    } else if (top && evidence) {
        n = llmx_recommend(job->run, &asked->person, &job->selection, o->top, o->n_evidence, top,
                           evidence, err);
    }
    text_clear(&job->lines[i]);
    job->count[i] = n;
    for (int r = 0; r < n; r++)
        if ((o->format == LLMX_CSV ? put_csv : put_json)(&job->lines[i], job->run, asked, &top[r],
                                                         err) != 0)
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

/* A line that an interrupted call wrote: of the person before, or the first of one who comes later. */
static int accept_line(void *context, const json_t *line, struct llmx_error *err)
{
    struct write_job *job = context;
    struct left *left = &job->left;
    const char *user = json_string_value(json_object_get(line, "user"));
    const char *model = json_string_value(json_object_get(line, "model"));
    const json_int_t rank = json_integer_value(json_object_get(line, "rank"));
    const struct people *all = job->all;
    size_t person = left->person;
    if (rank == 1 && left->rank) {
        left->lines += left->rank;
        person++;
    }
    while (user && rank == 1 && person < all->n && strcmp(all->people[person].name, user) != 0)
        person++; /* somebody for whom there was nothing */
    if (!user || person == all->n || strcmp(all->people[person].name, user) != 0 ||
        (rank != 1 && rank != left->rank + 1) || !model ||
        strcmp(model, model_of(job->run, &all->people[person])) != 0)
        return err_set(err, LLMX_MISMATCH, "not a line of these people and this run");
    if (rank == 1)
        text_clear(&left->text);
    char *dump = plain_json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(SCORE_DIGITS));
    text_puts(&left->text, dump ? dump : "");
    text_puts(&left->text, "\n");
    left->text.failed |= !dump;
    free(dump);
    left->person = person;
    left->rank = (int)rank;
    return text_check(&left->text, err);
}

static int open_output(struct write_job *job, const char *path, struct llmx_error *err)
{
    const struct llmx_recommend_options *o = job->options;
    if (o->format == LLMX_JSONL)
        return partial_open(&job->out, path, ".partial", o->resume != 0, accept_line, job, err);
    if (o->resume)
        return err_set(err, LLMX_BAD_OPTION, "--resume goes on with JSON Lines, not with CSV");
    return output_open(&job->csv, path, err);
}

/* Writes the lines of n people, of the one that an interrupted call stopped at what is missing. */
static int write_block(struct write_job *job, size_t n, struct llmx_recommend_report *report,
                       FILE *stream, struct llmx_error *err)
{
    struct text *left = &job->left.text;
    for (size_t i = 0; i < n; i++) {
        const struct text *lines = &job->lines[i];
        if (left->n > lines->n || (left->n && memcmp(left->s, lines->s, left->n) != 0))
            return err_set(err, LLMX_MISMATCH,
                           "%s was written from another run or with other options; give the same, "
                           "or remove it to start anew",
                           job->out.partial);
        if (lines->n > left->n)
            fwrite(lines->s + left->n, 1, lines->n - left->n, stream);
        text_clear(left);
        report->people++;
        report->lines += job->count[i];
    }
    return fflush(stream) == 0 ? 0
                               : err_system(err, "cannot write %s",
                                            job->csv.stream ? job->csv.path : job->out.path);
}

static int write_all(struct write_job *job, struct people *people, struct threads *pool,
                     struct llmx_error *err)
{
    const struct llmx_progress *progress = &job->options->progress;
    FILE *stream = job->csv.stream ? job->csv.stream : job->out.stream;
    if (job->csv.stream)
        fputs("user,item,rank,score,model,evidence\n", stream);
    people->report.people = (long)job->left.person;
    people->report.lines = job->left.lines;
    for (size_t first = job->left.person; first < people->n; first += BLOCK) {
        const size_t n = people->n - first < BLOCK ? people->n - first : BLOCK;
        job->people = people->people + first;
        threads_for(pool, n, write_one, job);
        if (job->failed)
            return err_set(err, job->error.code, "%s", job->error.message);
        if (write_block(job, n, &people->report, stream, err) != 0)
            return -1;
        if (progress->report && progress->report(progress->context, "recommending",
                                                 (double)(first + n), (double)people->n, NULL))
            return err_set(err, LLMX_INTERRUPTED, "interrupted after %zu of %zu people", first + n,
                           people->n);
    }
    return job->csv.stream ? output_commit(&job->csv, err) : partial_commit(&job->out, err);
}

/* NULL where neither --allow nor --deny is given. */
static int filter_items(unsigned char **is_left_out, const struct llmx_data *data,
                        const struct llmx_recommend_options *options, struct people *people,
                        struct llmx_error *err)
{
    if (!options->allow && !options->deny)
        return 0;
    *is_left_out = mem_array((size_t)llmx_data_items(data), 1, err);
    return *is_left_out
               ? item_filter_fill(*is_left_out, data, options->allow, options->deny, people, err)
               : -1;
}

/* What all people of whom nothing is known get. */
static int find_popular(struct write_job *job, struct people *people, struct llmx_error *err)
{
    const struct llmx_recommend_options *o = job->options;
    for (size_t i = 0; i < people->n; i++)
        people->report.cold += people->people[i].is_cold;
    if (people->report.cold == 0)
        return 0;
    job->popular = mem_array((size_t)o->top, sizeof *job->popular, err);
    if (!job->popular)
        return -1;
    job->n_popular =
        llmx_recommend_popular(job->run, o->as_of, &job->selection, o->top, job->popular, err);
    return job->n_popular < 0 ? -1 : 0;
}

int llmx_recommend_write(const struct llmx_run *run, const struct llmx_recommend_options *options,
                         const char *out_path, struct llmx_recommend_report *report,
                         struct llmx_error *err)
{
    struct people people = {0};
    unsigned char *is_left_out = NULL;
    struct threads *pool = NULL;
    struct write_job job = {
        .run = run, .options = options, .all = &people, .lock = PTHREAD_MUTEX_INITIALIZER};
    int result = -1;
    if (options->top < 1 || options->top > TOP_MAX || options->n_evidence < 0 ||
        options->n_evidence > EVIDENCE_MAX)
        return err_set(err, LLMX_BAD_OPTION,
                       "%d recommendations with %d evidence items: choose 1 to %d, and 0 to %d",
                       options->top, options->n_evidence, TOP_MAX, EVIDENCE_MAX);
    job.lines = mem_array(BLOCK, sizeof *job.lines, err);
    job.count = mem_array(BLOCK, sizeof *job.count, err);
    pool = threads_create(options->threads, err);
    if (!job.lines || !job.count || !pool || people_read(&people, run->data, options, err) != 0 ||
        filter_items(&is_left_out, run->data, options, &people, err) != 0)
        goto done;
    job.selection = (struct llmx_selection){options->keep_seen, is_left_out};
    if (text_check(&people.unknown, err) != 0 || find_popular(&job, &people, err) != 0 ||
        open_output(&job, out_path, err) != 0 || write_all(&job, &people, pool, err) != 0)
        goto done;
    result = 0;
    if (report) {
        *report = people.report;
        report->unknown = people.unknown.s;
        people.unknown = (struct text){0};
    }
done:
    output_discard(&job.csv);
    partial_close(&job.out);
    text_release(&job.left.text);
    threads_destroy(pool);
    for (int i = 0; job.lines && i < BLOCK; i++)
        text_release(&job.lines[i]);
    free(job.popular);
    free(job.lines);
    free(job.count);
    free(is_left_out);
    people_release(&people);
    return result;
}
