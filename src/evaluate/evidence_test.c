/* evidence_test.c - deletes what was cited as evidence, scores again, and compares with other deletions. */
#include "base/err.h"
#include "base/memory.h"
#include "base/plain.h"
#include "base/rng.h"
#include "kernel/topk.h"
#include "llmxrec/evaluate.h"
#include "llmxrec/statistics.h"
#include "recommend/incidence.h"
#include "run/deletion.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DELETED_MAX 1000
#define PARTS       (2 * LLMX_DELETIONS) /* of a history: without and only, for each deletion */

static const char *const deletion_names[LLMX_DELETIONS] = {"evidence", "random", "most recent",
                                                           "most similar"};

struct evidence_job {
    const struct llmx_run *run;
    const struct llmx_evidence_test_options *options;
    struct incidence *incidence; /* for similarity: the cosine over users, whatever the model */
    llmx_id *users;              /* (n) */
    double (*without)[LLMX_DELETIONS]; /* (n) falls of the score */
    double (*only)[LLMX_DELETIONS];
    pthread_mutex_t lock; /* of failed and error */
    int failed;
    struct llmx_error error;
};

/* One user's memory. */
struct deletion_trial {
    struct llmx_person whole;
    llmx_id item;           /* the best recommendation */
    float *scores;          /* (1 + PARTS, items) */
    float *strength;        /* (history) by which a deletion chooses */
    int32_t *chosen;        /* (history) places of what is deleted, then scratch */
    unsigned char *is_kept; /* (PARTS, history) */
};

static int trial_create(struct deletion_trial *t, const struct llmx_person *person, llmx_id items,
                        struct llmx_error *err)
{
    const size_t n = (size_t)person->n;
    *t = (struct deletion_trial){.whole = *person};
    t->scores = mem_tensor((1 + PARTS) * (size_t)items, sizeof *t->scores, err);
    t->strength = mem_tensor(n, sizeof *t->strength, err);
    t->chosen = mem_array(n, sizeof *t->chosen, err);
    t->is_kept = mem_array(PARTS * n, 1, err);
    return t->scores && t->strength && t->chosen && t->is_kept ? 0 : -1;
}

static void trial_release(struct deletion_trial *t)
{
    free(t->scores);
    free(t->strength);
    free(t->chosen);
    free(t->is_kept);
}

/* The recommendation to look at: the best item that the user does not know, as it is served. */
static int choose_item(const struct llmx_run *run, struct deletion_trial *t, struct llmx_error *err)
{
    int n_known;
    const llmx_id *known = llmx_data_history(run->data, t->whole.user, LLMX_TRAIN_VALID, &n_known);
    if (run->row->score(run->model, &t->whole, 1, t->scores, err) != 0)
        return -1;
    for (int i = 0; i < n_known; i++)
        t->scores[known[i]] = -INFINITY;
    int32_t best = -1;
    topk(t->scores, llmx_data_items(run->data), 1, &best);
    t->item = best;
    return 0;
}

/* Users who took the item; 1 where nobody did in the training part. */
static size_t taken_by(const struct incidence *in, llmx_id item)
{
    const size_t n = in->item_start[item + 1] - in->item_start[item];
    return n ? n : 1;
}

/* How much each history item asks to be deleted. */
static int weigh(const struct evidence_job *job, struct deletion_trial *t,
                 enum llmx_deletion deletion, struct llmx_error *err)
{
    const struct llmx_run *run = job->run;
    struct rng rng = rng_stream(job->options->seed, RNG_SAMPLING, (uint64_t)t->whole.user);
    switch (deletion) {
    case LLMX_DELETE_EVIDENCE:
        return run->row->evidence(run->model, &t->whole, &t->item, 1, t->strength, err);
    case LLMX_DELETE_RANDOM:
        for (int i = 0; i < t->whole.n; i++)
            t->strength[i] = (float)rng_uniform(&rng);
        return 0;
    case LLMX_DELETE_RECENT:
        for (int i = 0; i < t->whole.n; i++)
            t->strength[i] = (float)i;
        return 0;
    case LLMX_DELETE_SIMILAR:
        incidence_count(job->incidence, t->item, t->scores);
        for (int i = 0; i < t->whole.n; i++)
            t->strength[i] = t->scores[t->whole.history[i]] /
                             sqrtf((float)taken_by(job->incidence, t->whole.history[i]));
        return 0;
    case LLMX_DELETIONS:
        break;
    }
    return 0;
}

