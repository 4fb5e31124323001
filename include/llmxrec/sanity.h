/* sanity.h - does a judge see what is plainly wrong? Good explanations beside the same ones spoilt in known ways.
 *
 *     struct llmx_pairs *pairs;
 *     struct llmx_sanity found;
 *     if (llmx_sanity_pairs(&pairs, "explanations.jsonl", "recs.jsonl", data, &how, &skipped, &err) == 0 &&
 *         llmx_judge_pairs(judge, pairs, NULL, 0, &report, &err) == 0 &&
 *         llmx_sanity_measure(pairs, &how.resampling, &found, &err) == 0)
 *         llmx_sanity_print(&found, stdout, 0, &err);
 *
 * Where nobody has labelled pairs, a judge can be tuned on these (judge.h). docs/evaluation.md says how each is spoilt. */
#ifndef LLMXREC_SANITY_H
#define LLMXREC_SANITY_H

#include "llmxrec/data.h"
#include "llmxrec/pairs.h"
#include "llmxrec/statistics.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum llmx_spoiling {
    LLMX_SPOILT_USER,     /* written for somebody else, of whose history it tells */
    LLMX_SPOILT_ITEM,     /* speaks of an item that was not recommended */
    LLMX_SPOILT_EVIDENCE, /* cites items that the person never took */
    LLMX_SPOILT_NUMBER,   /* a number is another */
    LLMX_SPOILT_SHUFFLED, /* its sentences in another order */
    LLMX_SPOILT_REPEATED, /* ends by saying its last sentence twice more */
    LLMX_SPOILT_PRAISE,   /* nothing but praise, which fits any item and anybody */
    LLMX_SPOILT_LONG,     /* followed by much of the same praise */
    LLMX_SPOILINGS
};

/* "user", "item", "evidence", ... and the names of the systems in the pairs; NULL past the last. */
LLMX_API const char *llmx_spoiling_name(int spoiling);
#define LLMX_SANITY_GOOD "good"

struct llmx_sanity_options {
    struct llmx_resampling resampling; /* its seed draws how texts are spoilt too */
    int limit;                         /* of the texts, the first so many that are good; 0: all */
    void (*notice)(void *context,
                   const char *message); /* told of lines that are left out; may be NULL */
    void *notice_context;
};

/* Pairs of each explanation that passes the gate (gate.h), and of what it becomes when it is spoilt in each way that fits
 * it: not every text has a number, or two sentences. The good one is a or b by chance, and the label says which. "prompt" is
 * the line's, or what a writer is told who uses the template "reasons".
 * left_out  lines without a recommendation, and texts that do not pass
 * returns   0, or -1: errors of llmx_grounding_file; LLMX_BAD_INPUT no text passes */
LLMX_API int llmx_sanity_pairs(struct llmx_pairs **pairs, const char *explanations_path,
                               const char *recs_path, const struct llmx_data *data,
                               const struct llmx_sanity_options *options, int *left_out,
                               struct llmx_error *err);

/* Intervals by bootstrap over users. */
struct llmx_sanity {
    int pairs, users;
    int unjudged; /* not in both orders: they count as not right */
    struct llmx_sanity_kind {
        int pairs, ties, wrong;     /* wrong: the spoilt one preferred in both orders */
        struct llmx_interval right; /* share where the good one is, in both orders */
    } kind[LLMX_SPOILINGS], all;
    struct llmx_resampling resampling;
};

/* Of pairs that llmx_sanity_pairs made and a judge has judged, or that llmx_pairs_read read again.
 * returns   0, or -1: LLMX_BAD_INPUT a pair of other systems; LLMX_BAD_OPTION */
LLMX_API int llmx_sanity_measure(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                                 struct llmx_sanity *result, struct llmx_error *err);

/* A table for a person, or one JSON object ("view": "judge sanity") with null for what is not defined. */
LLMX_API int llmx_sanity_print(const struct llmx_sanity *result, FILE *stream, int is_json,
                               struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
