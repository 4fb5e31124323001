#include "recommend/cosines.h"

#include <cblas.h>

void cosines(float *cosine, const float *rows, llmx_id n, int dim, llmx_id item)
{
    const float *one = rows + (size_t)item * (size_t)dim;
    const float length = cblas_snrm2(dim, one, 1);
    for (llmx_id i = 0; i < n; i++) {
        const float *other = rows + (size_t)i * (size_t)dim;
        const float lengths = length * cblas_snrm2(dim, other, 1);
        cosine[i] = lengths > 0 ? cblas_sdot(dim, one, 1, other, 1) / lengths : 0;
    }
}
