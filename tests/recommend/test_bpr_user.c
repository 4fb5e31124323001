#include "recommend/bpr.h"
#include "recommend/marginal.h"
#include "support/data.h"
#include "support/test.h"

/* The objective of bpr.h in double and as plainly as possible, with one history item left out (or none: -1). */
struct plain {
    const struct bpr *bpr;
    const llmx_id *history;
    int n, left_out;
    const unsigned char *is_known; /* (items) */
    const double
        *slope; /* (dim) c of F(u) - c'u, which makes a given vector the minimum; NULL: zero */
    double ridge;
};

static double product(const struct plain *p, const double *u, llmx_id item)
{
    double s = 0;
    for (int i = 0; i < p->bpr->dim; i++)
        s += u[i] * (double)p->bpr->item[item * p->bpr->dim + i];
    return s;
}

/* gradient (dim) and hessian (dim, dim) at u. */
static void derivatives(const struct plain *p, const double *u, double *gradient, double *hessian)
{
    const int d = p->bpr->dim;
    const llmx_id items = p->bpr->items;
    double *scores = malloc((size_t)items * sizeof *scores),
           *pull = calloc((size_t)items, sizeof *pull);
    double *curve = calloc((size_t)items, sizeof *curve), *mean = malloc((size_t)d * sizeof *mean);
    int negatives = 0;
    for (llmx_id i = 0; i < items; i++) {
        scores[i] = product(p, u, i);
        negatives += !p->is_known[i];
    }
    const double ridge = p->ridge * (p->left_out >= 0 ? p->n - 1 : p->n);
    for (int i = 0; i < d; i++) {
        gradient[i] = ridge * u[i] - (p->slope ? p->slope[i] : 0);
        for (int j = 0; j < d; j++)
            hessian[i * d + j] = i == j ? ridge : 0;
    }
    for (int h = 0; h < p->n; h++) {
        if (h == p->left_out)
            continue;
        const float *q = p->bpr->item + p->history[h] * d;
        double force = 0, bend = 0;
        memset(mean, 0, (size_t)d * sizeof *mean);
        for (llmx_id n = 0; n < items; n++) {
            if (p->is_known[n])
                continue;
            const double s = 1 / (1 + exp(scores[n] - scores[p->history[h]]));
            force += (1 - s) / negatives;
            bend += s * (1 - s) / negatives;
            pull[n] += (1 - s) / negatives;
            curve[n] += s * (1 - s) / negatives;
            for (int i = 0; i < d; i++)
                mean[i] += s * (1 - s) / negatives * (double)p->bpr->item[n * d + i];
        }
        for (int i = 0; i < d; i++) {
            gradient[i] -= force * (double)q[i];
            for (int j = 0; j < d; j++)
                hessian[i * d + j] += bend * (double)q[i] * (double)q[j] - (double)q[i] * mean[j] -
                                      mean[i] * (double)q[j];
        }
    }
    for (llmx_id n = 0; n < items; n++) {
        const float *q = p->bpr->item + n * d;
        for (int i = 0; i < d && curve[n] > 0; i++) {
            gradient[i] += pull[n] * (double)q[i];
            for (int j = 0; j < d; j++)
                hessian[i * d + j] += curve[n] * (double)q[i] * (double)q[j];
        }
    }
    free(scores);
    free(pull);
    free(curve);
    free(mean);
}

/* x := a^-1 x by Gauss-Jordan; a (d, d) is overwritten. */
static void solve_plainly(double *a, double *x, int d)
{
    for (int k = 0; k < d; k++) {
        for (int i = 0; i < d; i++) {
            if (i == k)
                continue;
            const double f = a[i * d + k] / a[k * d + k];
            for (int j = k; j < d; j++)
                a[i * d + j] -= f * a[k * d + j];
            x[i] -= f * x[k];
        }
    }
    for (int k = 0; k < d; k++)
        x[k] /= a[k * d + k];
}

/* Moves u to the minimum; returns the norm of the gradient there. */
static double minimise(const struct plain *p, double *u)
{
    const int d = p->bpr->dim;
    double *gradient = malloc((size_t)d * sizeof *gradient),
           *hessian = malloc((size_t)(d * d) * sizeof *hessian);
    double norm = 0;
    for (int step = 0; step < 12; step++) {
        derivatives(p, u, gradient, hessian);
        norm = 0;
        for (int i = 0; i < d; i++)
            norm += gradient[i] * gradient[i];
        if (norm < 1e-20)
            break;
        solve_plainly(hessian, gradient, d);
        for (int i = 0; i < d; i++)
            u[i] -= gradient[i];
    }
    free(gradient);
    free(hessian);
    return sqrt(norm);
}

