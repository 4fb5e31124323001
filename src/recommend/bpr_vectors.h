/* bpr_vectors.h - the passes of bpr_step.h with rows in registers. */
#ifndef RECOMMEND_BPR_VECTORS_H
#define RECOMMEND_BPR_VECTORS_H

#include "recommend/bpr_step.h"

#define BPR_ROW_UNIT 16 /* dim is a multiple of it */
#define BPR_ROW_MAX  256

void bpr_users_vectors(const struct bpr_step *step, int first, int last, float *scratch);
void bpr_items_vectors(const struct bpr_step *step, int first, int last, float *scratch);

#endif
