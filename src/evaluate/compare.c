/* compare.c - two runs on the same users: differences of metrics with bootstrap intervals and p values. */
#include "base/err.h"
#include "base/memory.h"
#include "base/plain.h"
#include "base/plain_json.h"
#include "base/text.h"
#include "llmxrec/evaluate.h"
#include "rank/metrics.h"
#include "rank/rank.h"
#include "run/run.h"
#include "statistics/resample.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_METRICS "recall@10,ndcg@10,hit@10,mrr@10,precision@10,map@10"

struct comparing {
    struct metric_name names[LLMX_COMPARED_MAX];
    int n, k; /* metrics; the longest list they need */
    struct rankings first, second;
    double *difference; /* (users, n), those of users that differ in anything before the others */
    int differing;      /* how many users do */
    double *mean;       /* (n, resamples) */
    const struct llmx_compare_options *options;
};

static int parse_metrics(struct comparing *c, const char *text, struct llmx_error *err)
{
    for (const char *at = text;; at++) {
        const size_t length = strcspn(at, ",");
        char word[64];
        if (c->n == LLMX_COMPARED_MAX)
            return err_set(err, LLMX_BAD_OPTION, "more than %d metrics", LLMX_COMPARED_MAX);
        snprintf(word, sizeof word, "%.*s", (int)length, at);
        struct metric_name *name = &c->names[c->n];
        if (metric_parse(name, word, err) != 0)
            return -1;
        if (name->field < 0)
            return err_set(
                err, LLMX_BAD_OPTION,
                "gauc is no mean over users; compare recall, ndcg, hit, mrr, precision or "
                "map @K");
        c->k = name->k > c->k ? name->k : c->k;
        c->n++;
        at += length;
        if (*at == '\0')
            return 0;
    }
}

static int rank_run(struct rankings *rankings, const struct llmx_run *run,
                    const struct comparing *c, struct threads *pool, struct llmx_error *err)
{
    const struct scorer scorer = scorer_of(run->row, run->model);
    const struct rank_options options = {
        .part = c->options->part, .k = c->k, .with_repeats = c->options->repeat != 0};
    return rank_users_as(rankings, scorer, run->data, &options, pool, err);
}

/* Means and differences, user by user. A user who differs in nothing adds nothing to any resample: those are put
 * last, where drawing them costs no look. */
static int measure(struct comparing *c, struct llmx_comparison *result, struct llmx_error *err)
{
    const size_t users = (size_t)c->first.n, n = (size_t)c->n;
    c->difference = mem_array(users, n * sizeof *c->difference, err);
    if (!c->difference)
        return -1;
    for (int u = 0; u < c->first.n; u++) {
        double *row = c->difference + (size_t)c->differing * n;
        bool differs = false;
        for (int m = 0; m < c->n; m++) {
            const double first = metric_of_user(&c->first, u, &c->names[m]),
                         second = metric_of_user(&c->second, u, &c->names[m]);
            result->metrics[m].first += first / (double)users;
            result->metrics[m].second += second / (double)users;
            row[m] = second - first;
            differs |= row[m] != 0;
        }
        c->differing += differs;
    }
    return 0;
}

static void measure_means(const struct resampling *r, const uint32_t *drawn, int thread,
                          double *means)
{
    (void)thread;
    const struct comparing *c = r->context;
    double sum[LLMX_COMPARED_MAX] = {0};
    for (uint32_t i = 0; i < r->groups; i++) {
        if (drawn[i] >= (uint32_t)c->differing)
            continue;
        const double *row = c->difference + (size_t)drawn[i] * (size_t)c->n;
        for (int m = 0; m < c->n; m++)
            sum[m] += row[m];
    }
    for (int m = 0; m < c->n; m++)
        means[m] = sum[m] / r->groups;
}

static void summarise(struct comparing *c, struct llmx_comparison *result)
{
    const int n = c->options->resamples;
    for (int m = 0; m < c->n; m++) {
        struct llmx_compared *row = &result->metrics[m];
        const struct resampled drawn = resample_summarise(c->mean + (size_t)m * (size_t)n, n);
        snprintf(row->metric, sizeof row->metric, "%s", c->names[m].text);
        row->difference = row->second - row->first;
        row->low = drawn.low;
        row->high = drawn.high;
        row->p = drawn.p;
    }
}

