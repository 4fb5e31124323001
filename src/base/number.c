#include "base/number.h"

#include "base/plain.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_POWERS  23  /* 10^0 .. 10^22 are exact doubles */
#define EXACT_DIGITS  15  /* an integer of so many digits is, too; then one division rounds once */
#define NUMBER_LENGTH 512 /* longer texts are no number that anybody means */

static const double powers_of_ten[EXACT_POWERS] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool number_read(const char *s, double *value)
{
    char *end;
    const locale_t before = plain_begin();
    *value = strtod(s, &end);
    plain_end(before);
    return end != s && *end == '\0';
}

/* Everything the fast way leaves: many digits, exponents, a plus sign. */
static bool parse_any(const char *s, size_t n, double *value)
{
    char copy[NUMBER_LENGTH + 1];
    double v;
    if (n == 0 || n > NUMBER_LENGTH)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!memchr("0123456789+-.eE", s[i], 15))
            return false;
        copy[i] = s[i];
    }
    copy[n] = '\0';
    if (!number_read(copy, &v) || !isfinite(v))
        return false;
    *value = v;
    return true;
}

bool number_parse(const char *s, size_t n, double *value)
{
    const char *p = s, *end = s + n;
    bool is_negative = p < end && *p == '-';
    p += is_negative;
    uint64_t digits = 0;
    int n_digits = 0, n_decimals = 0;
    for (; p < end && (unsigned char)(*p - '0') < 10 && n_digits <= EXACT_DIGITS; p++, n_digits++)
        digits = digits * 10 + (uint64_t)(*p - '0');
    if (p < end && *p == '.') {
        for (p++; p < end && (unsigned char)(*p - '0') < 10 && n_digits <= EXACT_DIGITS;
             p++, n_digits++, n_decimals++)
            digits = digits * 10 + (uint64_t)(*p - '0');
    }
    if (p != end || n_digits == 0 || n_digits > EXACT_DIGITS)
        return parse_any(s, n, value);
    double v = n_decimals ? (double)digits / powers_of_ten[n_decimals] : (double)digits;
    *value = is_negative ? -v : v;
    return true;
}

bool number_whole(double value, int least, int most, int *whole)
{
    if (!(value >= least && value <= most) || value != trunc(value))
        return false;
    *whole = (int)value;
    return true;
}

bool number_unsigned(const char *s, uint64_t *value)
{
    char *end;
    errno = 0;
    const unsigned long long v = strtoull(s, &end, 10);
    if (*s < '0' || *s > '9' || *end || errno) /* by itself it passes over blanks and negates */
        return false;
    *value = v;
    return true;
}

void number_put(struct text *out, double value)
{
    char digits[40];
    double same;
    for (int precision = 6; precision <= 17; precision++) {
        plain_snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (number_read(digits, &same) && same == value)
            break;
    }
    text_puts(out, digits);
}
