#include "rank/metrics.h"

#include "base/memory.h"
#include "base/plain.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TAIL_SHARE 0.1 /* RecBole's tail_ratio: the least popular tenth of the items */

/* In order of printing; those of one user's list come first. */
static const struct metric_field {
    const char *name;
    size_t offset;
} metric_fields[] = {
    {"recall", offsetof(struct llmx_metrics_at, recall)},
    {"ndcg", offsetof(struct llmx_metrics_at, ndcg)},
    {"hit", offsetof(struct llmx_metrics_at, hit)},
    {"mrr", offsetof(struct llmx_metrics_at, mrr)},
    {"precision", offsetof(struct llmx_metrics_at, precision)},
    {"map", offsetof(struct llmx_metrics_at, map)},
    {"item_coverage", offsetof(struct llmx_metrics_at, item_coverage)},
    {"average_popularity", offsetof(struct llmx_metrics_at, average_popularity)},
    {"gini_index", offsetof(struct llmx_metrics_at, gini_index)},
    {"shannon_entropy", offsetof(struct llmx_metrics_at, shannon_entropy)},
    {"tail_percentage", offsetof(struct llmx_metrics_at, tail_percentage)},
};
#define FIELDS             (sizeof metric_fields / sizeof *metric_fields)
#define WATCHED            METRICS_OF_USER /* the first so many: better when larger */
#define AVERAGE_POPULARITY 7               /* the one field that is no share */
#define WATCHED_K_MAX      1000

static double *field_of(const struct llmx_metrics_at *at, size_t field)
{
    return (double *)(size_t)((const char *)at + metric_fields[field].offset);
}

int *metrics_popularity(const struct llmx_data *data, struct llmx_error *err)
{
    int *popularity = mem_array((size_t)llmx_data_items(data), sizeof *popularity, err);
    for (llmx_id u = 0; popularity && u < llmx_data_users(data); u++) {
        int n;
        const llmx_id *history = llmx_data_history(data, u, LLMX_TRAIN, &n);
        for (int i = 0; i < n; i++)
            popularity[history[i]]++;
    }
    return popularity;
}

/* Adds one user's list, read down to k. */
static void add_accuracy(struct llmx_metrics_at *at, const struct rankings *r, int row)
{
    const unsigned char *hit = r->hit + (size_t)row * (size_t)r->k;
    const int relevant = r->relevant[row], reachable = relevant < at->k ? relevant : at->k;
    int hits = 0, first = 0;
    double gain = 0, ideal = 0, precision_sum = 0;
    for (int rank = 1; rank <= at->k; rank++) {
        if (rank <= reachable)
            ideal += 1 / log2(rank + 1);
        if (!hit[rank - 1])
            continue;
        hits++;
        first = first ? first : rank;
        gain += 1 / log2(rank + 1);
        precision_sum += (double)hits / rank;
    }
    at->recall += (double)hits / relevant;
    at->ndcg += gain / ideal;
    at->hit += hits > 0;
    at->mrr += first ? 1.0 / first : 0;
    at->precision += (double)hits / at->k;
    at->map += precision_sum / reachable;
}

