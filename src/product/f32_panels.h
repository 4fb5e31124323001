/* f32_panels.h - f32 products with weights that are packed once, for processors where oneDNN has no kernel that takes
 * them so (without AVX-512 it packs them anew in every call):
 *
 *     y (rows, columns) = x (rows, inner) W^T,   W (columns, inner)
 *
 * Every sum runs through `inner` in order, whatever stands beside it: a row's result is bit for bit the same alone or
 * among others, and a column's in any panel. Multiply-adds are fused but for SSE2, so AVX2 and NEON agree too. */
#ifndef PRODUCT_F32_PANELS_H
#define PRODUCT_F32_PANELS_H

#include <stddef.h>

/* Floats of memory that a product takes beside its arrays, best on a 64-byte boundary. */
#define F32_PANELS_SCRATCH (64 * 400)

size_t f32_panels_bytes(int inner, int columns);

/* values (columns, inner), as files hold them; packed: f32_panels_bytes on a 64-byte boundary. */
void f32_panels_pack(float *packed, const float *values, int inner, int columns);

/* Any number of rows, on the calling thread. */
void f32_panels_product(float *y, const float *x, const float *packed, int rows, int inner,
                        int columns, float *scratch);

/* What multiplies on this processor: "panels:avx2", "panels:sse2" or "panels:neon". */
const char *f32_panels_name(void);

#endif