static struct bpr *learn(struct llmx_data *data, int dim, int epochs, double l2)
{
    void *model = NULL;
    struct epoch_result result;
    struct llmx_train_options options = llmx_train_defaults("bpr");
    options.dim = dim;
    options.l2 = l2;
    options.seed = 1;
    const struct recommender *row = &recommender_bpr;
    assert_int_equal(
        row->create(&model, llmx_data_users(data), llmx_data_items(data), &options, NULL), 0);
    assert_int_equal(row->begin(model, data, &options, NULL, NULL), 0);
    for (int epoch = 1; epoch <= epochs; epoch++)
        assert_int_equal(row->epoch(model, epoch, NULL, &result, NULL), 0);
    return model;
}

static unsigned char *known_of(const struct bpr *bpr, const llmx_id *history, int n)
{
    unsigned char *is_known = calloc((size_t)bpr->items, 1);
    for (int i = 0; i < n; i++)
        is_known[history[i]] = 1;
    return is_known;
}

/* How well Newton steps foretell fitting: over some users and some of their history items, two numbers of each. */
struct agreement {
    double sxy, sxx, syy, sx, sy, error, size;
    int n;
};

static void note(struct agreement *a, double truth, double guess)
{
    a->sxy += truth * guess;
    a->sxx += truth * truth;
    a->syy += guess * guess;
    a->sx += truth;
    a->sy += guess;
    a->error += fabs(truth - guess);
    a->size += fabs(truth);
    a->n++;
}

/* alone (n): the score of `target` after one Newton step from zero by each history item alone. */
static void score_alone(const struct plain *whole, llmx_id target, double *alone)
{
    const int d = whole->bpr->dim;
    double *u = malloc((size_t)d * sizeof *u), *hessian = malloc((size_t)(d * d) * sizeof *hessian),
           *zero = calloc((size_t)d, sizeof *zero);
    for (int j = 0; j < whole->n; j++) {
        struct plain p = *whole;
        p.history = &whole->history[j];
        p.n = 1;
        p.left_out = -1;
        p.slope = NULL;
        derivatives(&p, zero, u, hessian);
        solve_plainly(hessian, u, d);
        alone[j] = -product(&p, u, target);
    }
    free(u);
    free(hessian);
    free(zero);
}

/* first (n), what one step gives, beside the minimum it steps towards, both against their means over n items: how items
 * of one history differ is all that counts. */
static void compare_alone(const struct plain *whole, int n, llmx_id target, const double *first,
                          struct agreement *alone)
{
    double *u = malloc((size_t)whole->bpr->dim * sizeof *u),
           *fitted = malloc((size_t)n * sizeof *fitted), mean = 0, mean_first = 0;
    for (int j = 0; j < n; j++) {
        struct plain p = *whole;
        p.history = &whole->history[j];
        p.n = 1;
        p.left_out = -1;
        p.slope = NULL;
        memset(u, 0, (size_t)p.bpr->dim * sizeof *u);
        assert_true(minimise(&p, u) < 1e-6);
        fitted[j] = product(&p, u, target);
        mean += fitted[j] / n;
        mean_first += first[j] / n;
    }
    for (int j = 0; j < n; j++)
        note(alone, fitted[j] - mean, first[j] - mean_first);
    free(u);
    free(fitted);
}

/* The contributions to the score of the best item outside the history, of which the part of each item alone is taken
 * off: what is left foretells removals. */
static void compare_user(const struct bpr *bpr, const struct llmx_person *person, int removals,
                         struct agreement *without, struct agreement *alone)
{
    const int d = bpr->dim;
    unsigned char *is_known = known_of(bpr, person->history, person->n);
    struct plain p = {bpr, person->history, person->n, -1, is_known, NULL, (double)bpr->l2};
    double *u = calloc((size_t)d, sizeof *u), *slope = malloc((size_t)d * sizeof *slope);
    double *hessian = malloc((size_t)(d * d) * sizeof *hessian),
           *refitted = malloc((size_t)d * sizeof *refitted);
    double *first = malloc((size_t)person->n * sizeof *first), mean = 0;
    float *contributions = malloc((size_t)person->n * sizeof *contributions);
    llmx_id best = -1;
    for (int i = 0; i < d; i++)
        u[i] = (double)bpr->user[person->user * d + i];
    for (llmx_id i = 0; i < bpr->items; i++)
        if (!is_known[i] && (best < 0 || product(&p, u, i) > product(&p, u, best)))
            best = i;
    score_alone(&p, best, first);
    for (int j = 0; j < person->n; j++)
        mean += first[j] / person->n;
    derivatives(&p, u, slope, hessian); /* what training left of the gradient stays */
    p.slope = slope;
    assert_int_equal(bpr_evidence(bpr, person, &best, 1, contributions, NULL), 0);
    for (int j = 0; j < person->n && j < removals; j++) {
        memcpy(refitted, u, (size_t)d * sizeof *u);
        p.left_out = j;
        assert_true(minimise(&p, refitted) < 1e-6);
        note(without, product(&p, u, best) - product(&p, refitted, best),
             (double)contributions[j] - (double)FIRST_SHARE * (first[j] - mean));
    }
    compare_alone(&p, removals < person->n ? removals : person->n, best, first, alone);
    free(is_known);
    free(u);
    free(slope);
    free(hessian);
    free(refitted);
    free(first);
    free(contributions);
}

