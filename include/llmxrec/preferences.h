/* preferences.h - which of several systems' explanations does a judge prefer, and would it without their places and lengths?
 *
 *     struct llmx_preferences found;
 *     const struct llmx_resampling how = {.resamples = 10000, .seed = 1};
 *     if (llmx_preferences_measure(pairs, &how, &found, &err) == 0)      // pairs that were judged (pairs.h)
 *         llmx_preferences_print(&found, stdout, 0, &err);
 *     llmx_preferences_release(&found);
 *
 * docs/evaluation.md explains the figures. */
#ifndef LLMXREC_PREFERENCES_H
#define LLMXREC_PREFERENCES_H

#include "llmxrec/pairs.h"
#include "llmxrec/statistics.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What counts as a comparison: MERGED a pair judged in both orders, won where both agree, else a tie; TWO_ORDERS each
 * order by itself; ONE_ORDER the one with a first, as the LLMXRec paper has it. */
enum llmx_counting { LLMX_MERGED, LLMX_TWO_ORDERS, LLMX_ONE_ORDER, LLMX_COUNTINGS };

struct llmx_tally {
    int comparisons, wins, ties, losses;
};

LLMX_API double
llmx_win_ratio(const struct llmx_tally *tally); /* wins / comparisons; NaN without */
LLMX_API double
llmx_win_score(const struct llmx_tally *tally); /* (wins + ties / 2) / comparisons */

/* All but `tally` of merged verdicts. NaN: not defined. */
struct llmx_system_preferences {
    char *name;
    struct llmx_tally tally[LLMX_COUNTINGS];
    struct llmx_interval win_ratio, win_score;
    struct llmx_interval length_controlled; /* win score if its texts were as long as the others' */
    double
        bradley_terry; /* strength by maximum likelihood, 0 on average; NaN for all where it has no finite maximum */
    double bradley_terry_ridge; /* with .1 times the sum of squares as penalty: always finite */
    double characters;          /* mean length of its texts over its comparisons */
    double longer_by;           /* than the other's, mean */
};

/* What the place of a text does to verdicts; pairs are those judged in both orders. */
struct llmx_position {
    int pairs, consistent;                   /* the same verdict in both orders, also twice a tie */
    int decisive_pairs, decisive_consistent; /* without pairs one of whose verdicts is a tie */
    int first_wins, second_wins;             /* verdicts, of one order alone too */
    int both_first, both_second;             /* pairs: the same place won twice */
    struct llmx_interval consistency;        /* consistent / pairs */
    struct llmx_interval first_share; /* first_wins / (first_wins + second_wins); .5 is fair */
};

struct llmx_preferences {
    int pairs;                              /* judged in one order at least */
    int one_order;                          /* of these, in one alone: not merged */
    int unjudged;                           /* left out */
    int n;                                  /* systems, in order of appearance */
    struct llmx_system_preferences *system; /* (n) */
    struct llmx_tally *against; /* (n, n) merged, of the row's system with the column's */
    struct llmx_position position;
    const char *
        drawn; /* by bootstrap: "users", "items", "prompts" or "pairs", the first that all pairs have */
    int groups; /* how many of these */
    struct llmx_resampling resampling;
};

/* returns   0, or -1: LLMX_BAD_INPUT no pair was judged, a pair without the names of its two systems, or one name twice;
 *           LLMX_TOO_LARGE more than 100 systems; LLMX_BAD_OPTION, LLMX_NO_MEMORY */
LLMX_API int llmx_preferences_measure(const struct llmx_pairs *pairs,
                                      const struct llmx_resampling *how,
                                      struct llmx_preferences *result, struct llmx_error *err);
LLMX_API void llmx_preferences_release(struct llmx_preferences *preferences);

/* A table for a person, or one JSON object with null for what is not defined ("view": "judge compare"). */
LLMX_API int llmx_preferences_print(const struct llmx_preferences *preferences, FILE *stream,
                                    int is_json, struct llmx_error *err);

/* JSON Lines, one for each text that was judged in both orders: "user" (where it is known), "item", "system", "win_score" of its
 * comparisons and "preference", the mean probability that it is the better one. llmx_ratings_figures holds them to people.
 * returns   0, or -1: LLMX_BAD_INPUT a pair without an item or systems, none was judged so; LLMX_IO */
LLMX_API int llmx_preferences_write(const struct llmx_pairs *pairs, const char *path,
                                    struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
