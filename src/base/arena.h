/* arena.h - memory that is given back all at once: per command, step or request.
 *
 *     struct arena a = {0};
 *     char *s = arena_text(&a, "abc", 3, err);
 *     ...
 *     arena_release(&a);
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/err.h"

#include <stddef.h>

struct arena {
    struct arena_block *block; /* the newest; older ones are linked behind it */
};

/* n zeroed elements, 64-byte aligned from 64 bytes up, else 16. NULL with `err` set when memory is out. */
void *arena_array(struct arena *arena, size_t n, size_t size, struct llmx_error *err);

/* A copy of n bytes with a final NUL. */
char *arena_text(struct arena *arena, const char *text, size_t n, struct llmx_error *err);

/* printf into the arena. */
char *arena_printf(struct arena *arena, struct llmx_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Forgets everything but keeps the newest block for the next use. */
void arena_reset(struct arena *arena);

/* Frees everything; the arena is empty and usable again. */
void arena_release(struct arena *arena);

#endif
