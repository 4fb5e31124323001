/* adam.h - Adam (Kingma & Ba 2015) on the rows of an embedding that a batch touches.
 *
 * A row without a gradient stays as it is, moments included, and a row with one is updated as in
 * torch.optim.SparseAdam: step counts are those of the batches. So a step costs what it touches, not the
 * catalogue, and equals the dense Adam of RecBole wherever a row is touched in every batch. */
#ifndef RECOMMEND_ADAM_H
#define RECOMMEND_ADAM_H

#include <math.h>
#include <stdint.h>

struct adam {
    float beta1, beta2, epsilon;
    float rate;         /* learning rate / (1 - beta1^t) */
    float second_scale; /* 1 / sqrt(1 - beta2^t) */
};

/* The constants of step t (from 1), with torch's defaults. */
static inline struct adam adam_at(double learning_rate, uint64_t t)
{
    return (struct adam){.beta1 = 0.9f,
                         .beta2 = 0.999f,
                         .epsilon = 1e-8f,
                         .rate = (float)(learning_rate / (1 - pow(0.9, (double)t))),
                         .second_scale = (float)(1 / sqrt(1 - pow(0.999, (double)t)))};
}

/* row, first, second, gradient: (n). */
static inline void adam_row(const struct adam *a, float *restrict row, float *restrict first,
                            float *restrict second, const float *restrict gradient, int n)
{
    for (int i = 0; i < n; i++) {
        float g = gradient[i];
        float m = a->beta1 * first[i] + (1 - a->beta1) * g;
        float v = a->beta2 * second[i] + (1 - a->beta2) * g * g;
        first[i] = m;
        second[i] = v;
        row[i] -= a->rate * m / (sqrtf(v) * a->second_scale + a->epsilon);
    }
}

struct adam_table {
    float *row, *first, *second; /* (n) values and their moments */
};
void adam_table_release(struct adam_table *table);

/* n values move by the sum of so many gradients (n) and l2 times themselves; the gradients become zero again. */
void adam_move(const struct adam *adam, struct adam_table at, float *const *gradient, int gradients,
               float l2, int n);

#endif
