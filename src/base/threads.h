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

#include <stdatomic.h>
#include <stddef.h>

struct threads;

/* A pool of n threads (1 .. THREADS_MAX), the calling one among them; 0 takes one per usable core. */
#define THREADS_MAX 256
struct threads *threads_create(int n, struct llmx_error *err);
void threads_destroy(struct threads *pool);
int threads_count(const struct threads *pool);

/* How many cores this process may run on. */
int threads_cores(void);

/* Calls work(context, thread) once on each thread, 0 (the caller) to count-1, and returns when all have. */
void threads_run(struct threads *pool, void (*work)(void *context, int thread), void *context);

/* Calls work(context, block, thread) for every block 0 .. n-1, handed out in order to whoever is free.
 * `pool` may be NULL: the caller then does all of it as thread 0. */
void threads_for(struct threads *pool, size_t n,
                 void (*work)(void *context, size_t block, int thread), void *context);

/* A meeting point of `size` threads: spins briefly (a partner on a core of its own arrives within
 * microseconds), then sleeps. Everything written before it is seen by all after it. */
struct barrier {
    int size;
    _Atomic int waiting;
    _Atomic unsigned round;
};
void barrier_wait(struct barrier *barrier);

#endif
