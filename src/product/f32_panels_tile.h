/* f32_panels_tile.h - the inside of f32_panels.c, which includes it once for every width of vectors, with
 *
 *     LANES     floats in a vector of the processor; no wider one is compiled, for gcc passes those through memory
 *     SUMS      blocks of sums that its registers hold beside what is multiplied: rows times streams of a tile
 *     TARGET    what the functions are compiled for
 *     NAMED(x)  x with a name of its own for this width */

typedef float NAMED(vector) __attribute__((vector_size(LANES * sizeof(float))));

/* rows and streams are constants in each caller. */
static inline __attribute__((always_inline)) TARGET void NAMED(tile_sums)(const struct tile *t,
                                                                          int rows, int streams)
{
    enum { VECTORS = BLOCK / LANES };
    const int row_vectors = streams * VECTORS;
    const float *x = t->x, *packed = t->packed;
    const char *ahead = t->ahead;
    NAMED(vector) sum[SUMS * VECTORS];
    UNROLL
    for (int i = 0; i < rows * row_vectors; i++) {
        const float *y = t->y + (size_t)(i / row_vectors) * t->y_row + i % row_vectors * LANES;
        sum[i] = (NAMED(vector)){0};
        if (t->adds)
            memcpy(&sum[i], y, sizeof sum[i]);
    }
    for (int k = 0; k < t->depth; k++, x++, packed += BLOCK, ahead += t->ahead_step) {
        UNROLL
        for (int s = 0; s < streams; s++) {
            NAMED(vector) w[VECTORS];
            __builtin_prefetch(ahead + (size_t)s * t->block * sizeof(float), 0, 2);
            UNROLL
            for (int v = 0; v < VECTORS; v++)
                memcpy(&w[v], packed + (size_t)s * t->block + v * LANES, sizeof w[v]);
            UNROLL
            for (int i = 0; i < rows * VECTORS; i++)
                sum[i / VECTORS * row_vectors + s * VECTORS + i % VECTORS] +=
                    x[i / VECTORS * X_ROW] * w[i % VECTORS];
        }
    }
    UNROLL
    for (int i = 0; i < rows * row_vectors; i++)
        memcpy(t->y + (size_t)(i / row_vectors) * t->y_row + i % row_vectors * LANES, &sum[i],
               sizeof sum[i]);
}

#define TILE(R, S)                                                                                 \
    case 8 * (R) + (S):                                                                            \
        if ((R) * (S) <= SUMS)                                                                     \
            NAMED(tile_sums)(t, R, S);                                                             \
        break;

static TARGET void NAMED(run_tile)(const struct tile *t, int rows, int streams)
{
    switch (8 * rows + streams) {
        TILE(1, 1)
        TILE(1, 2)
        TILE(1, 3)
        TILE(1, 4)
        TILE(1, 5)
        TILE(1, 6)
        TILE(2, 1)
        TILE(2, 2)
        TILE(2, 3)
        TILE(3, 1)
        TILE(3, 2)
        TILE(4, 1)
        TILE(5, 1)
        TILE(6, 1)
    }
}

#undef TILE
#undef LANES
#undef SUMS
#undef TARGET
#undef NAMED
