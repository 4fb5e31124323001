#include "base/plain.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

static locale_t c_locale;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* glibc and musl keep the C locale ready, so that this cannot fail there. */
static void open_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t plain_begin(void)
{
    pthread_once(&once, open_locale);
    return uselocale(c_locale);
}

void plain_end(locale_t before)
{
    uselocale(before);
}

int plain_vsnprintf(char *out, size_t size, const char *format, va_list args)
{
    const locale_t before = plain_begin();
    const int n = vsnprintf(out, size, format, args);
    plain_end(before);
    return n;
}

int plain_snprintf(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = plain_vsnprintf(out, size, format, args);
    va_end(args);
    return n;
}

int plain_fprintf(FILE *stream, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const locale_t before = plain_begin();
    const int n = vfprintf(stream, format, args);
    plain_end(before);
    va_end(args);
    return n;
}

int plain_strcasecmp(const char *a, const char *b)
{
    const locale_t before = plain_begin();
    const int order = strcasecmp(a, b);
    plain_end(before);
    return order;
}

int plain_strncasecmp(const char *a, const char *b, size_t n)
{
    const locale_t before = plain_begin();
    const int order = strncasecmp(a, b, n);
    plain_end(before);
    return order;
}

const char *plain_strerror(int number)
{
    pthread_once(&once, open_locale);
    return strerror_l(number, c_locale);
}
