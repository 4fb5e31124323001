#include "attention/attention_tile.h"

#include "kernel/vector.h"

/* Of lanes of keys: those that a row at `position` sees. By sign bits: gcc takes comparisons of whole numbers apart. */
BODY ints seen_keys(int position, int key, int window)
{
    const ints behind = position - key - lane_numbers(); /* 0: itself */
    return ~behind >> 31 & (behind - window) >> 31;
}

/* Scores (rows, SIDE) to weights in bf16; rows->keep is what remains of what was summed before. */
BODY void tile_weights_body(uint16_t *weights, float *s, struct tile_rows *rows, int block,
                            int window, float scale)
{
    for (int r = 0; r < rows->n; r++) {
        floats peak = floats_all(TILE_LOWEST);
        for (int c = 0; c < SIDE; c += LANES) {
            const ints is_seen = seen_keys(rows->position[r], block + c, window);
            const floats score = floats_select(is_seen, floats_load(s + r * SIDE + c) * scale,
                                               floats_all(TILE_LOWEST));
            floats_store(s + r * SIDE + c, score);
            peak = floats_max(peak, score);
        }
        float max = floats_highest(peak);
        rows->keep[r] = rows->max[r];
        rows->max[r] = max > rows->max[r] ? max : rows->max[r];
    }
    for (int r = 0; r < rows->n; r += LANES) {
        floats kept = floats_load(rows->keep + r) - floats_load(rows->max + r);
        floats_store(rows->keep + r, floats_exp2(kept * LOG2_E));
    }
    for (int r = 0; r < rows->n; r++) {
        floats sum[PARTS] = {{0}};
        float max = rows->max[r];
        for (int c = 0; c < SIDE; c += WIDE)
            EACH_PART(p)
            {
                const int at = r * SIDE + c + p * LANES;
                floats weight = floats_exp2((floats_load(s + at) - max) * LOG2_E);
                weight =
                    floats_if(seen_keys(rows->position[r], block + c + p * LANES, window), weight);
                sum[p] += weight;
                bf16_store(weights + at, weight);
            }
        rows->sum[r] = rows->sum[r] * rows->keep[r] + floats_sum(sum);
    }
}
KERNEL(tile_weights,
       (uint16_t * weights, float *s, struct tile_rows *rows, int block, int window, float scale),
       (weights, s, rows, block, window, scale))

/* acc (rows, dim) = keep acc + y */
BODY void keep_and_add_body(float *acc, const float *keep, const float *y, int rows, int dim)
{
    for (int r = 0; r < rows; r++)
        for (int d = r * dim; d < (r + 1) * dim; d += LANES)
            floats_store(acc + d, floats_load(acc + d) * keep[r] + floats_load(y + d));
}
KERNEL(keep_and_add, (float *acc, const float *keep, const float *y, int rows, int dim),
       (acc, keep, y, rows, dim))

/* From scores and d . v, both (SIDE keys, SIDE rows), to weights and gradients of scores in bf16; across: the latter
 * as (rows, keys). */
BODY void tile_gradients_body(uint16_t *weights, uint16_t *dscores, const float *s, const float *d,
                              const struct tile_rows *rows, int block, int window, float scale,
                              bool is_whole)
{
    ints position[SIDE / LANES];
    memcpy(position, rows->position, sizeof position);
    for (int key = 0; key < SIDE; key++) {
        for (int r = 0; r < SIDE; r += LANES) {
            int at = key * SIDE + r;
            floats lse = floats_load(rows->lse + r), whole = floats_load(rows->whole + r);
            floats weight = floats_exp2((floats_load(s + at) * scale - lse) * LOG2_E);
            if (!is_whole) {
                ints behind = position[r / LANES] - (block + key);
                weight = floats_if(~behind >> 31 & (behind - window) >> 31, weight);
            }
            bf16_store(weights + at, weight);
            bf16_store(dscores + at, weight * (floats_load(d + at) - whole) * scale);
        }
    }
}
KERNEL(tile_gradients,
       (uint16_t * weights, uint16_t *dscores, const float *s, const float *d,
        const struct tile_rows *rows, int block, int window, float scale, bool is_whole),
       (weights, dscores, s, d, rows, block, window, scale, is_whole))
