#include "statistics/strengths.h"

#include "base/memory.h"
#include "statistics/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every two systems that met, once: who beat whom is a logistic regression on the difference of two ones. */
struct meetings {
    size_t *start;
    int *column;
    double *value, *label, *weight;
    size_t n;
};

static void meetings_release(struct meetings *m)
{
    free(m->start);
    free(m->column);
    free(m->value);
    free(m->label);
    free(m->weight);
}

static int meetings_create(struct meetings *m, const double *wins, int n, struct llmx_error *err)
{
    const size_t most = (size_t)n * (size_t)(n - 1) / 2;
    if (!(m->start = mem_array(most + 1, sizeof *m->start, err)) ||
        !(m->column = mem_array(2 * most, sizeof *m->column, err)) ||
        !(m->value = mem_array(2 * most, sizeof *m->value, err)) ||
        !(m->label = mem_array(most, sizeof *m->label, err)) ||
        !(m->weight = mem_array(most, sizeof *m->weight, err)))
        return -1;
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++) {
            const double won = wins[i * n + j], met = won + wins[j * n + i];
            if (met == 0)
                continue;
            const size_t at = 2 * m->n;
            m->column[at] = i;
            m->column[at + 1] = j;
            m->value[at] = 1;
            m->value[at + 1] = -1;
            m->label[m->n] = won / met;
            m->weight[m->n] = met;
            m->start[++m->n] = at + 2;
        }
    return 0;
}

/* Does a way of wins lead from each system to each other? (Ford 1957) */
static int is_finite(const double *wins, int n, bool *result, struct llmx_error *err)
{
    bool *reaches = mem_array((size_t)n * (size_t)n, sizeof *reaches, err);
    if (!reaches)
        return -1;
    for (int i = 0; i < n * n; i++)
        reaches[i] = wins[i] > 0 || i / n == i % n;
    for (int via = 0; via < n; via++)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                reaches[i * n + j] |= reaches[i * n + via] && reaches[via * n + j];
    *result = true;
    for (int i = 0; i < n * n; i++)
        *result &= reaches[i];
    free(reaches);
    return 0;
}

int strengths_fit(const double *wins, int n, double alpha, double *strength, struct llmx_error *err)
{
    struct meetings m = {0};
    double *work = NULL;
    bool has_maximum = true;
    int status = alpha > 0 ? 0 : is_finite(wins, n, &has_maximum, err);
    if (status == 0)
        status = meetings_create(&m, wins, n, err);
    if (status == 0 && !(work = mem_array(logistic_work(m.n, n), sizeof *work, err)))
        status = -1;
    if (status == 0) {
        const struct logistic l = {m.start,  m.column, m.value, m.label,
                                   m.weight, m.n,      n,       2 * alpha};
        memset(strength, 0, (size_t)n * sizeof *strength);
        const bool is_found = has_maximum && logistic_fit(&l, strength, work);
        for (int i = 0; i < n && !is_found; i++)
            strength[i] = NAN;
    }
    meetings_release(&m);
    free(work);
    return status;
}
