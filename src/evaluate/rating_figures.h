/* rating_figures.h - how far an automatic figure and people's ratings go together. */
#ifndef EVALUATE_RATING_FIGURES_H
#define EVALUATE_RATING_FIGURES_H

#include "evaluate/ratings.h"

/* The agreement of one figure with the ratings of one aspect, at all three levels; of_row (n): the figure of what each
 * rating is of, NaN where there is none. */
int figure_agree(struct figure_agreement *result, const struct llmx_ratings *ratings,
                 const double *of_row, uint32_t aspect, struct threads *pool,
                 struct llmx_error *err);

/* A figure that knows nothing but which system wrote a text: the mean of what all others said of that system. Others: of
 * other users where ratings have them, else other raters. of_row (n) */
int figure_of_system(const struct llmx_ratings *ratings, double *of_row, struct llmx_error *err);
#define FIGURE_OF_SYSTEM "system alone"

#endif
