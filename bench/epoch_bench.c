/* epoch_bench.c - how long an epoch of a recommender takes, by the clock and in processor time (all threads together,
 * which other programs on the machine disturb less).
 *
 *     make && cc -O2 -D_DEFAULT_SOURCE -Iinclude -Isrc bench/epoch_bench.c build/objects.a -ldnnl -lgomp -lopenblas \
 *         -ljansson -lpcre2-8 -lutf8proc -lyaml -lcurl -lz -lm -pthread -o build/epoch_bench
 *     build/epoch_bench DATA MODEL [THREADS [EPOCHS]]
 */
#include "llmxrec/llmxrec.h"
#include "recommend/recommender.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EPOCHS_MAX 1000

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *what, double *times, int n)
{
    qsort(times, (size_t)n, sizeof *times, ascending);
    printf("  %s %.4f s at best, %.4f at the median\n", what, times[0], times[n / 2]);
}

static int measure(const struct recommender *row, struct llmx_data *data, int threads, int epochs,
                   struct llmx_error *err)
{
    static double wall[EPOCHS_MAX], processor[EPOCHS_MAX];
    struct llmx_train_options options = llmx_train_defaults(row->name);
    struct epoch_result result;
    struct threads *pool = threads_create(threads, err);
    void *model = NULL;
    int status =
        pool ? row->create(&model, llmx_data_users(data), llmx_data_items(data), &options, err)
             : -1;
    if (status == 0)
        status = row->begin(model, data, &options, pool, err);
    for (int e = 0; status == 0 && e < epochs; e++) {
        wall[e] = seconds(CLOCK_MONOTONIC);
        processor[e] = seconds(CLOCK_PROCESS_CPUTIME_ID);
        status = row->epoch(model, e + 1, pool, &result, err);
        wall[e] = seconds(CLOCK_MONOTONIC) - wall[e];
        processor[e] = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor[e];
    }
    if (status == 0) {
        printf("%s: %zu examples an epoch, loss %.6f after %d, %d threads\n", row->name,
               result.examples, result.loss, epochs, threads_count(pool));
        print_times("wall     ", wall, epochs);
        print_times("processor", processor, epochs);
    }
    row->destroy(model);
    threads_destroy(pool);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const int threads = argc > 3 ? atoi(argv[3]) : 2, epochs = argc > 4 ? atoi(argv[4]) : 10;
    struct llmx_data *data = NULL;
    struct llmx_error err;
    openblas_set_num_threads(1);
    const struct recommender *row = recommender_find(argv[2], &err);
    if (epochs < 1 || epochs > EPOCHS_MAX || !row ||
        llmx_data_open(&data, argv[1], NULL, &err) != 0 ||
        measure(row, data, threads, epochs, &err) != 0) {
        fprintf(stderr, "epoch_bench: %s\n",
                epochs < 1 || epochs > EPOCHS_MAX ? "1 to 1000 epochs" : err.message);
        return 1;
    }
    llmx_data_destroy(data);
    return 0;
}
