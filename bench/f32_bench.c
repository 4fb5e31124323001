/* f32_bench.c - f32 products with packed weights (product/f32_panels.h) beside the processor's own fused multiply-adds
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
#include "product/ceiling.h"
#include "product/f32_panels.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS   5
#define MEMORY   ((size_t)384 << 20)
#define ROWS_MAX 512

struct load {
    int threads, rows, inner, columns, matrices, rounds;
    float *packed; /* (threads, matrices, packed) */
    float *x, **y, **scratch;
};

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
    const double gflops = ceiling_peak(threads, PEAK_F32).giga_per_s;
    double gb_per_s;
    if (ceiling_memory(&gb_per_s, threads, NULL) != 0)
        return 1;
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
