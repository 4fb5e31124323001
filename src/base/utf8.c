#include "base/utf8.h"

#include <string.h>

/* How many bytes follow a first byte, and the range of the second (which keeps out overlong forms, surrogates
 * and what lies past U+10FFFF). */
static int follow(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (first < 0x80)
        return 0;
    if (first < 0xc2 || first > 0xf4)
        return -1;
    if (first == 0xe0)
        *low = 0xa0;
    else if (first == 0xed)
        *high = 0x9f;
    else if (first == 0xf0)
        *low = 0x90;
    else if (first == 0xf4)
        *high = 0x8f;
    return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

size_t utf8_step(const char *s, size_t n, bool *valid)
{
    unsigned char low, high;
    int more = follow((unsigned char)s[0], &low, &high);
    size_t length = 1;
    for (; more > 0 && length < n; more--, length++) {
        unsigned char c = (unsigned char)s[length];
        if (c < low || c > high)
            break;
        low = 0x80;
        high = 0xbf;
    }
    *valid = more == 0;
    return length;
}

/* Are the next eight bytes ASCII; and, unless NUL may be one, none of them NUL (from which 1 is borrowed)? */
static inline bool is_ascii8(const char *s, bool takes_nul)
{
    uint64_t word;
    memcpy(&word, s, sizeof word);
    return ((word | (takes_nul ? 0 : word - 0x0101010101010101u)) & 0x8080808080808080u) == 0;
}

static inline size_t check(const char *s, size_t n, bool takes_nul)
{
    size_t at = 0;
    while (at < n) {
        bool valid;
        if (n - at >= 8 && is_ascii8(s + at, takes_nul)) {
            at += 8;
            continue;
        }
        if (s[at] == '\0' && !takes_nul)
            return at;
        if ((unsigned char)s[at] < 0x80) {
            at++;
            continue;
        }
        size_t length = utf8_step(s + at, n - at, &valid);
        if (!valid)
            return at;
        at += length;
    }
    return n;
}

size_t utf8_check(const char *s, size_t n)
{
    return check(s, n, true);
}

size_t utf8_valid_prefix(const char *s, size_t n)
{
    return check(s, n, false);
}

uint32_t utf8_value(const char *s, size_t length)
{
    const unsigned char *p = (const unsigned char *)s;
    if (length == 1)
        return p[0];
    uint32_t c = p[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        c = c << 6 | (p[i] & 0x3f);
    return c;
}

size_t utf8_write(uint32_t c, char out[static 4])
{
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(marks[length] | c);
    return length;
}