static int check(const struct llmx_run *first, const struct llmx_run *second,
                 const struct llmx_compare_options *o, struct llmx_error *err)
{
    if (llmx_data_fingerprint(first->data) != llmx_data_fingerprint(second->data))
        return err_set(err, LLMX_MISMATCH,
                       "the two runs are of different data, or of different splits of it");
    if (o->part != LLMX_VALID && o->part != LLMX_TEST)
        return err_set(err, LLMX_BAD_OPTION, "only the validation and the test part can be ranked");
    return resample_check(o->resamples, err);
}

int llmx_compare(const struct llmx_run *first, const struct llmx_run *second,
                 const struct llmx_compare_options *options, struct llmx_comparison *result,
                 struct llmx_error *err)
{
    struct comparing c = {.options = options};
    int status = -1;
    if (check(first, second, options, err) != 0 ||
        parse_metrics(&c, options->metrics ? options->metrics : DEFAULT_METRICS, err) != 0)
        return -1;
    struct threads *pool = threads_create(options->threads, err);
    if (!pool || rank_run(&c.first, first, &c, pool, err) != 0 ||
        rank_run(&c.second, second, &c, pool, err) != 0)
        goto done;
    if (c.first.n == 0) {
        err_set(err, LLMX_BAD_INPUT, "the %s part of the data holds nothing to be found",
                options->part == LLMX_VALID ? "validation" : "test");
        goto done;
    }
    *result = (struct llmx_comparison){.users = c.first.n,
                                       .part = options->part,
                                       .resamples = options->resamples,
                                       .seed = options->seed,
                                       .n = c.n};
    c.mean = mem_array((size_t)c.n, (size_t)options->resamples * sizeof *c.mean, err);
    if (!c.mean || measure(&c, result, err) != 0)
        goto done;
    const struct resampling drawing = {.groups = (uint32_t)c.first.n,
                                       .n = c.n,
                                       .resamples = options->resamples,
                                       .seed = options->seed,
                                       .measure = measure_means,
                                       .context = &c};
    if (resample(&drawing, pool, c.mean, err) != 0)
        goto done;
    summarise(&c, result);
    status = 0;
done:
    rankings_release(&c.first);
    rankings_release(&c.second);
    free(c.difference);
    free(c.mean);
    threads_destroy(pool);
    return status;
}

static const char *part_name(const struct llmx_comparison *result)
{
    return result->part == LLMX_VALID ? "valid" : "test";
}

static void print_table(const struct llmx_comparison *result, const char *first, const char *second,
                        FILE *f)
{
    fprintf(f, "first   %s\nsecond  %s\n\n%-14s%10s%10s%12s%22s%10s\n", first, second, "", "first",
            "second", "difference", "95 % interval", "p");
    for (int m = 0; m < result->n; m++) {
        const struct llmx_compared *row = &result->metrics[m];
        plain_fprintf(f, "%-14s%10.4f%10.4f%+12.4f%+11.4f ..%+8.4f%10.4f\n", row->metric,
                      row->first, row->second, row->difference, row->low, row->high, row->p);
    }
    fprintf(f, "\n%s part, %d users, paired bootstrap of %d resamples, seed %llu\n",
            part_name(result), result->users, result->resamples, (unsigned long long)result->seed);
}

static int print_json(const struct llmx_comparison *result, const char *first, const char *second,
                      FILE *f, struct llmx_error *err)
{
    json_t *metrics = json_object();
    for (int m = 0; m < result->n; m++) {
        const struct llmx_compared *row = &result->metrics[m];
        json_object_set_new(metrics, row->metric,
                            json_pack("{s:f, s:f, s:f, s:[f, f], s:f}", "first", row->first,
                                      "second", row->second, "difference", row->difference,
                                      "interval", row->low, row->high, "p", row->p));
    }
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:o}", "view", "compare",
                               "first", first, "second", second, "split", part_name(result),
                               "users", (int)result->users, "resamples", result->resamples, "seed",
                               (json_int_t)result->seed, "metrics", metrics);
    const bool failed =
        !object || plain_json_dumpf(object, f, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0;
    fputc('\n', f);
    json_decref(object);
    return failed ? err_set(err, LLMX_NO_MEMORY,
                            "cannot write JSON: memory is out, or a path is not UTF-8")
                  : 0;
}

int llmx_comparison_print(const struct llmx_comparison *result, const char *first,
                          const char *second, FILE *stream, int is_json, struct llmx_error *err)
{
    if (!is_json)
        print_table(result, first, second, stream);
    else if (print_json(result, first, second, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write the comparison") : 0;
}
