#include "kernel/quantised_product.h"

#include "kernel/quantised_kernels.h"

#include <assert.h>

void quantised_product(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    assert(w->inner % QUANTISED_GROUP == 0);
    quantised_product_scalar(y, w, rows, n_rows);
}
