#include "statistics/length_control.h"

#include "base/memory.h"
#include "statistics/logistic.h"
#include "statistics/resample.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH, SYSTEM, COLUMNS };

struct control {
    const struct length_rows *rows;
    size_t *start;
    int *column;
    double *value; /* (rows, COLUMNS) */
    /* of each thread: */
    double *drawn;  /* (threads, groups) how often */
    double *weight; /* (threads, rows) the same of their rows */
    double *work;   /* (threads, logistic_work) */
    double ridge;
    struct length_control whole; /* of all rows, where the fits of resamples start */
};

/* Standard deviation about the mean. */
static double deviation(const double *x, size_t n)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return sqrt(squares / (double)(n - 1));
}

static void control_release(struct control *c)
{
    free(c->start);
    free(c->column);
    free(c->value);
    free(c->drawn);
    free(c->weight);
    free(c->work);
}

static int control_create(struct control *c, const struct length_rows *rows, int threads,
                          struct llmx_error *err)
{
    const size_t n = rows->n, all = (size_t)threads;
    c->rows = rows;
    if (!(c->start = mem_array(n + 1, sizeof *c->start, err)) ||
        !(c->column = mem_array(COLUMNS * n, sizeof *c->column, err)) ||
        !(c->value = mem_array(COLUMNS * n, sizeof *c->value, err)) ||
        !(c->drawn = mem_array(all * rows->groups, sizeof *c->drawn, err)) ||
        !(c->weight = mem_array(all * n, sizeof *c->weight, err)) ||
        !(c->work = mem_array(all * logistic_work(n, COLUMNS), sizeof *c->work, err)))
        return -1;
    const double sd = deviation(rows->shorter_by, n);
    for (size_t i = 0; i < n; i++) {
        c->start[i + 1] = COLUMNS * (i + 1);
        c->column[COLUMNS * i + SYSTEM] = SYSTEM;
        c->value[COLUMNS * i + SYSTEM] = 1;
        c->value[COLUMNS * i + LENGTH] =
            rows->shorter_by[i] == 0 ? 0 : tanh(rows->shorter_by[i] / sd);
    }
    return 0;
}

/* What rows of a weight say of the lengths at which a system wins or loses at all; a preference between says both. */
struct reach {
    double win_least, win_most, loss_least, loss_most;
};

static struct reach reach_of(const struct control *c, const double *weight)
{
    struct reach r = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t i = 0; i < c->rows->n; i++) {
        const double x = c->value[COLUMNS * i + LENGTH], y = c->rows->preference[i];
        if (weight[i] > 0 && y > 0) {
            r.win_least = fmin(r.win_least, x);
            r.win_most = fmax(r.win_most, x);
        }
        if (weight[i] > 0 && y < 1) {
            r.loss_least = fmin(r.loss_least, x);
            r.loss_most = fmax(r.loss_most, x);
        }
    }
    return r;
}

static double mean_preference(const struct control *c, const double *weight)
{
    double sum = 0, weights = 0;
    for (size_t i = 0; i < c->rows->n; i++) {
        sum += weight[i] * c->rows->preference[i];
        weights += weight[i];
    }
    return sum / weights;
}

/* From w on, where the search starts. */
static struct length_control fit(const struct control *c, const double *weight, double w[COLUMNS],
                                 double *work)
{
    const struct reach r = reach_of(c, weight);
    const double least = fmin(r.win_least, r.loss_least), most = fmax(r.win_most, r.loss_most);
    if (c->ridge == 0 && least == 0 && most == 0) {
        const double mean = mean_preference(c, weight);
        return (struct length_control){0, log(mean / (1 - mean)), mean};
    }
    const struct logistic l = {.start = c->start,
                               .column = c->column,
                               .value = c->value,
                               .label = c->rows->preference,
                               .weight = weight,
                               .n = c->rows->n,
                               .width = COLUMNS,
                               .ridge = c->ridge};
    const bool has_maximum =
        c->ridge > 0 || (r.win_least < r.loss_most && r.loss_least < r.win_most);
    if (!has_maximum || !logistic_fit(&l, w, work))
        return (struct length_control){NAN, NAN, NAN};
    return (struct length_control){w[LENGTH], w[SYSTEM], logistic_chance(w[SYSTEM])};
}

int length_control_fit(const struct length_rows *rows, double ridge, struct length_control *result,
                       struct llmx_error *err)
{
    struct control c = {.ridge = ridge};
    const int status = control_create(&c, rows, 1, err);
    if (status == 0) {
        for (size_t i = 0; i < rows->n; i++)
            c.weight[i] = 1;
        *result = fit(&c, c.weight, (double[COLUMNS]){0}, c.work);
    }
    control_release(&c);
    return status;
}

static void measure(const struct resampling *r, const uint32_t *drawn, int thread, double *figure)
{
    const struct control *c = r->context;
    const struct length_rows *rows = c->rows;
    double *count = c->drawn + (size_t)thread * rows->groups,
           *weight = c->weight + (size_t)thread * rows->n;
    memset(count, 0, rows->groups * sizeof *count);
    for (uint32_t g = 0; g < rows->groups; g++)
        count[drawn[g]]++;
    for (size_t i = 0; i < rows->n; i++)
        weight[i] = count[rows->group[i]];
    double w[COLUMNS] = {c->whole.w_length, c->whole.w_system};
    *figure =
        fit(c, weight, w, c->work + (size_t)thread * logistic_work(rows->n, COLUMNS)).win_rate;
}

int length_control_measure(const struct length_rows *rows, const struct llmx_resampling *how,
                           struct threads *pool, struct llmx_interval *result,
                           struct llmx_error *err)
{
    struct control c = {0};
    struct resampling r = {.groups = rows->groups,
                           .n = 1,
                           .resamples = how->resamples < LENGTH_RESAMPLES ? how->resamples
                                                                          : LENGTH_RESAMPLES,
                           .seed = how->seed,
                           .measure = measure,
                           .context = &c};
    double *rates = NULL;
    int status = length_control_fit(rows, 0, &c.whole, err);
    *result = (struct llmx_interval){c.whole.win_rate, NAN, NAN};
    if (status != 0 || isnan(c.whole.win_rate))
        return status;
    if (!(rates = mem_array((size_t)r.resamples, sizeof *rates, err)))
        return -1;
    status = control_create(&c, rows, threads_count(pool), err);
    if (status == 0)
        status = resample(&r, pool, rates, err);
    if (status == 0) {
        const struct resampled drawn = resample_summarise(rates, r.resamples);
        *result = (struct llmx_interval){c.whole.win_rate, drawn.low, drawn.high};
    }
    control_release(&c);
    free(rates);
    return status;
}
