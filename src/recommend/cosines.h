/* cosines.h - how alike items are by what a model has learnt of them. */
#ifndef RECOMMEND_COSINES_H
#define RECOMMEND_COSINES_H

#include "llmxrec/data.h"

/* cosine (n): the cosine of the angle between row `item` and every row of rows (n, dim); 0 where a row is zero. */
void cosines(float *cosine, const float *rows, llmx_id n, int dim, llmx_id item);

#endif
