#include "data/times.h"

#include "base/number.h"

#include <stdint.h>
#include <string.h>

/* A text that is read from its front. */
struct reading {
    const char *s, *end;
};

/* Takes exactly n digits; false when they are not there. */
static bool take_digits(struct reading *r, int n, int *value)
{
    if (r->end - r->s < n)
        return false;
    int v = 0;
    for (int i = 0; i < n; i++) {
        const unsigned digit = (unsigned)(r->s[i] - '0');
        if (digit > 9)
            return false;
        v = v * 10 + (int)digit;
    }
    r->s += n;
    *value = v;
    return true;
}

static bool take(struct reading *r, char c)
{
    const bool is_there = r->s < r->end && *r->s == c;
    r->s += is_there;
    return is_there;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar: years begin in March, so that the leap day is their last. */
static int64_t days_since_1970(int year, int month, int day)
{
    const int y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    const int64_t leap_days = y / 4 - y / 100 + y / 400;
    return 365 * (int64_t)y + leap_days + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool is_day(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && is_leap);
}

/* 2018-07-07, 2018/07/07 or 20180707. */
static bool take_day(struct reading *r, int64_t *days)
{
    int year, month, day;
    if (!take_digits(r, 4, &year))
        return false;
    const char between = r->s < r->end && *r->s == '/' ? '/' : '-';
    const bool is_apart = take(r, between);
    if (!take_digits(r, 2, &month) || (is_apart && !take(r, between)) || !take_digits(r, 2, &day) ||
        !is_day(year, month, day))
        return false;
    *days = days_since_1970(year, month, day);
    return true;
}

/* The digits behind a decimal point. */
static bool take_fraction(struct reading *r, double *fraction)
{
    const char *const from = r->s;
    double value = 0, scale = 1; /* whole numbers, and exact: one division rounds once */
    for (int digit; take_digits(r, 1, &digit);) {
        if (scale < 1e15) {
            value = value * 10 + digit;
            scale *= 10;
        }
    }
    *fraction = value / scale;
    return r->s > from;
}

/* 22:09, 22:09:11, 22:09:11.25, or without colons. 24:00 is the end of a day, :60 a leap second. */
static bool take_clock(struct reading *r, int64_t *seconds, double *fraction)
{
    int hour, minute, second = 0;
    if (!take_digits(r, 2, &hour))
        return false;
    const bool is_apart = take(r, ':');
    if (!take_digits(r, 2, &minute))
        return false;
    const bool has_second = is_apart ? take(r, ':') : r->s < r->end && (unsigned)(*r->s - '0') < 10;
    if (has_second && !take_digits(r, 2, &second))
        return false;
    if (has_second && (take(r, '.') || take(r, ',')) && !take_fraction(r, fraction))
        return false;
    *seconds = hour * 3600 + minute * 60 + second;
    return minute < 60 && second <= 60 && (hour < 24 || (*seconds == 86400 && *fraction == 0));
}

/* What is left: nothing, or a zone. *offset: seconds that its clocks are ahead of UTC. */
static bool take_zone(struct reading *r, int64_t *offset)
{
    int hours = 0, minutes = 0;
    take(r, ' ');
    const char *const sign = r->s;
    if (r->s < r->end && (take(r, '+') || take(r, '-'))) {
        if (!take_digits(r, 2, &hours))
            return false;
        const bool is_apart = take(r, ':');
        if ((is_apart || (r->s < r->end && *r->s != ' ')) && !take_digits(r, 2, &minutes))
            return false;
        *offset = (*sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
        take(r, ' '); /* the name of the zone may follow, as Go writes it */
        while (hours < 24 && r->s < r->end && *r->s >= 'A' && *r->s <= 'Z')
            r->s++;
    } else if (!take(r, 'Z') && !take(r, 'z') && r->end - r->s == 3 &&
               (memcmp(r->s, "UTC", 3) == 0 || memcmp(r->s, "GMT", 3) == 0)) {
        r->s = r->end;
    }
    return r->s == r->end && hours < 24 && minutes < 60;
}

static bool parse_date(const char *s, size_t n, double *time)
{
    struct reading r = {s, s + n};
    int64_t days, seconds = 0, offset = 0;
    double fraction = 0;
    if (!take_day(&r, &days))
        return false;
    if (r.s < r.end && ((!take(&r, 'T') && !take(&r, ' ') && !take(&r, 't')) ||
                        !take_clock(&r, &seconds, &fraction) || !take_zone(&r, &offset)))
        return false;
    *time = (double)(days * 86400 + seconds - offset) + fraction;
    return true;
}

bool time_parse(const char *s, size_t n, double *time, bool *is_date)
{
    *is_date = n >= 10 && (s[4] == '-' || s[4] == '/');
    if (*is_date)
        return parse_date(s, n, time);
    if (number_parse(s, n, time))
        return true;
    *is_date = n >= 13 && (s[8] == 'T' || s[8] == 't' || s[8] == ' ');
    return *is_date && parse_date(s, n, time);
}
