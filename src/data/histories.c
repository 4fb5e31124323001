#include "data/histories.h"

#include "base/memory.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "data/opinions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INSERTION_MAX 32 /* runs so short are sorted fastest by insertion (measured) */

#define BLOCK_USERS  1024    /* sorted by one thread at a time */
#define PARALLEL_MIN 1000000 /* interactions; fewer are not worth starting threads */

/* One interaction of a user: what it is sorted by, and what is kept. */
struct event {
    double key;
    llmx_id item;
    uint16_t day;
    uint8_t opinion; /* enum opinion */
};

static void sort_by_insertion(struct event *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct event moved = e[i];
        size_t j = i;
        for (; j > 0 && e[j - 1].key > moved.key; j--)
            e[j] = e[j - 1];
        e[j] = moved;
    }
}

/* Stable merge sort; `spare` has room for half of n. */
static void sort_events(struct event *e, struct event *spare, size_t n)
{
    if (n <= INSERTION_MAX) {
        sort_by_insertion(e, n);
        return;
    }
    size_t half = n / 2;
    sort_events(e, spare, half);
    sort_events(e + half, spare, n - half);
    if (e[half - 1].key <= e[half].key)
        return;
    memcpy(spare, e, half * sizeof *e);
    const struct event *left = spare, *left_end = spare + half, *right = e + half,
                       *right_end = e + n;
    struct event *out = e;
    while (left < left_end &&
           right < right_end) { /* so written, it compiles without a branch on the keys */
        const struct event *next = right->key < left->key ? right : left;
        *out++ = *next;
        size_t is_left = next == left;
        left += is_left;
        right += 1 - is_left;
    }
    memcpy(out, left, (size_t)(left_end - left) * sizeof *e);
}

#define DAY_1973 1157 /* a number below it is no time since 1970: time_unit_of */

/* (n) the day of each row, or DAY_NONE; *days NULL where the times do not say: there are none, or none of a unit. */
static int find_days(const struct interactions *x, const struct data_report *report,
                     uint16_t **days, struct llmx_error *err)
{
    struct time_units units;
    data_report_units(report, &units);
    const enum time_unit unit = time_units_most(&units);
    const double day_units = time_unit_per_second(unit) * 86400,
                 first = units.count[TIME_DATE] > 0 ? 0 : DAY_1973;
    *days = NULL;
    if (!x->time || time_units_are_mixed(&units) || unit == TIME_OTHER)
        return 0;
    if (!(*days = mem_array(x->n + 1, sizeof **days, err)))
        return -1;
    for (size_t i = 0; i < x->n; i++) {
        const double day = x->time[i] / day_units;
        (*days)[i] = day >= first && day < DAY_NONE ? (uint16_t)day : DAY_NONE;
    }
    return 0;
}

/* RecBole sorts float32: as they are, or scaled to [0, 1] in float64 first (all 1 when they are all the same). */
static void round_times(struct interactions *x, enum llmx_timestamps timestamps,
                        struct data_report *report)
{
    report->has_times = x->time != NULL;
    if (!x->time)
        return;
    report->time_min = report->time_max = x->time[0];
    for (size_t i = 0; i < x->n; i++) {
        if (x->time[i] < report->time_min)
            report->time_min = x->time[i];
        if (x->time[i] > report->time_max)
            report->time_max = x->time[i];
    }
    double low = report->time_min, span = report->time_max - report->time_min;
    for (size_t i = 0; timestamps != LLMX_TIME_EXACT && i < x->n; i++) {
        double t = x->time[i];
        if (timestamps == LLMX_TIME_NORMALISED_FLOAT32)
            t = span > 0 ? (t - low) / span : 1.0;
        x->time[i] = (double)(float)t;
    }
}

