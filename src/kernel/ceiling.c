#include "kernel/ceiling.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "kernel/product.h"
#include "llmxrec/bench.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS  7
#define ROWS    512
#define INNER   576
#define COLUMNS 1536
#define MEMORY  ((size_t)256 << 20)

struct products_job {
    struct matrix matrix;
    struct product_worker **workers; /* (threads) */
    void *x;                         /* (ROWS, INNER) */
    float **y;                       /* (threads) (PRODUCT_ROWS_MAX, COLUMNS) */
    size_t element;
};

static void multiply(void *context, int thread)
{
    struct products_job *job = context;
    for (int row = 0; row < ROWS; row += PRODUCT_ROWS_MAX)
        product_run(job->workers[thread], &job->matrix, 0,
                    (const char *)job->x + (size_t)row * INNER * job->element, job->y[thread],
                    PRODUCT_ROWS_MAX);
}

static int job_open(struct products_job *job, struct products *products, int threads, void *memory,
                    const float *values, struct llmx_error *err)
{
    if (matrix_place(&job->matrix, memory, err) != 0 ||
        matrix_pack(&job->matrix, 0, values, err) != 0 ||
        products_prepare(products, PRODUCT_ROWS_MAX, err) != 0)
        return -1;
    for (int i = 0; i < threads; i++) {
        job->y[i] = mem_tensor((size_t)PRODUCT_ROWS_MAX * COLUMNS, sizeof(float), err);
        if (!job->y[i] || product_worker_create(&job->workers[i], products, err) != 0)
            return -1;
    }
    return 0;
}

int ceiling_product(double *gflops, struct threads *threads, enum dtype type,
                    struct llmx_error *err)
{
    int n = threads_count(threads), result = -1;
    struct products *products = NULL;
    struct products_job job = {.element = dtype_block_bytes(type)};
    void *memory = NULL;
    float *values = mem_array((size_t)COLUMNS * INNER, sizeof *values, err);
    job.x = mem_array((size_t)ROWS * INNER, job.element, err);
    job.workers = mem_array((size_t)n, sizeof *job.workers, err);
    job.y = mem_array((size_t)n, sizeof *job.y, err);
    if (!values || !job.x || !job.workers || !job.y || products_create(&products, type, err) != 0 ||
        matrix_init(&job.matrix, products, INNER, COLUMNS, COLUMNS, 1, err) != 0 ||
        !(memory = mem_tensor(matrix_bytes(&job.matrix), 1, err)) ||
        job_open(&job, products, n, memory, values, err) != 0)
        goto done;
    *gflops = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = clock_now_s();
        threads_run(threads, multiply, &job);
        double rate = 2.0 * ROWS * INNER * COLUMNS * n / (clock_now_s() - start) / 1e9;
        *gflops = rate > *gflops ? rate : *gflops;
    }
    result = 0;
done:
    for (int i = 0; i < n; i++) {
        if (job.workers)
            product_worker_destroy(job.workers[i]);
        if (job.y)
            free(job.y[i]);
    }
    free(job.workers);
    free(job.y);
    free(job.x);
    free(values);
    matrix_release(&job.matrix);
    products_destroy(products);
    free(memory);
    return result;
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
        double start = clock_now_s();
        threads_run(threads, read_share, &reading);
        double rate = (double)MEMORY / (clock_now_s() - start) / 1e9;
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
    *ceilings = (struct llmx_ceilings){.threads = threads_count(pool)};
    snprintf(ceilings->processor, sizeof ceilings->processor, "%s", cpu()->name);
    int status = ceiling_product(&ceilings->f32_gflops, pool, DTYPE_F32, err);
    if (status == 0 && cpu()->has_avx512_bf16)
        status = ceiling_product(&ceilings->bf16_gflops, pool, DTYPE_BF16, err);
    if (status == 0)
        status = ceiling_memory(&ceilings->read_gb_s, pool, err);
    threads_destroy(pool);
    return status;
}
