#include "recommend/rank.h"

#include "base/memory.h"
#include "kernel/scores.h"
#include "kernel/topk.h"
#include "recommend/candidates.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#define BLOCK_USERS 64                 /* enough rows for a matrix product to run at full speed */
#define BLOCK_BYTES ((size_t)16 << 20) /* of scores a thread, at most */

int rankings_create(struct rankings *r, int n, int k, struct llmx_error *err)
{
    const size_t rows = (size_t)n, cells = rows * (size_t)k;
    *r = (struct rankings){.n = n, .k = k};
    r->user = mem_array(rows, sizeof *r->user, err);
    r->top = mem_array(cells, sizeof *r->top, err);
    r->hit = mem_array(cells, sizeof *r->hit, err);
    r->relevant = mem_array(rows, sizeof *r->relevant, err);
    r->candidates = mem_array(rows, sizeof *r->candidates, err);
    r->rank_sum = mem_array(rows, sizeof *r->rank_sum, err);
    return r->user && r->top && r->hit && r->relevant && r->candidates && r->rank_sum ? 0 : -1;
}

void rankings_release(struct rankings *r)
{
    free(r->user);
    free(r->top);
    free(r->hit);
    free(r->relevant);
    free(r->candidates);
    free(r->rank_sum);
    *r = (struct rankings){0};
}

/* 1 + how many score higher + half of the others that score the same. */
static double mean_rank(const float *scores, llmx_id items, float score)
{
    int higher, equal;
    scores_count(scores, items, score, &higher, &equal);
    return 1 + higher + 0.5 * (equal - 1);
}

void rank_one(struct rankings *r, int row, const float *scores, llmx_id items,
              const llmx_id *relevant, int n_relevant)
{
    llmx_id *top = r->top + (size_t)row * (size_t)r->k;
    unsigned char *hit = r->hit + (size_t)row * (size_t)r->k;
    int n = topk(scores, items, r->k, top);
    for (int j = n; j < r->k; j++)
        top[j] = -1;
    int masked;
    scores_count(scores, items, -INFINITY, &r->candidates[row], &masked);
    r->relevant[row] = n_relevant;
    r->rank_sum[row] = 0;
    for (int j = 0; j < r->k; j++)
        hit[j] = 0;
    for (int i = 0; i < n_relevant; i++) {
        r->rank_sum[row] += mean_rank(scores, items, scores[relevant[i]]);
        for (int j = 0; j < n; j++)
            hit[j] |= top[j] == relevant[i];
    }
}

struct rank_job {
    struct rankings *rankings;
    struct scorer scorer;
    const struct llmx_data *data;
    enum llmx_part part, known;
    const struct candidates *candidates; /* NULL: all */
    int block;                           /* users */
    struct rank_scratch {
        float *scores;    /* (block, items) */
        float *keys;      /* (items) of candidates_keep */
        int32_t *places;  /* (items) the same */
    } * scratch;          /* (threads) */
    pthread_mutex_t lock; /* of failed and error */
    int failed;
    struct llmx_error error;
};

static void rank_block(void *context, size_t number, int thread)
{
    struct rank_job *job = context;
    struct rankings *r = job->rankings;
    const llmx_id items = llmx_data_items(job->data);
    const int first = (int)number * job->block,
              n = r->n - first < job->block ? r->n - first : job->block;
    struct rank_scratch *scratch = &job->scratch[thread];
    struct person people[BLOCK_USERS];
    struct llmx_error error;
    for (int i = 0; i < n; i++) {
        people[i].user = r->user[first + i];
        people[i].history =
            llmx_data_history(job->data, people[i].user,
                              job->scorer.is_sequential ? job->known : LLMX_TRAIN, &people[i].n);
    }
    if (job->scorer.score(job->scorer.model, people, n, scratch->scores, &error) != 0) {
        pthread_mutex_lock(&job->lock);
        job->failed = 1;
        job->error = error;
        pthread_mutex_unlock(&job->lock);
        return;
    }
    for (int i = 0; i < n; i++) {
        float *scores = scratch->scores + (size_t)i * (size_t)items;
        int n_known, n_relevant;
        const llmx_id *known = llmx_data_history(job->data, people[i].user, job->known, &n_known);
        for (int j = 0; j < n_known; j++)
            scores[known[j]] = -INFINITY;
        const llmx_id *relevant =
            llmx_data_history(job->data, people[i].user, job->part, &n_relevant);
        if (job->candidates)
            candidates_keep(job->candidates, people[i].user, scores, items, relevant, n_relevant,
                            scratch->keys, scratch->places);
        rank_one(r, first + i, scores, items, relevant, n_relevant);
    }
}

