#include "kernel/low_rank.h"

#include "kernel/vector.h"

/* Rows that share what is loaded of A, rows of A that share what is loaded of x: of each two a sum of PARTS vectors
 * stays in registers. */
#define ROWS  (LANES == 16 ? 4 : 1)
#define RANKS (LANES == 4 ? LOW_RANK_UNIT / 2 : LOW_RANK_UNIT)

BODY floats load_as_f32(const void *x, enum dtype type, size_t i)
{
    return type == DTYPE_F32 ? floats_load((const float *)x + i)
                             : bf16_load((const uint16_t *)x + i);
}

/* u of `rows` rows and RANKS rows of A; `rows` is a constant where this is inlined. */
BODY void in_block(float *u, int u_stride, const void *x, enum dtype type, size_t first,
                   const float *a, int rows, int in)
{
    floats sum[ROWS][RANKS][PARTS] = {0};
    for (int i = 0; i < in; i += WIDE)
        EACH_PART(part)
        {
            const int at = i + part * LANES;
            floats ai[RANKS];
            UNROLL
            for (int k = 0; k < RANKS; k++)
                ai[k] = floats_load(a + (size_t)k * (size_t)in + at);
            UNROLL
            for (int r = 0; r < rows; r++) {
                const floats xi = load_as_f32(x, type, first + (size_t)r * (size_t)in + (size_t)at);
                UNROLL
                for (int k = 0; k < RANKS; k++)
                    sum[r][k][part] += xi * ai[k];
            }
        }
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int k = 0; k < RANKS; k++)
            u[r * u_stride + k] = floats_sum(sum[r][k]);
    }
}

BODY void low_rank_in_body(float *u, int u_stride, const void *x, enum dtype type, const float *a,
                           int rows, int in, int rank)
{
    for (int k = 0; k < rank; k += RANKS) {
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
