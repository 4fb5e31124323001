#define _GNU_SOURCE
#include "base/threads.h"

#include "base/memory.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct threads {
    int count;
    pthread_t *handles;       /* (count - 1) */
    pthread_mutex_t run_lock; /* one threads_run at a time */
    void (*work)(void *context, int thread);
    void *context;
    _Atomic int next_number; /* numbers handed out at thread start */
    _Atomic unsigned round;  /* counts threads_run calls; what idle threads watch */
    _Atomic unsigned busy;   /* threads that have not finished this round */
    bool stopping;
};

/* Waking a sleeper takes tens of microseconds, so who waits spins first. In pauses:
 * a pool's, about 6 microseconds, are what the end of a block or a caller's few lines between two sections take (where
 * both threads have but one core, six sections in two milliseconds then cost 5 %);
 * a barrier's, about 25, are longer than any fair skew and shorter than losing a core. */
#define POOL_SPINS    500
#define BARRIER_SPINS 2000

static void spin(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

/* Returns once *word is no longer `value`. Its changer calls wake. */
static void wait_while(_Atomic unsigned *word, unsigned value, int spins)
{
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != value)
            return;
        spin();
    }
    while (atomic_load(word) == value)
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(_Atomic unsigned *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, THREADS_MAX, NULL, NULL, 0);
}

static void *thread_main(void *argument)
{
    struct threads *pool = argument;
    const int number = atomic_fetch_add(&pool->next_number, 1) + 1;
    for (unsigned round = 0;; round++) {
        wait_while(&pool->round, round, POOL_SPINS);
        if (pool->stopping)
            return NULL;
        pool->work(pool->context, number);
        if (atomic_fetch_sub(&pool->busy, 1) == 1)
            wake(&pool->busy);
    }
}

/* Everything written before it is seen by the threads that it lets go. */
static void begin_round(struct threads *pool)
{
    atomic_fetch_add(&pool->round, 1);
    wake(&pool->round);
}

/* The cores of the affinity mask, which may be longer than a cpu_set_t. */
static int cores_allowed(void)
{
    int cores = 0;
    for (size_t most = CPU_SETSIZE; cores == 0 && most <= 1 << 20; most *= 2) {
        cpu_set_t *set = CPU_ALLOC(most);
        const size_t size = CPU_ALLOC_SIZE(most);
        if (!set)
            break;
        const int failed = sched_getaffinity(0, size, set);
        cores = failed ? 0 : CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (failed && errno != EINVAL) /* EINVAL: too short */
            break;
    }
    return cores > 0 ? cores : 1;
}

/* The cores' worth of time that a container is given, rounded up; INT_MAX: no limit. */
static int cores_granted(void)
{
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "r"); /* "200000 100000": microseconds, of so many */
    long time = 0, of = 0;
    const bool is_limited = f && fscanf(f, "%ld %ld", &time, &of) == 2 && time > 0 && of > 0;
    if (f)
        fclose(f);
    return is_limited && time / of < INT_MAX ? (int)((time + of - 1) / of) : INT_MAX;
}

static int cores(void)
{
    const char *pretended = getenv("LLMX_CORES");
    const long n = pretended ? strtol(pretended, NULL, 10) : 0;
    if (n > 0)
        return n < INT_MAX ? (int)n : INT_MAX;
    const int allowed = cores_allowed(), granted = cores_granted();
    return allowed < granted ? allowed : granted;
}

int threads_meant(int asked, struct llmx_error *err)
{
    if (asked < 0 || asked > THREADS_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d threads: choose 1 to %d, or 0 for one per core",
                       asked, THREADS_MAX);
    if (asked > 0)
        return asked;
    const int n = cores();
    return n < THREADS_MAX ? n : THREADS_MAX;
}

struct threads *threads_create(int asked, struct llmx_error *err)
{
    const int n = threads_meant(asked, err);
    if (n < 0)
        return NULL;
    struct threads *pool = mem_array(1, sizeof *pool, err);
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->run_lock, NULL);
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
    pool->stopping = true;
    begin_round(pool);
    for (int i = 0; i < pool->count - 1; i++)
        pthread_join(pool->handles[i], NULL);
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
    pool->work = work;
    pool->context = context;
    pool->busy = (unsigned)pool->count - 1;
    begin_round(pool);
    work(context, 0);
    for (unsigned busy; (busy = atomic_load(&pool->busy)) > 0;)
        wait_while(&pool->busy, busy, POOL_SPINS);
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

static void *aside_main(void *argument)
{
    const struct aside *aside = argument;
    aside->work(aside->context);
    return NULL;
}

void aside_begin(struct aside *aside, bool is_worth_it, void (*work)(void *context), void *context)
{
    *aside = (struct aside){.work = work, .context = context};
    aside->is_running = is_worth_it && pthread_create(&aside->thread, NULL, aside_main, aside) == 0;
}

void aside_end(struct aside *aside)
{
    if (aside->is_running)
        pthread_join(aside->thread, NULL);
    else
        aside->work(aside->context);
}

void barrier_wait(struct barrier *barrier)
{
    if (barrier->size <= 1)
        return;
    const unsigned round = atomic_load(&barrier->round);
    if (atomic_fetch_add(&barrier->waiting, 1) == barrier->size - 1) {
        atomic_store(&barrier->waiting, 0);
        atomic_fetch_add(&barrier->round, 1);
        wake(&barrier->round);
    } else {
        wait_while(&barrier->round, round, BARRIER_SPINS);
    }
}
