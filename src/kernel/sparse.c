#include "kernel/sparse.h"

#include "kernel/vector.h"

#define AHEAD 8 /* neighbours: about as long as memory takes to answer */
#define SUMS                                                                                       \
    (LANES == 16 ? 4 : 8) /* vectors that are summed at once: 64 columns, or what registers hold */

/* Columns from .. from + vectors * LANES - 1 of one row; `vectors` is a constant wherever this is inlined. */
BODY void gather_part(float *y, const float *base, const float *x, const struct sparse *s,
                      float factor, int row, int dim, int from, int vectors)
{
    const size_t begin = s->start[row], end = s->start[row + 1];
    floats sum[SUMS];
    UNROLL
    for (int v = 0; v < vectors; v++)
        sum[v] = (floats){0};
    for (size_t p = begin; p < end; p++) {
        const float scale = s->column_scale[s->column[p]];
        const float *other = x + (size_t)s->column[p] * (size_t)dim + from;
        if (p + AHEAD < end) {
            const float *next = x + (size_t)s->column[p + AHEAD] * (size_t)dim + from;
            UNROLL
            for (int v = 0; v < vectors * LANES; v += WIDE)
                __builtin_prefetch(next + v);
        }
        UNROLL
        for (int v = 0; v < vectors; v++)
            sum[v] += floats_load(other + v * LANES) * scale;
    }
    UNROLL
    for (int v = 0; v < vectors; v++)
        floats_store(y + v * LANES,
                     (floats_load(base + v * LANES) + sum[v] * s->row_scale[row]) * factor);
}

/* What does not fill a vector. */
BODY void gather_rest(float *y, const float *base, const float *x, const struct sparse *s,
                      float factor, int row, int dim, int from)
{
    for (int i = from; i < dim; i++) {
        float sum = 0;
        for (size_t p = s->start[row]; p < s->start[row + 1]; p++)
            sum +=
                x[(size_t)s->column[p] * (size_t)dim + (size_t)i] * s->column_scale[s->column[p]];
        y[i] = (base[i] + sum * s->row_scale[row]) * factor;
    }
}

BODY void sparse_gather_body(float *y, const float *base, const float *x, const struct sparse *s,
                             float factor, int first, int last, int dim)
{
    for (int row = first; row < last; row++) {
        float *out = y + (size_t)row * (size_t)dim;
        const float *in = base + (size_t)row * (size_t)dim;
        int from = 0;
        for (; from + SUMS * LANES <= dim; from += SUMS * LANES)
            gather_part(out + from, in + from, x, s, factor, row, dim, from, SUMS);
        for (; from + LANES <= dim; from += LANES)
            gather_part(out + from, in + from, x, s, factor, row, dim, from, 1);
        gather_rest(out, in, x, s, factor, row, dim, from);
    }
}
KERNEL(sparse_gather,
       (float *y, const float *base, const float *x, const struct sparse *sparse, float factor,
        int first, int last, int dim),
       (y, base, x, sparse, factor, first, last, dim))