/* Where every user's parts begin, by counting the rows of each file. */
static int count_parts(struct llmx_data *data, const struct interactions *x, struct llmx_error *err)
{
    size_t users = data->users.count, place = 0;
    data->start = mem_array(users + 1, sizeof *data->start, err);
    data->valid_start = mem_array(users, sizeof *data->valid_start, err);
    data->test_start = mem_array(users, sizeof *data->test_start, err);
    if (!data->start || !data->valid_start || !data->test_start)
        return -1;
    size_t *count[FILES_MAX] = {data->start, data->valid_start, data->test_start}, row = 0;
    for (int file = 0; file < FILES_MAX; file++)
        for (; row < x->file_end[file]; row++)
            count[file][x->user[row]]++;
    for (size_t u = 0; u < users; u++) {
        size_t train = data->start[u], valid = data->valid_start[u], test = data->test_start[u];
        data->start[u] = place;
        data->valid_start[u] = place + train;
        data->test_start[u] = place + train + valid;
        place += train + valid + test;
    }
    data->start[users] = place;
    return 0;
}

/* Moves rows to their users, file order kept, and frees them. */
static int scatter(const struct llmx_data *data, struct interactions *x, const uint16_t *days,
                   double liked_from, struct event *events, struct llmx_error *err)
{
    size_t users = data->users.count;
    size_t *next = mem_array(users, sizeof *next, err);
    if (!next)
        return -1;
    memcpy(next, data->start, users * sizeof *next);
    for (size_t i = 0; i < x->n; i++)
        events[next[x->user[i]]++] = (struct event){
            x->time ? x->time[i] : 0, x->item[i], days ? days[i] : DAY_NONE,
            (uint8_t)(x->rating ? rating_opinion(x->rating[i], liked_from) : OPINION_NONE)};
    free(next);
    free(x->user);
    free(x->item);
    free(x->time);
    free(x->rating);
    x->user = x->item = NULL;
    x->time = NULL;
    x->rating = NULL;
    return 0;
}

/* Sorts one part of a user's events; true when they did not stand in time order. */
static bool sort_part(struct event *events, struct event *spare, size_t begin, size_t end)
{
    size_t i = begin + 1;
    while (i < end && events[i - 1].key <= events[i].key)
        i++;
    if (i >= end)
        return false;
    sort_events(events + begin, spare, end - begin);
    return true;
}

/* How many of the events begin .. end-1, in time order, come before a time. */
static size_t count_before(const struct event *events, size_t begin, size_t end, double time)
{
    size_t i = begin;
    while (i < end && events[i].key < time)
        i++;
    return i - begin;
}

/* Does a part begin at `place` only because of the order of lines with equal times? */
static bool is_tied_at(const struct event *events, size_t begin, size_t end, size_t place)
{
    return place > begin && place < end && events[place - 1].key == events[place].key;
}

/* Cuts a user's events, in time order, into parts. Would another order of equal times move them? */
static bool cut_parts(struct llmx_data *data, const struct split_rule *rule,
                      const struct event *events, size_t user)
{
    const size_t begin = data->start[user], end = data->start[user + 1];
    if (rule->kind == SPLIT_TIME) {
        data->valid_start[user] = begin + count_before(events, begin, end, rule->valid_from);
        data->test_start[user] = begin + count_before(events, begin, end, rule->test_from);
        return false;
    }
    size_t valid, test;
    split_rule_count(rule, end - begin, &valid, &test);
    data->test_start[user] = end - test;
    data->valid_start[user] = end - test - valid;
    return is_tied_at(events, begin, end, data->test_start[user]) ||
           is_tied_at(events, begin, end, data->valid_start[user]);
}

/* Users are sorted in blocks, each with its own spare room and its own counts. */
struct sorting {
    struct llmx_data *data;
    const struct split_rule *rule;
    struct event *events;
    struct block {
        llmx_id out_of_order, tied;
        bool failed;
    } * blocks;
};

