/* time_unit.h - which unit the times of a log count in. */
#ifndef BASE_TIME_UNIT_H
#define BASE_TIME_UNIT_H

#include <stdbool.h>
#include <stddef.h>

/* By their size alone: seconds from 1973 to 2286, and so for milli- and microseconds; nanoseconds from 2001 to 2096. */
enum time_unit {
    TIME_SECONDS,
    TIME_MILLISECONDS,
    TIME_MICROSECONDS,
    TIME_NANOSECONDS,
    TIME_DATE,  /* written as one; read as seconds since 1970 */
    TIME_OTHER, /* a number of no such size: it orders, and that is all */
    TIME_UNIT_COUNT
};

/* How many times of each unit were read, and the line of the first (0: none). All zero: none at all. */
struct time_units {
    size_t count[TIME_UNIT_COUNT];
    long first[TIME_UNIT_COUNT];
};

enum time_unit time_unit_of(double time, bool is_date);

/* Adds what was counted in what follows `units` in time. */
void time_units_add(struct time_units *units, const struct time_units *more);

/* Are there times that cannot be ordered by their numbers: of two units, or dates among numbers of no unit? */
bool time_units_are_mixed(const struct time_units *units);

/* The unit that most of them have. */
enum time_unit time_units_most(const struct time_units *units);

/* "milliseconds since 1970" */
const char *time_unit_name(enum time_unit unit);

/* How many of a unit are a second; 1 for TIME_OTHER. */
double time_unit_per_second(enum time_unit unit);

#endif
