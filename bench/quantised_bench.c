/* quantised_bench.c - quantised products beside what the processor (one thread) and the memory (all threads) can do, and
 * beside oneDNN's.
 *
 *     make && cc -O2 -D_DEFAULT_SOURCE -Iinclude -Isrc bench/quantised_bench.c build/objects.a -ldnnl -lgomp -lopenblas \
 *         -ljansson -lpcre2-8 -lutf8proc -lyaml -lcurl -lz -lm -pthread -o build/quantised_bench
 *     build/quantised_bench
 *     LLMX_CPU=avx2 ONEDNN_MAX_CPU_ISA=AVX2 build/quantised_bench
 *
 * x86-64 and oneDNN 2. Rates are billions of multiply-adds a second; a ceiling is the instruction set's own, out of
 * registers, measured in turns with the product. */
#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "product/ceiling.h"
#include "product/product_onednn.h"
#include "product/quantised_product.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 9
#define MEMORY ((size_t)128 << 20) /* of weights, for few rows: more than caches hold */

/* Multiply-adds a second of a loop that does nothing else. */
static double peak_rate(enum peak_type type)
{
    const long n = 50000;
    const struct peak peak = peak_of(type);
    double start = clock_now_s();
    peak.run(n);
    return peak.operations / 2 * (double)n / (clock_now_s() - start) / 1e9;
}

/* ---- one product ---- */

struct job {
    struct quantised w;
    char *rows;
    float *y;
    int n_rows, copies; /* of the weights, read in turn */
};

static void *memory(size_t bytes)
{
    void *p = mem_tensor(bytes, 1, NULL);
    if (!p)
        exit(1);
    memset(p, 0x11, bytes);
    return p;
}

static void job_open(struct job *job, enum dtype type, const int *shape, int is_from_memory)
{
    int inner = shape[2];
    *job = (struct job){.w = {type, inner, shape[1], NULL}, .n_rows = shape[0], .copies = 1};
    size_t bytes = quantised_bytes(&job->w);
    if (is_from_memory)
        job->copies = (int)(MEMORY / bytes);
    job->w.data = memory(bytes * (size_t)job->copies);
    job->y = memory((size_t)job->n_rows * (size_t)shape[1] * sizeof *job->y);
    float *x = memory((size_t)inner * sizeof *x);
    for (int i = 0; i < inner; i++)
        x[i] = (float)(i % 7 - 3);
    size_t row = quantised_row_bytes(inner);
    job->rows = memory((size_t)job->n_rows * row);
    for (int r = 0; r < job->n_rows; r++)
        quantised_row(job->rows + (size_t)r * row, x, inner);
    free(x);
}

static void job_close(struct job *job)
{
    free(job->w.data);
    free(job->y);
    free(job->rows);
}

/* Seconds of a product. */
static double job_run(const struct job *job)
{
    int n = (int)(2e8 / ((double)job->n_rows * job->w.columns * job->w.inner)) + 1;
    double start = clock_now_s();
    for (int i = 0; i < n; i++)
        quantised_product(job->y, &job->w, job->rows, job->n_rows);
    return (clock_now_s() - start) / n;
}

/* ---- oneDNN's u8 s8 -> s32 with packed weights, one scale for all ---- */

static void need(dnnl_status_t status)
{
    if (status != dnnl_success) {
        fprintf(stderr, "oneDNN: status %d\n", (int)status);
        exit(1);
    }
}

struct library {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_memory_t x, w, y;
    void *data[3];
};

static dnnl_memory_t library_memory(struct library *l, int i, const dnnl_memory_desc_t *desc)
{
    dnnl_memory_t handle;
    l->data[i] = memory(dnnl_memory_desc_get_size(desc));
    need(dnnl_memory_create(&handle, desc, l->engine, l->data[i]));
    return handle;
}

static void library_open(struct library *l, const int *shape)
{
    dnnl_memory_desc_t x, w, y;
    dnnl_matmul_desc_t matmul;
    dnnl_primitive_desc_t desc;
    need(dnnl_engine_create(&l->engine, dnnl_cpu, 0));
    need(dnnl_stream_create(&l->stream, l->engine, dnnl_stream_default_flags));
    need(dnnl_memory_desc_init_by_tag(&x, 2, (dnnl_dims_t){shape[0], shape[2]}, dnnl_u8, dnnl_ab));
    need(dnnl_memory_desc_init_by_tag(&w, 2, (dnnl_dims_t){shape[2], shape[1]}, dnnl_s8,
                                      dnnl_format_tag_any));
    need(dnnl_memory_desc_init_by_tag(&y, 2, (dnnl_dims_t){shape[0], shape[1]}, dnnl_s32, dnnl_ab));
    need(dnnl_matmul_desc_init(&matmul, &x, &w, NULL, &y));
    need(dnnl_primitive_desc_create(&desc, &matmul, NULL, l->engine, NULL));
    need(dnnl_primitive_create(&l->primitive, desc));
    l->x = library_memory(l, 0, &x);
    l->w = library_memory(l, 1, dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0));
    l->y = library_memory(l, 2, &y);
    dnnl_primitive_desc_destroy(desc);
}

