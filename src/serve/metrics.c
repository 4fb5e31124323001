/* metrics.c - counters of requests. */
#include "serve/metrics.h"

static const double bucket_s[METRICS_BUCKETS] = {.0005, .001, .005, .01, .05, .25, 1, 10};

void metrics_count(struct metrics *metrics, int route, unsigned status, double seconds)
{
    struct route_metrics *r =
        &metrics
             ->route[route >= 0 && route < METRICS_ROUTES_MAX - 1 ? route : METRICS_ROUTES_MAX - 1];
    r->answers[status < 600 ? status / 100 : 0]++;
    r->microseconds += (uint64_t)(seconds > 0 ? seconds * 1e6 : 0);
    for (int b = 0; b < METRICS_BUCKETS; b++)
        if (seconds <= bucket_s[b]) {
            r->within[b]++;
            return;
        }
}

static void print_route(const struct route_metrics *r, const char *name, struct text *out)
{
    uint64_t total = 0, within = 0;
    for (int k = 0; k < 6; k++)
        total += r->answers[k];
    if (total == 0)
        return;
    for (int b = 0; b < METRICS_BUCKETS; b++) {
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

static void print_answers(const struct route_metrics *r, const char *name, struct text *out)
{
    for (int k = 1; k < 6; k++)
        if (r->answers[k] > 0)
            text_printf(out, "llmxrec_requests_total{route=\"%s\",code=\"%dxx\"} %llu\n", name, k,
                        (unsigned long long)r->answers[k]);
}

void metrics_print(const struct metrics *metrics, const char *const *names, int n, struct text *out)
{
    text_puts(out, "# TYPE llmxrec_requests_total counter\n");
    for (int i = 0; i < n; i++)
        print_answers(&metrics->route[i], names[i], out);
    print_answers(&metrics->route[METRICS_ROUTES_MAX - 1], "none", out);
    text_puts(out, "# TYPE llmxrec_request_seconds histogram\n");
    for (int i = 0; i < n; i++)
        print_route(&metrics->route[i], names[i], out);
    print_route(&metrics->route[METRICS_ROUTES_MAX - 1], "none", out);
}
