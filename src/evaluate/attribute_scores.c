#include "evaluate/attribute_scores.h"

#include "base/memory.h"
#include "base/names.h"
#include "statistics/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is summed over rows; then, for each class, how often it is in both, in the answer, in the truth. */
enum { ROWS, EXACT, ROW_F1, JACCARD, ERROR, WITHIN, MAJORITY, CLASSES };
enum { BOTH, ANSWER, TRUTH, COUNTS };
#define SUMS_MAX (CLASSES + COUNTS * ATTRIBUTE_CLASSES_MAX)

/* What gets an interval. */
enum { FIGURE_ACCURACY, FIGURE_MACRO_F1, FIGURE_ROW_F1, FIGURE_ERROR, FIGURE_ABOVE, FIGURES };

int answered_make(struct answered *a, size_t n, int n_classes, struct llmx_error *err)
{
    *a = (struct answered){mem_array(n, (size_t)n_classes, err), mem_array(n, 1, err)};
    if (a->has && a->is_parsed)
        return 0;
    answered_release(a);
    return -1;
}

void answered_release(struct answered *a)
{
    free(a->has);
    free(a->is_parsed);
    *a = (struct answered){0};
}

void answered_set(struct answered *a, int n_classes, size_t row, int one)
{
    memset(a->has + row * (size_t)n_classes, 0, (size_t)n_classes);
    a->is_parsed[row] = one >= 0;
    if (one >= 0)
        a->has[row * (size_t)n_classes + (size_t)one] = 1;
}

int answered_first(const struct answered *a, int n_classes, size_t row)
{
    for (int k = 0; k < n_classes; k++)
        if (a->has[row * (size_t)n_classes + (size_t)k])
            return k;
    return -1;
}

/* ---- one row ---- */

struct overlapping {
    int both, answer, truth;
};

static struct overlapping compare(const struct scoring *s, const struct answered *answers,
                                  size_t row)
{
    const unsigned char *truth = s->truth->has + row * (size_t)s->n_classes,
                        *answer = answers->has + row * (size_t)s->n_classes;
    struct overlapping o = {0};
    for (int k = 0; k < s->n_classes; k++) {
        o.both += truth[k] & answer[k];
        o.answer += answer[k];
        o.truth += truth[k];
    }
    return o;
}

static bool is_exact(struct overlapping o)
{
    return o.both == o.answer && o.both == o.truth;
}

static double f1_of(double both, double answer, double truth)
{
    return answer + truth > 0 ? 2 * both / (answer + truth) : 0;
}

/* Steps between answer and truth. */
static double steps_off(const struct scoring *s, const struct answered *answers, size_t row)
{
    const int truth = answered_first(s->truth, s->n_classes, row), last = s->n_classes - 1;
    if (!answers->is_parsed[row])
        return truth > last - truth ? truth : last - truth;
    return abs(answered_first(answers, s->n_classes, row) - truth);
}

static void add_row(double *sums, const struct scoring *s, const struct answered *answers,
                    size_t row)
{
    const struct overlapping o = compare(s, answers, row), m = compare(s, s->majority, row);
    const double f1 = f1_of(o.both, o.answer, o.truth);
    sums[ROWS]++;
    sums[EXACT] += answers->is_parsed[row] && is_exact(o);
    sums[ROW_F1] += f1;
    sums[JACCARD] += o.answer + o.truth > 0 ? (double)o.both / (o.answer + o.truth - o.both) : 0;
    sums[MAJORITY] +=
        s->kind == ATTRIBUTE_MULTI ? f1_of(m.both, m.answer, m.truth) : (double)is_exact(m);
    if (s->kind == ATTRIBUTE_ORDINAL) {
        const double off = steps_off(s, answers, row);
        sums[ERROR] += off;
        sums[WITHIN] += answers->is_parsed[row] && off <= 1;
    }
    for (int k = 0; k < s->n_classes; k++) {
        double *count = sums + CLASSES + COUNTS * k;
        const size_t at = row * (size_t)s->n_classes + (size_t)k;
        count[BOTH] += s->truth->has[at] & answers->has[at];
        count[ANSWER] += answers->has[at];
        count[TRUTH] += s->truth->has[at];
    }
}

/* ---- all rows ---- */

