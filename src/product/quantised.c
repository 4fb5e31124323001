#include "product/quantised.h"

#include "base/cpu.h"
#include "product/quantise.h"

#include <assert.h>
#include <string.h>

#define GROUP   QUANTISED_GROUP
#define COLUMNS QUANTISED_COLUMNS
#define QUAD    QUANTISED_QUAD
#define QUADS   (GROUP / QUAD)

size_t quantised_bytes(const struct quantised *w)
{
    assert(w->inner % GROUP == 0);
    return (size_t)((w->columns + COLUMNS - 1) / COLUMNS) * quantised_panel_bytes(w);
}

/* ---- weights ---- */

/* A block of a file (d, for Q4_1 m, then q) into column `c` of a cell. */
static void pack_block(unsigned char *cell, int c, const unsigned char *block, enum dtype type)
{
    const size_t half = sizeof(uint16_t), halves = type == DTYPE_Q4_1 ? 2 : 1;
    unsigned char *scales = cell + cell_q_bytes(type) + (size_t)c * half;
    for (size_t i = 0; i < halves; i++)
        memcpy(scales + i * COLUMNS * half, block + i * half, half);
    const unsigned char *q = block + halves * half;
    const int n = cell_is_4_bit(type) ? QUADS / 2 : QUADS;
    for (int i = 0; i < n; i++) {
        uint32_t four;
        memcpy(&four, q + i * QUAD, sizeof four);
        if (!cell_is_4_bit(type))
            four ^= 0x80808080; /* from -128 up to from 0 up */
        memcpy(cell + (i * COLUMNS + c) * QUAD, &four, sizeof four);
    }
}

void quantised_pack(const struct quantised *w, int first, int n, const void *values,
                    enum dtype type)
{
    assert(w->inner % GROUP == 0 && first >= 0 && first + n <= w->columns);
    assert(type == w->type || (type == DTYPE_F32 && w->type == DTYPE_Q8_0));
    unsigned char rounded[64], zeros[64] = {0};
    const unsigned char *from = values;
    const int groups = w->inner / GROUP, end = first + n;
    const int padded = (end + COLUMNS - 1) / COLUMNS * COLUMNS;
    for (int c = first; c < (end == w->columns ? padded : end); c++) {
        unsigned char *cell =
            (unsigned char *)w->data + (size_t)(c / COLUMNS) * quantised_panel_bytes(w);
        for (int g = 0; g < groups; g++, cell += cell_bytes(w->type)) {
            const unsigned char *block = from;
            if (c >= w->columns) {
                block = zeros;
            } else if (type == DTYPE_F32) {
                float x[GROUP];
                memcpy(x, from, sizeof x);
                quantise(rounded, DTYPE_Q8_0, x, GROUP);
                block = rounded;
                from += sizeof x;
            } else {
                from += dtype_block_bytes(type);
            }
            pack_block(cell, c % COLUMNS, block, w->type);
        }
    }
}

/* ---- inputs ---- */

size_t quantised_row_bytes(int inner)
{
    assert(inner % GROUP == 0);
    return (size_t)(inner / GROUP) * sizeof(struct quantised_group);
}

void quantised_row(void *row, const float *x, int inner)
{
    assert(inner % GROUP == 0);
#ifdef __x86_64__
    if (cpu()->has_avx2) {
        quantised_groups_avx2(row, x, inner / GROUP);
        return;
    }
#endif
    quantised_groups_scalar(row, x, inner / GROUP);
}
