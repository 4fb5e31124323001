#include "base/time_unit.h"

static const struct {
    const char *name;
    double per_second, least, most; /* of the numbers taken for it: least up to, but not, most */
} units[TIME_UNIT_COUNT] = {
    [TIME_SECONDS] = {"seconds since 1970", 1, 1e8, 1e10},
    [TIME_MILLISECONDS] = {"milliseconds since 1970", 1e3, 1e11, 1e13},
    [TIME_MICROSECONDS] = {"microseconds since 1970", 1e6, 1e14, 1e16},
    [TIME_NANOSECONDS] = {"nanoseconds since 1970", 1e9, 1e18, 4e18},
    [TIME_DATE] = {"dates", 1, 0, 0},
    [TIME_OTHER] = {"numbers", 1, 0, 0},
};

const char *time_unit_name(enum time_unit unit)
{
    return units[unit].name;
}

double time_unit_per_second(enum time_unit unit)
{
    return units[unit].per_second;
}

enum time_unit time_unit_of(double time, bool is_date)
{
    if (is_date)
        return TIME_DATE;
    int u = time < units[TIME_SECONDS].least ? TIME_OTHER : TIME_SECONDS;
    while (u <= TIME_NANOSECONDS && !(time >= units[u].least && time < units[u].most))
        u++;
    return u <= TIME_NANOSECONDS ? (enum time_unit)u : TIME_OTHER;
}

void time_units_add(struct time_units *found, const struct time_units *more)
{
    for (int u = 0; u < TIME_UNIT_COUNT; u++) {
        if (found->count[u] == 0)
            found->first[u] = more->first[u];
        found->count[u] += more->count[u];
    }
}

bool time_units_are_mixed(const struct time_units *found)
{
    int scales = found->count[TIME_SECONDS] + found->count[TIME_DATE] > 0;
    for (int u = TIME_MILLISECONDS; u <= TIME_NANOSECONDS; u++)
        scales += found->count[u] > 0;
    return scales > 1 || (found->count[TIME_DATE] > 0 && found->count[TIME_OTHER] > 0);
}

enum time_unit time_units_most(const struct time_units *found)
{
    int most = 0;
    for (int u = 1; u < TIME_UNIT_COUNT; u++)
        most = found->count[u] > found->count[most] ? u : most;
    return (enum time_unit)most;
}
