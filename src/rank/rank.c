#include "rank/rank.h"

#include "base/memory.h"
#include "rank/candidates.h"
#include "rank/rank_tiles.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#define BLOCK_BYTES ((size_t)16 << 20) /* of scores a thread, at most */

struct rank_job {
    struct rankings *rankings;
    struct scorer scorer;
    const struct llmx_data *data;
    const struct rank_options *options;
    enum llmx_part known;
    int block; /* users */
    struct rank_scratch {
        float *scores;           /* (block, items) */
        float *keys;             /* (items) of candidates_keep */
        int32_t *places;         /* (items) the same */
        struct rank_tiles tiles; /* instead of all that, where scores are inner products */
    } * scratch;                 /* (threads) */
    bool has_tiles;              /* of scores; else whole rows of them */
    pthread_mutex_t lock;        /* of failed and error */
    int failed;
    struct llmx_error error;
};

/* One person's scores (items), nothing masked yet, make a row of the rankings. */
static int rank_scores(const struct rank_job *job, struct rank_scratch *scratch,
                       const struct llmx_person *person, int row, float *scores,
                       struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(job->data);
    const struct candidates *candidates = job->options->candidates;
    int n_known, n_relevant;
    const llmx_id *known = llmx_data_history(job->data, person->user, job->known, &n_known);
    const llmx_id *relevant = rankings_held(job->rankings, row, &n_relevant);
    for (int j = 0; j < n_known && !job->options->with_repeats; j++)
        scores[known[j]] = -INFINITY;
    if (candidates)
        candidates_keep(candidates, person->user, scores, items, relevant, n_relevant,
                        scratch->keys, scratch->places);
    return rank_one(job->rankings, row, job->data, scores, items, relevant, n_relevant, err);
}

static void rank_block(void *context, size_t number, int thread)
{
    struct rank_job *job = context;
    struct rankings *r = job->rankings;
    const llmx_id items = llmx_data_items(job->data);
    const int first = (int)number * job->block,
              n = r->n - first < job->block ? r->n - first : job->block;
    struct rank_scratch *scratch = &job->scratch[thread];
    struct llmx_person people[RANK_USERS_MAX];
    struct llmx_error error;
    for (int i = 0; i < n; i++) {
        people[i] = (struct llmx_person){.user = r->user[first + i], .as_of = LLMX_AS_OF_TRAIN};
        people[i].history =
            llmx_data_history(job->data, people[i].user,
                              job->scorer.is_sequential ? job->known : LLMX_TRAIN, &people[i].n);
    }
    int status = job->has_tiles
                     ? rank_tiles_block(&scratch->tiles, r, first, n, people, &error)
                     : job->scorer.score(job->scorer.model, people, n, scratch->scores, &error);
    for (int i = 0; i < n && !job->has_tiles && status == 0; i++)
        status = rank_scores(job, scratch, &people[i], first + i,
                             scratch->scores + (size_t)i * (size_t)items, &error);
    if (status == 0)
        return;
    pthread_mutex_lock(&job->lock);
    job->failed = 1;
    job->error = error;
    pthread_mutex_unlock(&job->lock);
}

/* The users with something in the part; of more than users_max > 0 every so-manieth. */
static int choose_users(struct rankings *r, const struct llmx_data *data,
                        const struct rank_options *options, struct llmx_error *err)
{
    const llmx_id users = llmx_data_users(data);
    const enum llmx_part part = options->part;
    const int users_max = options->users_max;
    int total = 0, n;
    for (llmx_id u = 0; u < users; u++) {
        llmx_data_history(data, u, part, &n);
        total += n > 0;
    }
    const int wanted = users_max > 0 && users_max < total ? users_max : total;
    if (rankings_create(r, wanted, options->k, err) != 0)
        return -1;
    int seen = 0, taken = 0;
    for (llmx_id u = 0; u < users && taken < wanted; u++) {
        llmx_data_history(data, u, part, &n);
        if (n > 0 && (int64_t)seen++ * wanted / total >= taken)
            r->user[taken++] = u;
    }
    return rankings_list_held(r, data, part, err);
}

/* How many items of a part the people of a block have, at most. */
static size_t most_items(const struct rank_job *job, enum llmx_part part)
{
    size_t most = 0, block = 0;
    for (int row = 0, n; row < job->rankings->n; row++) {
        if (row % job->block == 0)
            block = 0;
        llmx_data_history(job->data, job->rankings->user[row], part, &n);
        block += (size_t)n;
        most = block > most ? block : most;
    }
    return most;
}

static int scratch_create(struct rank_job *job, size_t items, int threads, struct llmx_error *err)
{
    const struct rank_options *o = job->options;
    const size_t targets = job->has_tiles ? most_items(job, o->part) : 0,
                 known = job->has_tiles ? most_items(job, job->known) : 0;
    job->scratch = mem_array((size_t)threads, sizeof *job->scratch, err);
    for (int t = 0; job->scratch && t < threads; t++) {
        struct rank_scratch *s = &job->scratch[t];
        if (job->has_tiles) {
            if (rank_tiles_create(&s->tiles, &job->scorer, job->data, job->known, !o->with_repeats,
                                  o->k, targets, known, err) != 0)
                return -1;
            continue;
        }
        s->scores = mem_tensor((size_t)job->block * items, sizeof *s->scores, err);
        if (!s->scores)
            return -1;
        if (!o->candidates)
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
        rank_tiles_release(&job->scratch[t].tiles);
    }
    free(job->scratch);
}

int rank_users_as(struct rankings *rankings, struct scorer scorer, const struct llmx_data *data,
                  const struct rank_options *options, struct threads *pool, struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(data);
    const int threads = threads_count(pool);
    struct rank_job job = {.rankings = rankings,
                           .scorer = scorer,
                           .data = data,
                           .options = options,
                           .known = options->part == LLMX_TEST ? LLMX_TRAIN_VALID : LLMX_TRAIN,
                           .has_tiles = scorer.person_rows && !options->candidates,
                           .lock = PTHREAD_MUTEX_INITIALIZER};
    size_t fitting = BLOCK_BYTES / (items * sizeof(float) + 1);
    if (job.has_tiles || fitting > RANK_USERS_MAX)
        fitting = RANK_USERS_MAX;
    job.block = fitting < 1 ? 1 : (int)fitting;
    *rankings = (struct rankings){0};
    int result = -1;
    if (choose_users(rankings, data, options, err) != 0 ||
        scratch_create(&job, items, threads, err) != 0)
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
    const struct rank_options options = {.part = part, .k = k, .users_max = users_max};
    return rank_users_as(rankings, scorer, data, &options, pool, err);
}
