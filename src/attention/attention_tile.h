/* attention_tile.h - what happens to one tile of attention_tiles.c between its products. */
#ifndef ATTENTION_ATTENTION_TILE_H
#define ATTENTION_ATTENTION_TILE_H

#include <stdbool.h>
#include <stdint.h>

#define SIDE        64     /* rows and keys of a tile */
#define TILE_LOWEST -1e30f /* below every score, yet finite: differences of two stay numbers */

/* What each row of a tile has of its own; places past the last row see nothing. */
struct tile_rows {
    int n;            /* rows: positions * group */
    int first, count; /* positions */
    int32_t position[SIDE];
    float max[SIDE], sum[SIDE], keep[SIDE]; /* forward */
    float lse[SIDE], whole[SIDE];           /* backward; whole: dout . out */
};

/* Scores (rows, SIDE) to weights in bf16; rows->keep is what remains of what was summed before. */
void tile_weights(uint16_t *weights, float *s, struct tile_rows *rows, int block, int window,
                  float scale);

/* acc (rows, dim) = keep acc + y */
void keep_and_add(float *acc, const float *keep, const float *y, int rows, int dim);

/* From scores and d . v, both (SIDE keys, SIDE rows), to weights and gradients of scores in bf16. is_whole:
 * every row sees every key. */
void tile_gradients(uint16_t *weights, uint16_t *dscores, const float *s, const float *d,
                    const struct tile_rows *rows, int block, int window, float scale,
                    bool is_whole);

#endif