/* Two parts of the history: without what was chosen, and only that. */
static void cut_history(struct deletion_trial *t, int deletion, int deleted)
{
    const size_t history = (size_t)t->whole.n;
    unsigned char *without = t->is_kept + 2 * (size_t)deletion * history, *only = without + history;
    const int n = topk(t->strength, t->whole.n, deleted, t->chosen);
    memset(without, 1, history);
    memset(only, 0, history);
    for (int i = 0; i < n; i++) {
        without[t->chosen[i]] = 0;
        only[t->chosen[i]] = 1;
    }
}

static int try_user(const struct evidence_job *job, size_t number, struct deletion_trial *t,
                    struct llmx_error *err)
{
    const struct llmx_run *run = job->run;
    const size_t items = (size_t)llmx_data_items(run->data);
    if (choose_item(run, t, err) != 0)
        return -1;
    for (int d = 0; d < LLMX_DELETIONS; d++) {
        if (weigh(job, t, (enum llmx_deletion)d, err) != 0)
            return -1;
        cut_history(t, d, job->options->deleted);
    }
    if (deletion_score(run, &t->whole, t->is_kept, PARTS, t->scores, err) != 0)
        return -1;
    const double unit = deletion_unit(t->scores, (llmx_id)items),
                 whole = (double)t->scores[t->item];
    for (int d = 0; d < LLMX_DELETIONS; d++) {
        const float *rest = t->scores + (1 + 2 * (size_t)d) * items, *alone = rest + items;
        job->without[number][d] = (whole - (double)rest[t->item]) / unit;
        job->only[number][d] = (whole - (double)alone[t->item]) / unit;
    }
    return 0;
}

static void try_one(void *context, size_t number, int thread)
{
    (void)thread;
    struct evidence_job *job = context;
    struct llmx_error error;
    struct deletion_trial trial = {0};
    const struct llmx_person person = run_person(job->run, job->users[number]);
    if (trial_create(&trial, &person, llmx_data_items(job->run->data), &error) != 0 ||
        try_user(job, number, &trial, &error) != 0) {
        pthread_mutex_lock(&job->lock);
        job->failed = 1;
        job->error = error;
        pthread_mutex_unlock(&job->lock);
    }
    trial_release(&trial);
}

/* Evenly spaced among those whose history is longer than what is deleted and who can be recommended something. */
static int choose_users(const struct evidence_job *job)
{
    const struct llmx_run *run = job->run;
    const llmx_id users = llmx_data_users(run->data), items = llmx_data_items(run->data);
    int total = 0, n;
    for (llmx_id u = 0; u < users; u++) {
        llmx_data_history(run->data, u, LLMX_TRAIN_VALID, &n);
        if (n < items && run_person(run, u).n > job->options->deleted)
            job->users[total++] = u;
    }
    const int wanted =
        job->options->users > 0 && job->options->users < total ? job->options->users : total;
    for (int i = 0; i < wanted; i++)
        job->users[i] = job->users[(int64_t)i * total / wanted];
    return wanted;
}

/* The mean of a[i] - b[i]; b NULL: of a. Rows of LLMX_DELETIONS numbers. */
static struct llmx_interval interval(const double *a, const double *b, int n)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        const double x = a[i * LLMX_DELETIONS] - (b ? b[i * LLMX_DELETIONS] : 0);
        sum += x;
        squares += x * x;
    }
    const double mean = sum / n, variance = n > 1 ? (squares - sum * mean) / (n - 1) : 0;
    const double half = 1.96 * sqrt(fmax(variance, 0) / n);
    return (struct llmx_interval){mean, mean - half, mean + half};
}

static void summarise(const struct evidence_job *job, int n, struct llmx_evidence_test *result)
{
    const double *without = job->without[0], *only = job->only[0];
    *result = (struct llmx_evidence_test){.users = n,
                                          .model = job->run->row->name,
                                          .fingerprint = llmx_data_fingerprint(job->run->data),
                                          .deleted = job->options->deleted};
    for (int d = 0; d < LLMX_DELETIONS; d++) {
        result->without[d] = interval(without + d, NULL, n);
        result->only[d] = interval(only + d, NULL, n);
        result->without_gain[d] = interval(without, without + d, n);
        result->only_gain[d] = interval(only + d, only, n);
    }
}

