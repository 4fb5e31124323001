/* preferences_print.c - preferences for a person, and for programs. */
#include "base/err.h"
#include "base/plain.h"
#include "llmxrec/preferences.h"
#include "statistics/printing.h"
#include "statistics/ratios.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* ---- what to beware of, in words ---- */

static bool has_strengths(const struct llmx_preferences *p)
{
    return p->n > 0 && !isnan(p->system[0].bradley_terry);
}

/* json_decref it. */
static json_t *notes_of(const struct llmx_preferences *p)
{
    json_t *notes = json_array();
    const struct llmx_position *place = &p->position;
    if (p->groups < LLMX_ROWS_FEW)
        add_note(notes,
                 "fewer than %d %s to draw from: the intervals are wide, and should be wider still",
                 LLMX_ROWS_FEW, p->drawn);
    if (p->unjudged > 0)
        add_note(notes, "%d pairs were not judged and are left out", p->unjudged);
    if (p->one_order > 0)
        add_note(notes,
                 "%d pairs were judged in one order alone: what counts needs both, for a judge may "
                 "like a place",
                 p->one_order);
    if (place->pairs > 0 && place->first_share.low > .5)
        add_note(notes, "the judge likes what is shown first: %.0f %% of its verdicts",
                 100 * place->first_share.mean);
    if (place->pairs > 0 && place->first_share.high < .5)
        add_note(notes, "the judge likes what is shown second: %.0f %% of its verdicts",
                 100 - 100 * place->first_share.mean);
    if (place->pairs > 0 && !has_strengths(p))
        add_note(notes, "no finite Bradley-Terry strengths: some systems win nothing, not even "
                        "half, against the others; those with a penalty stand");
    return notes;
}

/* ---- for a person ---- */

static void print_number(double value, int width, int digits, FILE *f)
{
    if (isnan(value))
        fprintf(f, "%*s", width, "-");
    else
        plain_fprintf(f, "%*.*f", width, digits, value);
}

static int name_width(const struct llmx_preferences *p)
{
    int width = 12;
    for (int s = 0; s < p->n; s++)
        if ((int)strlen(p->system[s].name) > width)
            width = (int)strlen(p->system[s].name);
    return width;
}

/* What both orders say; where there is one order alone, what that says, of which no more is to be made. */
static void print_wins(const struct llmx_preferences *p, int width, FILE *f)
{
    const enum llmx_counting counting = p->position.pairs > 0 ? LLMX_MERGED : LLMX_ONE_ORDER;
    fprintf(f, "%-*s%7s%7s%7s%7s%24s%24s%24s\n", width, "", "pairs", "wins", "ties", "losses",
            "win ratio", "win score", "length-controlled");
    for (int s = 0; s < p->n; s++) {
        const struct llmx_system_preferences *of = &p->system[s];
        const struct llmx_tally *t = &of->tally[counting];
        fprintf(f, "%-*s%7d%7d%7d%7d", width, of->name, t->comparisons, t->wins, t->ties,
                t->losses);
        if (counting == LLMX_MERGED) {
            print_interval(&of->win_ratio, 24, f);
            print_interval(&of->win_score, 24, f);
            print_interval(&of->length_controlled, 24, f);
        } else {
            print_number(llmx_win_ratio(t), 8, 3, f);
            print_number(llmx_win_score(t), 32, 3, f);
        }
        fputc('\n', f);
    }
    fprintf(f, "(95 %% intervals: bootstrap of %d resamples over %d %s, seed %llu)\n",
            p->resampling.resamples, p->groups, p->drawn, (unsigned long long)p->resampling.seed);
}

static void print_strengths(const struct llmx_preferences *p, int width, FILE *f)
{
    fprintf(f, "\n%-*s%14s%14s%14s%24s\n", width, "", "Bradley-Terry", "with penalty", "characters",
            "more than the other");
    for (int s = 0; s < p->n; s++) {
        const struct llmx_system_preferences *of = &p->system[s];
        fprintf(f, "%-*s", width, of->name);
        print_number(of->bradley_terry, 14, 3, f);
        print_number(of->bradley_terry_ridge, 14, 3, f);
        print_number(of->characters, 14, 1, f);
        print_number(of->longer_by, 24, 1, f);
        fputc('\n', f);
    }
}

static void print_matrix(const struct llmx_preferences *p, int width, FILE *f)
{
    fprintf(f, "\nwin ratio (wins / comparisons) of the row's system against the column's\n%-*s",
            width, "");
    for (int s = 0; s < p->n; s++)
        fprintf(f, "  %*s", width, p->system[s].name);
    fputc('\n', f);
    for (int s = 0; s < p->n; s++) {
        fprintf(f, "%-*s", width, p->system[s].name);
        for (int t = 0; t < p->n; t++) {
            fputs("  ", f);
            print_number(llmx_win_ratio(&p->against[s * p->n + t]), width, 3, f);
        }
        fputc('\n', f);
    }
}

