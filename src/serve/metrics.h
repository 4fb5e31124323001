/* metrics.h - how many requests came, how they were answered and how long that took (Prometheus's text form). */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include "base/text.h"

#include <stdatomic.h>
#include <stdint.h>

#define METRICS_ROUTES_MAX 64
#define METRICS_BUCKETS    8

struct route_metrics {
    _Atomic uint64_t answers[6]; /* by the status's hundreds */
    _Atomic uint64_t
        within[METRICS_BUCKETS]; /* answers of so many seconds or fewer, and of no bucket before */
    _Atomic uint64_t microseconds;
};

struct metrics {
    struct route_metrics route[METRICS_ROUTES_MAX]; /* the last: of no route */
};

/* route: its number, or a negative one for none. Any thread. */
void metrics_count(struct metrics *metrics, int route, unsigned status, double seconds);

/* names (n): "GET /v1/users" of each route. */
void metrics_print(const struct metrics *metrics, const char *const *names, int n,
                   struct text *out);

#endif
