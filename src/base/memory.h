/* memory.h - allocation that reports instead of overflowing. Free with free(). */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/err.h"

#include <stddef.h>

/* n zeroed elements of `size` bytes; NULL with LLMX_NO_MEMORY when that overflows or is not to be had.
 * n = 0 gives a pointer that may be freed, never NULL. */
void *mem_array(size_t n, size_t size, struct llmx_error *err);

/* The same on a 64-byte boundary, for tensors. Not zeroed. */
void *mem_tensor(size_t n, size_t size, struct llmx_error *err);

/* Makes room for `need` elements in *array (capacity *capacity), at least doubling. On failure -1; the
 * array is as it was and still the caller's to free. */
int mem_grow(void *array, size_t *capacity, size_t need, size_t size, struct llmx_error *err);

/* Asks for large pages under an array that will be written from end to end: fewer page faults. Advice only; arrays
 * below some megabytes are left alone. */
void mem_advise_large_pages(void *array, size_t bytes);

/* A copy of n bytes with a final NUL. */
char *mem_text(const char *text, size_t n, struct llmx_error *err);

#endif
