/* rating_figures.h - how far an automatic figure and people's ratings go together. */
#ifndef EVALUATE_RATING_FIGURES_H
#define EVALUATE_RATING_FIGURES_H

#include "evaluate/ratings.h"

/* The agreement of one figure with the ratings of one aspect, at all three levels; of_unit (units): the figure of what was
 * rated, NaN where there is none. */
int figure_agree(struct figure_agreement *result, const struct llmx_ratings *ratings,
                 const double *of_unit, uint32_t aspect, struct threads *pool,
                 struct llmx_error *err);

#endif
