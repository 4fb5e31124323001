/* sanity_figures.c - how a judge fares on spoilt explanations, by the way in which they are, for a person and for programs. */
#include "base/memory.h"
#include "base/names.h"
#include "base/plain.h"
#include "judge/pairs.h"
#include "llmxrec/sanity.h"
#include "statistics/printing.h"
#include "statistics/ratios.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Sums of a user: pairs and right ones, of each kind and of all. */
#define KINDS (LLMX_SPOILINGS + 1)
#define WIDTH (2 * KINDS)

struct tally {
    struct names users;
    double *sums; /* (users, WIDTH) */
    size_t capacity;
};

/* How the pair is spoilt, or -1. */
static int spoiling_of(const struct llmx_pair *pair)
{
    const int good = pair->label == LLMX_PREFERS_B;
    if (!good && pair->label != LLMX_PREFERS_A)
        return -1;
    const char *spoilt = pair->system[!good];
    if (!spoilt || !pair->system[good] || strcmp(pair->system[good], LLMX_SANITY_GOOD) != 0)
        return -1;
    for (int how = 0; how < LLMX_SPOILINGS; how++)
        if (strcmp(spoilt, llmx_spoiling_name(how)) == 0)
            return how;
    return -1;
}

static void count_verdict(struct llmx_sanity_kind *kind, double *sums, const struct llmx_pair *pair)
{
    const enum llmx_preference verdict = llmx_pair_verdict(pair);
    kind->pairs++;
    kind->ties += verdict == LLMX_PREFERS_TIE;
    kind->wrong +=
        verdict != pair->label && (verdict == LLMX_PREFERS_A || verdict == LLMX_PREFERS_B);
    sums[0]++;
    sums[1] += verdict == pair->label;
}

static int count_pair(struct tally *t, const struct llmx_pair *pair, size_t i,
                      struct llmx_sanity *result, struct llmx_error *err)
{
    const int how = spoiling_of(pair);
    if (how < 0)
        return err_set(
            err, LLMX_BAD_INPUT,
            "pair %zu is not one that `judge sanity` made: its systems must be \"" LLMX_SANITY_GOOD
            "\", by the label, and a way of spoiling",
            i + 1);
    const char *user = pair->user ? pair->user : pair->prompt;
    const int64_t group = names_add(&t->users, user, strlen(user), err);
    const size_t before = t->capacity;
    if (group < 0 ||
        mem_grow(&t->sums, &t->capacity, (size_t)t->users.count * WIDTH, sizeof *t->sums, err) != 0)
        return -1;
    if (t->capacity > before)
        memset(t->sums + before, 0, (t->capacity - before) * sizeof *t->sums);
    double *sums = t->sums + (size_t)group * WIDTH;
    count_verdict(&result->kind[how], sums + 2 * how, pair);
    count_verdict(&result->all, sums + 2 * LLMX_SPOILINGS, pair);
    result->unjudged += llmx_pair_verdict(pair) == LLMX_PREFERS_UNKNOWN;
    return 0;
}

int llmx_sanity_measure(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                        struct llmx_sanity *result, struct llmx_error *err)
{
    struct llmx_sanity r = {.pairs = (int)pairs->n, .resampling = *how};
    struct ratio ratio[KINDS];
    struct llmx_interval found[KINDS];
    struct tally t = {.capacity = 0};
    int status = 0;
    for (size_t i = 0; i < pairs->n && status == 0; i++)
        status = count_pair(&t, &pairs->pair[i], i, &r, err);
    for (int k = 0; k < KINDS; k++)
        ratio[k] = (struct ratio){2 * k + 1, RATIO_NONE, 2 * k};
    const struct ratios ratios = {t.sums, t.users.count, WIDTH, ratio, KINDS};
    if (status == 0)
        status = ratios_measure(&ratios, how, found, err);
    for (int k = 0; k < LLMX_SPOILINGS && status == 0; k++)
        r.kind[k].right = found[k];
    if (status == 0) {
        r.all.right = found[LLMX_SPOILINGS];
        r.users = (int)t.users.count;
        *result = r;
    }
    names_release(&t.users);
    free(t.sums);
    return status;
}

/* ---- printing ---- */

static void print_kind(const char *name, const struct llmx_sanity_kind *kind, FILE *f)
{
    fprintf(f, "%-10s%7d", name, kind->pairs);
    if (kind->pairs == 0)
        fprintf(f, "%23s%9s%9s\n", "-", "-", "-");
    else
        plain_fprintf(f, "%9.3f [%.3f,%.3f]%8.3f%9.3f\n", kind->right.mean, kind->right.low,
                      kind->right.high, (double)kind->ties / kind->pairs,
                      (double)kind->wrong / kind->pairs);
}

static void print_table(const struct llmx_sanity *r, FILE *f)
{
    fprintf(f, "%d pairs of %d users\n\n%-10s%7s%23s%8s%9s\n", r->pairs, r->users, "spoilt",
            "pairs", "right in both orders", "tie", "wrong");
    for (int k = 0; k < LLMX_SPOILINGS; k++)
        print_kind(llmx_spoiling_name(k), &r->kind[k], f);
    print_kind("all", &r->all, f);
    fprintf(f,
            "(95 %% intervals: bootstrap of %d resamples over users, seed %llu; tie: the orders "
            "disagree. Who does\nnot read has 0 right and all tied, who tosses coins .25, .5 and "
            ".25)\n",
            r->resampling.resamples, (unsigned long long)r->resampling.seed);
    if (r->unjudged > 0)
        fprintf(f, "\n%d pairs were not judged in both orders: they count as not right.\n",
                r->unjudged);
    if (r->users < LLMX_ROWS_FEW)
        fprintf(f, "Note: %s.\n", FEW_NOTE);
}

static json_t *kind_object(const struct llmx_sanity_kind *kind)
{
    return json_pack("{s:i, s:o, s:i, s:i}", "pairs", kind->pairs, "right",
                     json_interval(&kind->right), "ties", kind->ties, "wrong", kind->wrong);
}

static int print_json(const struct llmx_sanity *r, FILE *f, struct llmx_error *err)
{
    json_t *kinds = json_object(), *notes = json_array();
    for (int k = 0; k < LLMX_SPOILINGS; k++)
        json_object_set_new(kinds, llmx_spoiling_name(k), kind_object(&r->kind[k]));
    if (r->users < LLMX_ROWS_FEW)
        json_array_append_new(notes, json_string(FEW_NOTE));
    json_t *object =
        json_pack("{s:s, s:i, s:i, s:i, s:i, s:I, s:o, s:o, s:o}", "view", "judge sanity", "pairs",
                  r->pairs, "users", r->users, "unjudged", r->unjudged, "resamples",
                  r->resampling.resamples, "seed", (json_int_t)r->resampling.seed, "all",
                  kind_object(&r->all), "spoilt", kinds, "notes", notes);
    return print_object(object, f, err);
}

int llmx_sanity_print(const struct llmx_sanity *result, FILE *stream, int is_json,
                      struct llmx_error *err)
{
    if (!is_json)
        print_table(result, stream);
    else if (print_json(result, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write the sanity pairs' figures") : 0;
}
