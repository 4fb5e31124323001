#include "recommend/item_loss.h"

#include "base/memory.h"
#include "kernel/layers.h"
#include "kernel/layers_train.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TILE_ITEMS 512 /* a tile of scores (LOSS_ROWS, TILE_ITEMS) stays in a core's cache */

enum loss_kind loss_kind(const char *name)
{
    static const char *const names[] = {"ce", "sampled", "gbce", "bpr"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum loss_kind)i;
    return LOSS_CE;
}

int loss_scratch_create(struct loss_scratch *scratch, const struct item_loss *loss,
                        struct llmx_error *err)
{
    const int is_all = loss->kind == LOSS_CE;
    const size_t columns = (size_t)(is_all ? loss->items : loss->negatives),
                 rows = is_all ? 0 : 2 * (size_t)loss->negatives;
    scratch->scores = mem_tensor(LOSS_ROWS * columns, sizeof(float), err);
    scratch->rows = mem_tensor(rows * (size_t)loss->dim, sizeof(float), err);
    return scratch->scores && scratch->rows ? 0 : -1;
}

void loss_scratch_release(struct loss_scratch *scratch)
{
    free(scratch->scores);
    free(scratch->rows);
    *scratch = (struct loss_scratch){0};
}

/* c (rows, columns) = a (rows, dim) times b (columns, dim) transposed */
static void scores_of(float *c, const float *a, const float *b, int rows, int columns, int dim)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, columns, dim, 1, a, dim, b, dim, 0,
                c, columns);
}

/* From dscore (rows, columns): dstate (rows, dim) += dscore b, db (columns, dim) = keep * db + dscore^T state. */
static void gradients_of(float *dstate, float *db, const float *dscore, const float *state,
                         const float *b, int rows, int columns, int dim, float keep)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, dim, columns, 1, dscore, columns,
                b, dim, 1, dstate, dim);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, columns, dim, rows, 1, dscore, columns,
                state, dim, keep, db, dim);
}

/* ---- all items ---- */

/* log(exp(a) + exp(b)) */
static float log_add(float a, float b)
{
    const float high = a > b ? a : b, low = a > b ? b : a;
    return high + log1pf(expf(low - high));
}

/* At most LOSS_ROWS states. Tile after tile the scores are made, then, when the sum over all is known, turned into
 * gradients; scores lies tile by tile, each (n, its items). */
static double all_items(const struct item_loss *loss, const float *item, const float *state,
                        const llmx_id *target, int n, float weight, float *dstate, float *ditem,
                        float *scores)
{
    const int dim = loss->dim;
    float log_sum[LOSS_ROWS];
    double sum = 0;
    for (llmx_id first = 0; first < loss->items; first += TILE_ITEMS) {
        const int columns = loss->items - first < TILE_ITEMS ? loss->items - first : TILE_ITEMS;
        float *tile = scores + (size_t)n * (size_t)first;
        scores_of(tile, state, item + (size_t)first * (size_t)dim, n, columns, dim);
        for (int r = 0; r < n; r++) {
            const float *row = tile + (size_t)r * (size_t)columns;
            const float here = log_sum_exp(row, columns);
            log_sum[r] = first == 0 ? here : log_add(log_sum[r], here);
            if (target[r] >= first && target[r] < first + columns)
                sum -= (double)row[target[r] - first];
        }
    }
    for (int r = 0; r < n; r++)
        sum += (double)log_sum[r];
    for (llmx_id first = 0; first < loss->items; first += TILE_ITEMS) {
        const int columns = loss->items - first < TILE_ITEMS ? loss->items - first : TILE_ITEMS;
        const size_t at = (size_t)first * (size_t)dim;
        float *tile = scores + (size_t)n * (size_t)first;
        for (int r = 0; r < n; r++) {
            float *row = tile + (size_t)r * (size_t)columns;
            cross_entropy_backward(row, DTYPE_F32, row, log_sum[r], target[r] - first, weight,
                                   columns);
        }
        gradients_of(dstate, ditem + at, tile, state, item + at, n, columns, dim, 1);
    }
    return sum;
}

/* ---- positive against negatives ---- */

/* log(1 + exp(x)) */
static float softplus(float x)
{
    return (x > 0 ? x : 0) + log1pf(expf(-fabsf(x)));
}

