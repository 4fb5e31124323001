#include "data/interactions.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "data/roles.h"
#include "format/table_names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_TYPICAL                                                                         \
    16 /* two short ids and a time; shorter lines make the arrays grow later */
#define UTF8_HINT "say what it is: --encoding latin1"

bool interactions_drop_low(const struct llmx_data_options *options)
{
    return options->has_min_rating || options->min_rating != 0;
}

/* Digits in s, a sign before them allowed: how many bytes. */
static size_t count_digits(const char *s, size_t n)
{
    size_t i = n && (*s == '-' || *s == '+');
    while (i < n && s[i] >= '0' && s[i] <= '9')
        i++;
    return i;
}

static bool has_decimal_comma(struct span field)
{
    const size_t whole = count_digits(field.s, field.n);
    return whole > 0 && whole + 1 < field.n && field.s[whole] == ',' &&
           count_digits(field.s + whole + 1, field.n - whole - 1) == field.n - whole - 1;
}

/* Two groups of digits with something between: 07.07.2018, Jul 7 2018. */
static bool looks_like_date(struct span field)
{
    int groups = 0;
    for (size_t i = 0; i < field.n; i++) {
        const bool is_digit = field.s[i] >= '0' && field.s[i] <= '9';
        groups += is_digit && (i == 0 || field.s[i - 1] < '0' || field.s[i - 1] > '9');
    }
    return groups > 1;
}

/* Fails about a field that should hold a number, or a time. What every line may have wrong is not to be dropped. */
static int bad_number(const struct table *table, int column, bool is_time, struct llmx_error *err)
{
    const struct span field = table->fields[column];
    const char *claim = "is not a finite number", *hint = table_hint(table);
    if (field.n == 0)
        claim = "is missing";
    else if (has_decimal_comma(field)) {
        claim = "has a decimal comma";
        hint = "numbers have a decimal point: 4.5";
    } else if (is_time) {
        claim = "is not a time";
        hint = looks_like_date(field)
                   ? "dates are read as ISO 8601 has them: 2018-07-07T22:09:11Z, "
                     "2018-07-07 22:09:11, 2018-07-07"
                   : hint;
    }
    return table_fail(table, column, claim, hint, err);
}

static int read_number(const struct table *table, int column, double *value, struct llmx_error *err)
{
    const struct span field = table->fields[column];
    return number_parse(field.s, field.n, value) ? 0 : bad_number(table, column, false, err);
}

/* Does the time of day of a date stand in the column behind it, because spaces separate columns? */
static bool leaves_clock(const struct table *table, int column)
{
    if (table->by.separator != ' ' || table->is_json || column + 1 >= table->n_fields)
        return false;
    const struct span next = table->fields[column + 1];
    return next.n >= 5 && next.s[2] == ':' && count_digits(next.s, 2) == 2;
}

static int read_date(const struct table *table, int column, double *time, bool *is_date,
                     struct llmx_error *err)
{
    const struct span field = table->fields[column];
    if (!time_parse(field.s, field.n, time, is_date))
        return bad_number(table, column, true, err);
    return *is_date && leaves_clock(table, column)
               ? table_fail(table, column, "is a date whose time of day stands in the next column",
                            "put both in quotes, or between columns something else than spaces",
                            err)
               : 0;
}

static int read_time(const struct table *table, int column, double *time, bool *is_date,
                     struct llmx_error *err)
{
    const struct span field = table->fields[column];
    *is_date = false;
    if ((field.n < 10 || field.s[4] != '-') && number_parse(field.s, field.n, time))
        return 0; /* the usual case, without a call more */
    return read_date(table, column, time, is_date, err);
}