static void print_position(const struct llmx_position *place, FILE *f)
{
    fprintf(f, "\n%-40s", "same verdict in both orders");
    print_interval(&place->consistency, 24, f);
    fprintf(f, "\n%-40s", "verdicts for the text shown first");
    print_interval(&place->first_share, 24, f);
    fprintf(f, "\npairs in which one place won twice: first %d, second %d, of %d\n",
            place->both_first, place->both_second, place->pairs);
}

static void print_table(const struct llmx_preferences *p, FILE *f)
{
    const int width = name_width(p);
    fprintf(f, "%d pairs of %d systems; %s\n\n", p->pairs, p->n,
            p->position.pairs > 0 ? "a pair is won where both orders agree, else a tie"
                                  : "wins with a shown first");
    print_wins(p, width, f);
    if (p->position.pairs > 0) {
        print_strengths(p, width, f);
        print_matrix(p, width, f);
    }
    print_position(&p->position, f);
    json_t *notes = notes_of(p);
    print_notes(notes, f);
    json_decref(notes);
}

/* ---- for programs ---- */

static json_t *tally_object(const struct llmx_tally *t)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:o, s:o}", "comparisons", t->comparisons, "wins",
                     t->wins, "ties", t->ties, "losses", t->losses, "win_ratio",
                     json_figure(llmx_win_ratio(t)), "win_score", json_figure(llmx_win_score(t)));
}

/* The tally of merged verdicts with all else beside it. */
static json_t *system_object(const struct llmx_system_preferences *of)
{
    json_t *object = tally_object(&of->tally[LLMX_MERGED]);
    json_t *more = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "low",
        json_figure(of->win_score.low), "high", json_figure(of->win_score.high),
        "length_controlled", json_figure(of->length_controlled.mean), "bradley_terry",
        json_figure(of->bradley_terry), "bradley_terry_ridge", json_figure(of->bradley_terry_ridge),
        "win_ratio_interval", json_interval(&of->win_ratio), "length_controlled_interval",
        json_interval(&of->length_controlled), "characters", json_figure(of->characters),
        "longer_by", json_figure(of->longer_by), "two_orders",
        tally_object(&of->tally[LLMX_TWO_ORDERS]), "one_order",
        tally_object(&of->tally[LLMX_ONE_ORDER]));
    if (object)
        json_object_update(object, more);
    json_decref(more);
    return object;
}

static json_t *matrix_object(const struct llmx_preferences *p)
{
    json_t *matrix = json_object();
    for (int s = 0; s < p->n; s++) {
        json_t *row = json_object();
        for (int t = 0; t < p->n; t++)
            if (t != s)
                json_object_set_new(row, p->system[t].name,
                                    tally_object(&p->against[s * p->n + t]));
        json_object_set_new(matrix, p->system[s].name, row);
    }
    return matrix;
}

static json_t *position_object(const struct llmx_position *place)
{
    return json_pack("{s:i, s:i, s:o, s:i, s:i, s:i, s:i, s:o, s:i, s:i}", "pairs", place->pairs,
                     "consistent", place->consistent, "consistency",
                     json_interval(&place->consistency), "decisive_pairs", place->decisive_pairs,
                     "decisive_consistent", place->decisive_consistent, "first_wins",
                     place->first_wins, "second_wins", place->second_wins, "first_share",
                     json_interval(&place->first_share), "both_first", place->both_first,
                     "both_second", place->both_second);
}

static int print_json(const struct llmx_preferences *p, FILE *f, struct llmx_error *err)
{
    json_t *systems = json_object();
    for (int s = 0; s < p->n; s++)
        json_object_set_new(systems, p->system[s].name, system_object(&p->system[s]));
    json_t *object = json_pack(
        "{s:s, s:i, s:i, s:i, s:s, s:i, s:i, s:I, s:o, s:o, s:o, s:o, s:o}", "view",
        "judge compare", "pairs", p->pairs, "one_order", p->one_order, "unjudged", p->unjudged,
        "drawn", p->drawn, "groups", p->groups, "resamples", p->resampling.resamples, "seed",
        (json_int_t)p->resampling.seed, "systems", systems, "position_consistency",
        json_figure(p->position.consistency.mean), "position", position_object(&p->position),
        "matrix", matrix_object(p), "notes", notes_of(p));
    return print_object(object, f, err);
}

int llmx_preferences_print(const struct llmx_preferences *preferences, FILE *stream, int is_json,
                           struct llmx_error *err)
{
    if (!is_json)
        print_table(preferences, stream);
    else if (print_json(preferences, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write the preferences") : 0;
}
