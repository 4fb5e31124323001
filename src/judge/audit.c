/* audit.c - a judge and blind ones on labelled pairs, in both orders. */
#include "base/memory.h"
#include "base/rng.h"
#include "judge/blind_judges.h"
#include "judge/pair_groups.h"
#include "judge/pairs.h"
#include "statistics/grouped.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FOLDS 5

struct auditing {
    const struct llmx_resampling *how;
    struct labelled labelled;
    int32_t *group; /* (n) */
    uint32_t groups;
    said_of_pair *said;           /* (n) */
    double *right, *same, *judge; /* (n) share of orders, by the one at hand; the judge's */
    double *ahead;                /* (n) */
    struct threads *pool;
    struct llmx_audit result;
};

static void auditing_close(struct auditing *a)
{
    threads_destroy(a->pool);
    free(a->labelled.pair);
    free(a->labelled.fold);
    free(a->group);
    free(a->said);
    free(a->right);
    free(a->same);
    free(a->judge);
    free(a->ahead);
}

/* ---- which pairs ---- */

static void take_pair(struct auditing *a, const struct llmx_pair *pair)
{
    struct llmx_audit *r = &a->result;
    if (pair->label == LLMX_PREFERS_UNKNOWN)
        r->unlabelled++;
    else if (pair->label == LLMX_PREFERS_TIE)
        r->tied++;
    else if (llmx_pair_verdict(pair) == LLMX_PREFERS_UNKNOWN)
        r->unjudged++;
    else {
        a->labelled.pair[a->labelled.n++] = pair;
        r->better[pair->label == LLMX_PREFERS_B]++;
    }
}

static int choose_pairs(struct auditing *a, const struct llmx_pairs *pairs, struct llmx_error *err)
{
    const size_t all = llmx_pairs_count(pairs);
    if (!(a->labelled.pair = mem_array(all, sizeof *a->labelled.pair, err)))
        return -1;
    for (size_t i = 0; i < all; i++)
        take_pair(a, &pairs->pair[i]);
    a->result.pairs = (int)a->labelled.n;
    if (a->labelled.n > 0)
        return 0;
    if (a->result.unjudged > 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "none of the %d labelled pairs was judged in both orders: say who judges "
                       "them (--base MODEL)",
                       a->result.unjudged);
    return err_set(err, LLMX_BAD_INPUT,
                   "none of the %zu pairs says which text is better: \"label\" must be \"a\" or "
                   "\"b\" (%d are ties)",
                   all, a->result.tied);
}

/* ---- folds ---- */

/* Shuffles 0 to n - 1 (Fisher & Yates). */
static void shuffle(int32_t *order, uint32_t n, uint64_t seed)
{
    struct rng rng = rng_stream(seed, RNG_SHUFFLE, 0);
    for (uint32_t i = 0; i < n; i++)
        order[i] = (int32_t)i;
    for (uint32_t i = n; i > 1; i--) {
        const uint32_t j = rng_below(&rng, i);
        const int32_t last = order[i - 1];
        order[i - 1] = order[j];
        order[j] = last;
    }
}

/* Deals prompts out to folds; where one prompt is all, what is drawn instead. */
static int deal(struct auditing *a, struct llmx_error *err)
{
    struct labelled *p = &a->labelled;
    uint32_t prompts;
    if (!(p->fold = mem_array(p->n, sizeof *p->fold, err)) ||
        pair_prompts(p->pair, p->n, p->fold, &prompts, err) != 0)
        return -1;
    if (prompts < 2) {
        memcpy(p->fold, a->group, p->n * sizeof *p->fold);
        prompts = a->groups;
    }
    int32_t *place = mem_array(prompts, sizeof *place, err);
    if (!place)
        return -1;
    shuffle(place, prompts, a->how->seed);
    p->folds = prompts < 2 ? 0 : prompts < FOLDS ? (int)prompts : FOLDS;
    for (size_t i = 0; i < p->n && p->folds > 0; i++)
        p->fold[i] = place[p->fold[i]] % p->folds;
    free(place);
    a->result.folds = p->folds;
    a->result.prompts = (int)prompts;
    return 0;
}

/* ---- how right ---- */

static double credit(enum llmx_preference said, enum llmx_preference label)
{
    return said == label ? 1 : said == LLMX_PREFERS_TIE ? .5 : 0;
}

