/* counters.c - counters of requests. */
#include "serve/counters.h"

static const double bucket_s[COUNTERS_BUCKETS] = {.0005, .001, .005, .01, .05, .25, 1, 10};

void counters_count(struct counters *counters, int route, unsigned status, double seconds)
{
    struct route_counters *r =
        &counters->route[route >= 0 && route < COUNTERS_ROUTES_MAX - 1 ? route
                                                                       : COUNTERS_ROUTES_MAX - 1];
    r->answers[status < 600 ? status / 100 : 0]++;
    r->microseconds += (uint64_t)(seconds > 0 ? seconds * 1e6 : 0);
    for (int b = 0; b < COUNTERS_BUCKETS; b++)
        if (seconds <= bucket_s[b]) {
            r->within[b]++;
            return;
        }
}

static void print_route(const struct route_counters *r, const char *name, struct text *out)
{
    uint64_t total = 0, within = 0;
    for (int k = 0; k < 6; k++)
        total += r->answers[k];
    if (total == 0)
        return;
    for (int b = 0; b < COUNTERS_BUCKETS; b++) {
        within += r->within[b];
        text_printf(out, "llmxrec_request_seconds_bucket{route=\"%s\",le=\"%g\"} %llu\n", name,
                    bucket_s[b], (unsigned long long)within);
    }
    text_printf(out,
                "llmxrec_request_seconds_bucket{route=\"%s\",le=\"+Inf\"} %llu\n"
                "llmxrec_request_seconds_sum{route=\"%s\"} %.6f\n"
                "llmxrec_request_seconds_count{route=\"%s\"} %llu\n",
                name, (unsigned long long)total, name, (double)r->microseconds * 1e-6, name,
                (unsigned long long)total);
}

static void print_answers(const struct route_counters *r, const char *name, struct text *out)
{
    for (int k = 1; k < 6; k++)
        if (r->answers[k] > 0)
            text_printf(out, "llmxrec_requests_total{route=\"%s\",code=\"%dxx\"} %llu\n", name, k,
                        (unsigned long long)r->answers[k]);
}

void counters_print(const struct counters *counters, const char *const *names, int n,
                    struct text *out)
{
    text_puts(out, "# TYPE llmxrec_requests_total counter\n");
    for (int i = 0; i < n; i++)
        print_answers(&counters->route[i], names[i], out);
    print_answers(&counters->route[COUNTERS_ROUTES_MAX - 1], "none", out);
    text_puts(out, "# TYPE llmxrec_request_seconds histogram\n");
    for (int i = 0; i < n; i++)
        print_route(&counters->route[i], names[i], out);
    print_route(&counters->route[COUNTERS_ROUTES_MAX - 1], "none", out);
}
