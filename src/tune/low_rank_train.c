#include "tune/low_rank_train.h"

#include "product/small_product.h"

#include <string.h>

size_t low_rank_floats(int in, int out, int rank)
{
    size_t width = (size_t)low_rank_width(rank);
    return width * (size_t)(in + out) + (size_t)rank * (size_t)out;
}

void low_rank_place(struct low_rank *pair, float *memory, const struct lora_pair *shape)
{
    size_t in = (size_t)shape->in, out = (size_t)shape->out, rank = (size_t)shape->rank;
    size_t width = (size_t)low_rank_width(shape->rank);
    *pair = (struct low_rank){.in = shape->in,
                              .out = shape->out,
                              .rank = shape->rank,
                              .width = (int)width,
                              .a_across = memory,
                              .b_wide = memory + in * width,
                              .b_across = memory + (in + out) * width};
    memset(memory, 0, ((in + out) * width + rank * out) * sizeof *memory);
}

void low_rank_pack(struct low_rank *pair, const struct lora *lora, const struct lora_pair *shape)
{
    size_t in = (size_t)pair->in, out = (size_t)pair->out, rank = (size_t)pair->rank;
    const float *a = lora->values + shape->a, *b = lora->values + shape->b; /* (out, rank) */
    float scale = lora_scale(lora);
    pair->a = a;
    for (size_t r = 0; r < rank; r++) {
        for (size_t i = 0; i < in; i++)
            pair->a_across[i * (size_t)pair->width + r] = a[r * in + i];
        for (size_t o = 0; o < out; o++) {
            pair->b_wide[o * (size_t)pair->width + r] = scale * b[o * rank + r];
            pair->b_across[r * out + o] = scale * b[o * rank + r];
        }
    }
}

void low_rank_down(float *u, size_t u_row, const struct low_rank *pair, const float *x,
                   size_t x_row, int rows)
{
    small_product(u, u_row, x, x_row, 1, pair->a_across, (size_t)pair->width, rows, pair->in,
                  pair->width, NULL);
}

void low_rank_up(float *y, size_t y_row, const struct low_rank *pair, int first, int columns,
                 const float *u, size_t u_row, int rows)
{
    small_product_add(y, y_row, u, u_row, 1, pair->b_across + first, (size_t)pair->out, rows,
                      pair->rank, columns);
}

void low_rank_back(float *du, const struct low_rank *pair, const float *dy, size_t dy_row, int rows)
{
    small_product(du, (size_t)pair->width, dy, dy_row, 1, pair->b_wide, (size_t)pair->width, rows,
                  pair->out, pair->width, NULL);
}

void low_rank_input(float *dx, size_t dx_row, const struct low_rank *pair, const float *du,
                    int rows)
{
    small_product_add(dx, dx_row, du, (size_t)pair->width, 1, pair->a, (size_t)pair->in, rows,
                      pair->rank, pair->in);
}

void low_rank_gradient(float *da, float *db, const struct low_rank *pair, const float *u,
                       size_t u_row, const float *x, size_t x_row, const float *du, const float *dy,
                       size_t dy_row, int rows)
{
    small_product(da, (size_t)pair->in, du, 1, (size_t)pair->width, x, x_row, pair->rank, rows,
                  pair->in, NULL);
    small_product(db, (size_t)pair->out, u, 1, u_row, dy, dy_row, pair->rank, rows, pair->out,
                  NULL);
}
