/* span.h - some bytes in the middle of others: not NUL-terminated, any value. */
#ifndef FORMAT_SPAN_H
#define FORMAT_SPAN_H

#include <stddef.h>

struct span {
    const char *s;
    size_t n;
};

#endif
