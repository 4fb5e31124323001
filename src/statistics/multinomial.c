#include "statistics/multinomial.h"

#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX      10   /* steps that L-BFGS remembers */
#define STEPS_MAX      2000 /* of the descent; tens are usual */
#define TRIALS_MAX     40   /* halvings of one step */
#define ENOUGH_DESCENT 1e-4 /* of what the slope promises (Armijo) */
#define GRADIENT_NONE  1e-9 /* a row: the largest entry of a gradient that counts as 0 */

/* ---- the objective ---- */

/* Scores of a row become log-probabilities. */
static void normalise(double *score, int n)
{
    double most = score[0], sum = 0;
    for (int k = 1; k < n; k++)
        most = fmax(most, score[k]);
    for (int k = 0; k < n; k++)
        sum += exp(score[k] - most);
    for (int k = 0; k < n; k++)
        score[k] -= most + log(sum);
}

/* logprob (n_classes) of row i */
static void predict(const struct multinomial_rows *rows, size_t i, const double *weights,
                    int n_classes, double *logprob)
{
    for (int k = 0; k < n_classes; k++) {
        const double *w = weights + (size_t)k * ((size_t)rows->n_features + 1);
        double score = w[rows->n_features];
        for (size_t j = rows->start[i]; j < rows->start[i + 1]; j++)
            score += w[rows->feature[j]] * rows->value[j];
        logprob[k] = score;
    }
    normalise(logprob, n_classes);
}

/* gradient += d(-log P(label | row i)) / dw */
static void add_gradient(const struct multinomial_rows *rows, size_t i, int32_t label,
                         const double *logprob, int n_classes, double *gradient)
{
    for (int k = 0; k < n_classes; k++) {
        double *g = gradient + (size_t)k * ((size_t)rows->n_features + 1);
        const double error = exp(logprob[k]) - (k == label);
        g[rows->n_features] += error;
        for (size_t j = rows->start[i]; j < rows->start[i + 1]; j++)
            g[rows->feature[j]] += error * rows->value[j];
    }
}

double multinomial_loss(const struct multinomial_rows *rows, const int32_t *label, int n_classes,
                        double penalty, const double *weights, double *gradient, double *logprob)
{
    const size_t width = (size_t)rows->n_features + 1;
    double loss = 0;
    for (size_t p = 0; p < (size_t)n_classes * width; p++) {
        const double w = p % width == width - 1 ? 0 : weights[p];
        gradient[p] = penalty * w;
        loss += penalty / 2 * w * w;
    }
    for (size_t i = 0; i < rows->n; i++) {
        predict(rows, i, weights, n_classes, logprob);
        loss -= logprob[label[i]];
        add_gradient(rows, i, label[i], logprob, n_classes, gradient);
    }
    return loss;
}

/* ---- L-BFGS (Liu & Nocedal 1989), each step halved until it descends ---- */

struct descent {
    const struct multinomial_rows *rows;
    const int32_t *label;
    int n_classes;
    double penalty;
    size_t n; /* weights */
    double loss;
    double *w, *g;                                /* (n) where it stands, and the gradient there */
    double *next_w, *next_g;                      /* (n) after the step */
    double *direction;                            /* (n) */
    double *logprob;                              /* (n_classes) */
    double *moved[PAIRS_MAX], *turned[PAIRS_MAX]; /* (n) of the latest steps: of w, and of g */
    double curvature[PAIRS_MAX];                  /* moved * turned, above 0 */
    int pairs;                                    /* steps that were remembered, in turn */
};

