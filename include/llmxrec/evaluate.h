/* evaluate.h - how good a ranking is, with RecBole's definitions (full ranking, history masked); whether its evidence is
 * true; whether one run is better than another.
 *
 *     const int cutoffs[] = {10, 20};
 *     struct llmx_metrics metrics;
 *     if (llmx_evaluate(run, LLMX_TEST, cutoffs, 2, 0, &metrics, &err) == 0) ...
 */
#ifndef LLMXREC_EVALUATE_H
#define LLMXREC_EVALUATE_H

#include "llmxrec/metrics.h"
#include "llmxrec/recommend.h"
#include "llmxrec/statistics.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ranks for every user what the part holds (LLMX_VALID: training masked; LLMX_TEST: training and validation
 * masked) among all items not masked. `cutoffs` ascending, n of them. threads 0: one per core. */
LLMX_API int llmx_evaluate(const struct llmx_run *run, enum llmx_part part, const int *cutoffs,
                           int n, int threads, struct llmx_metrics *metrics,
                           struct llmx_error *err);

/* The same among sampled candidates, for comparing with papers that do so: "uniform:100" ranks each user's held-out
 * items among themselves and 100 others for each of them, drawn without replacement from what is not known of
 * the user; "popularity:100" draws them in proportion to their training interactions. The sample depends on the seed and
 * the user alone. Such figures are far higher than those among all items and may order models differently
 * (Krichene & Rendle 2020); `metrics` says what they are. */
LLMX_API int llmx_evaluate_sampled(const struct llmx_run *run, enum llmx_part part,
                                   const int *cutoffs, int n, const char *candidates, uint64_t seed,
                                   int threads, struct llmx_metrics *metrics,
                                   struct llmx_error *err);

/* The same with all there is to choose. */
struct llmx_evaluate_options {
    enum llmx_part part;
    const int *cutoffs; /* (n_cutoffs) ascending */
    int n_cutoffs;
    const char *candidates; /* of llmx_evaluate_sampled; NULL: all items */
    uint64_t seed;          /* of the sample */
    /* Nothing is masked, for what people take again and again: else a held-out item that was taken before (metrics.repeats)
     * cannot be found */
    int repeat;
    int threads;
};
LLMX_API int llmx_evaluate_as(const struct llmx_run *run,
                              const struct llmx_evaluate_options *options,
                              struct llmx_metrics *metrics, struct llmx_error *err);

/* Is the evidence true? Deletes history items and scores again with the same recommender (people by history, so that
 * whole and shortened histories are served alike): comprehensiveness, how far the score of the best recommendation
 * falls without the items, and sufficiency, how far it falls when only they are left (DeYoung et al. 2020), for the
 * strongest evidence and for as many random, most recent, and most similar items (by the cosine over who took both). */
enum llmx_deletion {
    LLMX_DELETE_EVIDENCE,
    LLMX_DELETE_RANDOM,
    LLMX_DELETE_RECENT,
    LLMX_DELETE_SIMILAR,
    LLMX_DELETIONS
};

struct llmx_evidence_test_options {
    int users;   /* a sample, evenly spaced; 0: all */
    int deleted; /* history items; users with no more than that are left out */
    uint64_t seed;
    int threads; /* 0: one per core */
};

/* Means over users with normal intervals.
 * Falls are in standard deviations of the user's scores over the catalogue, so that models can be compared. */
struct llmx_evidence_test {
    int users;
    const char *model;    /* the run's */
    uint64_t fingerprint; /* of its data (llmx_data_fingerprint) */
    int deleted;
    struct llmx_interval without[LLMX_DELETIONS]; /* comprehensiveness: higher is better */
    struct llmx_interval only[LLMX_DELETIONS];    /* sufficiency: lower is better */
    /* by how much evidence is better, user by user; [LLMX_DELETE_EVIDENCE] is 0 */
    struct llmx_interval without_gain[LLMX_DELETIONS], only_gain[LLMX_DELETIONS];
};

/* returns   0, or -1: LLMX_UNSUPPORTED the model gives no evidence, LLMX_BAD_INPUT no user has a history long enough */
LLMX_API int llmx_evidence_test(const struct llmx_run *run,
                                const struct llmx_evidence_test_options *options,
                                struct llmx_evidence_test *result, struct llmx_error *err);

/* A table for a person, or one JSON object. */
LLMX_API int llmx_evidence_test_print(const struct llmx_evidence_test *result, FILE *stream,
                                      int is_json, struct llmx_error *err);

/* Two runs, user by user: is one better than the other, or is it chance? */
struct llmx_compare_options {
    enum llmx_part part;
    /* "ndcg@10,recall@20": means over users; NULL: recall, ndcg, hit, mrr, precision, map @10 */
    const char *metrics;
    int repeat;    /* of llmx_evaluate_options */
    int resamples; /* of the bootstrap: 10000 give the p value two digits */
    uint64_t seed;
    int threads; /* 0: one per core */
};

#define LLMX_COMPARED_MAX 16

struct llmx_compared {
    char metric[32];
    double first, second; /* means over users */
    double difference;    /* second - first */
    double low, high;     /* its 95 % interval: percentiles over the resamples */
    double p; /* two-sided, of no difference: twice the share of resamples on the rarer side of 0 */
};

struct llmx_comparison {
    llmx_id users;
    enum llmx_part part;
    int resamples;
    uint64_t seed;
    int n;
    struct llmx_compared metrics[LLMX_COMPARED_MAX];
};

/* Paired bootstrap over users (Efron & Tibshirani 1993; for system comparison Sakai 2006): users are drawn with
 * replacement, the same for both runs and all metrics. Resample r is a function of the seed and r, whatever the threads.
 * returns   0, or -1: LLMX_MISMATCH the runs are of different data or splits, LLMX_BAD_OPTION, LLMX_BAD_INPUT nothing is
 *           held out */
LLMX_API int llmx_compare(const struct llmx_run *first, const struct llmx_run *second,
                          const struct llmx_compare_options *options,
                          struct llmx_comparison *result, struct llmx_error *err);

/* A table for a person, or one JSON object; the names say which run is which. */
LLMX_API int llmx_comparison_print(const struct llmx_comparison *result, const char *first,
                                   const char *second, FILE *stream, int is_json,
                                   struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
