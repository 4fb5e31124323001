#include "product/dequantise.h"
#include "product/quantised_kernels.h"

static int32_t cell_sum(const unsigned char *cell, int c, const int8_t *x, enum dtype type)
{
    const int zero = cell_zero(type);
    int32_t sum = 0;
    for (int i = 0; i < GROUP; i++) {
        int byte = cell_is_4_bit(type) ? i % (GROUP / 2) : i;
        int q = cell[byte / QUAD * COLUMNS * QUAD + c * QUAD + byte % QUAD];
        if (cell_is_4_bit(type))
            q = i < GROUP / 2 ? q & 15 : q >> 4;
        sum += (q - zero) * x[i];
    }
    return sum;
}

static float half(const unsigned char *halves, int c)
{
    float value;
    dequantise(&value, halves + 2 * c, DTYPE_F16, 1);
    return value;
}

/* The part of one result that one group makes. */
static float group_product(const unsigned char *cell, int c, const struct quantised_group *in,
                           enum dtype type)
{
    const unsigned char *scales = cell + cell_q_bytes(type);
    float t = half(scales, c) * (float)cell_sum(cell, c, in->x, type);
    if (type == DTYPE_Q4_1)
        t += half(scales, COLUMNS + c) * (float)in->sum;
    return in->scale * t;
}

void quantised_product_scalar(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    const int groups = w->inner / GROUP;
    for (int r = 0; r < n_rows; r++) {
        const struct quantised_group *in = (const struct quantised_group *)rows + (long)r * groups;
        for (int c = 0; c < w->columns; c++) {
            const unsigned char *cell =
                (const unsigned char *)w->data + (size_t)(c / COLUMNS) * quantised_panel_bytes(w);
            float sum = 0;
            for (int g = 0; g < groups; g++, cell += cell_bytes(w->type))
                sum += group_product(cell, c % COLUMNS, in + g, w->type);
            y[(long)r * w->columns + c] = sum;
        }
    }
}
