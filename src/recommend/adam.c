#include "recommend/adam.h"

#include "kernel/vector.h"

#include <stdlib.h>

void adam_table_release(struct adam_table *table)
{
    free(table->row);
    free(table->first);
    free(table->second);
}

BODY void adam_move_body(const struct adam *adam, struct adam_table at, float *const *gradient,
                         int gradients, float l2, int n)
{
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        _Alignas(64) float g[LANES];
        f32x16 sum = f32x16_load(at.row + i) * l2;
        for (int s = 0; s < gradients; s++) {
            sum += f32x16_load(gradient[s] + i);
            f32x16_store(gradient[s] + i, (f32x16){0});
        }
        f32x16_store(g, sum);
        adam_row(adam, at.row + i, at.first + i, at.second + i, g, LANES);
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