struct summing {
    const struct scoring *scoring;
    double *sums; /* (groups, width) */
    size_t groups, width;
};

static void find_figures(const struct scoring *s, const double *sums, double *figures)
{
    double f1 = 0;
    for (int k = 0; k < s->n_classes; k++) {
        const double *count = sums + CLASSES + COUNTS * k;
        f1 += f1_of(count[BOTH], count[ANSWER], count[TRUTH]);
    }
    const int scored = s->kind == ATTRIBUTE_MULTI ? ROW_F1 : EXACT;
    figures[FIGURE_ACCURACY] = sums[EXACT] / sums[ROWS];
    figures[FIGURE_MACRO_F1] = f1 / s->n_classes;
    figures[FIGURE_ROW_F1] = s->kind == ATTRIBUTE_MULTI ? sums[ROW_F1] / sums[ROWS] : NAN;
    figures[FIGURE_ERROR] = s->kind == ATTRIBUTE_ORDINAL ? sums[ERROR] / sums[ROWS] : NAN;
    figures[FIGURE_ABOVE] = (sums[scored] - sums[MAJORITY]) / sums[ROWS];
}

/* The sums over those groups; NULL: over all. */
static void add_up(const struct summing *m, const uint32_t *drawn, double *sums)
{
    memset(sums, 0, m->width * sizeof *sums);
    for (size_t g = 0; g < m->groups; g++) {
        const double *more = m->sums + (drawn ? drawn[g] : g) * m->width;
        for (size_t i = 0; i < m->width; i++)
            sums[i] += more[i];
    }
}

static void measure(const struct resampling *r, const uint32_t *drawn, int thread, double *figures)
{
    (void)thread;
    const struct summing *m = r->context;
    double sums[SUMS_MAX];
    add_up(m, drawn, sums);
    find_figures(m->scoring, sums, figures);
}

static int find_intervals(struct summing *m, const double *figures,
                          struct llmx_interval intervals[FIGURES], struct llmx_error *err)
{
    const struct llmx_resampling *how = &m->scoring->resampling;
    const struct resampling r = {.groups = (uint32_t)m->groups,
                                 .n = FIGURES,
                                 .resamples = how->resamples,
                                 .seed = how->seed,
                                 .measure = measure,
                                 .context = m};
    if (resample_check(how->resamples, err) != 0)
        return -1;
    struct threads *pool = threads_create(how->threads, err);
    double *drawn = pool ? mem_array((size_t)how->resamples * FIGURES, sizeof *drawn, err) : NULL;
    const int status = drawn ? resample(&r, pool, drawn, err) : -1;
    for (int i = 0; i < FIGURES && status == 0; i++) {
        const struct resampled found =
            resample_summarise(drawn + (size_t)i * (size_t)how->resamples, how->resamples);
        intervals[i] = (struct llmx_interval){figures[i], found.low, found.high};
    }
    free(drawn);
    threads_destroy(pool);
    return status;
}

/* ---- ordinal answers that could be read ---- */

static double quadratic_kappa(const double *truth, const double *answer, size_t n)
{
    double observed = 0, expected = 0;
    for (size_t i = 0; i < n; i++) {
        observed += (truth[i] - answer[i]) * (truth[i] - answer[i]);
        for (size_t j = 0; j < n; j++)
            expected += (truth[i] - answer[j]) * (truth[i] - answer[j]) / (double)n;
    }
    return expected > 0 ? 1 - observed / expected : NAN;
}

static int score_parsable(struct attribute_scores *scores, const struct scoring *s,
                          const struct answered *answers, struct llmx_error *err)
{
    struct llmx_correlation c = {NAN, NAN, NAN};
    size_t n = 0;
    double error = 0, *truth = mem_array(2 * s->n, sizeof *truth, err);
    if (!truth)
        return -1;
    double *answer = truth + s->n;
    for (size_t i = 0; i < s->n; i++)
        if (answers->is_parsed[s->rows[i]]) {
            truth[n] = answered_first(s->truth, s->n_classes, s->rows[i]);
            answer[n] = answered_first(answers, s->n_classes, s->rows[i]);
            error += fabs(truth[n] - answer[n]);
            n++;
        }
    const int status = n > 1 ? llmx_correlate(truth, answer, n, &c, err) : 0;
    scores->parsable = (int)n;
    scores->parsable_error = n > 0 ? error / (double)n : NAN;
    scores->parsable_kappa = quadratic_kappa(truth, answer, n);
    scores->parsable_tau = c.kendall;
    free(truth);
    return status;
}