static int bootstrap(struct auditing *a, const double *values, struct llmx_bootstrap *found,
                     struct llmx_error *err)
{
    struct grouped grouped;
    if (grouped_create(&grouped, values, a->group, a->labelled.n, a->groups, err) != 0)
        return -1;
    const int status = grouped_bootstrap(&grouped, a->how, a->pool, found, err);
    grouped_release(&grouped);
    return status;
}

/* Marks what is said, and measures it. */
static int measure(struct auditing *a, struct llmx_audited *result, struct llmx_error *err)
{
    const size_t n = a->labelled.n;
    struct llmx_bootstrap both, same, ahead;
    struct llmx_audited r = {.is_known = 1};
    for (size_t i = 0; i < n; i++) {
        const enum llmx_preference label = a->labelled.pair[i]->label;
        const double first = credit(a->said[i][0], label), second = credit(a->said[i][1], label);
        r.accuracy[0] += first / (double)n;
        r.accuracy[1] += second / (double)n;
        r.right_in_both += (first == 1 && second == 1) / (double)n;
        a->right[i] = (first + second) / 2;
        a->same[i] = a->said[i][0] == a->said[i][1];
        a->ahead[i] = a->judge[i] - a->right[i];
    }
    if (bootstrap(a, a->right, &both, err) != 0 || bootstrap(a, a->same, &same, err) != 0 ||
        bootstrap(a, a->ahead, &ahead, err) != 0)
        return -1;
    r.both = both.interval;
    r.same = same.interval;
    r.ahead_by = ahead.interval;
    r.p = ahead.p;
    *result = r;
    return 0;
}

static int measure_judge(struct auditing *a, struct llmx_error *err)
{
    struct llmx_audited *judge = &a->result.judge[LLMX_THE_JUDGE];
    for (size_t i = 0; i < a->labelled.n; i++)
        for (int order = 0; order < 2; order++)
            a->said[i][order] = pair_said(a->labelled.pair[i], order);
    if (measure(a, judge, err) != 0)
        return -1;
    memcpy(a->judge, a->right, a->labelled.n * sizeof *a->judge);
    judge->ahead_by = (struct llmx_interval){NAN, NAN, NAN};
    judge->p = NAN;
    return 0;
}

static int measure_all(struct auditing *a, struct llmx_error *err)
{
    if (measure_judge(a, err) != 0)
        return -1;
    for (int k = LLMX_THE_JUDGE + 1; k < LLMX_AUDITED_JUDGES; k++) {
        const int said = blind_judge((enum llmx_audited_judge)k, &a->labelled, a->said, err);
        if (said < 0 || (said > 0 && measure(a, &a->result.judge[k], err) != 0))
            return -1;
    }
    return 0;
}

static int make_room(struct auditing *a, struct llmx_error *err)
{
    const size_t n = a->labelled.n;
    return (a->said = mem_array(n, sizeof *a->said, err)) &&
                   (a->right = mem_array(n, sizeof *a->right, err)) &&
                   (a->same = mem_array(n, sizeof *a->same, err)) &&
                   (a->judge = mem_array(n, sizeof *a->judge, err)) &&
                   (a->ahead = mem_array(n, sizeof *a->ahead, err)) &&
                   (a->group = mem_array(n, sizeof *a->group, err)) &&
                   (a->pool = threads_create(a->how->threads, err))
               ? 0
               : -1;
}

static int audit(struct auditing *a, const struct llmx_pairs *pairs, struct llmx_error *err)
{
    if (choose_pairs(a, pairs, err) != 0 || make_room(a, err) != 0)
        return -1;
    a->result.drawn = pair_groups(a->labelled.pair, a->labelled.n, a->group, &a->groups, err);
    if (!a->result.drawn)
        return -1;
    a->result.groups = (int)a->groups;
    return deal(a, err) == 0 && measure_all(a, err) == 0 ? 0 : -1;
}

int llmx_audit_judge(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                     struct llmx_audit *result, struct llmx_error *err)
{
    struct auditing a = {.how = how, .result.resampling = *how};
    const int status = audit(&a, pairs, err);
    auditing_close(&a);
    if (status == 0)
        *result = a.result;
    return status;
}

int llmx_audit_beats(const struct llmx_audit *audit, enum llmx_audited_judge judge)
{
    const struct llmx_audited *blind = &audit->judge[judge];
    return !blind->is_known || blind->ahead_by.low > 0;
}
