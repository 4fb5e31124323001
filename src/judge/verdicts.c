/* verdicts.c - pairs that were judged: who wrote them, whose they are, and what is summed for the bootstrap. */
#include "judge/verdicts.h"
#include "base/memory.h"
#include "judge/pair_groups.h"
#include "judge/pairs.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEMS_MAX 100

static int choose_pairs(struct verdicts *v, const struct llmx_pairs *pairs, struct llmx_error *err)
{
    const size_t all = pairs->n;
    if (!(v->pair = mem_array(all, sizeof *v->pair, err)))
        return -1;
    for (size_t i = 0; i < all; i++) {
        const struct llmx_pair *pair = &pairs->pair[i];
        const int orders = !isnan(pair->p_a[0]) + !isnan(pair->p_a[1]);
        v->one_order += orders == 1;
        v->unjudged += orders == 0;
        if (orders > 0)
            v->pair[v->n++] = pair;
    }
    return v->n > 0 ? 0
                    : err_set(err, LLMX_BAD_INPUT,
                              "none of the %zu pairs was judged: \"p_a_first\" and \"p_a_second\" "
                              "are missing",
                              all);
}

static int name_systems(struct verdicts *v, struct llmx_error *err)
{
    if (!(v->system = mem_array(v->n, sizeof *v->system, err)))
        return -1;
    for (size_t i = 0; i < v->n; i++) {
        for (int k = 0; k < 2; k++) {
            const char *name = v->pair[i]->system[k];
            if (!name)
                return err_set(err, LLMX_BAD_INPUT, "judged pair %zu lacks \"system_%c\"", i + 1,
                               "ab"[k]);
            const int64_t found = names_add(&v->systems, name, strlen(name), err);
            if (found < 0)
                return -1;
            v->system[i][k] = (int)found;
        }
        if (v->system[i][0] == v->system[i][1])
            return err_set(err, LLMX_BAD_INPUT, "judged pair %zu: both texts are of '%.100s'",
                           i + 1, v->pair[i]->system[0]);
    }
    return v->systems.count <= SYSTEMS_MAX
               ? 0
               : err_set(err, LLMX_TOO_LARGE, "%u systems: %d at most can be compared",
                         v->systems.count, SYSTEMS_MAX);
}

static void sum_places(const struct llmx_pair *pair, double *sums)
{
    static const enum llmx_preference shown_first[] = {LLMX_PREFERS_A, LLMX_PREFERS_B};
    const bool is_merged = llmx_pair_verdict(pair) != LLMX_PREFERS_UNKNOWN;
    sums[PAIRS] += is_merged;
    sums[CONSISTENT] += is_merged && pair_said(pair, 0) == pair_said(pair, 1);
    for (int order = 0; order < 2; order++) {
        const enum llmx_preference said = pair_said(pair, order);
        sums[FIRST] += said == shown_first[order];
        sums[DECIDED] += said == LLMX_PREFERS_A || said == LLMX_PREFERS_B;
    }
}

static int sum_up(struct verdicts *v, struct llmx_error *err)
{
    v->width = PLACES + OF_SYSTEM * (size_t)v->systems.count;
    if (!(v->sums = mem_array(v->groups, v->width * sizeof *v->sums, err)))
        return -1;
    for (size_t i = 0; i < v->n; i++) {
        const enum llmx_preference verdict = llmx_pair_verdict(v->pair[i]);
        double *sums = v->sums + (size_t)v->group[i] * v->width;
        sum_places(v->pair[i], sums);
        for (int k = 0; k < 2 && verdict != LLMX_PREFERS_UNKNOWN; k++) {
            double *of = sums + PLACES + OF_SYSTEM * v->system[i][k];
            const bool has_won = verdict == (k == 0 ? LLMX_PREFERS_A : LLMX_PREFERS_B);
            of[MET]++;
            of[WON] += has_won;
            of[SCORE] += has_won ? 1 : verdict == LLMX_PREFERS_TIE ? .5 : 0;
        }
    }
    return 0;
}

static int choose_ratios(struct verdicts *v, struct llmx_error *err)
{
    v->n_ratios = 2 + 2 * (int)v->systems.count;
    if (!(v->ratio = mem_array((size_t)v->n_ratios, sizeof *v->ratio, err)))
        return -1;
    v->ratio[0] = (struct ratio){CONSISTENT, RATIO_NONE, PAIRS};
    v->ratio[1] = (struct ratio){FIRST, RATIO_NONE, DECIDED};
    for (int s = 0; s < (int)v->systems.count; s++) {
        const int of = PLACES + OF_SYSTEM * s;
        v->ratio[2 + 2 * s] = (struct ratio){of + WON, RATIO_NONE, of + MET};
        v->ratio[3 + 2 * s] = (struct ratio){of + SCORE, RATIO_NONE, of + MET};
    }
    return 0;
}

int verdicts_open(struct verdicts *v, const struct llmx_pairs *pairs, struct llmx_error *err)
{
    *v = (struct verdicts){0};
    if (choose_pairs(v, pairs, err) != 0 || name_systems(v, err) != 0 ||
        !(v->group = mem_array(v->n, sizeof *v->group, err)) ||
        !(v->drawn = pair_groups(v->pair, v->n, v->group, &v->groups, err)))
        return -1;
    return sum_up(v, err) == 0 && choose_ratios(v, err) == 0 ? 0 : -1;
}

void verdicts_close(struct verdicts *v)
{
    free(v->pair);
    names_release(&v->systems);
    free(v->system);
    free(v->group);
    free(v->sums);
    free(v->ratio);
}

struct ratios verdicts_ratios(const struct verdicts *v)
{
    return (struct ratios){v->sums, v->groups, v->width, v->ratio, v->n_ratios};
}
