#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES       4096
#define LARGE_BYTES_MIN  ((size_t)8 << 20) /* a few large pages of 2 MB */
#define TENSOR_ALIGNMENT 64                /* a cache line, and the widest vector register */

static void *no_memory(size_t n, size_t size, struct llmx_error *err)
{
    err_set(err, LLMX_NO_MEMORY, "out of memory (asked for %zu x %zu bytes)", n, size);
    return NULL;
}

void *mem_array(size_t n, size_t size, struct llmx_error *err)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    return p ? p : no_memory(n, size, err);
}

void *mem_tensor(size_t n, size_t size, struct llmx_error *err)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - TENSOR_ALIGNMENT)
        return no_memory(n, size, err);
    bytes = (bytes + TENSOR_ALIGNMENT) / TENSOR_ALIGNMENT * TENSOR_ALIGNMENT;
    void *p = aligned_alloc(TENSOR_ALIGNMENT, bytes);
    return p ? p : no_memory(n, size, err);
}

int mem_grow(void *array, size_t *capacity, size_t need, size_t size, struct llmx_error *err)
{
    if (need <= *capacity)
        return 0;
    size_t n = *capacity > SIZE_MAX / 2 ? need : *capacity * 2, bytes;
    if (n < need)
        n = need;
    if (n < 16)
        n = 16;
    void *old, *p;
    memcpy(&old, array,
           sizeof old); /* `array` is the address of some T *: read it as an object pointer */
    if (__builtin_mul_overflow(n, size, &bytes) || !(p = realloc(old, bytes))) {
        no_memory(n, size, err);
        return -1;
    }
    memcpy(array, &p, sizeof p);
    *capacity = n;
    return 0;
}

/* Rounded outwards, over the allocator's header: a mapping of which only part is advised is two to the kernel,
 * and realloc could no longer move it without copying. */
void mem_advise_large_pages(void *array, size_t bytes)
{
    uintptr_t begin = (uintptr_t)array / PAGE_BYTES * PAGE_BYTES;
    uintptr_t end = ((uintptr_t)array + bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    if (bytes >= LARGE_BYTES_MIN)
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

char *mem_text(const char *text, size_t n, struct llmx_error *err)
{
    char *copy = mem_array(n + 1, 1, err);
    if (copy && n)
        memcpy(copy, text, n);
    return copy;
}
