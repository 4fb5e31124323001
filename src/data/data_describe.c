/* data_describe.c - measures a data set and says it, to a person or as JSON. Both come from one `struct data_description`. */
#include "base/err.h"
#include "base/memory.h"
#include "base/plain.h"
#include "base/plain_json.h"
#include "data/dataset.h"
#include "data/feature_columns.h"
#include "data/twins_list.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POPULAR_MAX 10
#define TWINS_MAX   30 /* titles that are listed for a person */

/* What deserves a second look: said when its count is not zero. */
enum finding {
    BAD_LINES,
    DUPLICATES,
    TAKEN_BEFORE_VALID,
    TAKEN_BEFORE_TEST,
    DROPPED_DUPLICATES,
    DROPPED_LOW_RATED,
    DROPPED_OUTSIDE_CORE,
    USERS_ONE,
    USERS_TWO,
    USERS_UNTRAINED,
    ITEMS_UNTRAINED,
    USERS_OUT_OF_ORDER,
    USERS_TIED,
    TIMES_MIXED,
    NO_TIMES,
    HEADER_TAKEN,
    USERS_WITHOUT_PROFILE,
    UNKNOWN_USERS,
    REPEATED_USERS,
    BAD_USER_LINES,
    ITEMS_WITHOUT_FEATURES,
    UNKNOWN_ITEMS,
    REPEATED_ITEMS,
    BAD_ITEM_LINES,
    SHARED_TITLES,
    ONE_YEAR,
    FINDING_COUNT
};

static const struct {
    const char *key, *text;
} findings[FINDING_COUNT] = {
    [BAD_LINES] = {"bad_lines", "lines dropped because they could not be read"},
    [DUPLICATES] =
        {"duplicates",
         "interactions that repeat a user and an item (--duplicates first or last keeps one)"},
    [TAKEN_BEFORE_VALID] = {"valid_taken_before", "validation interactions with what the user had "
                                                  "taken before (evaluate --repeat ranks it)"},
    [TAKEN_BEFORE_TEST] = {"test_taken_before", "test interactions with what the user had taken "
                                                "before (evaluate --repeat ranks it)"},
    [DROPPED_DUPLICATES] = {"dropped_duplicates", "interactions dropped as duplicates"},
    [DROPPED_LOW_RATED] = {"dropped_low_rated", "interactions dropped by --min-rating"},
    [DROPPED_OUTSIDE_CORE] = {"dropped_outside_core",
                              "interactions dropped by --min-user and --min-item"},
    [USERS_ONE] = {"users_with_one_interaction",
                   "users with one interaction: learnt from, neither validated nor tested"},
    [USERS_TWO] = {"users_with_two_interactions",
                   "users with two interactions: learnt from and tested, not validated"},
    [USERS_UNTRAINED] = {"users_without_training", "users with nothing in the training part"},
    [ITEMS_UNTRAINED] = {"items_without_training",
                         "items in no user's training part: nothing can be learnt of them"},
    [USERS_OUT_OF_ORDER] =
        {"users_out_of_order",
         "users whose lines do not stand in time order in the file (sorted here)"},
    [USERS_TIED] =
        {"users_with_tied_split",
         "users whose last times are equal: the order of lines decides what is held out"},
    [TIMES_MIXED] = {"times_of_other_units",
                     "times that are not of the kind that most are: the order may be wrong"},
    [NO_TIMES] = {"no_times",
                  "time column missing: the order of lines is taken for the order of time"},
    [HEADER_TAKEN] = {"header_taken", "line, the first, taken for the names of the columns"},
    [USERS_WITHOUT_PROFILE] = {"users_without_profile", "users without a line in the user file"},
    [UNKNOWN_USERS] = {"unknown_users", "lines of the user file about users without interactions"},
    [REPEATED_USERS] = {"repeated_user_lines",
                        "lines of the user file that repeat a user (the first one stands)"},
    [BAD_USER_LINES] = {"bad_user_lines",
                        "lines of the user file dropped because they could not be read"},
    [ITEMS_WITHOUT_FEATURES] = {"items_without_features",
                                "items without a line in the item file: no title, no features"},
    [UNKNOWN_ITEMS] = {"unknown_items", "lines of the item file about items without interactions"},
    [REPEATED_ITEMS] = {"repeated_item_lines",
                        "lines of the item file that repeat an item (the first one stands)"},
    [BAD_ITEM_LINES] = {"bad_item_lines",
                        "lines of the item file dropped because they could not be read"},
    [SHARED_TITLES] = {"shared_titles", "titles that several items have"},
    [ONE_YEAR] = {"one_item_several_ids",
                  "of them with one year, or without years: taken for one item under several ids"},
};

