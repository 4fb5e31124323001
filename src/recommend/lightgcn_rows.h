/* lightgcn_rows.h - what lightgcn_step.c does to rows. */
#ifndef RECOMMEND_LIGHTGCN_ROWS_H
#define RECOMMEND_LIGHTGCN_ROWS_H

#include "recommend/lightgcn.h"

/* Margins, slopes and the gradients of a batch's user groups first .. last-1. */
void user_groups(const struct lightgcn_step *s, int first, int last);

/* The gradients of its item groups first .. last-1, from the slopes. */
void item_groups(const struct lightgcn_step *s, int first, int last);

/* y (dim) += weight x; returns the sum of x's squares. */
float add_row(float *y, const float *x, float weight, int dim);

#endif
