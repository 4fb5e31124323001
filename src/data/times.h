/* times.h - the times of a log: numbers, or dates as ISO 8601 writes them. */
#ifndef DATA_TIMES_H
#define DATA_TIMES_H

#include "base/time_unit.h"

/* All n bytes as a finite number, or as a date: 2018-07-07, 2018/07/07, 20180707T220911Z, 2018-07-07T22:09,
 * 2018-07-07 22:09:11.25, each time of day with a zone after it (Z, +02:00, -0700, +02, UTC; none is UTC). False, and
 * *time as it was, for anything else, days that do not exist among it. */
bool time_parse(const char *s, size_t n, double *time, bool *is_date);

#endif