struct data_description {
    size_t part[3];                                          /* TRAIN, VALID, TEST */
    size_t length_min, length_median, length_90, length_max; /* of a user's interactions */
    double density; /* of distinct pairs in users x items */
    int n_popular;
    llmx_id popular[POPULAR_MAX];
    size_t count[POPULAR_MAX];
    size_t found[FINDING_COUNT];
    struct twins twins;
};

static int compare_sizes(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static int measure_lengths(struct data_description *d, const struct llmx_data *data,
                           struct llmx_error *err)
{
    const size_t users = data->users.count;
    const bool is_leave_one_out = !data->report.is_ready_made && !data->report.split_by;
    size_t *length = mem_array(users, sizeof *length, err);
    if (!length)
        return -1;
    for (size_t u = 0; u < users; u++) {
        length[u] = data->start[u + 1] - data->start[u];
        d->found[USERS_ONE] += length[u] == 1 && is_leave_one_out;
        d->found[USERS_TWO] += length[u] == 2 && is_leave_one_out;
        d->found[USERS_UNTRAINED] += data->valid_start[u] == data->start[u];
        d->part[LLMX_TRAIN] += data->valid_start[u] - data->start[u];
        d->part[LLMX_VALID] += data->test_start[u] - data->valid_start[u];
        d->part[LLMX_TEST] += data->start[u + 1] - data->test_start[u];
    }
    qsort(length, users, sizeof *length, compare_sizes);
    d->length_min = length[0];
    d->length_median = length[(users - 1) / 2];
    d->length_90 = length[(users * 9 + 9) / 10 - 1];
    d->length_max = length[users - 1];
    free(length);
    return 0;
}

/* Counts a user's items, how many of them twice, and which are learnt from. */
static int measure_items(struct data_description *d, const struct llmx_data *data, size_t *count,
                         struct llmx_error *err)
{
    size_t items = data->items.count;
    uint32_t *last_user = mem_array(items, sizeof *last_user, err); /* plus one */
    bool *is_trained = mem_array(items, sizeof *is_trained, err);
    int result = last_user && is_trained ? 0 : -1;
    for (uint32_t u = 0; result == 0 && u < data->users.count; u++) {
        for (size_t i = data->start[u]; i < data->start[u + 1]; i++) {
            llmx_id item = data->item[i];
            count[item]++;
            d->found[DUPLICATES] += last_user[item] == u + 1;
            last_user[item] = u + 1;
            is_trained[item] |= i < data->valid_start[u];
        }
    }
    for (size_t i = 0; result == 0 && i < items; i++)
        d->found[ITEMS_UNTRAINED] += !is_trained[i];
    double pairs = (double)(data->interactions - d->found[DUPLICATES]);
    d->density = pairs / ((double)data->users.count * (double)items);
    free(last_user);
    free(is_trained);
    return result;
}

/* Keeps the most popular items, most first, equal ones by row. */
static void rank_items(struct data_description *d, const struct llmx_data *data,
                       const size_t *count)
{
    for (size_t i = 0; i < data->items.count; i++) {
        int place = d->n_popular;
        while (place > 0 && d->count[place - 1] < count[i])
            place--;
        if (place == POPULAR_MAX)
            continue;
        d->n_popular += d->n_popular < POPULAR_MAX;
        for (int j = d->n_popular - 1; j > place; j--) {
            d->popular[j] = d->popular[j - 1];
            d->count[j] = d->count[j - 1];
        }
        d->popular[place] = (llmx_id)i;
        d->count[place] = count[i];
    }
}

static size_t rows_without_line(const struct features *features)
{
    size_t n = 0;
    for (uint32_t row = 0; row < features->n_rows; row++)
        n += !features->has_line[row];
    return n;
}

/* How many times are not of the kind that most are. Dates are seconds. */
static size_t times_of_less(const struct time_units *units)
{
    const enum time_unit most = time_units_most(units);
    size_t n = 0;
    for (int u = 0; u < TIME_UNIT_COUNT; u++)
        n += u == (int)most ? 0 : units->count[u];
    return n;
}

static void take_report(struct data_description *d, const struct llmx_data *data)
{
    const struct data_report *report = &data->report;
    const struct features *users = &data->features[LLMX_USERS],
                          *items = &data->features[LLMX_ITEMS];
    struct time_units units;
    d->found[BAD_LINES] = report->bad_lines;
    d->found[DROPPED_DUPLICATES] = report->duplicates;
    d->found[DROPPED_LOW_RATED] = report->low_rated;
    d->found[DROPPED_OUTSIDE_CORE] = report->outside_core;
    d->found[USERS_OUT_OF_ORDER] = (size_t)report->users_out_of_order;
    d->found[USERS_TIED] = (size_t)report->users_tied;
    d->found[NO_TIMES] = !report->has_times;
    for (int f = 0; f < FILES_MAX; f++)
        d->found[HEADER_TAKEN] +=
            header_is_taken(report->header[f]) && report->header[f] != HEADER_TYPED;
    data_report_units(report, &units);
    d->found[TIMES_MIXED] = time_units_are_mixed(&units) ? times_of_less(&units) : 0;
    d->found[USERS_WITHOUT_PROFILE] = rows_without_line(users);
    d->found[UNKNOWN_USERS] = users->unknown;
    d->found[REPEATED_USERS] = users->repeated;
    d->found[BAD_USER_LINES] = users->bad_lines;
    d->found[ITEMS_WITHOUT_FEATURES] = rows_without_line(items);
    d->found[UNKNOWN_ITEMS] = items->unknown;
    d->found[REPEATED_ITEMS] = items->repeated;
    d->found[BAD_ITEM_LINES] = items->bad_lines;
}

/* Titles that several items have: those of one year are one item, the others are remakes or namesakes. */
static void measure_twins(struct data_description *d, const struct llmx_data *data)
{
    d->twins = *data_twins(data, true);
    d->found[SHARED_TITLES] = (size_t)data_twins(data, false)->groups;
    d->found[ONE_YEAR] = (size_t)d->twins.groups;
}

static int measure_repeats(struct data_description *d, const struct llmx_data *data,
                           struct llmx_error *err)
{
    size_t held_out;
    return llmx_data_repeats(data, LLMX_VALID, &d->found[TAKEN_BEFORE_VALID], &held_out, err) ==
                       0 &&
                   llmx_data_repeats(data, LLMX_TEST, &d->found[TAKEN_BEFORE_TEST], &held_out,
                                     err) == 0
               ? 0
               : -1;
}

static int measure(struct data_description *d, const struct llmx_data *data, struct llmx_error *err)
{
    *d = (struct data_description){0};
    size_t *count = mem_array(data->items.count, sizeof *count, err);
    int result = -1;
    if (count && measure_lengths(d, data, err) == 0 && measure_items(d, data, count, err) == 0 &&
        measure_repeats(d, data, err) == 0) {
        measure_twins(d, data);
        rank_items(d, data, count);
        take_report(d, data);
        result = 0;
    }
    free(count);
    return result;
}

static const char *title_of(const struct llmx_data *data, llmx_id item)
{
    int column = llmx_data_title_column(data);
    return column < 0 ? "" : llmx_data_feature(data, LLMX_ITEMS, item, column);
}

/* A time of which the unit is known as a date; anything else as the number it is. */
static const char *time_text(double t, bool is_date, char *out, size_t size)
{
    const enum time_unit unit = time_unit_of(t, is_date);
    const double seconds = t / time_unit_per_second(unit);
    const bool is_time = unit != TIME_OTHER;
    const time_t whole = is_time ? (time_t)floor(seconds) : 0;
    struct tm utc;
    if (!is_time || !gmtime_r(&whole, &utc) || !strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &utc))
        plain_snprintf(out, size, "%.15g", t);
    return out;
}

