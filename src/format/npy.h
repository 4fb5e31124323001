/* npy.h - writing an array in NumPy's format (numpy.lib.format, version 1.0), which nearly everything reads. */
#ifndef FORMAT_NPY_H
#define FORMAT_NPY_H

#include "base/dtype.h"
#include "base/err.h"

/* Writes the file whole: dims (n_dims) slowest first, values in C order. LLMX_UNSUPPORTED for a type that NumPy does
 * not have (bfloat16, quantised ones). is_new: as output_open_new of base/file.h. */
int npy_write(const char *path, bool is_new, enum dtype type, int n_dims, const uint64_t *dims,
              const void *data, struct llmx_error *err);

#endif
