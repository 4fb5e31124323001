/* adjust.c - p values of many tests, corrected for their number. */
#include "base/err.h"
#include "base/memory.h"
#include "llmxrec/statistics.h"

#include <stdlib.h>

struct ranked {
    double p;
    size_t test;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

/* The tests by rising p: free() them. */
static struct ranked *rank_tests(const double *p, size_t m, struct llmx_error *err)
{
    struct ranked *ranked = mem_array(m, sizeof *ranked, err);
    if (!ranked)
        return NULL;
    for (size_t i = 0; i < m; i++) {
        if (!(p[i] >= 0 && p[i] <= 1)) {
            free(ranked);
            err_set(err, LLMX_BAD_INPUT, "p value %zu is not from 0 to 1", i + 1);
            return NULL;
        }
        ranked[i] = (struct ranked){p[i], i};
    }
    qsort(ranked, m, sizeof *ranked, compare_ranked);
    return ranked;
}

int llmx_adjust_holm(const double *p, size_t m, double *adjusted, struct llmx_error *err)
{
    struct ranked *ranked = rank_tests(p, m, err);
    if (!ranked)
        return -1;
    double most = 0; /* none is smaller than that of a smaller p */
    for (size_t i = 0; i < m; i++) {
        const double value = ranked[i].p * (double)(m - i);
        most = value > most ? value : most;
        adjusted[ranked[i].test] = most < 1 ? most : 1;
    }
    free(ranked);
    return 0;
}

int llmx_adjust_hochberg(const double *p, size_t m, double *adjusted, struct llmx_error *err)
{
    struct ranked *ranked = rank_tests(p, m, err);
    if (!ranked)
        return -1;
    double least = 1; /* none is larger than that of a larger p */
    for (size_t i = m; i-- > 0;) {
        const double value = ranked[i].p * (double)m / (double)(i + 1);
        least = value < least ? value : least;
        adjusted[ranked[i].test] = least;
    }
    free(ranked);
    return 0;
}
