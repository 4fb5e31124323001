/* preferences.c - the figures of verdicts: tallies, strengths, and what place and length have to do with them. */
#include "base/memory.h"
#include "judge/pairs.h"
#include "judge/verdicts.h"
#include "statistics/length_control.h"
#include "statistics/strengths.h"
#include "token/text_tokens.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RIDGE .1 /* of the strengths that are always finite */

double llmx_win_ratio(const struct llmx_tally *tally)
{
    return tally->comparisons > 0 ? (double)tally->wins / tally->comparisons : NAN;
}

double llmx_win_score(const struct llmx_tally *tally)
{
    return tally->comparisons > 0 ? (tally->wins + tally->ties / 2.0) / tally->comparisons : NAN;
}

void llmx_preferences_release(struct llmx_preferences *p)
{
    for (int s = 0; s < p->n && p->system; s++)
        free(p->system[s].name);
    free(p->system);
    free(p->against);
    *p = (struct llmx_preferences){0};
}

/* ---- counting ---- */

/* Counts what one comparison says for both systems. */
static void count(struct llmx_tally *a, struct llmx_tally *b, enum llmx_preference said)
{
    if (said == LLMX_PREFERS_UNKNOWN)
        return;
    a->comparisons++;
    b->comparisons++;
    a->wins += said == LLMX_PREFERS_A;
    b->losses += said == LLMX_PREFERS_A;
    b->wins += said == LLMX_PREFERS_B;
    a->losses += said == LLMX_PREFERS_B;
    a->ties += said == LLMX_PREFERS_TIE;
    b->ties += said == LLMX_PREFERS_TIE;
}

static void count_pair(struct llmx_preferences *p, const struct llmx_pair *pair,
                       const int system[2])
{
    struct llmx_tally *a = p->system[system[0]].tally, *b = p->system[system[1]].tally;
    const enum llmx_preference verdict = llmx_pair_verdict(pair);
    count(&a[LLMX_MERGED], &b[LLMX_MERGED], verdict);
    count(&p->against[system[0] * p->n + system[1]], &p->against[system[1] * p->n + system[0]],
          verdict);
    count(&a[LLMX_ONE_ORDER], &b[LLMX_ONE_ORDER], pair_said(pair, 0));
    for (int order = 0; order < 2; order++)
        count(&a[LLMX_TWO_ORDERS], &b[LLMX_TWO_ORDERS], pair_said(pair, order));
}

static void count_places(struct llmx_position *place, const struct llmx_pair *pair)
{
    const enum llmx_preference a_first = pair_said(pair, 0), b_first = pair_said(pair, 1);
    place->first_wins += (a_first == LLMX_PREFERS_A) + (b_first == LLMX_PREFERS_B);
    place->second_wins += (a_first == LLMX_PREFERS_B) + (b_first == LLMX_PREFERS_A);
    if (a_first == LLMX_PREFERS_UNKNOWN || b_first == LLMX_PREFERS_UNKNOWN)
        return;
    const bool is_decisive = a_first != LLMX_PREFERS_TIE && b_first != LLMX_PREFERS_TIE;
    place->pairs++;
    place->consistent += a_first == b_first;
    place->decisive_pairs += is_decisive;
    place->decisive_consistent += is_decisive && a_first == b_first;
    place->both_first += a_first == LLMX_PREFERS_A && b_first == LLMX_PREFERS_B;
    place->both_second += a_first == LLMX_PREFERS_B && b_first == LLMX_PREFERS_A;
}

/* ---- strengths ---- */

static int measure_strengths(struct llmx_preferences *p, struct llmx_error *err)
{
    const size_t n = (size_t)p->n;
    double *wins = mem_array(n * (n + 1), sizeof *wins, err);
    if (!wins)
        return -1;
    double *strength = wins + n * n;
    for (size_t i = 0; i < n * n; i++)
        wins[i] = p->against[i].wins + p->against[i].ties / 2.0;
    int status = strengths_fit(wins, p->n, 0, strength, err);
    for (size_t s = 0; s < n && status == 0; s++)
        p->system[s].bradley_terry = strength[s];
    if (status == 0)
        status = strengths_fit(wins, p->n, RIDGE, strength, err);
    for (size_t s = 0; s < n && status == 0; s++)
        p->system[s].bradley_terry_ridge = strength[s];
    free(wins);
    return status;
}

/* ---- lengths ---- */

static void length_rows_release(struct length_rows *rows)
{
    free(rows->shorter_by);
    free(rows->preference);
    free(rows->group);
}