/* The users with something in the part; of more than users_max > 0 every so-manieth. */
static int choose_users(struct rankings *r, const struct llmx_data *data, enum llmx_part part,
                        int k, int users_max, struct llmx_error *err)
{
    const llmx_id users = llmx_data_users(data);
    int total = 0, n;
    for (llmx_id u = 0; u < users; u++) {
        llmx_data_history(data, u, part, &n);
        total += n > 0;
    }
    const int wanted = users_max > 0 && users_max < total ? users_max : total;
    if (rankings_create(r, wanted, k, err) != 0)
        return -1;
    int seen = 0, taken = 0;
    for (llmx_id u = 0; u < users && taken < wanted; u++) {
        llmx_data_history(data, u, part, &n);
        if (n > 0 && (int64_t)seen++ * wanted / total >= taken)
            r->user[taken++] = u;
    }
    return 0;
}

static int scratch_create(struct rank_job *job, size_t items, int threads, struct llmx_error *err)
{
    job->scratch = mem_array((size_t)threads, sizeof *job->scratch, err);
    for (int t = 0; job->scratch && t < threads; t++) {
        struct rank_scratch *s = &job->scratch[t];
        s->scores = mem_tensor((size_t)job->block * items, sizeof *s->scores, err);
        if (!s->scores)
            return -1;
        if (!job->candidates)
            continue;
        s->keys = mem_tensor(items, sizeof *s->keys, err);
        s->places = mem_array(items, sizeof *s->places, err);
        if (!s->keys || !s->places)
            return -1;
    }
    return job->scratch ? 0 : -1;
}

static void scratch_release(struct rank_job *job, int threads)
{
    for (int t = 0; job->scratch && t < threads; t++) {
        free(job->scratch[t].scores);
        free(job->scratch[t].keys);
        free(job->scratch[t].places);
    }
    free(job->scratch);
}

int rank_users_among(struct rankings *rankings, struct scorer scorer, const struct llmx_data *data,
                     enum llmx_part part, int k, int users_max, const struct candidates *candidates,
                     struct threads *pool, struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(data);
    const int threads = threads_count(pool);
    struct rank_job job = {.rankings = rankings,
                           .scorer = scorer,
                           .data = data,
                           .part = part,
                           .known = part == LLMX_TEST ? LLMX_TRAIN_VALID : LLMX_TRAIN,
                           .candidates = candidates,
                           .lock = PTHREAD_MUTEX_INITIALIZER};
    size_t fitting = BLOCK_BYTES / (items * sizeof(float) + 1);
    job.block = fitting < 1 ? 1 : fitting > BLOCK_USERS ? BLOCK_USERS : (int)fitting;
    *rankings = (struct rankings){0};
    int result = -1;
    if (scratch_create(&job, items, threads, err) != 0 ||
        choose_users(rankings, data, part, k, users_max, err) != 0)
        goto done;
    threads_for(pool, ((size_t)rankings->n + (size_t)job.block - 1) / (size_t)job.block, rank_block,
                &job);
    if (job.failed)
        err_set(err, job.error.code, "%s", job.error.message);
    else
        result = 0;
done:
    scratch_release(&job, threads);
    return result;
}

int rank_users(struct rankings *rankings, struct scorer scorer, const struct llmx_data *data,
               enum llmx_part part, int k, int users_max, struct threads *pool,
               struct llmx_error *err)
{
    return rank_users_among(rankings, scorer, data, part, k, users_max, NULL, pool, err);
}
