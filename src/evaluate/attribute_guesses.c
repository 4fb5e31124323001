#include "evaluate/attribute_guesses.h"

#include "base/memory.h"
#include "base/names.h"
#include "statistics/multinomial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int check_learnt(const struct guessing *g, struct llmx_error *err)
{
    return g->n_learnt > 0 ? 0 : err_set(err, LLMX_BAD_INPUT, "no rows to learn from");
}

static const unsigned char *truth_of(const struct guessing *g, size_t row)
{
    return g->truth->has + row * (size_t)g->n_classes;
}

/* Gives all rows that are asked the same answer. */
static void answer_all(struct answered *answers, const struct guessing *g,
                       const unsigned char *same)
{
    for (size_t i = 0; i < g->n_asked; i++) {
        memcpy(answers->has + g->asked[i] * (size_t)g->n_classes, same, (size_t)g->n_classes);
        answers->is_parsed[g->asked[i]] = 1;
    }
}

int guess_majority(struct answered *answers, const struct guessing *g, struct llmx_error *err)
{
    size_t count[ATTRIBUTE_CLASSES_MAX] = {0};
    unsigned char same[ATTRIBUTE_CLASSES_MAX] = {0};
    int best = 0;
    for (size_t i = 0; i < g->n_learnt; i++)
        for (int k = 0; k < g->n_classes; k++)
            count[k] += truth_of(g, g->learnt[i])[k];
    for (int k = 0; k < g->n_classes; k++) {
        same[k] = g->is_multi && 2 * count[k] > g->n_learnt;
        if (count[k] > count[best])
            best = k;
    }
    if (!g->is_multi)
        same[best] = 1;
    answer_all(answers, g, same);
    return check_learnt(g, err);
}

int guess_majority_set(struct answered *answers, const struct guessing *g, struct llmx_error *err)
{
    struct names sets = {0};
    size_t *count = mem_array(g->n_learnt, sizeof *count, err);
    uint32_t best = 0;
    int64_t set = count ? check_learnt(g, err) : -1;
    for (size_t i = 0; i < g->n_learnt && set >= 0; i++) {
        set = names_add(&sets, (const char *)truth_of(g, g->learnt[i]), (size_t)g->n_classes, err);
        if (set >= 0)
            count[set]++;
    }
    if (set >= 0) {
        for (uint32_t i = 1; i < sets.count; i++)
            if (count[i] > count[best])
                best = i;
        answer_all(answers, g, (const unsigned char *)names_get(&sets, best, NULL));
    }
    names_release(&sets);
    free(count);
    return set >= 0 ? 0 : -1;
}

/* ---- what learns labels: of all classes, or of one value that a row has or not ---- */

#define ALL_CLASSES (-1)

static int32_t label_of(const struct guessing *g, size_t row, int value)
{
    return value == ALL_CLASSES ? answered_first(g->truth, g->n_classes, row)
                                : truth_of(g, row)[value];
}

static void take_answer(struct answered *answers, const struct guessing *g, size_t row, int value,
                        int label)
{
    if (value == ALL_CLASSES) {
        answered_set(answers, g->n_classes, row, label);
        return;
    }
    answers->has[row * (size_t)g->n_classes + (size_t)value] = (unsigned char)label;
    answers->is_parsed[row] = 1;
}

/* Has `learn` answer for all classes at once, or for one value after the other. */
static int learn_each(struct answered *answers, const struct guessing *g,
                      int (*learn)(struct answered *answers, const struct guessing *g, int value,
                                   int32_t *label, const void *from, struct llmx_error *err),
                      const void *from, struct llmx_error *err)
{
    int32_t *label = mem_array(g->n_learnt, sizeof *label, err);
    int status = label ? check_learnt(g, err) : -1;
    const int first = g->is_multi ? 0 : ALL_CLASSES, end = g->is_multi ? g->n_classes : 0;
    for (int value = first; value < end && status == 0; value++) {
        for (size_t i = 0; i < g->n_learnt; i++)
            label[i] = label_of(g, g->learnt[i], value);
        status = learn(answers, g, value, label, from, err);
    }
    free(label);
    return status;
}

static int classes_of(const struct guessing *g, int value)
{
    return value == ALL_CLASSES ? g->n_classes : 2;
}

static int learn_bits(struct answered *answers, const struct guessing *g, int value, int32_t *label,
                      const void *from, struct llmx_error *err)
{
    struct naive_bayes model;
    double logprob[ATTRIBUTE_CLASSES_MAX];
    if (naive_bayes_fit(&model, from, g->learnt, label, g->n_learnt, classes_of(g, value), err) !=
        0)
        return -1;
    for (size_t i = 0; i < g->n_asked; i++)
        take_answer(answers, g, g->asked[i], value,
                    naive_bayes_predict(&model, from, g->asked[i], logprob));
    naive_bayes_release(&model);
    return 0;
}

