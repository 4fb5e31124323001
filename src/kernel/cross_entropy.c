#include "kernel/bf16.h"
#include "kernel/layers_train.h"

#include <math.h>
#include <stdbool.h>

void cross_entropy_backward(void *dlogits, enum dtype type, const float *logits, float log_sum,
                            int target, float weight, int n)
{
    const bool is_inside = target >= 0 && target < n;
    const float hit = is_inside ? weight * (expf(logits[target] - log_sum) - 1.0f) : 0.0f;
    exp_forward(dlogits, type, logits, log_sum, weight, n); /* logits may be gone now */
    if (is_inside && type == DTYPE_BF16)
        ((uint16_t *)dlogits)[target] = bf16_of(hit);
    else if (is_inside)
        ((float *)dlogits)[target] = hit;
}