/* The number of a token seen before, -1 for a new one that is sound, -2 for one that is not. */
static int64_t find_token(const struct names *names, const struct table *table, int column,
                          struct llmx_error *err)
{
    struct span field = table->fields[column];
    int64_t id = names_find(names, field.s, field.n);
    if (id >= 0)
        return id;
    if (field.n == 0)
        table_fail(table, column, "is missing", table_hint(table), err);
    else if (memchr(field.s, '\0', field.n))
        table_fail(table, column, "holds NUL bytes", table_hint(table), err);
    else if (memchr(field.s, '\n', field.n) || memchr(field.s, '\r', field.n))
        table_fail(table, column, "holds the end of a line", table_hint(table), err);
    else if (utf8_check_text(field.s, field.n) < field.n)
        table_fail(table, column, "is not UTF-8 text", UTF8_HINT, err);
    else
        return -1;
    return -2;
}

int interactions_reserve(struct interactions *x, size_t need, bool has_times,
                         struct llmx_error *err)
{
    size_t capacity = x->capacity;
    if (need <= capacity)
        return 0;
    if (need > INTERACTIONS_MAX)
        return err_set(err, LLMX_TOO_LARGE, "more than %zu interactions", INTERACTIONS_MAX);
    size_t user = capacity, item = capacity, time = capacity, rating = capacity;
    if (mem_grow(&x->user, &user, need, sizeof *x->user, err) != 0 ||
        mem_grow(&x->item, &item, need, sizeof *x->item, err) != 0 ||
        (has_times && mem_grow(&x->time, &time, need, sizeof *x->time, err) != 0) ||
        (x->has_ratings && mem_grow(&x->rating, &rating, need, sizeof *x->rating, err) != 0))
        return -1;
    x->capacity = capacity = user; /* all grow alike */
    mem_advise_large_pages(x->user, capacity * sizeof *x->user);
    mem_advise_large_pages(x->item, capacity * sizeof *x->item);
    if (x->time)
        mem_advise_large_pages(x->time, capacity * sizeof *x->time);
    if (x->rating)
        mem_advise_large_pages(x->rating, capacity * sizeof *x->rating);
    return 0;
}

/* An object or an array among the fields of the roles is none of their values. */
static int check_nested(const struct table *table, const struct roles *roles,
                        struct llmx_error *err)
{
    for (int r = 0; r < ROLE_COUNT; r++)
        if (roles->column[r] >= 0 && table->is_nested[roles->column[r]])
            return table_fail(table, roles->column[r], "is an object or an array",
                              "a key within it is named user.id", err);
    return 0;
}

/* Counts the time's unit, and keeps where the first of it stands. */
static void count_time(struct time_units *units, double time, bool is_date, long line)
{
    const enum time_unit unit = time_unit_of(time, is_date);
    if (units->count[unit]++ == 0)
        units->first[unit] = line;
}

/* What is the same for every line. */
struct reading {
    const struct roles *roles;
    bool drops_low;
    double min_rating;
    struct time_units *units;
};

/* Adds the line as a row, or leaves everything as it was: a bad line must not leave names behind. */
static int add_line(struct interactions *x, const struct table *table, const struct reading *how,
                    struct llmx_error *err)
{
    const int *column = how->roles->column;
    double time = 0, rating = 0;
    bool is_date = false;
    if (table->is_nested && check_nested(table, how->roles, err) != 0)
        return -1;
    if (column[ROLE_TIME] >= 0 && read_time(table, column[ROLE_TIME], &time, &is_date, err) != 0)
        return -1;
    bool has_rating =
        column[ROLE_RATING] >= 0 && (how->drops_low || table->fields[column[ROLE_RATING]].n);
    if (has_rating && read_number(table, column[ROLE_RATING], &rating, err) != 0)
        return -1;
    struct span user_token = table->fields[column[ROLE_USER]],
                item_token = table->fields[column[ROLE_ITEM]];
    int64_t user = find_token(&x->users, table, column[ROLE_USER], err);
    int64_t item = user == -2 ? -2 : find_token(&x->items, table, column[ROLE_ITEM], err);
    if (item == -2 || interactions_reserve(x, x->n + 1, column[ROLE_TIME] >= 0, err) != 0)
        return -1;
    if (user < 0 && (user = names_add(&x->users, user_token.s, user_token.n, err)) < 0)
        return -1;
    if (item < 0 && (item = names_add(&x->items, item_token.s, item_token.n, err)) < 0)
        return -1;
    x->user[x->n] = (llmx_id)user;
    x->item[x->n] = how->drops_low && rating < how->min_rating ? ~(llmx_id)item : (llmx_id)item;
    if (x->time) {
        x->time[x->n] = time;
        count_time(how->units, time, is_date, table->line);
    }
    if (x->rating)
        x->rating[x->n] = has_rating ? (float)rating : NAN;
    x->n++;
    return 0;
}