/* ---- together ---- */

static void fill_scores(struct attribute_scores *scores, const struct scoring *s,
                        const double *sums, const struct llmx_interval intervals[FIGURES])
{
    double both = 0, answer = 0, truth = 0;
    *scores = (struct attribute_scores){.accuracy = intervals[FIGURE_ACCURACY],
                                        .macro_f1 = intervals[FIGURE_MACRO_F1],
                                        .row_f1 = intervals[FIGURE_ROW_F1],
                                        .error = intervals[FIGURE_ERROR],
                                        .above_majority = intervals[FIGURE_ABOVE]};
    for (int k = 0; k < s->n_classes; k++) {
        const double *count = sums + CLASSES + COUNTS * k;
        scores->f1[k] = f1_of(count[BOTH], count[ANSWER], count[TRUTH]);
        both += count[BOTH];
        answer += count[ANSWER];
        truth += count[TRUTH];
    }
    scores->micro_f1 = f1_of(both, answer, truth);
    scores->micro_precision = answer > 0 ? both / answer : 0;
    scores->micro_recall = truth > 0 ? both / truth : 0;
    scores->row_jaccard = sums[JACCARD] / sums[ROWS];
    scores->within_one = sums[WITHIN] / sums[ROWS];
}

/* The answer that is given most often, among those that can be read. */
static int find_commonest(struct attribute_scores *scores, const struct scoring *s,
                          const struct answered *answers, struct llmx_error *err)
{
    struct names sets = {0};
    size_t best = 0, *count = mem_array(s->n, sizeof *count, err);
    int64_t set = count ? 0 : -1;
    for (size_t i = 0; i < s->n && set >= 0; i++) {
        if (!answers->is_parsed[s->rows[i]])
            continue;
        const char *answer = (const char *)answers->has + s->rows[i] * (size_t)s->n_classes;
        set = names_add(&sets, answer, (size_t)s->n_classes, err);
        if (set >= 0 && ++count[set] > count[best])
            best = (size_t)set;
    }
    if (set >= 0 && sets.count > 0) {
        memcpy(scores->commonest, names_get(&sets, (uint32_t)best, NULL), (size_t)s->n_classes);
        scores->commonest_share = (double)count[best] / (double)s->n;
    }
    names_release(&sets);
    free(count);
    return set >= 0 ? 0 : -1;
}

static int score_all(struct attribute_scores *scores, struct summing *m,
                     const struct answered *answers, struct llmx_error *err)
{
    const struct scoring *s = m->scoring;
    double sums[SUMS_MAX], figures[FIGURES];
    struct llmx_interval intervals[FIGURES];
    for (size_t i = 0; i < s->n; i++)
        add_row(m->sums + (size_t)s->groups[i] * m->width, s, answers, s->rows[i]);
    add_up(m, NULL, sums);
    find_figures(s, sums, figures);
    if (find_intervals(m, figures, intervals, err) != 0)
        return -1;
    fill_scores(scores, s, sums, intervals);
    for (size_t i = 0; i < s->n; i++)
        scores->unparsable += !answers->is_parsed[s->rows[i]];
    if (find_commonest(scores, s, answers, err) != 0)
        return -1;
    return s->kind == ATTRIBUTE_ORDINAL ? score_parsable(scores, s, answers, err) : 0;
}

int attribute_score(struct attribute_scores *scores, const struct scoring *s,
                    const struct answered *answers, struct llmx_error *err)
{
    struct summing m = {.scoring = s, .width = CLASSES + COUNTS * (size_t)s->n_classes};
    for (size_t i = 0; i < s->n; i++)
        if ((size_t)s->groups[i] >= m.groups)
            m.groups = (size_t)s->groups[i] + 1;
    if (s->n == 0)
        return err_set(err, LLMX_BAD_INPUT, "nothing is asked");
    m.sums = mem_array(m.groups * m.width, sizeof *m.sums, err);
    const int status = m.sums ? score_all(scores, &m, answers, err) : -1;
    free(m.sums);
    return status;
}
