/* The objective of one user's vector (bpr.h), its minimum, what taking one history item away would do to it, and
 * where one item alone would bring it.
 *
 * Sums over all pairs (history item i, negative n) need no exponential a pair: with a_i = exp(s_i) and
 * b_n = exp(s_n), sigmoid(s_i - s_n) = a_i / (a_i + b_n). With the pair's pull p_in = b_n / (a_i + b_n) / N and
 * its curvature w_in = p_in * a_i / (a_i + b_n),
 *
 *     gradient F = ridge u - sum_in p_in (q_i - q_n)
 *     Hessian  F = ridge I + sum_in w_in (q_i - q_n)(q_i - q_n)' */
#include "recommend/bpr.h"

#include "base/memory.h"
#include "recommend/bpr_pairs.h"
#include "recommend/marginal.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEGATIVES_MAX 2048  /* all items up to so many, else a fixed sample */
#define SAMPLE_SEED   1     /* of that sample: evidence is a property of the run */
#define BLOCK         64    /* history items whose pairs are held at a time */
#define RIDGE_MIN     1e-3f /* an item; without any the minimum may lie at infinity */
#define NEWTON_MAX    30
#define HALVINGS_MAX  10
#define EXPONENT_MAX  40.0f /* keeps exp and its square finite */
#define LEVERAGE_MAX  0.9f  /* of one item: beyond it one step says nothing */
#define TOLERANCE     1e-4f /* of the gradient, against that at zero: what floats resolve */
#define MOVED                                                                                      \
    0.1f /* the same where a user's row is brought up to date, against that at the row: a step or two */

/* All that one person's sums need. N: negatives, S: N rounded up to whole vectors, D: dim. */
struct fit {
    int dim, n, negatives, stride;
    float ridge, share;      /* share: 1 / how many negatives are outside the history */
    const float *negative;   /* (N,D) item rows: the table itself, or a sample */
    float *slab;             /* what the rest points into */
    float *history;          /* (n,D) */
    float *a, *b;            /* (n), (S) exp of scores; b is 0 for items of the history */
    float *known;            /* (S) 0 for items of the history, else 1 */
    float *pull, *curve;     /* (n) sums of p and w over the negatives */
    float *mean;             /* (n,D) sums of w q_n over the negatives */
    float *n_pull, *n_curve; /* (S) sums of p and w over the history */
    float *p, *w;            /* (BLOCK,S) */
    float *ones;             /* (S) or (BLOCK) */
    float *scaled;           /* (max(n,N),D) */
    float *gradient, *trial; /* (D) */
    float *hessian;          /* (D,D) its lower triangle, then the Cholesky factor */
    float *sample;           /* (N,D) or NULL */
};

/* Gives every array its place in one slab. */
static int fit_allocate(struct fit *f, int has_sample, struct llmx_error *err)
{
    const size_t n = (size_t)f->n, s = (size_t)f->stride, d = (size_t)f->dim, rows = n > s ? n : s;
    const struct {
        float **array;
        size_t size;
    } parts[] = {
        {&f->history, n * d},
        {&f->a, n},
        {&f->b, s},
        {&f->known, s},
        {&f->pull, n},
        {&f->curve, n},
        {&f->mean, n * d},
        {&f->n_pull, s},
        {&f->n_curve, s},
        {&f->p, BLOCK * s},
        {&f->w, BLOCK * s},
        {&f->ones, s > BLOCK ? s : BLOCK},
        {&f->scaled, rows * d},
        {&f->gradient, d},
        {&f->trial, d},
        {&f->hessian, d * d},
        {&f->sample, has_sample ? s * d : 0},
    };
    const size_t count = sizeof parts / sizeof *parts;
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += (parts[i].size + BPR_PAIRS_UNIT - 1) / BPR_PAIRS_UNIT * BPR_PAIRS_UNIT;
    float *at = f->slab = mem_tensor(total, sizeof *f->slab, err);
    if (!at)
        return -1;
    for (size_t i = 0; i < count; i++) {
        *parts[i].array = at;
        at += (parts[i].size + BPR_PAIRS_UNIT - 1) / BPR_PAIRS_UNIT * BPR_PAIRS_UNIT;
    }
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    llmx_id x = *(const llmx_id *)a, y = *(const llmx_id *)b;
    return (x > y) - (x < y);
}

