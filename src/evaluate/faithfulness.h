/* faithfulness.h - one explanation's citations, and what deleting them does. */
#ifndef EVALUATE_FAITHFULNESS_H
#define EVALUATE_FAITHFULNESS_H

#include "base/arena.h"
#include "llmxrec/faithfulness.h"
#include "run/run.h"

#include <stdbool.h>
#include <stdint.h>

#define EVIDENCE_SHOWN 5 /* that precision and recall look at, and recommendations mostly hold */

/* A text with what it cites, and behind `found` what was measured of it. */
struct citation {
    struct llmx_person given; /* as the recommendation has it */
    llmx_id item;
    llmx_id told; /* the first of the recommendation's evidence; -1: none */
    int32_t group;
    const char *user;
    const llmx_id *cited; /* (n_cited) different ones, of the history that the recommender knew */
    int n_cited, n_foreign;
    /* found */
    llmx_id *evidence; /* (n_evidence) room for citation_evidence_max() */
    int n_evidence;
    bool is_exhaustive, is_measured;
    int rank; /* with all of the history */
    double score[LLMX_CUTS], places[LLMX_CUTS];
    double precision, recall[LLMX_RECALLS]; /* NaN: not defined */
};

extern const int citation_recalls[LLMX_RECALLS]; /* 1, 3, 5 */

static inline int citation_evidence_max(const struct citation *citation)
{
    return citation->n_cited > EVIDENCE_SHOWN ? citation->n_cited : EVIDENCE_SHOWN;
}

/* Measures every one of n texts. */
int citations_measure(struct citation *citations, size_t n, const struct llmx_run *run,
                      const struct llmx_faithfulness_options *options, struct llmx_error *err);

/* Sums them up: everything of `result` but `skipped`. groups: how many users there are */
int citations_summarise(const struct citation *citations, size_t n, size_t groups,
                        const struct llmx_faithfulness_options *options,
                        struct llmx_faithfulness *result, struct llmx_error *err);

#endif
