#include "product/quantised_product.h"

#include "base/cpu.h"
#include "product/quantised_kernels.h"

#include <assert.h>

static quantised_kernel *choose(void)
{
#ifdef __x86_64__
    if (cpu()->has_avx512_vnni)
        return quantised_product_avx512vnni;
    if (cpu()->has_avx_vnni)
        return quantised_product_avxvnni;
    if (cpu()->has_avx2)
        return quantised_product_avx2;
    return quantised_product_sse2;
#else
    return cpu()->has_neon_dot ? quantised_product_neon_dot : quantised_product_neon;
#endif
}

void quantised_product(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    assert(w->inner % QUANTISED_GROUP == 0);
    choose()(y, w, rows, n_rows);
}
