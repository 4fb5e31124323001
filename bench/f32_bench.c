/* f32_bench.c - f32 products with packed weights (kernel/f32_panels.h) beside the processor's own fused multiply-adds
 * and its memory.
 *
 *     make && cc -O2 -D_DEFAULT_SOURCE -Iinclude -Isrc bench/f32_bench.c build/objects.a -ldnnl -lgomp -lopenblas \
 *         -ljansson -lpcre2-8 -lutf8proc -lyaml -lcurl -lz -lm -pthread -o build/f32_bench
 *     LLMX_CPU=avx2 build/f32_bench [THREADS]
 */
#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "base/threads.h"
#include "kernel/f32_panels.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS   5
#define SUMS     12
#define STEPS    2000000
#define MEMORY   ((size_t)384 << 20)
#define ROWS_MAX 512

/* ---- the processor ---- */

/* Independent sums, so many that no multiply-add waits for another. */
#define LOOP(NAME, TARGET, VECTOR)                                                                 \
    TARGET static float NAME(void)                                                                 \
    {                                                                                              \
        VECTOR sum[SUMS], a = (VECTOR){0} + .5f, b = (VECTOR){0} + 1.0f;                           \
        for (int s = 0; s < SUMS; s++)                                                             \
            sum[s] = (VECTOR){0} + (float)s;                                                       \
        for (int i = 0; i < STEPS; i++) {                                                          \
            _Pragma("GCC unroll 16") for (int s = 0; s < SUMS; s++) sum[s] = sum[s] * a + b;       \
            __asm__ volatile("" : "+x"(a));                                                        \
        }                                                                                          \
        float all = 0;                                                                             \
        for (int s = 0; s < SUMS; s++)                                                             \
            all += sum[s][0];                                                                      \
        return all;                                                                                \
    }

typedef float lanes_4 __attribute__((vector_size(16)));
typedef float lanes_8 __attribute__((vector_size(32)));
typedef float lanes_16 __attribute__((vector_size(64)));
LOOP(multiply_add_4, , lanes_4)
LOOP(multiply_add_8, __attribute__((target("avx2,fma"))), lanes_8)
LOOP(multiply_add_16, __attribute__((target("avx512f"))), lanes_16)

static void run_peak(void *context, int thread)
{
    volatile float *sums = context;
    sums[thread * 16] = cpu()->has_avx512 ? multiply_add_16()
                        : cpu()->has_avx2 ? multiply_add_8()
                                          : multiply_add_4();
}

static double peak_gflops(struct threads *threads)
{
    const int lanes = cpu()->has_avx512 ? 16 : cpu()->has_avx2 ? 8 : 4;
    float *sums = mem_array((size_t)threads_count(threads) * 16, sizeof *sums, NULL);
    double best = 0;
    for (int i = 0; i < ROUNDS; i++) {
        const double start = clock_now_s();
        threads_run(threads, run_peak, sums);
        const double took = clock_now_s() - start;
        const double rate = 2.0 * SUMS * STEPS * lanes * threads_count(threads) / took / 1e9;
        best = rate > best ? rate : best;
    }
    free(sums);
    return best;
}

/* ---- the memory ---- */

struct load {
    int threads, rows, inner, columns, matrices, rounds;
    float *packed; /* (threads, matrices, packed) */
    float *x, **y, **scratch;
    _Atomic uint64_t sum;
};

static void read_memory(void *context, int thread)
{
    struct load *load = context;
    const size_t n = MEMORY / (size_t)load->threads / 4096 * 4096, part = n / 4;
    const char *start = (const char *)load->packed + (size_t)thread * n;
    uint64_t sum = 0, word;
    for (size_t i = 0; i + 64 <= part; i += 64)
        for (size_t stream = 0; stream < 4; stream++) {
            memcpy(&word, start + stream * part + i, sizeof word);
            sum += word;
        }
    load->sum += sum;
}

