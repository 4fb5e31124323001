/* ratings.h - what people say of explanations, how far they agree, and how far automatic figures agree with them.
 *
 *     struct llmx_ratings *ratings;
 *     const struct llmx_ratings_options how = {.resampling = {.resamples = 10000, .seed = 1}};
 *     if (llmx_ratings_open(&ratings, "ratings.csv", &how, &err) == 0 &&
 *         llmx_ratings_figures(ratings, "figures.jsonl", &err) == 0 &&
 *         llmx_ratings_print(ratings, stdout, 0, &err) == 0) ...
 *     llmx_ratings_destroy(ratings);
 *
 * The statistics for ratings held in memory: llmxrec/statistics.h, llmxrec/agreement.h. */
#ifndef LLMXREC_RATINGS_H
#define LLMXREC_RATINGS_H

#include "llmxrec/statistics.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_ratings;

struct llmx_ratings_options {
    /* column that names whom an explanation was made for, where raters are not these people; NULL: none. Then what was
     * rated is one user's item by one system, else an item by a system */
    const char *user;
    int has_scale; /* ratings below `least` or above `most` are refused */
    double least, most;
    struct llmx_resampling resampling;
};

/* Reads a table (CSV, TSV, JSON Lines) with the columns rater, item, system, aspect and value in any order, others passed
 * over; a value that is empty or NA is missing. Intervals are by bootstrap over users where a column names them, else over
 * raters where there are LLMX_ROWS_FEW of them, else over items.
 * returns   0, or -1 with file and line: LLMX_BAD_OPTION options.user is no column, or too few resamples;
 *           LLMX_BAD_INPUT a column is missing, a value that is no number or out of scale, a name that is empty, a rater who rated
 *           one thing twice, no ratings; LLMX_TOO_LARGE more than 100 systems, 100 aspects */
LLMX_API int llmx_ratings_open(struct llmx_ratings **ratings, const char *path,
                               const struct llmx_ratings_options *options, struct llmx_error *err);
LLMX_API void llmx_ratings_destroy(struct llmx_ratings *ratings);

/* Takes automatic figures, in place of any before: a table with the column item, and system and the users' where it has them; every other column
 * of nothing but numbers is a figure. What was not rated is passed over. Of two systems and more, "system alone" stands
 * beside them: the mean that all others gave to the system, which knows nothing of the text.
 * returns   0, or -1: LLMX_BAD_INPUT no figures, two lines for one thing; LLMX_MISMATCH none of them was rated */
LLMX_API int llmx_ratings_figures(struct llmx_ratings *ratings, const char *path,
                                  struct llmx_error *err);

/* Tables for a person, or one JSON object with null for what is not defined. */
LLMX_API int llmx_ratings_print(const struct llmx_ratings *ratings, FILE *stream, int is_json,
                                struct llmx_error *err);

/* JSON Lines, one for each aspect of each thing rated: how many rated it, their mean, the least and the most. */
LLMX_API int llmx_ratings_write(const struct llmx_ratings *ratings, const char *path,
                                struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