/* known = 0 for negatives in the history. Ids are ascending when the negatives are a sample of the items. */
static void mark_known(struct fit *f, const llmx_id *history, const llmx_id *sample)
{
    for (int i = 0; i < f->stride; i++)
        f->known[i] = i < f->negatives ? 1 : 0;
    for (int j = 0; j < f->n; j++) {
        const llmx_id *found =
            sample ? bsearch(&history[j], sample, (size_t)f->negatives, sizeof *sample, compare_ids)
                   : NULL;
        if (found)
            f->known[found - sample] = 0;
        else if (!sample)
            f->known[history[j]] = 0;
    }
    int unknown = 0;
    for (int i = 0; i < f->negatives; i++)
        unknown += f->known[i] > 0;
    f->share = unknown ? 1.0f / (float)unknown : 0;
}

static void sample_items(const struct bpr *bpr, struct fit *f, llmx_id sample[NEGATIVES_MAX])
{
    struct rng rng = rng_stream(SAMPLE_SEED, RNG_NEGATIVES, 0);
    for (int i = 0; i < f->negatives;
         i++) /* one of each of equally wide stretches: distinct and ascending */
    {
        const int64_t from = (int64_t)bpr->items * i / f->negatives,
                      to = (int64_t)bpr->items * (i + 1) / f->negatives;
        sample[i] = (llmx_id)(from + rng_below(&rng, (uint32_t)(to - from)));
        memcpy(f->sample + (size_t)i * (size_t)f->dim,
               bpr->item + (size_t)sample[i] * (size_t)f->dim, (size_t)f->dim * sizeof(float));
    }
    f->negative = f->sample;
}

static int fit_create(struct fit *f, const struct bpr *bpr, const llmx_id *history, int n,
                      struct llmx_error *err)
{
    llmx_id sample[NEGATIVES_MAX];
    const int has_sample = bpr->items > NEGATIVES_MAX;
    *f = (struct fit){.dim = bpr->dim,
                      .n = n,
                      .negatives = has_sample ? NEGATIVES_MAX : bpr->items,
                      .ridge = (float)n * (bpr->l2 > RIDGE_MIN ? bpr->l2 : RIDGE_MIN),
                      .negative = bpr->item};
    f->stride = (f->negatives + BPR_PAIRS_UNIT - 1) / BPR_PAIRS_UNIT * BPR_PAIRS_UNIT;
    if (fit_allocate(f, has_sample, err) != 0)
        return -1;
    if (has_sample)
        sample_items(bpr, f, sample);
    mark_known(f, history, has_sample ? sample : NULL);
    for (int j = 0; j < n; j++)
        memcpy(f->history + (size_t)j * (size_t)f->dim,
               bpr->item + (size_t)history[j] * (size_t)f->dim, (size_t)f->dim * sizeof(float));
    for (int i = 0; i < f->stride || i < BLOCK; i++)
        f->ones[i] = 1;
    return 0;
}

static void exponentials(struct fit *f, const float *u)
{
    cblas_sgemv(CblasRowMajor, CblasNoTrans, f->n, f->dim, 1, f->history, f->dim, u, 1, 0, f->a, 1);
    cblas_sgemv(CblasRowMajor, CblasNoTrans, f->negatives, f->dim, 1, f->negative, f->dim, u, 1, 0,
                f->b, 1);
    float centre = 0;
    for (int i = 0; i < f->n; i++)
        centre += f->a[i] / (float)f->n;
    for (int i = 0; i < f->n; i++)
        f->a[i] = expf(fminf(fmaxf(f->a[i] - centre, -EXPONENT_MAX), EXPONENT_MAX));
    for (int i = 0; i < f->stride; i++)
        f->b[i] =
            f->known[i] > 0 ? expf(fminf(fmaxf(f->b[i] - centre, -EXPONENT_MAX), EXPONENT_MAX)) : 0;
}

/* p and w of history items first .. first+rows-1 with all negatives. */
static void pair_block(struct fit *f, int first, int rows)
{
    for (int i = 0; i < rows; i++)
        bpr_pairs(f->p + (size_t)i * (size_t)f->stride, f->w + (size_t)i * (size_t)f->stride,
                  f->a[first + i], f->b, f->share, f->stride);
}