static int length_rows_create(struct length_rows *rows, size_t n, uint32_t groups,
                              struct llmx_error *err)
{
    *rows = (struct length_rows){.groups = groups};
    return (rows->shorter_by = mem_array(n, sizeof *rows->shorter_by, err)) &&
                   (rows->preference = mem_array(n, sizeof *rows->preference, err)) &&
                   (rows->group = mem_array(n, sizeof *rows->group, err))
               ? 0
               : -1;
}

static double length_of(const struct llmx_pair *pair, int k)
{
    return (double)characters_of(pair->text[k], strlen(pair->text[k]));
}

/* The comparisons of one system as rows; its lengths on the way. */
static void take_rows(struct length_rows *rows, const struct verdicts *v, int system,
                      struct llmx_system_preferences *result)
{
    double length = 0, other = 0;
    rows->n = 0;
    for (size_t i = 0; i < v->n; i++) {
        const enum llmx_preference verdict = llmx_pair_verdict(v->pair[i]);
        const int own = v->system[i][1] == system;
        if (verdict == LLMX_PREFERS_UNKNOWN || v->system[i][own] != system)
            continue;
        const double mine = length_of(v->pair[i], own), its = length_of(v->pair[i], !own);
        const bool has_won = verdict == (own ? LLMX_PREFERS_B : LLMX_PREFERS_A);
        rows->shorter_by[rows->n] = its - mine;
        rows->preference[rows->n] = has_won ? 1 : verdict == LLMX_PREFERS_TIE ? .5 : 0;
        rows->group[rows->n++] = v->group[i];
        length += mine;
        other += its;
    }
    result->characters = rows->n > 0 ? length / (double)rows->n : NAN;
    result->longer_by = rows->n > 0 ? (length - other) / (double)rows->n : NAN;
}

static int measure_lengths(struct llmx_preferences *p, const struct verdicts *v,
                           struct llmx_error *err)
{
    struct length_rows rows;
    struct threads *pool = NULL;
    int status = length_rows_create(&rows, v->n, v->groups, err);
    if (status == 0 && !(pool = threads_create(p->resampling.threads, err)))
        status = -1;
    for (int s = 0; s < p->n && status == 0; s++) {
        struct llmx_interval *rate = &p->system[s].length_controlled;
        take_rows(&rows, v, s, &p->system[s]);
        *rate = (struct llmx_interval){NAN, NAN, NAN};
        if (rows.n > 0)
            status = length_control_measure(&rows, &p->resampling, pool, rate, err);
    }
    threads_destroy(pool);
    length_rows_release(&rows);
    return status;
}

/* ---- all together ---- */

static int make_room(struct llmx_preferences *p, const struct verdicts *v, struct llmx_error *err)
{
    const size_t n = v->systems.count;
    if (!(p->system = mem_array(n, sizeof *p->system, err)) ||
        !(p->against = mem_array(n * n, sizeof *p->against, err)))
        return -1;
    for (; p->n < (int)n; p->n++) {
        size_t length;
        const char *name = names_get(&v->systems, (uint32_t)p->n, &length);
        if (!(p->system[p->n].name = mem_text(name, length, err)))
            return -1;
    }
    return 0;
}

static int measure_intervals(struct llmx_preferences *p, const struct verdicts *v,
                             struct llmx_error *err)
{
    const struct ratios ratios = verdicts_ratios(v);
    struct llmx_interval *found = mem_array((size_t)ratios.n, sizeof *found, err);
    const int status = found ? ratios_measure(&ratios, &p->resampling, found, err) : -1;
    if (status == 0) {
        p->position.consistency = found[0];
        p->position.first_share = found[1];
        for (int s = 0; s < p->n; s++) {
            p->system[s].win_ratio = found[2 + 2 * s];
            p->system[s].win_score = found[3 + 2 * s];
        }
    }
    free(found);
    return status;
}

int llmx_preferences_measure(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                             struct llmx_preferences *result, struct llmx_error *err)
{
    struct verdicts v;
    struct llmx_preferences p = {.resampling = *how};
    int status = verdicts_open(&v, pairs, err);
    if (status == 0)
        status = make_room(&p, &v, err);
    if (status == 0) {
        p.pairs = (int)v.n;
        p.one_order = v.one_order;
        p.unjudged = v.unjudged;
        p.drawn = v.drawn;
        p.groups = (int)v.groups;
        for (size_t i = 0; i < v.n; i++) {
            count_pair(&p, v.pair[i], v.system[i]);
            count_places(&p.position, v.pair[i]);
        }
        status = measure_intervals(&p, &v, err);
    }
    if (status == 0)
        status = measure_strengths(&p, err);
    if (status == 0)
        status = measure_lengths(&p, &v, err);
    verdicts_close(&v);
    if (status == 0)
        *result = p;
    else
        llmx_preferences_release(&p);
    return status;
}