int report_bad_line(struct data_report *report, const struct llmx_error *why,
                    struct llmx_error *err)
{
    if (report->bad_lines++ > 0)
        return 0;
    size_t n = strcspn(why->message, "\n");
    report->first_bad = mem_text(why->message, n, err);
    return report->first_bad ? 0 : -1;
}

static int read_lines(struct interactions *x, int file, struct table *table,
                      const struct roles *roles, const struct llmx_data_options *options,
                      struct data_report *report, struct llmx_error *err)
{
    const struct reading how = {.roles = roles,
                                .drops_low = interactions_drop_low(options),
                                .min_rating = options->min_rating,
                                .units = &report->units[file]};
    struct llmx_error why;
    int got;
    while ((got = table_next(table, &why)) != 0) {
        report->lines++;
        if (got > 0 && add_line(x, table, &how, &why) == 0)
            continue;
        if (!options->skip_bad || why.code != LLMX_BAD_INPUT || table->is_broken)
            return err_set(err, why.code, "%s", why.message);
        if (report_bad_line(report, &why, err) != 0)
            return -1;
    }
    return 0;
}

/* Every file of a ready-made split must have times, or none; and `.item` is looked up by the header's name. */
static int check_roles(struct interactions *x, const struct table *table, const struct roles *roles,
                       int file, const struct llmx_data_options *options, struct llmx_error *err)
{
    bool has_times = roles->column[ROLE_TIME] >= 0;
    if (interactions_drop_low(options) && roles->column[ROLE_RATING] < 0)
        return err_set(err, LLMX_BAD_OPTION, "%s has no rating column, which --min-rating needs",
                       table->path);
    if (x->n > 0 && has_times != (x->time != NULL))
        return err_set(err, LLMX_BAD_INPUT, "%s has %s time column, unlike the training part",
                       table->path, has_times ? "a" : "no");
    if (x->n == 0)
        x->has_ratings = roles->column[ROLE_RATING] >= 0;
    const char *user = table->columns[roles->column[ROLE_USER]].name;
    const char *item = table->columns[roles->column[ROLE_ITEM]].name;
    if (file == 0 && user && !(x->user_column = mem_text(user, strlen(user), err)))
        return -1;
    if (file == 0 && item && !(x->item_column = mem_text(item, strlen(item), err)))
        return -1;
    return 0;
}

void interactions_end_file(struct interactions *x, int file)
{
    for (int f = file; f < FILES_MAX; f++)
        x->file_end[f] = x->n;
}

/* Room for all lines at once: growing step by step costs as much as the reading of the lines. */
static int start_range(struct interactions *x, struct table *table, const struct roles *roles,
                       size_t begin, size_t end, struct llmx_error *err)
{
    size_t rows = (end - begin) / LINE_BYTES_TYPICAL + 1;
    if (rows > INTERACTIONS_MAX - x->n)
        rows = INTERACTIONS_MAX - x->n;
    if (interactions_reserve(x, x->n + rows, roles->column[ROLE_TIME] >= 0, err) != 0)
        return -1;
    return table_narrow(table, begin, end, err);
}

/* Says in the report what the file was read as. */
static int note_form(struct data_report *report, int file, const struct roles *roles,
                     const struct table *table, const struct llmx_data_options *options,
                     struct llmx_error *err)
{
    report->header[file] = roles->header;
    if (table->is_json && (options->header != LLMX_GUESS || options->quotes != LLMX_GUESS))
        return err_set(err, LLMX_BAD_OPTION, "%s is JSON Lines, which %s is not for", table->path,
                       options->header != LLMX_GUESS ? "--header" : "--quotes");
    if (report->columns)
        return 0;
    report->form = table->is_json ? "JSON Lines" : delimited_name(table->by.separator);
    return roles_text(&report->columns, roles, table, err);
}

