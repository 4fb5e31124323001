#include "product/ceiling.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "llmxrec/bench.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS  7
#define ROUND_S .01 /* of a round of multiplications: too short to be interrupted often */
#define MEMORY  ((size_t)256 << 20)

struct multiplying {
    struct peak peak;
    long n_rounds;
};

static void multiply(void *context, int thread)
{
    const struct multiplying *job = context;
    (void)thread;
    job->peak.run(job->n_rounds);
}

static double seconds(struct threads *threads, void (*work)(void *, int), void *context)
{
    double start = clock_now_s();
    threads_run(threads, work, context);
    return clock_now_s() - start;
}

struct llmx_ceiling ceiling_peak(struct threads *threads, enum peak_type type)
{
    struct multiplying job = {peak_of(type), 1};
    struct llmx_ceiling best = {0};
    if (!job.peak.name)
        return best;
    while (seconds(threads, multiply, &job) < ROUND_S)
        job.n_rounds *= 2;
    for (int round = 0; round < ROUNDS; round++) {
        double operations = job.peak.operations * (double)job.n_rounds * threads_count(threads);
        double rate = operations / seconds(threads, multiply, &job) / 1e9;
        best.giga_per_s = rate > best.giga_per_s ? rate : best.giga_per_s;
    }
    snprintf(best.instructions, sizeof best.instructions, "%s", job.peak.name);
    return best;
}

struct memory_reading {
    const char *memory;
    int threads;
    _Atomic uint64_t sum; /* so that the reads are not left out */
};

/* Four streams at once keep more reads in flight than one. */
static void read_share(void *context, int thread)
{
    struct memory_reading *reading = context;
    size_t n = MEMORY / (size_t)reading->threads / 4096 * 4096, quarter = n / 4;
    const char *start = reading->memory + (size_t)thread * n;
    uint64_t sum = 0, word;
    for (size_t i = 0; i + 64 <= quarter; i += 64)
        for (size_t stream = 0; stream < 4; stream++) {
            memcpy(&word, start + stream * quarter + i, sizeof word);
            sum += word;
        }
    reading->sum += sum;
}

int ceiling_memory(double *gb_per_s, struct threads *threads, struct llmx_error *err)
{
    char *memory = mem_tensor(MEMORY, 1, err);
    if (!memory)
        return -1;
    memset(memory, 1, MEMORY);
    struct memory_reading reading = {.memory = memory, .threads = threads_count(threads)};
    *gb_per_s = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double rate = (double)MEMORY / seconds(threads, read_share, &reading) / 1e9;
        *gb_per_s = rate > *gb_per_s ? rate : *gb_per_s;
    }
    free(memory);
    return 0;
}

int llmx_ceilings(struct llmx_ceilings *ceilings, int threads, struct llmx_error *err)
{
    struct threads *pool = threads_create(threads, err);
    if (!pool)
        return -1;
    *ceilings = (struct llmx_ceilings){.threads = threads_count(pool),
                                       .f32 = ceiling_peak(pool, PEAK_F32),
                                       .bf16 = ceiling_peak(pool, PEAK_BF16),
                                       .int8 = ceiling_peak(pool, PEAK_INT8)};
    snprintf(ceilings->processor, sizeof ceilings->processor, "%s", cpu()->name);
    int status = ceiling_memory(&ceilings->read_gb_s, pool, err);
    threads_destroy(pool);
    return status;
}
