#include "statistics/naive_bayes.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* From counts of rows with each bit, `weight`, and of rows, `base`, to logarithms. */
static void take_logarithms(struct naive_bayes *m, size_t n)
{
    for (int k = 0; k < m->n_classes; k++) {
        const double rows = m->base[k];
        double base = rows > 0 ? log(rows / (double)n) : -INFINITY;
        for (int f = 0; f < m->n_bits; f++) {
            double *weight = &m->weight[(size_t)k * (size_t)m->n_bits + (size_t)f];
            const double p = (*weight + 1) / (rows + 2);
            base += log1p(-p);
            *weight = log(p) - log1p(-p);
        }
        m->base[k] = base;
    }
}

int naive_bayes_fit(struct naive_bayes *m, const struct bit_rows *rows, const size_t *chosen,
                    const int32_t *label, size_t n, int n_classes, struct llmx_error *err)
{
    *m = (struct naive_bayes){.n_classes = n_classes, .n_bits = rows->n_bits};
    if (n == 0)
        return err_set(err, LLMX_BAD_INPUT, "no rows to learn from");
    m->base = mem_array((size_t)n_classes, sizeof *m->base, err);
    m->weight =
        m->base ? mem_array((size_t)n_classes * (size_t)m->n_bits, sizeof *m->weight, err) : NULL;
    if (!m->weight) {
        naive_bayes_release(m);
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        double *weight = m->weight + (size_t)label[i] * (size_t)m->n_bits;
        m->base[label[i]]++;
        for (size_t j = rows->start[chosen[i]]; j < rows->start[chosen[i] + 1]; j++)
            weight[rows->bit[j]]++;
    }
    take_logarithms(m, n);
    return 0;
}

void naive_bayes_release(struct naive_bayes *m)
{
    free(m->base);
    free(m->weight);
    *m = (struct naive_bayes){0};
}

int naive_bayes_predict(const struct naive_bayes *m, const struct bit_rows *rows, size_t row,
                        double *logprob)
{
    int best = 0;
    for (int k = 0; k < m->n_classes; k++) {
        logprob[k] = m->base[k];
        for (size_t j = rows->start[row]; j < rows->start[row + 1]; j++)
            logprob[k] += m->weight[(size_t)k * (size_t)m->n_bits + (size_t)rows->bit[j]];
        if (logprob[k] > logprob[best])
            best = k;
    }
    double sum = 0;
    const double most = logprob[best];
    for (int k = 0; k < m->n_classes; k++)
        sum += exp(logprob[k] - most);
    for (int k = 0; k < m->n_classes; k++)
        logprob[k] -= most + log(sum);
    return best;
}
