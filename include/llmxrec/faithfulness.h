/* faithfulness.h - does a recommendation rest on what its explanation cites? It is deleted from the history, and the same
 * recommender scores again.
 *
 *     struct llmx_faithfulness found;
 *     const struct llmx_faithfulness_options how = {.draws = 10, .resampling = {.resamples = 10000, .seed = 1}};
 *     if (llmx_faithfulness_file("explanations.jsonl", "recs.jsonl", run, &how, NULL, &found, &err) == 0)
 *         llmx_faithfulness_print(&found, stdout, 0, &err);
 *
 * Whether the evidence itself is true asks llmx_evidence_test (evaluate.h). docs/evaluation.md has the definitions. */
#ifndef LLMXREC_FAITHFULNESS_H
#define LLMXREC_FAITHFULNESS_H

#include "llmxrec/recommend.h"
#include "llmxrec/statistics.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is deleted: the items that are cited, or as many others of the history. */
enum llmx_cut {
    LLMX_CUT_CITED,
    LLMX_CUT_EVIDENCE, /* the first of the recommender's evidence: the most that can be cited */
    LLMX_CUT_RECENT,
    LLMX_CUT_POPULAR, /* in the training part */
    LLMX_CUT_RANDOM,  /* mean of some draws */
    LLMX_CUTS
};

#define LLMX_RECALLS 3 /* of the first 1, 3, 5 of the evidence */

struct llmx_faithfulness_options {
    int draws; /* of random items, 1 to 100 */
    struct llmx_resampling resampling;
    void (*notice)(void *context,
                   const char *message); /* told of lines that are left out; may be NULL */
    void *notice_context;
    const struct llmx_stop *stop; /* once asked: stop soon, LLMX_INTERRUPTED; may be NULL */
};

/* Means over explanations; intervals by bootstrap over users, NaN where there is nothing to measure. */
struct llmx_faithfulness {
    const char *model; /* the run's */
    int texts;         /* explanations with a recommendation */
    int skipped;       /* those without, told to `notice` */
    int uncited;       /* texts that cite nothing that the recommender knew of the person */
    int exhaustive;    /* texts that cite all of it: every deletion is the same */
    int measured;      /* the others: scores and places are of them */
    int users;
    int cited,
        foreign; /* items cited; those of them that the recommender did not know of the person */
    int draws;
    struct llmx_resampling resampling;
    /* how far the score falls, in standard deviations of the person's scores over the catalogue */
    struct llmx_interval score[LLMX_CUTS];
    struct llmx_interval
        places[LLMX_CUTS]; /* how many places the item falls, as llmx_rank_item ranks */
    /* by how much more than with others, text by text; of CITED and EVIDENCE 0 */
    struct llmx_interval score_gain[LLMX_CUTS], places_gain[LLMX_CUTS];
    struct llmx_interval
        share; /* fall of the score by what is cited / by evidence: 1 is the best possible */
    /* share of what a text cites that is among the first 5 of the evidence (as many as are cited where that is more); of texts
     * that cite something */
    struct llmx_interval precision;
    /* share of the first 1, 3, 5 of the evidence that a text cites; of all texts */
    struct llmx_interval recall[LLMX_RECALLS];
};

/* Reads explanations (JSON Lines with "user", "item", "explanation") and the recommendations that they are for. What a text
 * cites is "cites" of its line, a list of items; where there is none, what of the history the gate finds named in it.
 * out_path  JSON Lines with the figures of each text; NULL: none
 * returns   0, or -1: LLMX_BAD_INPUT with file and line, no explanations; LLMX_MISMATCH no explanation has a recommendation,
 *           or most recommendations rest on other evidence than the run has for them; LLMX_UNSUPPORTED the model gives
 *           no evidence; LLMX_BAD_OPTION; LLMX_INTERRUPTED
 * Cost: 5 + draws passes over the item embeddings a text. */
LLMX_API int llmx_faithfulness_file(const char *explanations_path, const char *recs_path,
                                    const struct llmx_run *run,
                                    const struct llmx_faithfulness_options *options,
                                    const char *out_path, struct llmx_faithfulness *result,
                                    struct llmx_error *err);

/* A table for a person, or one JSON object with null for what is not defined. */
LLMX_API int llmx_faithfulness_print(const struct llmx_faithfulness *result, FILE *stream,
                                     int is_json, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
