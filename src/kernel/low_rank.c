#include "kernel/low_rank.h"

#include "kernel/vector.h"

#define ROWS 4 /* that share what is loaded of A or B */

BODY f32x16 load_as_f32(const void *x, enum dtype type, size_t i)
{
    if (type == DTYPE_F32)
        return f32x16_load((const float *)x + i);
    u16x16 narrow;
    memcpy(&narrow, (const uint16_t *)x + i, sizeof narrow);
    return (f32x16)(__builtin_convertvector(narrow, u32x16) << 16);
}

/* u of `rows` rows and LOW_RANK_UNIT rows of A; `rows` is a constant where this is inlined. */
BODY void in_block(float *u, int u_stride, const void *x, enum dtype type, size_t first,
                   const float *a, int rows, int in)
{
    f32x16 sum[ROWS][LOW_RANK_UNIT] = {0};
    for (int i = 0; i < in; i += LANES) {
        f32x16 ai[LOW_RANK_UNIT];
        UNROLL
        for (int k = 0; k < LOW_RANK_UNIT; k++)
            ai[k] = f32x16_load(a + (size_t)k * (size_t)in + i);
        UNROLL
        for (int r = 0; r < rows; r++) {
            f32x16 xi = load_as_f32(x, type, first + (size_t)r * (size_t)in + (size_t)i);
            UNROLL
            for (int k = 0; k < LOW_RANK_UNIT; k++)
                sum[r][k] += xi * ai[k];
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < LOW_RANK_UNIT; k++)
            u[r * u_stride + k] = f32x16_sum(sum[r][k]);
}

BODY void low_rank_in_body(float *u, int u_stride, const void *x, enum dtype type, const float *a,
                           int rows, int in, int rank)
{
    for (int k = 0; k < rank; k += LOW_RANK_UNIT) {
        const float *ak = a + (size_t)k * (size_t)in;
        int r = 0;
        for (; r + ROWS <= rows; r += ROWS)
            in_block(u + r * u_stride + k, u_stride, x, type, (size_t)r * (size_t)in, ak, ROWS, in);
        for (; r < rows; r++)
            in_block(u + r * u_stride + k, u_stride, x, type, (size_t)r * (size_t)in, ak, 1, in);
    }
}
KERNEL(low_rank_in,
       (float *u, int u_stride, const void *x, enum dtype type, const float *a, int rows, int in,
        int rank),
       (u, u_stride, x, type, a, rows, in, rank))
