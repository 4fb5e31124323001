#include "base/dtype.h"

static const struct {
    const char *name;
    unsigned values, bytes;
} types[DTYPE_COUNT] = {
    [DTYPE_F32] = {"F32", 1, 4},       [DTYPE_F16] = {"F16", 1, 2},
    [DTYPE_BF16] = {"BF16", 1, 2},     [DTYPE_Q4_0] = {"Q4_0", 32, 18},
    [DTYPE_Q4_1] = {"Q4_1", 32, 20},   [DTYPE_Q5_0] = {"Q5_0", 32, 22},
    [DTYPE_Q5_1] = {"Q5_1", 32, 24},   [DTYPE_Q8_0] = {"Q8_0", 32, 34},
    [DTYPE_Q2_K] = {"Q2_K", 256, 84},  [DTYPE_Q3_K] = {"Q3_K", 256, 110},
    [DTYPE_Q4_K] = {"Q4_K", 256, 144}, [DTYPE_Q5_K] = {"Q5_K", 256, 176},
    [DTYPE_Q6_K] = {"Q6_K", 256, 210}, [DTYPE_F64] = {"F64", 1, 8},
    [DTYPE_I8] = {"I8", 1, 1},         [DTYPE_I16] = {"I16", 1, 2},
    [DTYPE_I32] = {"I32", 1, 4},       [DTYPE_I64] = {"I64", 1, 8},
    [DTYPE_U8] = {"U8", 1, 1},         [DTYPE_BOOL] = {"BOOL", 1, 1},
};

const char *dtype_name(enum dtype type)
{
    return types[type].name;
}

unsigned dtype_block_values(enum dtype type)
{
    return types[type].values;
}

unsigned dtype_block_bytes(enum dtype type)
{
    return types[type].bytes;
}

bool dtype_size(enum dtype type, uint64_t n, size_t *bytes)
{
    return n % types[type].values == 0 &&
           !__builtin_mul_overflow(n / types[type].values, types[type].bytes, bytes);
}