static float logistic(float x)
{
    return 1 / (1 + expf(-x));
}

#define NEVER                                                                                      \
    (-1e30f) /* the score of a negative that does not count: no loss and no gradient in any formula */

/* One state: negative scores (k) become gradients, *positive too; returns the loss. */
static float pair_off(const struct item_loss *loss, float *positive, float *score, int k)
{
    const float p = *positive, others = (float)(loss->items - 1), count = (float)k;
    float sum = 0, slope = 0;
    if (loss->kind == LOSS_SAMPLED) {
        const float shift = logf(others / count);
        const float log_sum = log_add(p, log_sum_exp(score, k) + shift);
        for (int j = 0; j < k; j++)
            score[j] = expf(score[j] + shift - log_sum);
        *positive = expf(p - log_sum) - 1;
        return log_sum - p;
    }
    if (loss->kind == LOSS_GBCE) {
        const double a = (double)k / (double)others, t = loss->calibration;
        const float b = (float)(a * (t * (1 - 1 / a) + 1 / a));
        for (int j = 0; j < k; j++) {
            sum += softplus(score[j]);
            score[j] = logistic(score[j]) / (1 + count);
        }
        *positive = -b * logistic(-p) / (1 + count);
        return (b * softplus(-p) + sum) / (1 + count);
    }
    for (int j = 0; j < k; j++) {
        const float share = logistic(p - score[j]);
        sum -= logf(1e-10f + share) / count;
        score[j] = share * (1 - share) / (1e-10f + share) / count;
        slope -= score[j];
    }
    *positive = slope;
    return sum;
}

static double some_items(const struct item_loss *loss, const float *item, const float *state,
                         const llmx_id *target, int n, const llmx_id *negative, float weight,
                         float *dstate, float *ditem, unsigned char *touched,
                         const struct loss_scratch *scratch)
{
    const int dim = loss->dim, k = loss->negatives;
    const size_t width = (size_t)dim;
    float *rows = scratch->rows, *drows = rows + (size_t)k * width;
    double sum = 0;
    for (int j = 0; j < k; j++)
        memcpy(rows + (size_t)j * width, item + (size_t)negative[j] * width, width * sizeof *rows);
    scores_of(scratch->scores, state, rows, n, k, dim);
    for (int r = 0; r < n; r++) {
        float *score = scratch->scores + (size_t)r * (size_t)k;
        const float *s = state + (size_t)r * width, *e = item + (size_t)target[r] * width;
        float positive = cblas_sdot(dim, s, 1, e, 1);
        for (int j = 0; j < k; j++)
            score[j] = negative[j] == target[r] ? NEVER : score[j];
        sum += (double)pair_off(loss, &positive, score, k);
        cblas_sscal(k, weight, score, 1);
        cblas_saxpy(dim, weight * positive, e, 1, dstate + (size_t)r * width, 1);
        cblas_saxpy(dim, weight * positive, s, 1, ditem + (size_t)target[r] * width, 1);
        touched[target[r]] = 1;
    }
    gradients_of(dstate, drows, scratch->scores, state, rows, n, k, dim, 0);
    for (int j = 0; j < k; j++) {
        add_forward(ditem + (size_t)negative[j] * width, drows + (size_t)j * width, dim);
        touched[negative[j]] = 1;
    }
    return sum;
}

double item_loss(const struct item_loss *loss, const float *item, const float *state,
                 const llmx_id *target, int n, const llmx_id *negative, float weight, float *dstate,
                 float *ditem, unsigned char *touched, const struct loss_scratch *scratch)
{
    const size_t width = (size_t)loss->dim;
    double sum = 0;
    memset(dstate, 0, (size_t)n * width * sizeof *dstate);
    if (loss->kind == LOSS_CE)
        memset(touched, 1, (size_t)loss->items);
    for (int first = 0; first < n; first += LOSS_ROWS) {
        const int rows = n - first < LOSS_ROWS ? n - first : LOSS_ROWS;
        const float *s = state + (size_t)first * width;
        float *ds = dstate + (size_t)first * width;
        if (loss->kind == LOSS_CE)
            sum +=
                all_items(loss, item, s, target + first, rows, weight, ds, ditem, scratch->scores);
        else
            sum += some_items(loss, item, s, target + first, rows, negative, weight, ds, ditem,
                              touched, scratch);
    }
    return sum;
}
