/* audit.h - is a judge any better than one that does not read? Judges on pairs whose better text is known.
 *
 *     struct llmx_audit found;
 *     const struct llmx_resampling how = {.resamples = 10000, .seed = 1};
 *     if (llmx_audit_judge(pairs, &how, &found, &err) == 0)      // pairs with labels, that were judged (pairs.h)
 *         llmx_audit_print(&found, stdout, 0, &err);
 *
 * docs/evaluation.md explains the figures. */
#ifndef LLMXREC_AUDIT_H
#define LLMXREC_AUDIT_H

#include "llmxrec/pairs.h"
#include "llmxrec/statistics.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The judge that is audited, and blind ones. Those that learn are tested on prompts that they did not learn from. */
enum llmx_audited_judge {
    LLMX_THE_JUDGE,
    LLMX_BLIND_FIRST,  /* always the text shown first */
    LLMX_BLIND_SECOND, /* or second */
    LLMX_BLIND_LONGER, /* in characters; a tie at equal lengths */
    LLMX_BLIND_SHORTER,
    LLMX_BLIND_SYSTEM, /* knows who wrote what, and who won before (Bradley-Terry with a penalty) */
    LLMX_BLIND_WORDS,  /* the words that one text has and the other not: logistic regression, L2 */
    LLMX_AUDITED_JUDGES
};

/* A tie is half right, so that a judge that always says the same is right in exactly half of both orders. */
struct llmx_audited {
    int is_known; /* 0: there is no such judge here (no names of systems, nothing to learn from) */
    double accuracy[2];        /* with a shown first, with b shown first */
    struct llmx_interval both; /* mean of the two */
    double right_in_both;      /* share of pairs that it gets right in both orders */
    /* position consistency: share of pairs with one verdict in both orders */
    struct llmx_interval same;
    /* what the judge's `both` is more than this one's, pair by pair; NaN of itself */
    struct llmx_interval ahead_by;
    double p; /* of ahead_by being 0, by the same bootstrap */
};

struct llmx_audit {
    int pairs;          /* labelled a or b, and judged in both orders */
    int better[2];      /* of these, a, b is labelled the better one */
    int unlabelled;     /* left out */
    int tied;           /* labelled a tie: left out */
    int unjudged;       /* labelled, but not judged in both orders: left out */
    int folds, prompts; /* that learning judges went through; 0 where there is one prompt alone */
    struct llmx_audited judge[LLMX_AUDITED_JUDGES];
    /* by bootstrap: "users", "items", "prompts" or "pairs", the first that all pairs have */
    const char *drawn;
    int groups; /* how many of these */
    struct llmx_resampling resampling;
};

/* The seed shuffles prompts into folds, too.
 * returns   0, or -1: LLMX_BAD_INPUT no pair has a label, no labelled pair was judged in both orders; LLMX_BAD_OPTION,
 *           LLMX_NO_MEMORY */
LLMX_API int llmx_audit_judge(const struct llmx_pairs *pairs, const struct llmx_resampling *how,
                              struct llmx_audit *result, struct llmx_error *err);

/* "always_first", ...; that of the judge itself is "judge". */
LLMX_API const char *llmx_audited_name(enum llmx_audited_judge judge);

/* Is the judge better than this one beyond chance: the interval of ahead_by above 0? 1 where there is no such judge. */
LLMX_API int llmx_audit_beats(const struct llmx_audit *audit, enum llmx_audited_judge judge);

/* A table for a person that says in words what the judge does not beat, or one JSON object ("view": "judge audit"). */
LLMX_API int llmx_audit_print(const struct llmx_audit *audit, FILE *stream, int is_json,
                              struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