static void sort_block(void *context, size_t number, int thread)
{
    (void)thread;
    struct sorting *sorting = context;
    struct llmx_data *data = sorting->data;
    struct block *block = &sorting->blocks[number];
    struct event *events = sorting->events;
    size_t begin = number * BLOCK_USERS, end = begin + BLOCK_USERS, longest = 0;
    if (end > data->users.count)
        end = data->users.count;
    for (size_t u = begin; u < end; u++)
        if (data->start[u + 1] - data->start[u] > longest)
            longest = data->start[u + 1] - data->start[u];
    struct event *spare = mem_array(longest / 2, sizeof *spare, NULL);
    block->failed = !spare;
    for (size_t u = begin; spare && u < end; u++) {
        bool was_out = sort_part(events, spare, data->start[u], data->valid_start[u]);
        was_out |= sort_part(events, spare, data->valid_start[u], data->test_start[u]);
        was_out |= sort_part(events, spare, data->test_start[u], data->start[u + 1]);
        block->out_of_order += was_out;
        if (!data->report.is_ready_made)
            block->tied += cut_parts(data, sorting->rule, events, u) && data->report.has_times;
    }
    free(spare);
}

static int sort_histories(struct llmx_data *data, const struct split_rule *rule,
                          struct event *events, int n_threads, struct llmx_error *err)
{
    size_t n = (data->users.count + BLOCK_USERS - 1) / BLOCK_USERS;
    bool is_large = data->interactions >= PARALLEL_MIN;
    struct sorting sorting = {data, rule, events, mem_array(n, sizeof *sorting.blocks, err)};
    struct threads *threads = is_large ? threads_create(n_threads, err) : NULL;
    int result = sorting.blocks && (threads || !is_large) ? 0 : -1;
    if (result == 0)
        threads_for(threads, n, sort_block, &sorting);
    for (size_t i = 0; result == 0 && i < n; i++) {
        data->report.users_out_of_order += sorting.blocks[i].out_of_order;
        data->report.users_tied += sorting.blocks[i].tied;
        if (sorting.blocks[i].failed)
            result = err_set(err, LLMX_NO_MEMORY, "out of memory while sorting histories");
    }
    threads_destroy(threads);
    free(sorting.blocks);
    return result;
}

/* What is kept of the events. */
static int keep_events(struct llmx_data *data, const struct event *events, bool has_days,
                       bool has_opinions, struct llmx_error *err)
{
    const size_t n = data->interactions;
    data->item = mem_array(n, sizeof *data->item, err);
    if (has_opinions)
        data->opinion = mem_array(n, sizeof *data->opinion, err);
    if (has_days)
        data->day = mem_array(n, sizeof *data->day, err);
    if (!data->item || (has_opinions && !data->opinion) || (has_days && !data->day))
        return -1;
    mem_advise_large_pages(data->item, n * sizeof *data->item);
    for (size_t i = 0; i < n; i++)
        data->item[i] = events[i].item;
    for (size_t i = 0; has_opinions && i < n; i++)
        data->opinion[i] = events[i].opinion;
    for (size_t i = 0; has_days && i < n; i++)
        data->day[i] = events[i].day;
    return 0;
}

int histories_build(struct llmx_data *data, struct interactions *x, enum llmx_timestamps timestamps,
                    struct split_rule rule, double liked_from, int threads, struct llmx_error *err)
{
    const bool has_opinions = isfinite(liked_from);
    int result = -1;
    struct event *events = NULL;
    uint16_t *days;
    data->interactions = x->n;
    if (find_days(x, &data->report, &days, err) != 0)
        return -1;
    round_times(x, timestamps, &data->report);
    if (split_rule_place(&rule, x->time, x->n, err) == 0 && count_parts(data, x, err) == 0 &&
        (events = mem_array(x->n, sizeof *events, err)) != NULL) {
        mem_advise_large_pages(events, x->n * sizeof *events);
        if (scatter(data, x, days, liked_from, events, err) == 0 &&
            sort_histories(data, &rule, events, threads, err) == 0)
            result = keep_events(data, events, days != NULL, has_opinions, err);
    }
    free(events);
    free(days);
    return result;
}