static double inner(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add_scaled(double *y, double a, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

static double largest(const double *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    return most;
}

/* direction = -H g, with the inverse Hessian H that the remembered steps tell */
static void find_direction(struct descent *d)
{
    const int first = d->pairs > PAIRS_MAX ? d->pairs - PAIRS_MAX : 0;
    double share[PAIRS_MAX];
    for (size_t i = 0; i < d->n; i++)
        d->direction[i] = -d->g[i];
    for (int p = d->pairs - 1; p >= first; p--) {
        const int k = p % PAIRS_MAX;
        share[k] = inner(d->moved[k], d->direction, d->n) / d->curvature[k];
        add_scaled(d->direction, -share[k], d->turned[k], d->n);
    }
    const int last = (d->pairs + PAIRS_MAX - 1) % PAIRS_MAX;
    const double scale = d->pairs > 0
                             ? d->curvature[last] / inner(d->turned[last], d->turned[last], d->n)
                             : 1 / fmax(1, sqrt(inner(d->g, d->g, d->n)));
    for (size_t i = 0; i < d->n; i++)
        d->direction[i] *= scale;
    for (int p = first; p < d->pairs; p++) {
        const int k = p % PAIRS_MAX;
        const double back = inner(d->turned[k], d->direction, d->n) / d->curvature[k];
        add_scaled(d->direction, share[k] - back, d->moved[k], d->n);
    }
}

/* Goes along the direction as far as it descends enough; false: nowhere, to the precision of the loss. */
static bool step(struct descent *d)
{
    const double slope = inner(d->g, d->direction, d->n), rounding = 4e-16 * fabs(d->loss);
    double length = 1;
    for (int trial = 0; trial < TRIALS_MAX; trial++, length /= 2) {
        memcpy(d->next_w, d->w, d->n * sizeof *d->w);
        add_scaled(d->next_w, length, d->direction, d->n);
        const double loss = multinomial_loss(d->rows, d->label, d->n_classes, d->penalty, d->next_w,
                                             d->next_g, d->logprob);
        if (loss <= d->loss + ENOUGH_DESCENT * length * slope + rounding) {
            d->loss = loss;
            return true;
        }
    }
    return false;
}

/* Moves to where the step leads, and remembers it. */
static void take_step(struct descent *d)
{
    const int k = d->pairs % PAIRS_MAX;
    for (size_t i = 0; i < d->n; i++) {
        d->moved[k][i] = d->next_w[i] - d->w[i];
        d->turned[k][i] = d->next_g[i] - d->g[i];
    }
    memcpy(d->w, d->next_w, d->n * sizeof *d->w);
    memcpy(d->g, d->next_g, d->n * sizeof *d->g);
    d->curvature[k] = inner(d->moved[k], d->turned[k], d->n);
    d->pairs += d->curvature[k] > 0;
}

static void descend(struct descent *d)
{
    d->loss = multinomial_loss(d->rows, d->label, d->n_classes, d->penalty, d->w, d->g, d->logprob);
    for (int i = 0; i < STEPS_MAX; i++) {
        if (largest(d->g, d->n) <= GRADIENT_NONE * (double)d->rows->n)
            return;
        find_direction(d);
        if (!step(d))
            return;
        take_step(d);
    }
}

int multinomial_fit(struct multinomial *model, const struct multinomial_rows *rows,
                    const int32_t *label, int n_classes, double penalty, struct llmx_error *err)
{
    const size_t n = (size_t)n_classes * ((size_t)rows->n_features + 1);
    struct descent d = {
        .rows = rows, .label = label, .n_classes = n_classes, .penalty = penalty, .n = n};
    *model = (struct multinomial){n_classes, rows->n_features, NULL};
    if (rows->n == 0)
        return err_set(err, LLMX_BAD_INPUT, "no rows to learn from");
    double *all = mem_array((4 + 2 * PAIRS_MAX) * n + (size_t)n_classes, sizeof *all, err);
    model->weights = mem_array(n, sizeof *model->weights, err);
    if (!all || !model->weights) {
        free(all);
        multinomial_release(model);
        return -1;
    }
    d.w = model->weights;
    d.g = all;
    d.next_w = all + n;
    d.next_g = all + 2 * n;
    d.direction = all + 3 * n;
    for (int k = 0; k < PAIRS_MAX; k++) {
        d.moved[k] = all + (4 + 2 * (size_t)k) * n;
        d.turned[k] = d.moved[k] + n;
    }
    d.logprob = all + (4 + 2 * PAIRS_MAX) * n;
    descend(&d);
    free(all);
    return 0;
}

void multinomial_release(struct multinomial *model)
{
    free(model->weights);
    *model = (struct multinomial){0};
}

int multinomial_predict(const struct multinomial *model, const struct multinomial_rows *rows,
                        size_t row, double *logprob)
{
    int best = 0;
    predict(rows, row, model->weights, model->n_classes, logprob);
    for (int k = 1; k < model->n_classes; k++)
        if (logprob[k] > logprob[best])
            best = k;
    return best;
}
