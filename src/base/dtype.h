/* dtype.h - the element types of tensor files and how many bytes they take. */
#ifndef BASE_DTYPE_H
#define BASE_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Quantised types hold their values in blocks (GGML's layouts; see product/dequantise.h). */
enum dtype {
    DTYPE_F32,
    DTYPE_F16,
    DTYPE_BF16,
    DTYPE_Q4_0,
    DTYPE_Q4_1,
    DTYPE_Q5_0,
    DTYPE_Q5_1,
    DTYPE_Q8_0,
    DTYPE_Q2_K,
    DTYPE_Q3_K,
    DTYPE_Q4_K,
    DTYPE_Q5_K,
    DTYPE_Q6_K,
    DTYPE_F64,
    DTYPE_I8,
    DTYPE_I16,
    DTYPE_I32,
    DTYPE_I64,
    DTYPE_U8,
    DTYPE_BOOL,
    DTYPE_COUNT
};

const char *dtype_name(enum dtype type);      /* "F32", "Q4_1", ... */
unsigned dtype_block_values(enum dtype type); /* values in a block; 1 for plain types */
unsigned dtype_block_bytes(enum dtype type);

/* Bytes of n values; false when n is no whole number of blocks or the size overflows. */
bool dtype_size(enum dtype type, uint64_t n, size_t *bytes);

#endif
