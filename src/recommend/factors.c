#include "recommend/factors.h"

#include "base/memory.h"
#include "product/inner.h"

#include <stdlib.h>

int factors_score(const void *model, person_rows *write, const float *item, llmx_id items, int dim,
                  const struct llmx_person *people, int n, float *scores, struct llmx_error *err)
{
    float *rows = mem_tensor((size_t)n * (size_t)dim, sizeof *rows, err); /* (n, dim) */
    const int status = rows && write(model, people, n, rows, err) == 0
                           ? inner_products(scores, rows, n, item, items, dim, err)
                           : -1;
    free(rows);
    return status;
}