/* All sums over pairs at `u`: the gradient and what the Hessian is made of. */
static void measure(struct fit *f, const float *u)
{
    const int d = f->dim, s = f->stride;
    exponentials(f, u);
    memset(f->n_pull, 0, (size_t)s * sizeof(float));
    memset(f->n_curve, 0, (size_t)s * sizeof(float));
    for (int first = 0; first < f->n; first += BLOCK) {
        const int rows = f->n - first < BLOCK ? f->n - first : BLOCK;
        pair_block(f, first, rows);
        cblas_sgemv(CblasRowMajor, CblasNoTrans, rows, s, 1, f->p, s, f->ones, 1, 0,
                    f->pull + first, 1);
        cblas_sgemv(CblasRowMajor, CblasTrans, rows, s, 1, f->p, s, f->ones, 1, 1, f->n_pull, 1);
        cblas_sgemv(CblasRowMajor, CblasNoTrans, rows, s, 1, f->w, s, f->ones, 1, 0,
                    f->curve + first, 1);
        cblas_sgemv(CblasRowMajor, CblasTrans, rows, s, 1, f->w, s, f->ones, 1, 1, f->n_curve, 1);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, d, f->negatives, 1, f->w, s,
                    f->negative, d, 0, f->mean + (size_t)first * (size_t)d, d);
    }
    for (int i = 0; i < d; i++)
        f->gradient[i] = f->ridge * u[i];
    cblas_sgemv(CblasRowMajor, CblasTrans, f->n, d, -1, f->history, d, f->pull, 1, 1, f->gradient,
                1);
    cblas_sgemv(CblasRowMajor, CblasTrans, f->negatives, d, 1, f->negative, d, f->n_pull, 1, 1,
                f->gradient, 1);
}

/* scaled_i = factor_i * row_i; factors are not negative. */
static void scale_rows(float *scaled, const float *rows, const float *factor, int n, int d,
                       int is_root)
{
    for (int i = 0; i < n; i++) {
        const float by = is_root ? sqrtf(factor[i]) : factor[i];
        for (int k = 0; k < d; k++)
            scaled[(size_t)i * (size_t)d + (size_t)k] =
                by * rows[(size_t)i * (size_t)d + (size_t)k];
    }
}

/* a (d, d), its lower triangle := L with a = L L'; -1 when it is not positive definite. */
static int cholesky(float *a, int d)
{
    for (int j = 0; j < d; j++) {
        float *row = a + (size_t)j * (size_t)d;
        const float rest = row[j] - cblas_sdot(j, row, 1, row, 1);
        if (!(rest > 0))
            return -1;
        row[j] = sqrtf(rest);
        for (int i = j + 1; i < d; i++) {
            float *below = a + (size_t)i * (size_t)d;
            below[j] = (below[j] - cblas_sdot(j, below, 1, row, 1)) / row[j];
        }
    }
    return 0;
}

static int factor(struct fit *f, struct llmx_error *err)
{
    if (cholesky(f->hessian, f->dim) == 0)
        return 0;
    return err_set(err, LLMX_BAD_INPUT,
                   "a user's objective has no minimum; are the embeddings finite?");
}

/* hessian := by on the diagonal, else 0. */
static void begin_hessian(struct fit *f, float by)
{
    const size_t d = (size_t)f->dim;
    memset(f->hessian, 0, d * d * sizeof(float));
    for (size_t i = 0; i < d; i++)
        f->hessian[i * d + i] = by;
}

/* The Hessian from what `measure` summed, factored: H = L L'. */
static int factor_hessian(struct fit *f, struct llmx_error *err)
{
    const int d = f->dim;
    begin_hessian(f, f->ridge);
    scale_rows(f->scaled, f->negative, f->n_curve, f->negatives, d, 1);
    cblas_ssyrk(CblasRowMajor, CblasLower, CblasTrans, d, f->negatives, 1, f->scaled, d, 1,
                f->hessian, d);
    scale_rows(f->scaled, f->history, f->curve, f->n, d, 0);
    cblas_saxpy(f->n * d, -2, f->mean, 1, f->scaled, 1);
    /* sum_i q_i (curve_i q_i / 2 - mean_i)' and its transpose */
    cblas_ssyr2k(CblasRowMajor, CblasLower, CblasTrans, d, f->n, 0.5f, f->history, d, f->scaled, d,
                 1, f->hessian, d);
    return factor(f, err);
}

/* rows (n, d) := H^-1 times each row. */
static void solve(const struct fit *f, float *rows, int n)
{
    cblas_strsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, n, f->dim, 1,
                f->hessian, f->dim, rows, f->dim);
    cblas_strsm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, n, f->dim, 1,
                f->hessian, f->dim, rows, f->dim);
}