static void library_close(struct library *l)
{
    dnnl_memory_destroy(l->x);
    dnnl_memory_destroy(l->w);
    dnnl_memory_destroy(l->y);
    dnnl_primitive_destroy(l->primitive);
    dnnl_stream_destroy(l->stream);
    dnnl_engine_destroy(l->engine);
    for (int i = 0; i < 3; i++)
        free(l->data[i]);
}

static double library_run(const struct library *l, const int *shape)
{
    int n = (int)(1e8 / ((double)shape[0] * shape[1] * shape[2])) + 1;
    double start = clock_now_s();
    for (int i = 0; i < n; i++) {
        need(dnnl_primitive_execute(l->primitive, l->stream, 3,
                                    (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, l->x},
                                                        {DNNL_ARG_WEIGHTS, l->w},
                                                        {DNNL_ARG_DST, l->y}}));
        need(dnnl_stream_wait(l->stream));
    }
    return (clock_now_s() - start) / n;
}

/* ---- the tables ---- */

static void raise_to(double *best, double value)
{
    *best = value > *best ? value : *best;
}

static void bench_many_rows(const int *shape)
{
    static const enum dtype types[] = {DTYPE_Q4_0, DTYPE_Q4_1, DTYPE_Q8_0};
    PRODUCT_ALONE;
    struct job jobs[3];
    struct library library;
    double products = (double)shape[0] * shape[1] * shape[2] / 1e9, dot = 0, best[4] = {0};
    library_open(&library, shape);
    for (int t = 0; t < 3; t++)
        job_open(&jobs[t], types[t], shape, 0);
    for (int round = 0; round < ROUNDS; round++) {
        raise_to(&dot, peak_rate(PEAK_INT8));
        for (int t = 0; t < 3; t++)
            raise_to(&best[t], products / job_run(&jobs[t]));
        raise_to(&best[3], products / library_run(&library, shape));
    }
    printf("%2d x %4d x %4d ", shape[0], shape[1], shape[2]);
    for (int t = 0; t < 4; t++)
        printf("  %5.1f (%2.0f %%)", best[t], 100 * best[t] / dot);
    printf("\n");
    for (int t = 0; t < 3; t++)
        job_close(&jobs[t]);
    library_close(&library);
}

/* Each thread its share of the copies of the weights, with results of its own. */
struct team {
    const struct job *job;
    float **y; /* (threads) */
    int threads;
};

static void run_share(void *context, int thread)
{
    const struct team *team = context;
    struct quantised w = team->job->w;
    size_t bytes = quantised_bytes(&w);
    for (int i = thread; i < team->job->copies; i += team->threads) {
        w.data = (char *)team->job->w.data + (size_t)i * bytes;
        quantised_product(team->y[thread], &w, team->job->rows, team->job->n_rows);
    }
}

static double weights_gb_per_s(const struct job *job, struct threads *threads)
{
    float *y[THREADS_MAX];
    struct team team = {job, y, threads_count(threads)};
    for (int i = 0; i < team.threads; i++)
        y[i] = memory((size_t)job->n_rows * (size_t)job->w.columns * sizeof **y);
    double start = clock_now_s();
    threads_run(threads, run_share, &team);
    double took = clock_now_s() - start;
    for (int i = 0; i < team.threads; i++)
        free(y[i]);
    return (double)quantised_bytes(&job->w) * job->copies / took / 1e9;
}

static void bench_few_rows(int rows, struct threads *threads)
{
    static const enum dtype types[] = {DTYPE_Q4_0, DTYPE_Q4_1, DTYPE_Q8_0};
    const int shape[] = {rows, 1536, 576};
    double read = 0, best[3] = {0};
    struct job jobs[3];
    for (int t = 0; t < 3; t++)
        job_open(&jobs[t], types[t], shape, 1);
    for (int round = 0; round < ROUNDS; round++) {
        double now;
        if (ceiling_memory(&now, threads, NULL) == 0)
            raise_to(&read, now);
        for (int t = 0; t < 3; t++)
            raise_to(&best[t], weights_gb_per_s(&jobs[t], threads));
    }
    printf("%2d x 1536 x  576 ", rows);
    for (int t = 0; t < 3; t++)
        printf("  %5.1f (%2.0f %%)", best[t], 100 * best[t] / read);
    printf("  %5.1f\n", read);
    for (int t = 0; t < 3; t++)
        job_close(&jobs[t]);
}

int main(void)
{
    static const int shapes[][3] = {{64, 1536, 576}, {64, 576, 1536}, {64, 576, 576},
                                    {64, 192, 576},  {32, 1536, 576}, {16, 1536, 576},
                                    {4, 1536, 576},  {1, 1536, 576}};
    printf("%s\n", cpu()->name);
    for (int i = 0; i < 2; i++) {
        const enum peak_type type = i == 0 ? PEAK_INT8 : PEAK_F32;
        printf("%-26s %6.1f\n", peak_of(type).name, peak_rate(type));
    }
    printf("\nrows x columns x inner     Q4_0          Q4_1          Q8_0        oneDNN u8s8s32\n");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        bench_many_rows(shapes[i]);
    struct threads *threads = threads_create(0, NULL);
    printf(
        "\nGB/s of weights            Q4_0          Q4_1          Q8_0        read, %d threads\n",
        threads_count(threads));
    for (int rows = 1; rows <= 16; rows *= 2)
        bench_few_rows(rows, threads);
    threads_destroy(threads);
    return 0;
}