static double memory_gb_per_s(struct threads *threads, struct load *load)
{
    double best = 0;
    for (int i = 0; i < ROUNDS; i++) {
        const double start = clock_now_s();
        threads_run(threads, read_memory, load);
        const double rate = (double)MEMORY / (clock_now_s() - start) / 1e9;
        best = rate > best ? rate : best;
    }
    return best;
}

/* ---- products ---- */

static void multiply(void *context, int thread)
{
    struct load *load = context;
    const size_t floats = f32_panels_bytes(load->inner, load->columns) / sizeof(float);
    for (int i = 0; i < load->rounds; i++)
        for (int m = 0; m < load->matrices; m++)
            f32_panels_product(load->y[thread], load->x,
                               load->packed + (size_t)(thread * load->matrices + m) * floats,
                               load->rows, load->inner, load->columns, load->scratch[thread]);
}

/* Seconds of one product of each thread. */
static double product_s(struct threads *threads, struct load *load)
{
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        const double start = clock_now_s();
        threads_run(threads, multiply, load);
        const double took = clock_now_s() - start;
        best = took < best ? took : best;
    }
    return best / load->rounds / load->matrices;
}

/* Many rows: one matrix again and again. Few: as many matrices as fill MEMORY, so that all come from there. */
static void print_shape(struct threads *threads, struct load *load, double gflops, double gb_per_s)
{
    const size_t bytes = f32_panels_bytes(load->inner, load->columns);
    const int few = load->rows <= 8;
    load->matrices = few ? (int)(MEMORY / bytes / (size_t)load->threads) : 4;
    const double flops = 2.0 * load->rows * load->inner * load->columns;
    load->rounds = few ? 1 : (int)(3e9 / flops) + 1;
    const double s = product_s(threads, load), rate = flops * load->threads / s / 1e9;
    const double read = (double)bytes * load->threads / s / 1e9;
    printf("%4d x %4d x %4d  %6.1f GFLOP/s  %3.0f %%", load->rows, load->columns, load->inner, rate,
           100 * rate / gflops);
    if (few)
        printf("   %5.1f GB/s  %3.0f %%", read, 100 * read / gb_per_s);
    printf("\n");
}

int main(int argc, char **argv)
{
    static const int rows[] = {1, 2, 3, 4, 8, 16, 32, 64, 512};
    struct threads *threads = threads_create(argc > 1 ? atoi(argv[1]) : 0, NULL);
    if (!threads)
        return 1;
    struct load load = {.threads = threads_count(threads)};
    load.packed = mem_tensor(MEMORY, 1, NULL);
    mem_advise_large_pages(load.packed, MEMORY);
    for (size_t i = 0; i < MEMORY / sizeof(float); i++)
        load.packed[i] = (float)(i % 17) * .01f;
    load.x = mem_array((size_t)ROWS_MAX * 1536, sizeof *load.x, NULL);
    load.y = mem_array((size_t)load.threads, sizeof *load.y, NULL);
    load.scratch = mem_array((size_t)load.threads, sizeof *load.scratch, NULL);
    for (int i = 0; i < load.threads; i++) {
        load.y[i] = mem_tensor((size_t)ROWS_MAX * 1536, sizeof **load.y, NULL);
        load.scratch[i] = mem_tensor(F32_PANELS_SCRATCH, sizeof **load.scratch, NULL);
    }
    const double gflops = peak_gflops(threads), gb_per_s = memory_gb_per_s(threads, &load);
    printf("%s, %d threads: %.0f GFLOP/s of multiply-adds, %.1f GB/s of memory\n", cpu()->name,
           load.threads, gflops, gb_per_s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int turned = 0; turned < 2; turned++) {
            load.rows = rows[i];
            load.inner = turned ? 1536 : 576;
            load.columns = turned ? 576 : 1536;
            print_shape(threads, &load, gflops, gb_per_s);
        }
    return 0;
}