static int compare_counts(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* What is recommended, to all users together. `count` (items) is scratch. */
static void beyond_accuracy(struct llmx_metrics_at *at, const struct rankings *r,
                            const int *popularity, const unsigned char *is_tail, llmx_id items,
                            int *count)
{
    memset(count, 0, (size_t)items * sizeof *count);
    double total = 0, popular = 0, tail = 0;
    for (int row = 0; row < r->n; row++) {
        const llmx_id *top = r->top + (size_t)row * (size_t)r->k;
        for (int j = 0; j < at->k && top[j] >= 0; j++) {
            count[top[j]]++;
            popular += popularity[top[j]];
            tail += is_tail[top[j]];
            total++;
        }
    }
    qsort(count, (size_t)items, sizeof *count, compare_counts);
    int distinct = 0;
    double gini = 0, entropy = 0;
    for (llmx_id i = 0; i < items; i++) {
        if (count[i] == 0)
            continue;
        distinct++;
        gini += (2.0 * (i + 1) - items - 1) * count[i];
        entropy -= count[i] / total * log(count[i] / total);
    }
    if (distinct == 0)
        return;
    at->item_coverage = (double)distinct / items;
    at->average_popularity = popular / total;
    at->gini_index = gini / total / items;
    at->shannon_entropy = entropy / distinct;
    at->tail_percentage = tail / total;
}

struct counted {
    int count;
    llmx_id item;
};

static int compare_counted(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    return x->count != y->count ? (x->count > y->count) - (x->count < y->count)
                                : (x->item > y->item) - (x->item < y->item);
}

/* Marks the least popular tenth of the items that were ever taken, ties by row; items never taken are not in it. */
static int mark_tail(unsigned char *is_tail, const int *popularity, llmx_id items,
                     struct llmx_error *err)
{
    struct counted *order = mem_array((size_t)items, sizeof *order, err);
    if (!order)
        return -1;
    int n = 0;
    for (llmx_id i = 0; i < items; i++)
        if (popularity[i] > 0)
            order[n++] = (struct counted){popularity[i], i};
    qsort(order, (size_t)n, sizeof *order, compare_counted);
    int tail = (int)(TAIL_SHARE * n);
    for (int i = 0; i < n && i < (tail > 1 ? tail : 1); i++)
        is_tail[order[i].item] = 1;
    free(order);
    return 0;
}

/* Area under the ROC curve of each user, weighted by how many items can be found (Zhu et al. 2017). */
static double group_auc(const struct rankings *r)
{
    double sum = 0, weight = 0;
    for (int row = 0; row < r->n; row++) {
        const double n = r->candidates[row], p = r->findable[row];
        if (p == 0 || n <= p)
            continue;
        sum += p * ((n + 1) * p - p * (p + 1) / 2 - r->rank_sum[row]) / (p * (n - p));
        weight += p;
    }
    return weight > 0 ? sum / weight : 0;
}

int metrics_compute(struct llmx_metrics *metrics, const struct rankings *r, const int *popularity,
                    llmx_id items, const int *cutoffs, int n, struct llmx_error *err)
{
    if (n < 1 || n > LLMX_CUTOFFS_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d cut-offs: choose 1 to %d", n, LLMX_CUTOFFS_MAX);
    int result = -1;
    int *count = mem_array((size_t)items, sizeof *count, err);
    unsigned char *is_tail = mem_array((size_t)items, 1, err);
    if (!count || !is_tail || mark_tail(is_tail, popularity, items, err) != 0)
        goto done;
    *metrics = (struct llmx_metrics){.users = r->n, .gauc = group_auc(r), .n = n};
    for (int c = 0; c < n && r->n > 0; c++) {
        struct llmx_metrics_at *at = &metrics->at[c];
        at->k = cutoffs[c];
        for (int row = 0; row < r->n; row++)
            add_accuracy(at, r, row);
        for (size_t i = 0; i < WATCHED; i++)
            *field_of(at, i) /= r->n;
        beyond_accuracy(at, r, popularity, is_tail, items, count);
    }
    result = 0;
done:
    free(count);
    free(is_tail);
    return result;
}

int metric_parse(struct metric_name *name, const char *text, struct llmx_error *err)
{
    const char *at = strchr(text, '@');
    char *end = NULL;
    long k = at ? strtol(at + 1, &end, 10) : 0;
    const size_t length = at ? (size_t)(at - text) : strlen(text);
    *name = (struct metric_name){.field = -1, .k = (int)k};
    snprintf(name->text, sizeof name->text, "%s", text);
    if (plain_strcasecmp(text, "gauc") == 0) {
        name->k = 1;
        return 0;
    }
    for (int i = 0; i < WATCHED; i++)
        if (strlen(metric_fields[i].name) == length &&
            plain_strncasecmp(text, metric_fields[i].name, length) == 0)
            name->field = i;
    if (name->field < 0 || !at || end == at + 1 || *end || k < 1 || k > WATCHED_K_MAX)
        return err_set(
            err, LLMX_BAD_OPTION,
            "'%s' is no metric to watch: use NAME@K (K up to %d) with recall, ndcg, hit, mrr, "
            "precision or map, or gauc",
            text, WATCHED_K_MAX);
    return 0;
}

double metric_value(const struct llmx_metrics *metrics, const struct metric_name *name)
{
    if (metrics->users == 0)
        return NAN;
    if (name->field < 0)
        return metrics->gauc;
    for (int c = 0; c < metrics->n; c++)
        if (metrics->at[c].k == name->k)
            return *field_of(&metrics->at[c], (size_t)name->field);
    return NAN;
}

double metric_of_user(const struct rankings *rankings, int row, const struct metric_name *name)
{
    struct llmx_metrics_at at = {.k = name->k};
    add_accuracy(&at, rankings, row);
    return *field_of(&at, (size_t)name->field);
}

void metrics_of_user(const struct rankings *rankings, int row, int k,
                     double values[METRICS_OF_USER])
{
    struct llmx_metrics_at at = {.k = k};
    add_accuracy(&at, rankings, row);
    for (size_t i = 0; i < METRICS_OF_USER; i++)
        values[i] = *field_of(&at, i);
}

static void put_ranges(const struct metric_ranges *ranges, struct text *out)
{
    text_puts(out, ",\"intervals\":{");
    for (int i = 0; i < METRICS_OF_USER; i++)
        text_printf(out, "%s\"%s\":[%.9g,%.9g]", i ? "," : "", metric_fields[i].name,
                    ranges->of[i].low, ranges->of[i].high);
    text_puts(out, "}");
}

/* All of the object but its opening brace. */
static void put_figures(const struct llmx_metrics *metrics, const struct metric_ranges *ranges,
                        struct text *out)
{
    if (*metrics->candidates)
        text_printf(out, "\"candidates\":\"%s\",\"seed\":%llu,", metrics->candidates,
                    (unsigned long long)metrics->seed);
    text_printf(out, "\"users\":%d,\"gauc\":%.9g,", metrics->users, metrics->gauc);
    if (metrics->repeats > 0)
        text_printf(out, "\"held_out\":%zu,\"taken_before\":%zu,", metrics->held_out,
                    metrics->repeats);
    if (metrics->repeat)
        text_puts(out, "\"repeat\":true,");
    text_puts(out, "\"at\":{");
    for (int c = 0; c < metrics->n && metrics->at[c].k > 0; c++) { /* 0: nothing was held out */
        text_printf(out, "%s\"%d\":{", c ? "," : "", metrics->at[c].k);
        for (size_t i = 0; i < FIELDS; i++)
            text_printf(out, "%s\"%s\":%.9g", i ? "," : "", metric_fields[i].name,
                        *field_of(&metrics->at[c], i));
        if (ranges && ranges->k == metrics->at[c].k)
            put_ranges(ranges, out);
        text_puts(out, "}");
    }
    text_puts(out, "}}");
}

void metrics_json(const struct llmx_metrics *metrics, const struct metric_ranges *ranges,
                  struct text *out)
{
    text_puts(out, "{");
    put_figures(metrics, ranges, out);
}

static void metrics_table(const struct llmx_metrics *metrics, struct text *out)
{
    text_printf(out, "%-20s", "");
    for (int c = 0; c < metrics->n; c++)
        text_printf(out, "%8s@%-3d", "", metrics->at[c].k);
    for (size_t i = 0; i < FIELDS; i++) {
        text_printf(out, "\n%-20s", metric_fields[i].name);
        for (int c = 0; c < metrics->n; c++)
            text_printf(out, i == AVERAGE_POPULARITY ? "%12.1f" : "%12.4f",
                        *field_of(&metrics->at[c], i));
    }
    text_printf(out, "\n%-20s%12.4f\n%-20s%12d\n", "gauc", metrics->gauc, "users", metrics->users);
    if (metrics->repeat)
        text_printf(out, "%-20s%12s  (nothing masked: what was taken before is ranked too)\n",
                    "repeat", "yes");
    if (*metrics->candidates)
        text_printf(out,
                    "%-20s%12s  (seed %llu; not to be compared with ranking among all items)\n",
                    "candidates", metrics->candidates, (unsigned long long)metrics->seed);
}

int llmx_metrics_print(const struct llmx_metrics *metrics, FILE *stream, int is_json,
                       struct llmx_error *err)
{
    struct text out = {0};
    if (is_json) {
        text_puts(&out, "{\"view\":\"evaluate\",");
        put_figures(metrics, NULL, &out);
        text_puts(&out, "\n");
    } else {
        metrics_table(metrics, &out);
    }
    int result = text_check(&out, err);
    if (result == 0 && fwrite(out.s, 1, out.n, stream) != out.n)
        result = err_system(err, "cannot write the metrics");
    text_release(&out);
    return result;
}
