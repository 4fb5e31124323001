/* length_control.h - how often would a system be preferred if it wrote no longer and no shorter than the other? After
 * AlpacaEval 2 (Dubois et al. 2024), without its difficulties of prompts. */
#ifndef STATISTICS_LENGTH_CONTROL_H
#define STATISTICS_LENGTH_CONTROL_H

#include "base/threads.h"
#include "llmxrec/statistics.h"

/* Preferences for one system. */
struct length_rows {
    double *shorter_by; /* (n) characters that the other's text has more */
    double *preference; /* (n) 0 to 1; .5: a tie */
    int32_t *group;     /* (n) 0 to groups - 1 */
    size_t n;
    uint32_t groups;
};

/* The model: logit P(preferred) = w_length tanh(shorter_by / sd) + w_system, sd of shorter_by over the rows (n - 1), by maximum
 * likelihood; then the first term is set to 0. */
struct length_control {
    double w_length, w_system;
    double win_rate; /* share that is left */
};

/* ridge     0, or as logistic.h has it
 * returns   0, or -1 when memory is out. All NaN where there is no finite maximum: one preference alone, or length tells them
 *           all apart. Where all are of one length, the win rate is the mean preference. */
int length_control_fit(const struct length_rows *rows, double ridge, struct length_control *result,
                       struct llmx_error *err);

/* The win rate and its bootstrap interval over groups, refitted each time with the sd of all rows; at most LENGTH_RESAMPLES are drawn. */
#define LENGTH_RESAMPLES 1000
int length_control_measure(const struct length_rows *rows, const struct llmx_resampling *how,
                           struct threads *pool, struct llmx_interval *result,
                           struct llmx_error *err);

#endif
