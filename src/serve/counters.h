/* counters.h - how many requests came, how they were answered and how long that took (Prometheus's text form). */
#ifndef SERVE_COUNTERS_H
#define SERVE_COUNTERS_H

#include "base/text.h"

#include <stdatomic.h>
#include <stdint.h>

#define COUNTERS_ROUTES_MAX 64
#define COUNTERS_BUCKETS    8

struct route_counters {
    _Atomic uint64_t answers[6]; /* by the status's hundreds */
    _Atomic uint64_t
        within[COUNTERS_BUCKETS]; /* answers of so many seconds or fewer, and of no bucket before */
    _Atomic uint64_t microseconds;
};

struct counters {
    struct route_counters route[COUNTERS_ROUTES_MAX]; /* the last: of no route */
};

/* route: its number, or a negative one for none. Any thread. */
void counters_count(struct counters *counters, int route, unsigned status, double seconds);

/* names (n): "GET /v1/users" of each route. */
void counters_print(const struct counters *counters, const char *const *names, int n,
                    struct text *out);

#endif
