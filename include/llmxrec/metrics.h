/* metrics.h - how good rankings are, in numbers. Definitions: RecBole 1.2.1 (docs/metrics.md). */
#ifndef LLMXREC_METRICS_H
#define LLMXREC_METRICS_H

#include "llmxrec/data.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LLMX_CUTOFFS_MAX 16

/* Means over users at one cut-off. */
struct llmx_metrics_at {
    int k;
    double recall, ndcg, hit, mrr, precision, map;
    double item_coverage;      /* distinct recommended items / items */
    double average_popularity; /* mean training count of what is recommended */
    double gini_index;         /* 0 all items equally often, 1 always the same */
    /* of the recommended items, divided by how many distinct ones there are */
    double shannon_entropy;
    double tail_percentage; /* share of recommendations from the least popular tenth of the items */
};

struct llmx_metrics {
    llmx_id users;   /* that had something to be found */
    double gauc;     /* area under the ROC curve, mean over users weighted by what can be found */
    size_t held_out; /* interactions of the part; 0: not counted */
    size_t repeats;  /* those of them with what the user had taken before (llmx_data_repeats) */
    int repeat;      /* they could be found: nothing was masked */
    char candidates[32]; /* "uniform:100": ranked among a sample only; "": among all items */
    uint64_t seed;       /* of that sample */
    int n;               /* cut-offs */
    struct llmx_metrics_at at[LLMX_CUTOFFS_MAX];
};

/* A table for a person, metrics down, cut-offs across; or one JSON object. */
LLMX_API int llmx_metrics_print(const struct llmx_metrics *metrics, FILE *stream, int is_json,
                                struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