static void report(const char *what, const struct agreement *a, double *correlation,
                   double *relative_error)
{
    const double n = a->n;
    *correlation = (n * a->sxy - a->sx * a->sy) /
                   sqrt((n * a->sxx - a->sx * a->sx) * (n * a->syy - a->sy * a->sy));
    *relative_error = a->error / a->size;
    print_message("%s against fitting: %d times, correlation %.4f, mean error / mean size %.3f\n",
                  what, a->n, *correlation, *relative_error);
}

static void compare(struct llmx_data *data, const struct bpr *bpr, int step, int removals,
                    double correlation_min, double error_max, double alone_min)
{
    struct agreement without = {0}, alone = {0};
    double correlation, error;
    for (llmx_id user = 0; user < bpr->users; user += step) {
        struct llmx_person person = {.user = user, .as_of = LLMX_AS_OF_TRAIN};
        person.history = llmx_data_history(data, user, LLMX_TRAIN, &person.n);
        compare_user(bpr, &person, removals, &without, &alone);
    }
    report("influence of removal", &without, &correlation, &error);
    assert_true(correlation >= correlation_min);
    assert_true(error <= error_max);
    report("one step from zero", &alone, &correlation, &error);
    assert_true(correlation >= alone_min);
    recommender_bpr.destroy((void *)(size_t)bpr);
    llmx_data_destroy(data);
}

static void test_evidence__foretells_refitting(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("influence.inter", 80, 100, 20, 4);
    compare(data, learn(data, 8, 60, 6e-3), 10, 18, 0.99, 0.1, 0.95);
}

static void test_evidence__foretells_refitting_on_ml100k(void **state)
{
    (void)state;
    struct llmx_data *data = test_ml100k(LLMX_TIME_NORMALISED_FLOAT32);
    compare(data, learn(data, 64, 90, 6e-3), 190, 5, 0.98, 0.25, 0.75);
}

/* The row of somebody new. */
static void fit_user(float *u, const struct bpr *bpr, const llmx_id *history, int n)
{
    const struct llmx_person person = {.user = -1, .history = history, .n = n};
    assert_int_equal(bpr_person_row(bpr, &person, u, NULL), 0);
}

static void test_person_row__reaches_the_minimum(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("fit.inter", 60, 90, 15, 5);
    struct bpr *bpr = learn(data, 16, 40, 6e-3);
    int n;
    const llmx_id *history = llmx_data_history(data, 7, LLMX_TRAIN, &n);
    unsigned char *is_known = known_of(bpr, history, n);
    const struct plain p = {bpr, history, n, -1, is_known, NULL, (double)bpr->l2};
    float fitted[16];
    double u[16] = {0};
    fit_user(fitted, bpr, history, n);
    assert_true(minimise(&p, u) < 1e-8);
    for (int i = 0; i < 16; i++)
        assert_near(fitted[i], u[i], 2e-3 * (1 + fabs(u[i])));
    free(is_known);
    recommender_bpr.destroy(bpr);
    llmx_data_destroy(data);
}

static void test_person_row__of_nothing_and_of_everything(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("edges.inter", 30, 20, 8, 5);
    struct bpr *bpr = learn(data, 16, 5, 6e-3);
    llmx_id all[20];
    float u[16], contributions[20];
    for (int i = 0; i < bpr->items; i++)
        all[i] = i;
    fit_user(u, bpr, NULL, 0);
    assert_near(u[0], 0, 0);
    fit_user(u, bpr, all, bpr->items); /* nothing to compare with */
    assert_near(u[3], 0, 1e-6);
    const struct llmx_person person = {.user = -1, .history = all, .n = bpr->items};
    assert_int_equal(bpr_evidence(bpr, &person, all, 1, contributions, NULL), 0);
    assert_near(contributions[2], 0, 1e-6);
    recommender_bpr.destroy(bpr);
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evidence__foretells_refitting),
        cmocka_unit_test(test_evidence__foretells_refitting_on_ml100k),
        cmocka_unit_test(test_person_row__reaches_the_minimum),
        cmocka_unit_test(test_person_row__of_nothing_and_of_everything),
    };
    return cmocka_run_group_tests_name("bpr_user", tests, NULL, NULL);
}
