#include "product/inner.h"

#include "product/product_onednn.h"

#include <dnnl.h>

#define TILE 1024 /* columns at a time: the fastest of 256 to 20000 for 32 to 128 rows of 64 */

int inner_products(float *products, const float *a, int n, const float *b, int m, int dim,
                   struct llmx_error *err)
{
    PRODUCT_ALONE;
    for (int first = 0; n > 0 && first < m; first += TILE) {
        const int columns = m - first < TILE ? m - first : TILE;
        const dnnl_status_t status =
            dnnl_sgemm('N', 'T', n, columns, dim, 1, a, dim, b + (size_t)first * (size_t)dim, dim,
                       0, products + first, m);
        if (status != dnnl_success)
            return err_set(err, LLMX_NO_MEMORY, "out of memory for a product of %d x %d x %d", n,
                           columns, dim);
    }
    return 0;
}
