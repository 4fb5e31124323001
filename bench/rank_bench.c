/* rank_bench.c - ranking 20,000 items for 10,000 users by embeddings of 64 numbers: scores, history masked, the best
 * 20, and where the held-out item stands. The interactions (50 a user, made up) are written to FILE.inter, so that
 * another program can do the same.
 *
 *     make && cc -O2 -D_DEFAULT_SOURCE -Iinclude -Isrc bench/rank_bench.c build/objects.a -ldnnl -lgomp -lopenblas \
 *         -ljansson -lpcre2-8 -lutf8proc -lyaml -lcurl -lz -lm -pthread -o build/rank_bench
 *     build/rank_bench FILE.inter [THREADS]
 */
#include "base/clock.h"
#include "base/rng.h"
#include "rank/rank.h"
#include "recommend/factors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USERS  10000
#define ITEMS  20000
#define EACH   50 /* interactions a user */
#define DIM    64
#define ROUNDS 5

struct factors {
    float *user, *item; /* (USERS, DIM), (ITEMS, DIM) */
};

static int write_rows(const void *model, const struct llmx_person *people, int n, float *rows,
                      struct llmx_error *err)
{
    const struct factors *f = model;
    (void)err;
    for (int i = 0; i < n; i++)
        memcpy(rows + i * DIM, f->user + people[i].user * DIM, DIM * sizeof *rows);
    return 0;
}

static const float *item_rows(const void *model, int *dim)
{
    *dim = DIM;
    return ((const struct factors *)model)->item;
}

static int score(const void *model, const struct llmx_person *people, int n, float *scores,
                 struct llmx_error *err)
{
    const struct factors *f = model;
    return factors_score(model, write_rows, f->item, ITEMS, DIM, people, n, scores, err);
}

/* The first lines name every item once, so that all are in the catalogue. */
static int write_interactions(const char *path)
{
    struct rng rng = rng_stream(1, RNG_SAMPLING, 0);
    FILE *f = fopen(path, "w");
    if (!f)
        return -1;
    fputs("user_id:token\titem_id:token\ttimestamp:float\n", f);
    for (int i = 0; i < USERS * EACH; i++) {
        const uint32_t item = i < ITEMS ? (uint32_t)i : rng_below(&rng, ITEMS);
        fprintf(f, "%d\t%u\t%d\n", i % USERS, (unsigned)item, i / USERS);
    }
    return fclose(f);
}

static void fill(float *x, int n, uint64_t stream)
{
    struct rng rng = rng_stream(1, RNG_INIT, stream);
    for (int i = 0; i < n; i++)
        x[i] = (float)rng_normal(&rng);
}

int main(int argc, char **argv)
{
    static float users[USERS * DIM], items[ITEMS * DIM];
    const struct factors factors = {users, items};
    struct llmx_data *data = NULL;
    struct llmx_error err = {.message = "usage: rank_bench FILE.inter [THREADS]"};
    struct threads *pool = threads_create(argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0, &err);
    fill(users, USERS * DIM, 0);
    fill(items, ITEMS * DIM, 1);
    int failed = argc < 2 || !pool || write_interactions(argv[1]) != 0 ||
                 llmx_data_open(&data, argv[1], NULL, &err) != 0;
    for (int round = 0; !failed && round < ROUNDS; round++) {
        struct rankings rankings;
        const double start = clock_now_s();
        failed =
            rank_users(&rankings, (struct scorer){score, &factors, false, write_rows, item_rows},
                       data, LLMX_TEST, 20, 0, pool, &err);
        printf("%d users in %.3f s\n", rankings.n, clock_now_s() - start);
        rankings_release(&rankings);
    }
    if (failed)
        fprintf(stderr, "%s\n", err.message);
    llmx_data_destroy(data);
    threads_destroy(pool);
    return failed ? 1 : 0;
}