int llmx_evidence_test(const struct llmx_run *run, const struct llmx_evidence_test_options *options,
                       struct llmx_evidence_test *result, struct llmx_error *err)
{
    if (!run->row->evidence)
        return err_set(err, LLMX_UNSUPPORTED, "the model %s gives no evidence", run->row->name);
    if (options->deleted < 1 || options->deleted > DELETED_MAX || options->users < 0)
        return err_set(err, LLMX_BAD_OPTION,
                       "%d items deleted for %d users: choose 1 to %d, and 0 (all) or more",
                       options->deleted, options->users, DELETED_MAX);
    struct evidence_job job = {.run = run, .options = options, .lock = PTHREAD_MUTEX_INITIALIZER};
    const size_t users = (size_t)llmx_data_users(run->data);
    struct threads *pool = threads_create(options->threads, err);
    int status = -1;
    job.users = mem_array(users, sizeof *job.users, err);
    job.without = mem_array(users, sizeof *job.without, err);
    job.only = mem_array(users, sizeof *job.only, err);
    if (!pool || !job.users || !job.without || !job.only ||
        incidence_create(&job.incidence, run->data, err) != 0)
        goto done;
    const int n = choose_users(&job);
    if (n == 0) {
        err_set(err, LLMX_BAD_INPUT, "nobody's history is longer than %d items", options->deleted);
        goto done;
    }
    threads_for(pool, (size_t)n, try_one, &job);
    if (job.failed) {
        err_set(err, job.error.code, "%s", job.error.message);
        goto done;
    }
    summarise(&job, n, result);
    status = 0;
done:
    threads_destroy(pool);
    incidence_destroy(job.incidence);
    free(job.users);
    free(job.without);
    free(job.only);
    return status;
}

/* Similarity chose the very items of every user that evidence did, or others of the same effect. */
static int is_similarity(const struct llmx_evidence_test *r)
{
    const struct llmx_interval *without = &r->without_gain[LLMX_DELETE_SIMILAR],
                               *only = &r->only_gain[LLMX_DELETE_SIMILAR];
    return without->low == 0 && without->high == 0 && only->low == 0 && only->high == 0;
}

#define FEW "fewer than 20 users: the intervals are wide, and should be wider still"

static void print_table(const struct llmx_evidence_test *r, FILE *stream)
{
    fprintf(stream,
            "%s: the score of the best recommendation, %d history items deleted, %d users\n"
            "(standard deviations of a user's scores; 95 %% intervals)\n\n"
            "%-14s%-28s%s\n",
            r->model, r->deleted, r->users, "", "falls without them by", "falls with only them by");
    for (int d = 0; d < LLMX_DELETIONS; d++)
        plain_fprintf(stream, "%-14s%7.3f [%6.3f, %6.3f]   %9.3f [%6.3f, %6.3f]\n",
                      deletion_names[d], r->without[d].mean, r->without[d].low, r->without[d].high,
                      r->only[d].mean, r->only[d].low, r->only[d].high);
    fprintf(stream, "\nevidence is better than\n");
    for (int d = LLMX_DELETE_RANDOM; d < LLMX_DELETIONS; d++)
        plain_fprintf(stream, "%-14s%7.3f [%6.3f, %6.3f]   %9.3f [%6.3f, %6.3f]\n",
                      deletion_names[d], r->without_gain[d].mean, r->without_gain[d].low,
                      r->without_gain[d].high, r->only_gain[d].mean, r->only_gain[d].low,
                      r->only_gain[d].high);
    if (is_similarity(r))
        fprintf(stream, "\nthe evidence is the most similar items: nothing tells the two apart\n");
    if (r->users < LLMX_ROWS_FEW)
        fputs("Note: " FEW ".\n", stream);
}

static void print_interval(const char *name, const struct llmx_interval *i, const char *end,
                           FILE *stream)
{
    plain_fprintf(stream, "\"%s\":{\"mean\":%.6g,\"low\":%.6g,\"high\":%.6g}%s", name, i->mean,
                  i->low, i->high, end);
}

static void print_json(const struct llmx_evidence_test *r, FILE *stream)
{
    static const char *const keys[LLMX_DELETIONS] = {"evidence", "random", "recent", "similar"};
    fprintf(stream,
            "{\"view\":\"evidence-test\",\"model\":\"%s\",\"fingerprint\":\"%016" PRIx64
            "\",\"users\":%d,\"deleted\":%d",
            r->model, r->fingerprint, r->users, r->deleted);
    for (int d = 0; d < LLMX_DELETIONS; d++) {
        fprintf(stream, ",\n \"%s\":{", keys[d]);
        print_interval("comprehensiveness", &r->without[d], ",", stream);
        print_interval("sufficiency", &r->only[d], ",", stream);
        print_interval("comprehensiveness_gain", &r->without_gain[d], ",", stream);
        print_interval("sufficiency_gain", &r->only_gain[d], "}", stream);
    }
    fputs(r->users < LLMX_ROWS_FEW ? ",\n \"notes\":[\"" FEW "\"]}\n" : "}\n", stream);
}

int llmx_evidence_test_print(const struct llmx_evidence_test *result, FILE *stream, int is_json,
                             struct llmx_error *err)
{
    if (is_json)
        print_json(result, stream);
    else
        print_table(result, stream);
    return ferror(stream) ? err_system(err, "cannot write") : 0;
}
