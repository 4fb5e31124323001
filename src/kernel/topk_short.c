#include "kernel/topk_short.h"

#include "kernel/vector.h"

BODY int topk_short_body(const float *scores, int32_t n, int k, int32_t *top)
{
    _Alignas(64) float x[TOPK_SHORT];
    int found = 0;
    for (int i = 0; i < TOPK_SHORT; i++)
        x[i] = i < n && scores[i] > -INFINITY ? scores[i] : -INFINITY; /* NaN too */
    for (int i = 0; i < n; i++) {
        const int own = i / LANES * LANES;
        ints before = {0};
        if (x[i] == -INFINITY)
            continue;
        for (int j = 0; j < own; j += LANES) /* equal ones come first */
            before -= floats_load(x + j) >= x[i];
        for (int j = own; j < n; j += LANES)
            before -= floats_load(x + j) > x[i];
        before -= (floats_load(x + own) == x[i]) & (lane_numbers() + (own - i)) >> 31;
        const int rank = ints_sum(before);
        if (rank < k)
            top[rank] = i;
        found++;
    }
    return found < k ? found : k;
}
KERNEL_OF(int, topk_short, (const float *scores, int32_t n, int k, int32_t *top),
          (scores, n, k, top))
