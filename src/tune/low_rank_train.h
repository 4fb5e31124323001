/* low_rank_train.h - the products of one low-rank pair with some rows, forward and backward:
 *
 *     u = x A^T,   y += s u B^T;       du = s dy B,   dx += du A,   dA = du^T x,   dB = s dy^T u
 *
 * in f32. The arrays of rank columns (u, du) have `width` of them, the rank rounded up to 8; the rest is zero. */
#ifndef TUNE_LOW_RANK_TRAIN_H
#define TUNE_LOW_RANK_TRAIN_H

#include "llm/lora.h"

/* A pair as its products take it. rank 0: no adapter here. */
struct low_rank {
    int in, out, rank, width;
    const float *a;  /* (rank, in) the adapter's own */
    float *a_across; /* (in, width) */
    float *b_across; /* (rank, out), times s */
    float *b_wide;   /* (out, width), times s */
};

static inline int low_rank_width(int rank)
{
    return (rank + 7) / 8 * 8;
}

/* Floats of memory that a pair takes. */
size_t low_rank_floats(int in, int out, int rank);

void low_rank_place(struct low_rank *pair, float *memory, const struct lora_pair *shape);

/* Takes the adapter's present values. */
void low_rank_pack(struct low_rank *pair, const struct lora *lora, const struct lora_pair *shape);

/* u (rows, width), u_row apart; x (rows, in), x_row apart. */
void low_rank_down(float *u, size_t u_row, const struct low_rank *pair, const float *x,
                   size_t x_row, int rows);

/* Columns first .. first + columns - 1 of the output, multiples of 16, added to y (rows, columns). */
void low_rank_up(float *y, size_t y_row, const struct low_rank *pair, int first, int columns,
                 const float *u, size_t u_row, int rows);

/* du (rows, width) of dy (rows, out). */
void low_rank_back(float *du, const struct low_rank *pair, const float *dy, size_t dy_row,
                   int rows);

/* dx (rows, in) += du A */
void low_rank_input(float *dx, size_t dx_row, const struct low_rank *pair, const float *du,
                    int rows);

/* These rows' share of the pair's gradient: da (rank, in), and db turned, without s: (rank, out). */
void low_rank_gradient(float *da, float *db, const struct low_rank *pair, const float *u,
                       size_t u_row, const float *x, size_t x_row, const float *du, const float *dy,
                       size_t dy_row, int rows);

#endif