int guess_naive_bayes(struct answered *answers, const struct guessing *g,
                      const struct bit_rows *rows, struct llmx_error *err)
{
    return learn_each(answers, g, learn_bits, rows, err);
}

/* ---- the probe ---- */

struct probe {
    struct multinomial_rows learnt, asked; /* standardised; they share the lists of features */
    size_t *start;
    int32_t *feature;
    double *value;
};

static void probe_release(struct probe *p)
{
    free(p->start);
    free(p->feature);
    free(p->value);
}

/* Mean 0 and variance 1 in what is learnt from; a constant becomes 0. */
static void standardise(struct probe *p, size_t n, int dim)
{
    const size_t width = (size_t)dim, learnt = p->learnt.n;
    for (size_t f = 0; f < width; f++) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < learnt; i++)
            mean += p->value[i * width + f] / (double)learnt;
        for (size_t i = 0; i < learnt; i++)
            variance += pow(p->value[i * width + f] - mean, 2) / (double)learnt;
        const double scale = variance > 0 ? 1 / sqrt(variance) : 0;
        for (size_t i = 0; i < n; i++)
            p->value[i * width + f] = (p->value[i * width + f] - mean) * scale;
    }
}

static int probe_make(struct probe *p, const struct guessing *g, const float *embedding, int dim,
                      struct llmx_error *err)
{
    const size_t width = (size_t)dim, learnt = g->n_learnt, n = learnt + g->n_asked;
    *p = (struct probe){0};
    if (!(p->start = mem_array(n + 1, sizeof *p->start, err)) ||
        !(p->feature = mem_array(n * width, sizeof *p->feature, err)) ||
        !(p->value = mem_array(n * width, sizeof *p->value, err)))
        return -1;
    for (size_t i = 0; i < n; i++) {
        const size_t row = i < learnt ? g->learnt[i] : g->asked[i - learnt];
        p->start[i + 1] = (i + 1) * width;
        for (size_t f = 0; f < width; f++) {
            p->feature[i * width + f] = (int32_t)f;
            p->value[i * width + f] = (double)embedding[row * width + f];
        }
    }
    p->learnt = (struct multinomial_rows){p->start, p->feature, p->value, learnt, dim};
    p->asked = (struct multinomial_rows){p->start + learnt, p->feature, p->value, g->n_asked, dim};
    standardise(p, n, dim);
    return 0;
}

/* -log P of the labels of what was held out of the first `fitted` rows. */
static int held_out_loss(double *loss, const struct probe *p, const int32_t *label, size_t fitted,
                         int n_classes, double penalty, struct llmx_error *err)
{
    struct multinomial_rows some = p->learnt;
    struct multinomial model;
    double logprob[ATTRIBUTE_CLASSES_MAX];
    some.n = fitted;
    if (multinomial_fit(&model, &some, label, n_classes, penalty, err) != 0)
        return -1;
    *loss = 0;
    for (size_t i = fitted; i < p->learnt.n; i++) {
        multinomial_predict(&model, &p->learnt, i, logprob);
        *loss -= fmax(logprob[label[i]], -20); /* a class that was not among those fitted */
    }
    multinomial_release(&model);
    return 0;
}

static int choose_penalty(double *penalty, const struct probe *p, const int32_t *label,
                          int n_classes, struct llmx_error *err)
{
    static const double penalties[] = {1000, 100, 10, 1};
    double least = INFINITY, loss;
    const size_t fitted = p->learnt.n - p->learnt.n / 5;
    *penalty = penalties[0];
    for (size_t i = 0; i < sizeof penalties / sizeof *penalties; i++) {
        if (held_out_loss(&loss, p, label, fitted, n_classes, penalties[i], err) != 0)
            return -1;
        if (loss < least) {
            least = loss;
            *penalty = penalties[i];
        }
    }
    return 0;
}

static int learn_probe(struct answered *answers, const struct guessing *g, int value,
                       int32_t *label, const void *from, struct llmx_error *err)
{
    const struct probe *p = from;
    struct multinomial model;
    double penalty, logprob[ATTRIBUTE_CLASSES_MAX];
    if (choose_penalty(&penalty, p, label, classes_of(g, value), err) != 0 ||
        multinomial_fit(&model, &p->learnt, label, classes_of(g, value), penalty, err) != 0)
        return -1;
    for (size_t i = 0; i < g->n_asked; i++)
        take_answer(answers, g, g->asked[i], value,
                    multinomial_predict(&model, &p->asked, i, logprob));
    multinomial_release(&model);
    return 0;
}

int guess_probe(struct answered *answers, const struct guessing *g, const float *embedding, int dim,
                struct llmx_error *err)
{
    struct probe p;
    int status = check_learnt(g, err);
    if (status != 0)
        return -1;
    status = probe_make(&p, g, embedding, dim, err);
    if (status == 0)
        status = learn_each(answers, g, learn_probe, &p, err);
    probe_release(&p);
    return status;
}
