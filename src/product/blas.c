#include "product/blas.h"

#include "llmxrec/recommend.h"

#include <cblas.h>
#include <stdatomic.h>

static atomic_int is_kept;

void llmx_keep_blas_threads(int keep)
{
    atomic_store(&is_kept, keep);
}

void blas_one_thread(void)
{
    if (!atomic_load(&is_kept))
        openblas_set_num_threads(1);
}
