/* threads.h - a pool of threads that share coarse work and wait passively, after a few microseconds of spinning.
 *
 *     struct threads *pool = threads_create(2, &err);
 *     threads_for(pool, n_blocks, score_block, &job);      each block once, on whichever thread is free
 *     threads_run(pool, worker_main, &engine);             once on every thread, at the same time
 *
 * These machines are shared: a thread may lose its core at any moment, so nothing here spins for long. */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

#include "base/err.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct threads;

#define THREADS_MAX 256

/* How many threads are meant by a number that a user chose, in every command and every part of the library: 0 is one
 * per core that this process may run on (its affinity and its container's share), THREADS_MAX at most; more than
 * THREADS_MAX, or fewer than 0, is LLMX_BAD_OPTION and -1. No result depends on it.
 * LLMX_CORES=512 in the environment stands for a machine of so many cores, for tests (as LLMX_CPU does in cpu.h). */
int threads_meant(int asked, struct llmx_error *err);

/* A pool of so many threads (threads_meant), the calling one among them. */
struct threads *threads_create(int asked, struct llmx_error *err);
void threads_destroy(struct threads *pool);
int threads_count(const struct threads *pool);

/* Calls work(context, thread) once on each thread, 0 (the caller) to count-1, and returns when all have. */
void threads_run(struct threads *pool, void (*work)(void *context, int thread), void *context);

/* Calls work(context, block, thread) for every block 0 .. n-1, handed out in order to whoever is free.
 * `pool` may be NULL: the caller then does all of it as thread 0. */
void threads_for(struct threads *pool, size_t n,
                 void (*work)(void *context, size_t block, int thread), void *context);

/* One piece of work on a thread of its own, while the caller does another.
 *
 *     aside_begin(&aside, is_large, open_facts, &facts);
 *     ...
 *     aside_end(&aside);                     the facts are open
 */
struct aside {
    void (*work)(void *context);
    void *context;
    pthread_t thread;
    bool is_running; /* there is such a thread */
};

/* Begins the work where it is worth a thread and one can be had; aside_end does it otherwise. */
void aside_begin(struct aside *aside, bool is_worth_it, void (*work)(void *context), void *context);
void aside_end(struct aside *aside);

/* A meeting point of `size` threads: spins briefly (a partner on a core of its own arrives within
 * microseconds), then sleeps. Everything written before it is seen by all after it. */
struct barrier {
    int size;
    _Atomic int waiting;
    _Atomic unsigned round;
};
void barrier_wait(struct barrier *barrier);

#endif
