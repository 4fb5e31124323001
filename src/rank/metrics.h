/* metrics.h - ranking metrics as RecBole 1.2.1 defines them (recbole/evaluator/metrics.py; docs/metrics.md). */
#ifndef RANK_METRICS_H
#define RANK_METRICS_H

#include "base/text.h"
#include "llmxrec/metrics.h"
#include "llmxrec/statistics.h"
#include "rank/rankings.h"

/* Means over the users of `rankings`, whose lists must hold the largest cut-off.
 *
 * popularity   (items) training interactions of each item
 * items        the catalogue's size, for coverage and Gini. RecBole counts its padding item as well: to get its
 *              numbers, pass one more (with popularity 0). */
int metrics_compute(struct llmx_metrics *metrics, const struct rankings *rankings,
                    const int *popularity, llmx_id items, const int *cutoffs, int n,
                    struct llmx_error *err);

/* Training interactions of each item, (items); free() it. */
int *metrics_popularity(const struct llmx_data *data, struct llmx_error *err);

/* A metric by name, "ndcg@10" or "gauc": what early stopping watches. */
struct metric_name {
    int field, k;
    char text[32];
};
int metric_parse(struct metric_name *name, const char *text, struct llmx_error *err);
double metric_value(const struct llmx_metrics *metrics, const struct metric_name *name);

/* The same of one user, row `row` of rankings whose lists hold at least k; not of gauc. */
double metric_of_user(const struct rankings *rankings, int row, const struct metric_name *name);

#define METRICS_OF_USER 6 /* recall, ndcg, hit, mrr, precision, map: means over users */

/* All of those of one user, as above. */
void metrics_of_user(const struct rankings *rankings, int row, int k,
                     double values[METRICS_OF_USER]);

/* Their 95 % intervals at one cut-off (metric_ranges.h). */
struct metric_ranges {
    int k; /* 0: there is nobody to measure */
    struct llmx_interval of[METRICS_OF_USER];
};

/* One JSON object: {"users","gauc","at":{"10":{"recall",…},…}}. ranges: behind the figures of their cut-off; NULL: none */
void metrics_json(const struct llmx_metrics *metrics, const struct metric_ranges *ranges,
                  struct text *out);

#endif
