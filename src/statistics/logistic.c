#include "statistics/logistic.h"

#include <math.h>
#include <string.h>

#define STEPS_MAX  200
#define SETTLED    1e-12 /* of the sum of weights: a gradient that is none */
#define HALVINGS   40
#define DIGITS     1e-13 /* of the loss: what adding it up may be off by */
#define DESCENT    1e-4  /* of what the slope promises (Armijo) */
#define LEFT_MOST  0.1   /* what a step may leave of the gradient, far from the end and near it */
#define LEFT_LEAST 1e-4

/* Arrays of a fit. */
struct fit {
    const struct logistic *l;
    double *w, *gradient, *step, *residual, *direction, *bent; /* (width) */
    double *margin, *along, *curvature;                        /* (n) */
    double loss;                                               /* at w */
};

#define OF_COLUMNS 5 /* of those, w being the caller's */
#define OF_ROWS    3

size_t logistic_work(size_t n, int width)
{
    return OF_COLUMNS * (size_t)width + OF_ROWS * n;
}

double logistic_margin(const struct logistic *l, const double *w, size_t i)
{
    double sum = 0;
    for (size_t e = l->start[i]; e < l->start[i + 1]; e++)
        sum += w[l->column[e]] * l->value[e];
    return sum;
}

double logistic_chance(double margin)
{
    return margin >= 0 ? 1 / (1 + exp(-margin)) : exp(margin) / (1 + exp(margin));
}

static double weight_of(const struct logistic *l, size_t i)
{
    return l->weight ? l->weight[i] : 1;
}

static double dot(const double *a, const double *b, int n)
{
    double sum = 0;
    for (int k = 0; k < n; k++)
        sum += a[k] * b[k];
    return sum;
}

/* What is minimised, at the margins moved by `step` along. */
static double loss_at(const struct fit *f, double step)
{
    const struct logistic *l = f->l;
    double sum = 0, penalty = 0;
    for (size_t i = 0; i < l->n; i++) {
        const double m = f->margin[i] + step * f->along[i];
        sum += weight_of(l, i) * (fmax(m, 0) + log1p(exp(-fabs(m))) - l->label[i] * m);
    }
    for (int k = 0; k < l->width; k++) {
        const double w = f->w[k] + step * f->step[k];
        penalty += w * w;
    }
    return sum + l->ridge / 2 * penalty;
}

/* out += scale times row i */
static void add_row(const struct logistic *l, size_t i, double scale, double *out)
{
    for (size_t e = l->start[i]; e < l->start[i + 1]; e++)
        out[l->column[e]] += scale * l->value[e];
}

/* The gradient, and the curvature of each row, at w. */
static void derive(struct fit *f)
{
    const struct logistic *l = f->l;
    for (int k = 0; k < l->width; k++)
        f->gradient[k] = l->ridge * f->w[k];
    for (size_t i = 0; i < l->n; i++) {
        const double p = logistic_chance(f->margin[i]), weight = weight_of(l, i);
        f->curvature[i] = weight * p * (1 - p);
        add_row(l, i, weight * (p - l->label[i]), f->gradient);
    }
}

/* bent = H direction */
static void bend(struct fit *f)
{
    const struct logistic *l = f->l;
    for (int k = 0; k < l->width; k++)
        f->bent[k] = l->ridge * f->direction[k];
    for (size_t i = 0; i < l->n; i++)
        add_row(l, i, f->curvature[i] * logistic_margin(l, f->direction, i), f->bent);
}

/* step: H step = -gradient, until the residual is a share of the gradient (Hestenes & Stiefel 1952). */
static void solve(struct fit *f, double share)
{
    const int width = f->l->width;
    double rest = 0;
    for (int k = 0; k < width; k++) {
        f->step[k] = 0;
        f->residual[k] = f->direction[k] = -f->gradient[k];
        rest += f->gradient[k] * f->gradient[k];
    }
    const double enough = share * share * rest;
    for (int round = 0; round < 2 * width + 10 && rest > enough; round++) {
        bend(f);
        const double curvature = dot(f->direction, f->bent, width);
        if (!(curvature > 0))
            return;
        const double length = rest / curvature, before = rest;
        for (int k = 0; k < width; k++) {
            f->step[k] += length * f->direction[k];
            f->residual[k] -= length * f->bent[k];
        }
        rest = dot(f->residual, f->residual, width);
        for (int k = 0; k < width; k++)
            f->direction[k] = f->residual[k] + rest / before * f->direction[k];
    }
}

/* Moves w along the step, half as far until that descends. False: it does not. */
static bool move(struct fit *f)
{
    const struct logistic *l = f->l;
    const double slope = dot(f->gradient, f->step, l->width);
    double far = 1, loss;
    for (size_t i = 0; i < l->n; i++)
        f->along[i] = logistic_margin(l, f->step, i);
    int halvings = 0;
    while (!((loss = loss_at(f, far)) <= f->loss + DESCENT * far * slope + DIGITS * f->loss)) {
        if (++halvings > HALVINGS)
            return false;
        far /= 2;
    }
    f->loss = loss;
    for (int k = 0; k < l->width; k++)
        f->w[k] += far * f->step[k];
    for (size_t i = 0; i < l->n; i++)
        f->margin[i] = logistic_margin(l, f->w, i);
    return true;
}

bool logistic_fit(const struct logistic *l, double *w, double *work)
{
    const size_t width = (size_t)l->width;
    struct fit f = {.l = l, .w = w};
    double **const of_columns[] = {&f.gradient, &f.step, &f.residual, &f.direction, &f.bent},
                   **const of_rows[] = {&f.margin, &f.along, &f.curvature};
    for (size_t k = 0; k < OF_COLUMNS; k++, work += width)
        *of_columns[k] = work;
    for (size_t k = 0; k < OF_ROWS; k++, work += l->n)
        *of_rows[k] = work;
    double weights = 0;
    for (size_t i = 0; i < l->n; i++) {
        weights += weight_of(l, i);
        f.margin[i] = logistic_margin(l, w, i);
        f.along[i] = 0;
    }
    memset(f.step, 0, width * sizeof *f.step);
    f.loss = loss_at(&f, 0);
    for (int round = 0; round < STEPS_MAX; round++) {
        derive(&f);
        const double steep = sqrt(dot(f.gradient, f.gradient, l->width));
        if (steep <= SETTLED * weights)
            return true;
        solve(&f, fmax(LEFT_LEAST, fmin(LEFT_MOST, steep / weights)));
        if (!move(&f)) /* as far down as the digits go, or no way down */
            return steep <= sqrt(SETTLED) * weights;
    }
    return false;
}