/* Newton's method from where u stands and has been measured. */
static int descend(struct fit *f, float *u, float goal, struct llmx_error *err)
{
    const int d = f->dim;
    int result = 0;
    float size = cblas_snrm2(d, f->gradient, 1);
    for (int i = 0; i < NEWTON_MAX && size > goal && (result = factor_hessian(f, err)) == 0; i++) {
        solve(f, f->gradient, 1);
        memcpy(f->trial, f->gradient, (size_t)d * sizeof *u); /* the full step down */
        float length = 1, before = size;
        cblas_saxpy(d, -1, f->trial, 1, u, 1);
        for (int h = 0;; h++) {
            measure(f, u);
            size = cblas_snrm2(d, f->gradient, 1);
            if (size < before || h == HALVINGS_MAX)
                break;
            length /= 2;
            cblas_saxpy(d, length, f->trial, 1, u, 1);
        }
        if (size >= before)
            break; /* floats resolve no more */
    }
    return result;
}

/* u becomes the person's row, at which all is measured when this is done. */
static int find_row(struct fit *f, const struct bpr *bpr, const struct llmx_person *person,
                    float *u, struct llmx_error *err)
{
    const size_t d = (size_t)f->dim;
    if (person->user < 0) {
        memset(u, 0, d * sizeof *u);
        measure(f, u);
        return descend(f, u, TOLERANCE * cblas_snrm2(f->dim, f->gradient, 1), err);
    }
    memcpy(u, bpr->user + (size_t)person->user * d, d * sizeof *u);
    measure(f, u);
    return person->as_of == LLMX_AS_OF_TRAIN
               ? 0
               : descend(f, u, MOVED * cblas_snrm2(f->dim, f->gradient, 1), err);
}

int bpr_person_row(const struct bpr *bpr, const struct llmx_person *person, float *u,
                   struct llmx_error *err)
{
    const size_t d = (size_t)bpr->dim;
    struct fit f;
    if (person->user >= 0 && (person->as_of == LLMX_AS_OF_TRAIN || person->n == 0)) {
        memcpy(u, bpr->user + (size_t)person->user * d, d * sizeof *u);
        return 0;
    }
    memset(u, 0, d * sizeof *u);
    if (person->n == 0)
        return 0;
    if (fit_create(&f, bpr, person->history, person->n, err) != 0)
        return -1;
    const int result = find_row(&f, bpr, person, u, err);
    free(f.slab);
    return result;
}

/* Makes `mean` the mean pairs d_j = q_j - (sum of w q_n) / curve_j, and `lift` (n) what the missing part H_j of the
 * Hessian multiplies with: (H - curve d d')^-1 = H^-1 + H^-1 d d' H^-1 curve / (1 - curve d' H^-1 d) (Sherman &
 * Morrison 1950). The pull of j is taken to lie along d_j here, where it is a correction. */
static void mean_pairs(struct fit *f, float *lift)
{
    const int d = f->dim;
    for (int j = 0; j < f->n; j++)
        for (int i = 0; i < d; i++) {
            const size_t at = (size_t)j * (size_t)d + (size_t)i;
            f->mean[at] = f->history[at] - f->mean[at] / fmaxf(f->curve[j], FLT_MIN);
        }
    memcpy(f->scaled, f->mean, (size_t)f->n * (size_t)d * sizeof(float));
    solve(f, f->scaled, f->n);
    for (int j = 0; j < f->n; j++) {
        const size_t at = (size_t)j * (size_t)d;
        const float length = cblas_sdot(d, f->mean + at, 1, f->scaled + at, 1);
        const float leverage = fminf(f->curve[j] * length, LEVERAGE_MAX);
        lift[j] = f->pull[j] * f->curve[j] * length / (1 - leverage);
    }
}

/* contributions (k, n) from targets (k, D) = H^-1 q_t: -grad f_j = pull_j q_j - sum of p q_n - ridge/n u, so its
 * product with a target needs the products of the target with all q_n, and no sum of rows a history item.
 * reach (k, S) is scratch. */
static void removals(struct fit *f, const float *u, const float *targets, int k, float *reach,
                     const float *lift, float *contributions)
{
    const int d = f->dim, n = f->n;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, k, f->negatives, d, 1, targets, d,
                f->negative, d, 0, reach, f->stride);
    for (int first = 0; first < n; first += BLOCK) {
        const int rows = n - first < BLOCK ? n - first : BLOCK;
        pair_block(f, first, rows);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, k, rows, f->negatives, -1, reach,
                    f->stride, f->p, f->stride, 0, contributions + first, n);
    }
    for (int t = 0; t < k; t++) {
        const float *target = targets + (size_t)t * (size_t)d;
        const float decay = f->ridge / (float)n * cblas_sdot(d, target, 1, u, 1);
        for (int j = 0; j < n; j++) {
            const size_t at = (size_t)j * (size_t)d;
            contributions[(size_t)t * (size_t)n + (size_t)j] +=
                f->pull[j] * cblas_sdot(d, target, 1, f->history + at, 1) - decay +
                lift[j] * cblas_sdot(d, target, 1, f->mean + at, 1);
        }
    }
}

