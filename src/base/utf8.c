#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

/* The code point of the valid character at s, its length in *length; -1 for none. */
static int32_t read_character(const char *s, size_t n, size_t *length)
{
    utf8proc_int32_t c;
    /* four bytes are the longest; with less to look at, no length overflows its signed type */
    const utf8proc_ssize_t used =
        utf8proc_iterate((const utf8proc_uint8_t *)s, n < 4 ? (utf8proc_ssize_t)n : 4, &c);
    *length = used > 0 ? (size_t)used : 0;
    return used > 0 ? c : -1;
}

/* Could these bytes, the last of a text, begin a character? They do when some continuation makes them one. */
static bool begins_character(const char *s, size_t n)
{
    static const char *const ends[] = {"\x80\x80\x80", "\xbf\xbf\xbf"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char whole[6];
        size_t length;
        memcpy(whole, s, n);
        memcpy(whole + n, ends[i], 3);
        if (read_character(whole, n + 3, &length) >= 0 && length > n)
            return true;
    }
    return false;
}

size_t utf8_step(const char *s, size_t n, bool *valid)
{
    size_t length;
    *valid = read_character(s, n, &length) >= 0;
    if (*valid)
        return length;
    for (length = n < 3 ? n : 3; length > 1 && !begins_character(s, length); length--)
        ;
    return length;
}

static bool is_ascii8(const char *s)
{
    uint64_t word;
    memcpy(&word, s, sizeof word);
    return (word & 0x8080808080808080u) == 0;
}

size_t utf8_check(const char *s, size_t n)
{
    size_t at = 0, length;
    while (at < n) {
        if (n - at >= 8 && is_ascii8(s + at))
            at += 8;
        else if ((unsigned char)s[at] < 0x80)
            at++;
        else if (read_character(s + at, n - at, &length) >= 0)
            at += length;
        else
            return at;
    }
    return n;
}

size_t utf8_check_text(const char *s, size_t n)
{
    const char *nul = n > 0 ? memchr(s, '\0', n) : NULL;
    return utf8_check(s, nul ? (size_t)(nul - s) : n);
}

uint32_t utf8_value(const char *s, size_t length)
{
    size_t unused;
    return (uint32_t)read_character(s, length, &unused);
}

size_t utf8_write(uint32_t c, char out[static 4])
{
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)out);
}

size_t utf8_mark(const void *bytes, size_t n)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf};
    return n >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0 ? sizeof mark : 0;
}

/* Four hexadecimal digits, or -1. */
static int32_t read_hex(const char *s, size_t n)
{
    int32_t value = 0;
    if (n < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const char c = s[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

size_t utf8_read_escape(const char *s, size_t n, uint32_t *c)
{
    const int32_t first = read_hex(s, n);
    *c = (uint32_t)first;
    if (first >= 0 && (first < 0xd800 || first > 0xdfff))
        return 4;
    if (first < 0 || first > 0xdbff || n < 10 || s[4] != '\\' || s[5] != 'u')
        return 0;
    const int32_t second = read_hex(s + 6, n - 6);
    if (second < 0xdc00 || second > 0xdfff)
        return 0;
    *c = 0x10000 + ((uint32_t)(first - 0xd800) << 10) + (uint32_t)(second - 0xdc00);
    return 10;
}
