#include "base/arena.h"

#include "base/memory.h"
#include "base/plain.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 << 10) /* small enough for a request, large enough to be rare */

struct arena_block {
    struct arena_block *older;
    size_t used, size; /* bytes of `data` */
    _Alignas(64) unsigned char data[];
};

static struct arena_block *block_create(size_t size, struct arena_block *older,
                                        struct llmx_error *err)
{
    struct arena_block *block = mem_tensor(1, sizeof *block + size, err);
    if (block)
        *block = (struct arena_block){.older = older, .size = size};
    return block;
}

void *arena_array(struct arena *arena, size_t n, size_t size, struct llmx_error *err)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2) {
        err_set(err, LLMX_NO_MEMORY, "out of memory (asked for %zu x %zu bytes)", n, size);
        return NULL;
    }
    size_t align = bytes >= 64 ? 64 : 16;
    struct arena_block *block = arena->block;
    size_t start = block ? (block->used + align - 1) / align * align : 0;
    if (!block || start > block->size || block->size - start < bytes) {
        block = block_create(bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES, arena->block, err);
        if (!block)
            return NULL;
        arena->block = block;
        start = 0;
    }
    block->used = start + bytes;
    return memset(block->data + start, 0, bytes);
}

char *arena_text(struct arena *arena, const char *text, size_t n, struct llmx_error *err)
{
    char *copy = arena_array(arena, n + 1, 1, err);
    if (copy && n)
        memcpy(copy, text, n);
    return copy;
}

char *arena_printf(struct arena *arena, struct llmx_error *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = plain_vsnprintf(NULL, 0, format, args);
    char *s = n < 0 ? NULL : arena_array(arena, (size_t)n + 1, 1, err);
    if (s)
        plain_vsnprintf(s, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return s;
}

static void free_chain(struct arena_block *block)
{
    while (block) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_reset(struct arena *arena)
{
    if (!arena->block)
        return;
    free_chain(arena->block->older);
    arena->block->older = NULL;
    arena->block->used = 0;
}

void arena_release(struct arena *arena)
{
    free_chain(arena->block);
    arena->block = NULL;
}