/* scaled (n, D) := where one Newton step from zero brings a vector by each history item alone. At zero every sigmoid is
 * 1/2: with m the mean of the negatives and C their covariance, the gradient of f_j is -d/2 for d = q_j - m, its Hessian
 * A + dd'/4 for A = ridge/n I + C/4, so the step (Sherman & Morrison 1950) is A^-1 d / 2 / (1 + d' A^-1 d / 4).
 * Overwrites history and most sums. */
static int first_steps(struct fit *f, struct llmx_error *err)
{
    const int d = f->dim;
    cblas_sgemv(CblasRowMajor, CblasTrans, f->negatives, d, f->share, f->negative, d, f->known, 1,
                0, f->gradient, 1); /* m */
    for (int i = 0; i < f->negatives; i++)
        f->n_curve[i] = f->known[i] * sqrtf(f->share) / 2;
    scale_rows(f->scaled, f->negative, f->n_curve, f->negatives, d, 0);
    cblas_sger(CblasRowMajor, f->negatives, d, -1, f->n_curve, 1, f->gradient, 1, f->scaled, d);
    begin_hessian(f, f->ridge / (float)f->n);
    cblas_ssyrk(CblasRowMajor, CblasLower, CblasTrans, d, f->negatives, 1, f->scaled, d, 1,
                f->hessian, d);
    if (factor(f, err) != 0)
        return -1;
    for (int j = 0; j < f->n; j++)
        cblas_saxpy(d, -1, f->gradient, 1, f->history + (size_t)j * (size_t)d, 1);
    memcpy(f->scaled, f->history, (size_t)f->n * (size_t)d * sizeof(float));
    solve(f, f->scaled, f->n);
    for (int j = 0; j < f->n; j++) {
        float *step = f->scaled + (size_t)j * (size_t)d;
        const float length = cblas_sdot(d, f->history + (size_t)j * (size_t)d, 1, step, 1);
        cblas_sscal(d, 1 / (2 + length / 2), step, 1);
    }
    return 0;
}

int bpr_evidence(const void *model, const struct llmx_person *person, const llmx_id *items, int k,
                 float *contributions, struct llmx_error *err)
{
    const struct bpr *bpr = model;
    const int n = person->n;
    const size_t d = (size_t)bpr->dim;
    if (n == 0 || k == 0)
        return 0;
    struct fit f = {0};
    int result = -1;
    float *u = mem_tensor(d, sizeof *u, err),
          *targets = mem_tensor((size_t)k * d, sizeof *targets, err);
    float *lift = mem_tensor((size_t)n, sizeof *lift, err), *reach = NULL;
    if (!u || !targets || !lift)
        goto done;
    if (fit_create(&f, bpr, person->history, n, err) != 0 || find_row(&f, bpr, person, u, err) != 0)
        goto done;
    reach = mem_tensor((size_t)k * (size_t)f.stride, sizeof *reach, err);
    if (!reach)
        goto done;
    if (factor_hessian(&f, err) != 0)
        goto done;
    mean_pairs(&f, lift);
    for (int t = 0; t < k; t++)
        memcpy(targets + (size_t)t * d, bpr->item + (size_t)items[t] * d, d * sizeof *targets);
    solve(&f, targets, k);
    removals(&f, u, targets, k, reach, lift, contributions);
    result = 0;
    if (f.share == 0) /* nothing to hold an item against: it brings nothing */
        goto done;
    result = first_steps(&f, err);
    for (int t = 0; t < k && result == 0; t++) {
        cblas_sgemv(CblasRowMajor, CblasNoTrans, n, bpr->dim, 1, f.scaled, bpr->dim,
                    bpr->item + (size_t)items[t] * d, 1, 0, f.a, 1);
        add_first_effects(contributions + (size_t)t * (size_t)n, f.a, n);
    }
done:
    free(f.slab);
    free(u);
    free(targets);
    free(lift);
    free(reach);
    return result;
}