/* "1,234,567" */
static const char *grouped(size_t n, char *out, size_t size)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%zu", n);
    size_t used = 0;
    for (int i = 0; i < length && used + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

static void print_count(FILE *f, const char *what, size_t n)
{
    char text[32];
    fprintf(f, "  %-14s %11s", what, grouped(n, text, sizeof text));
}

/* What a column of items is, NULL: just a feature. */
static const char *role_of(const struct llmx_data *data, int column)
{
    for (int role = 0; role < LLMX_ROLES; role++)
        if (llmx_data_role_column(data, (enum llmx_role)role) == column)
            return llmx_role_name((enum llmx_role)role);
    return NULL;
}

static void print_columns(FILE *f, const struct llmx_data *data, enum llmx_side side,
                          const char *what)
{
    int n = llmx_data_columns(data, side);
    if (n == 0)
        return;
    fprintf(f, "  %-14s ", what);
    for (int c = 0; c < n; c++) {
        const char *name = llmx_data_column_name(data, side, c),
                   *role = side == LLMX_ITEMS ? role_of(data, c) : NULL;
        fprintf(f, "%s%s", c ? ", " : "", name);
        if (role && strcmp(role, name) != 0)
            fprintf(f, " (%s)", role);
    }
    fprintf(f, "\n%17sfrom %s, %s=%s\n", "", data->features[side].path, feature_id_name(side),
            data->features[side].key);
}

/* From when to when, and what the times are. */
static void print_times(FILE *f, const struct data_report *report)
{
    char from[32], to[32];
    struct time_units units;
    data_report_units(report, &units);
    const enum time_unit most = time_units_most(&units);
    const bool are_dates = most == TIME_DATE;
    fprintf(f, "  %-14s %s to %s (%s%s)\n", "times",
            time_text(report->time_min, are_dates, from, sizeof from),
            time_text(report->time_max, are_dates, to, sizeof to),
            time_units_are_mixed(&units) ? "most are " : "", time_unit_name(most));
}

/* What the file was read as. */
static void print_form(FILE *f, const struct data_report *report)
{
    if (!report->columns)
        return;
    const bool is_json = report->header[0] == HEADER_KEYS;
    fprintf(f, "  %-14s %s (%s%s)\n", "columns", report->columns, is_json ? "" : "separated by ",
            report->form);
    if (!is_json)
        fprintf(f, "  %-14s %s\n", "header line", header_reason(report->header[0]));
}

static void print_counts(FILE *f, const struct data_description *d, const struct llmx_data *data)
{
    char a[32], b[32], c[32];
    const char *split_by = data->report.split_by;
    double n = (double)data->interactions;
    print_count(f, "users", data->users.count);
    plain_fprintf(f, "   %.1f interactions each\n", n / data->users.count);
    print_count(f, "items", data->items.count);
    plain_fprintf(f, "   %.1f interactions each\n", n / data->items.count);
    print_count(f, "interactions", data->interactions);
    plain_fprintf(f, "   %.3g %% of all pairs (sparsity %.4f)\n", 100 * d->density, 1 - d->density);
    fprintf(f, "  %-14s %s train, %s validation, %s test%s%s%s\n", "split",
            grouped(d->part[LLMX_TRAIN], a, sizeof a), grouped(d->part[LLMX_VALID], b, sizeof b),
            grouped(d->part[LLMX_TEST], c, sizeof c),
            data->report.is_ready_made ? " (ready-made)"
            : split_by                 ? " (by "
                                       : "",
            split_by ? split_by : "", split_by ? ")" : "");
    fprintf(f, "  %-14s %zu to %zu interactions, median %zu, nine in ten at most %zu\n",
            "histories", d->length_min, d->length_max, d->length_median, d->length_90);
    if (data->report.has_times)
        print_times(f, &data->report);
    print_form(f, &data->report);
    print_columns(f, data, LLMX_USERS, "profiles");
    print_columns(f, data, LLMX_ITEMS, "item features");
}

static void print_text(FILE *f, const struct data_description *d, const struct llmx_data *data)
{
    char n[32];
    fprintf(f, "%s\n\n", data->report.source);
    print_counts(f, d, data);
    fputs("\nMost popular items\n", f);
    for (int i = 0; i < d->n_popular; i++) {
        const char *title = title_of(data, d->popular[i]),
                   *token = llmx_data_item_token(data, d->popular[i]);
        fprintf(f, *title ? "  %11s  %s (%s)\n" : "  %11s  %s%s\n",
                grouped(d->count[i], n, sizeof n), *title ? title : token, *title ? token : "");
    }
    bool has_any = false;
    for (int i = 0; i < FINDING_COUNT; i++) {
        if (d->found[i] == 0)
            continue;
        fprintf(f, "%s  %11s  %s\n", has_any ? "" : "\nWorth a second look\n",
                grouped(d->found[i], n, sizeof n), findings[i].text);
        has_any = true;
    }
    twins_print(f, &d->twins, data, TWINS_MAX);
    if (data->report.first_bad)
        fprintf(f, "\nThe first bad line: %s\n", data->report.first_bad);
}

static json_t *names_json(const struct llmx_data *data, enum llmx_side side)
{
    json_t *list = json_array();
    for (int c = 0; c < llmx_data_columns(data, side); c++)
        json_array_append_new(list, json_string(llmx_data_column_name(data, side, c)));
    return list;
}

static json_t *roles_json(const struct llmx_data *data)
{
    json_t *object = json_object();
    for (int role = 0; role < LLMX_ROLES; role++) {
        const int column = llmx_data_role_column(data, (enum llmx_role)role);
        if (column >= 0)
            json_object_set_new(object, llmx_role_name((enum llmx_role)role),
                                json_string(llmx_data_column_name(data, LLMX_ITEMS, column)));
    }
    return object;
}

static json_t *popular_json(const struct data_description *d, const struct llmx_data *data)
{
    json_t *list = json_array();
    for (int i = 0; i < d->n_popular; i++) {
        const char *title = title_of(data, d->popular[i]);
        json_t *entry = json_pack("{s:s, s:I}", "item", llmx_data_item_token(data, d->popular[i]),
                                  "interactions", (json_int_t)d->count[i]);
        if (*title)
            json_object_set_new(entry, "title", json_string(title));
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *findings_json(const struct data_description *d)
{
    json_t *object = json_object();
    for (int i = 0; i < FINDING_COUNT; i++)
        if (d->found[i])
            json_object_set_new(object, findings[i].key, json_integer((json_int_t)d->found[i]));
    return object;
}

static int print_json(FILE *f, const struct data_description *d, const struct llmx_data *data,
                      struct llmx_error *err)
{
    const struct data_report *report = &data->report;
    struct time_units units;
    data_report_units(report, &units);
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:I, s:f, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I}, s:o, s:o, "
                  "s:o, s:o, s:b}",
                  "source", report->source, "users", (json_int_t)data->users.count, "items",
                  (json_int_t)data->items.count, "interactions", (json_int_t)data->interactions,
                  "sparsity", 1 - d->density, "split", "train", (json_int_t)d->part[LLMX_TRAIN],
                  "valid", (json_int_t)d->part[LLMX_VALID], "test", (json_int_t)d->part[LLMX_TEST],
                  "history_lengths", "min", (json_int_t)d->length_min, "median",
                  (json_int_t)d->length_median, "percentile_90", (json_int_t)d->length_90, "max",
                  (json_int_t)d->length_max, "user_columns", names_json(data, LLMX_USERS),
                  "item_columns", names_json(data, LLMX_ITEMS), "popular", popular_json(d, data),
                  "findings", findings_json(d), "is_ready_made_split", report->is_ready_made);
    if (!object)
        return err_set(err, LLMX_NO_MEMORY, "out of memory while describing %s", report->source);
    json_object_set_new(object, "item_roles", roles_json(data));
    for (enum llmx_side side = LLMX_USERS; side <= LLMX_ITEMS; side++)
        if (data->features[side].path)
            json_object_set_new(object, side == LLMX_ITEMS ? "item_file" : "user_file",
                                json_string(data->features[side].path));
    if (report->split_by)
        json_object_set_new(object, "split_by", json_string(report->split_by));
    if (report->has_times)
        json_object_set_new(object, "times",
                            json_pack("[f, f]", report->time_min, report->time_max));
    if (report->has_times)
        json_object_set_new(object, "time_unit",
                            json_string(time_unit_name(time_units_most(&units))));
    if (report->columns) {
        json_object_set_new(object, "columns", json_string(report->columns));
        json_object_set_new(object, "separator", json_string(report->form));
        json_object_set_new(object, "header", json_string(header_reason(report->header[0])));
    }
    if (d->twins.groups)
        json_object_set_new(object, "same_title", twins_json(&d->twins, data));
    if (report->first_bad)
        json_object_set_new(object, "first_bad_line", json_string(report->first_bad));
    plain_json_dumpf(object, f, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    fputc('\n', f);
    json_decref(object);
    return 0;
}

int llmx_data_describe(const struct llmx_data *data, FILE *stream, int is_json,
                       struct llmx_error *err)
{
    struct data_description d;
    int status = measure(&d, data, err);
    if (status == 0 && is_json)
        status = print_json(stream, &d, data, err);
    else if (status == 0)
        print_text(stream, &d, data);
    if (status != 0)
        return -1;
    return fflush(stream) == 0 && !ferror(stream) ? 0
                                                  : err_system(err, "cannot write the description");
}
