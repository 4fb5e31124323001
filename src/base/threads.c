#define _GNU_SOURCE
#include "base/threads.h"

#include "base/memory.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct threads {
    int count;
    pthread_t *handles;       /* (count - 1) */
    pthread_mutex_t run_lock; /* one threads_run at a time */
    pthread_mutex_t lock;
    pthread_cond_t start, finished;
    unsigned round;  /* counts threads_run calls */
    int next_number; /* numbers handed out at thread start */
    int busy;        /* threads that have not finished this round */
    bool stopping;
    void (*work)(void *context, int thread);
    void *context;
};

static void *thread_main(void *argument)
{
    struct threads *pool = argument;
    pthread_mutex_lock(&pool->lock);
    int number = ++pool->next_number;
    for (unsigned seen = 0;; seen = pool->round) {
        while (pool->round == seen && !pool->stopping)
            pthread_cond_wait(&pool->start, &pool->lock);
        if (pool->stopping)
            break;
        pthread_mutex_unlock(&pool->lock);
        pool->work(pool->context, number);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->finished);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

int threads_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    return 1;
}

struct threads *threads_create(int n, struct llmx_error *err)
{
    if (n == 0)
        n = threads_cores();
    if (n < 1 || n > THREADS_MAX) {
        err_set(err, LLMX_BAD_OPTION, "%d threads: choose 1 to %d, or 0 for one per core", n,
                THREADS_MAX);
        return NULL;
    }
    struct threads *pool = mem_array(1, sizeof *pool, err);
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->run_lock, NULL);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->start, NULL);
    pthread_cond_init(&pool->finished, NULL);
    pool->count = 1;
    pool->handles = mem_array((size_t)n, sizeof *pool->handles, err);
    for (; pool->handles && pool->count < n; pool->count++) {
        if (pthread_create(&pool->handles[pool->count - 1], NULL, thread_main, pool) != 0) {
            err_set(err, LLMX_IO, "cannot start thread %d of %d; use --threads %d", pool->count + 1,
                    n, pool->count);
            break;
        }
    }
    if (pool->handles && pool->count == n)
        return pool;
    threads_destroy(pool);
    return NULL;
}

void threads_destroy(struct threads *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->count - 1; i++)
        pthread_join(pool->handles[i], NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->start);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->run_lock);
    free(pool->handles);
    free(pool);
}

int threads_count(const struct threads *pool)
{
    return pool ? pool->count : 1;
}

void threads_run(struct threads *pool, void (*work)(void *context, int thread), void *context)
{
    if (threads_count(pool) == 1) {
        work(context, 0);
        return;
    }
    pthread_mutex_lock(&pool->run_lock);
    pthread_mutex_lock(&pool->lock);
    pool->work = work;
    pool->context = context;
    pool->busy = pool->count - 1;
    pool->round++;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    work(context, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->busy > 0)
        pthread_cond_wait(&pool->finished, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    pthread_mutex_unlock(&pool->run_lock);
}

struct for_job {
    void (*work)(void *context, size_t block, int thread);
    void *context;
    size_t n;
    _Atomic size_t next;
};

static void for_thread(void *argument, int thread)
{
    struct for_job *job = argument;
    for (size_t block; (block = atomic_fetch_add(&job->next, 1)) < job->n;)
        job->work(job->context, block, thread);
}

void threads_for(struct threads *pool, size_t n,
                 void (*work)(void *context, size_t block, int thread), void *context)
{
    struct for_job job = {.work = work, .context = context, .n = n};
    if (n <= 1 || threads_count(pool) == 1)
        for_thread(&job, 0);
    else
        threads_run(pool, for_thread, &job);
}

#define BARRIER_SPINS                                                                              \
    2000 /* about 20 microseconds: longer than any fair skew, shorter than losing a core */

void barrier_wait(struct barrier *barrier)
{
    if (barrier->size <= 1)
        return;
    unsigned round = atomic_load(&barrier->round);
    if (atomic_fetch_add(&barrier->waiting, 1) == barrier->size - 1) {
        atomic_store(&barrier->waiting, 0);
        atomic_fetch_add(&barrier->round, 1);
        syscall(SYS_futex, &barrier->round, FUTEX_WAKE_PRIVATE, barrier->size, NULL, NULL, 0);
        return;
    }
    for (int i = 0; i < BARRIER_SPINS; i++) {
        if (atomic_load_explicit(&barrier->round, memory_order_acquire) != round)
            return;
        __builtin_ia32_pause();
    }
    while (atomic_load(&barrier->round) == round)
        syscall(SYS_futex, &barrier->round, FUTEX_WAIT_PRIVATE, round, NULL, NULL, 0);
}
