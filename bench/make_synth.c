/* make_synth.c - a large made-up interaction log, the same bytes for the same size: 50 interactions a user on average
 * over 20,000 items, so that 5,000,000 are 100,000 users.
 *
 *     cc -std=c17 -O2 -Isrc bench/make_synth.c -lm -o build/make_synth
 *     build/make_synth 5000000 >build/synth-5000000.inter
 *
 * Activity of users: log-normal (mu 0, sigma 0.9), scaled to the size asked for, at least 5 and at most 2,000 items.
 * Popularity of items: p(rank r) ~ 1 / (r + 20)^0.9, ranks permuted over the items. Users and items fall into 20 clusters
 * each; items of the user's own are e^1.5 times as likely, so that there is something to learn. A user's items are
 * drawn without replacement (drawing again what is there already: the same as taking the best of p with Gumbel noise),
 * then shuffled; times count 0, 1, 2, … */
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>

enum { ITEMS = 20000, CLUSTERS = 20, MEAN = 50, LEAST = 5, MOST = 2000 };

static const uint64_t seed = 20240607;

/* degree (users): how many items each takes, `interactions` in all. */
static void draw_degrees(int *degree, int users, long interactions)
{
    double *weight = malloc((size_t)users * sizeof *weight), sum = 0;
    struct rng rng = rng_stream(seed, RNG_INIT, 0);
    long left = interactions;
    if (!weight)
        abort();
    for (int u = 0; u < users; u++)
        sum += weight[u] = exp(0.9 * rng_normal(&rng));
    for (int u = 0; u < users; u++) {
        const double d = weight[u] * ((double)interactions / sum);
        degree[u] = d < LEAST ? LEAST : d > MOST ? MOST : (int)d;
        left -= degree[u];
    }
    while (left != 0) /* what rounding and the bounds took or gave, one each */
        for (int u = 0; u < users && left != 0; u++) {
            const int step = left > 0 ? degree[u] < MOST : -(degree[u] > LEAST);
            degree[u] += step;
            left -= step;
        }
    free(weight);
}

/* below (CLUSTERS, ITEMS): the sum of the weights of items 0 .. i, for users of each cluster. */
static void sum_weights(double *below)
{
    static double popularity[ITEMS];
    struct rng rng = rng_stream(seed, RNG_INIT, 1), clusters = rng_stream(seed, RNG_INIT, 2);
    static int cluster[ITEMS];
    for (int i = 0; i < ITEMS; i++) { /* a permutation, built from inside out */
        const int j = (int)rng_below(&rng, (uint32_t)i + 1);
        popularity[i] = popularity[j];
        popularity[j] = pow(i + 20.0, -0.9);
        cluster[i] = (int)rng_below(&clusters, CLUSTERS);
    }
    for (int c = 0; c < CLUSTERS; c++) {
        double sum = 0;
        for (int i = 0; i < ITEMS; i++)
            below[c * ITEMS + i] = sum += popularity[i] * (cluster[i] == c ? exp(1.5) : 1);
    }
}

static int draw_item(const double *below, struct rng *rng)
{
    const double wanted = rng_uniform(rng) * below[ITEMS - 1];
    int low = 0, high = ITEMS - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (below[middle] <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void write_user(int user, int degree, const double *below)
{
    static int taken_by[ITEMS]; /* user + 1 */
    int items[MOST], n = 0;
    struct rng rng = rng_stream(seed, RNG_SAMPLING, (uint64_t)user);
    const double *own = below + (size_t)rng_below(&rng, CLUSTERS) * ITEMS;
    while (n < degree) {
        const int item = draw_item(own, &rng);
        if (taken_by[item] == user + 1)
            continue;
        taken_by[item] = user + 1;
        items[n++] = item;
    }
    for (int i = 0; i < n; i++) {
        const int j = i + (int)rng_below(&rng, (uint32_t)(n - i)), chosen = items[j];
        items[j] = items[i];
        items[i] = chosen;
        printf("%d\t%d\t%d\n", user, chosen, i);
    }
}

int main(int argc, char **argv)
{
    const long interactions = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (interactions < MEAN || interactions > 2000000000) {
        fprintf(stderr, "usage: make_synth INTERACTIONS >FILE.inter   (at least %d)\n", MEAN);
        return 2;
    }
    const int users = (int)(interactions / MEAN);
    int *degree = malloc((size_t)users * sizeof *degree);
    double *below = malloc(sizeof *below * CLUSTERS * ITEMS);
    if (!degree || !below)
        abort();
    draw_degrees(degree, users, interactions);
    sum_weights(below);
    puts("user_id:token\titem_id:token\ttimestamp:float");
    for (int u = 0; u < users; u++)
        write_user(u, degree[u], below);
    free(degree);
    free(below);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("make_synth");
        return 1;
    }
    return 0;
}