struct table_form interactions_form(const struct llmx_data_options *options)
{
    static const enum table_quotes quotes_of[] = {[LLMX_GUESS] = TABLE_QUOTES_DEFAULT,
                                                  [LLMX_YES] = TABLE_QUOTES_YES,
                                                  [LLMX_NO] = TABLE_QUOTES_NO};
    return (struct table_form){.quotes = quotes_of[options->quotes], .encoding = options->encoding};
}

int interactions_read_range(struct interactions *x, int file, const char *path, size_t begin,
                            size_t end, const struct llmx_data_options *options,
                            struct data_report *report, struct llmx_error *err)
{
    struct table table;
    struct roles roles;
    int result = -1;
    struct table_form form = interactions_form(options);
    form.separator = options->columns ? options->separator : '\t';
    if (table_open(&table, path, form, err) != 0)
        return -1;
    if (options->columns ? roles_by_choice(&roles, &table, options->columns, options->header, err)
                         : roles_by_name(&roles, &table, err))
        goto done;
    if (note_form(report, file, &roles, &table, options, err) != 0)
        goto done;
    if (check_roles(x, &table, &roles, file, options, err) != 0 ||
        (end < SIZE_MAX && start_range(x, &table, &roles, begin, end, err) != 0) ||
        read_lines(x, file, &table, &roles, options, report, err) != 0)
        goto done;
    interactions_end_file(x, file);
    result = 0;
done:
    table_release(&table);
    return result;
}

/* Adds names to others; the number that each then has. NULL on failure. */
static llmx_id *join_names(struct names *names, const struct names *more, struct llmx_error *err)
{
    llmx_id *number = mem_array(more->count, sizeof *number, err);
    for (uint32_t i = 0; number && i < more->count; i++) {
        size_t n;
        const char *name = names_get(more, i, &n);
        number[i] = (llmx_id)names_add(names, name, n, err);
        if (number[i] < 0) {
            free(number);
            return NULL;
        }
    }
    return number;
}

static int append_rows(struct interactions *x, const struct interactions *more, const llmx_id *user,
                       const llmx_id *item, struct llmx_error *err)
{
    if (interactions_reserve(x, x->n + more->n, more->time != NULL, err) != 0)
        return -1;
    for (size_t i = 0; i < more->n; i++) {
        x->user[x->n + i] = user[more->user[i]];
        x->item[x->n + i] = more->item[i] < 0 ? ~item[~more->item[i]] : item[more->item[i]];
    }
    if (more->time)
        memcpy(x->time + x->n, more->time, more->n * sizeof *x->time);
    for (size_t i = 0; x->rating && i < more->n; i++)
        x->rating[x->n + i] = more->rating ? more->rating[i] : NAN;
    x->n += more->n;
    return 0;
}

int interactions_append(struct interactions *x, int file, struct interactions *more,
                        struct llmx_error *err)
{
    if (x->users.count == 0) { /* nothing is there yet: take it as it is */
        interactions_release(x);
        *x = *more;
        *more = (struct interactions){0};
        return 0;
    }
    int result = -1;
    llmx_id *user = join_names(&x->users, &more->users, err);
    llmx_id *item = user ? join_names(&x->items, &more->items, err) : NULL;
    if (item && append_rows(x, more, user, item, err) == 0) {
        interactions_end_file(x, file);
        result = 0;
    }
    free(user);
    free(item);
    interactions_release(more);
    return result;
}

void interactions_release(struct interactions *x)
{
    names_release(&x->users);
    names_release(&x->items);
    free(x->user);
    free(x->item);
    free(x->time);
    free(x->rating);
    free(x->item_column);
    free(x->user_column);
    free(x->low);
    *x = (struct interactions){0};
}
