/* sparse.h - one step of a graph: rows that gather the rows of their neighbours. */
#ifndef KERNEL_SPARSE_H
#define KERNEL_SPARSE_H

#include <stddef.h>
#include <stdint.h>

/* One side of a bipartite graph: the neighbours of row r are column[start[r]] .. column[start[r + 1] - 1], rows of the
 * other side. The weight of an edge is row_scale[r] * column_scale[c]. */
struct sparse {
    const size_t *start;   /* (rows + 1) */
    const int32_t *column; /* (edges) */
    const float *row_scale, *column_scale;
};

/* For rows first .. last-1:  y_r = factor * (base_r + sum over neighbours c of weight(r, c) x_c)
 * y, base (rows, dim), x (columns, dim). Any dim; multiples of 16 are fast. */
void sparse_gather(float *y, const float *base, const float *x, const struct sparse *sparse,
                   float factor, int first, int last, int dim);

#endif
