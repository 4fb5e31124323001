#include "recommend/adam_lanes.h"

BODY void adam_move_body(const struct adam *adam, struct adam_table at, float *const *gradient,
                         int gradients, float l2, int n)
{
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        floats sum = floats_load(at.row + i) * l2;
        for (int s = 0; s < gradients; s++) {
            sum += floats_load(gradient[s] + i);
            floats_store(gradient[s] + i, (floats){0});
        }
        adam_lanes(adam, &at, (size_t)i, sum);
    }
    for (; i < n; i++) {
        float g = at.row[i] * l2;
        for (int s = 0; s < gradients; s++) {
            g += gradient[s][i];
            gradient[s][i] = 0;
        }
        adam_row(adam, at.row + i, at.first + i, at.second + i, &g, 1);
    }
}
KERNEL(adam_move,
       (const struct adam *adam, struct adam_table at, float *const *gradient, int gradients,
        float l2, int n),
       (adam, at, gradient, gradients, l2, n))
