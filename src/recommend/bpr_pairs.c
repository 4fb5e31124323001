#include "recommend/bpr_pairs.h"

#include "kernel/vector.h"

BODY void bpr_pairs_body(float *p, float *w, float a, const float *b, float share, int n)
{
    for (int i = 0; i < n; i += LANES) {
        const floats bi = floats_load(b + i), inverse = 1.0f / (a + bi),
                     pull = share * bi * inverse;
        floats_store(p + i, pull);
        floats_store(w + i, pull * (a * inverse));
    }
}
KERNEL(bpr_pairs, (float *p, float *w, float a, const float *b, float share, int n),
       (p, w, a, b, share, n))
