#include "data/interactions.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "data/roles.h"

#include <stdlib.h>
#include <string.h>

#define SKIP_HINT "use --skip-bad to drop such lines and count them"
#define LINE_BYTES_TYPICAL                                                                         \
    16 /* two short ids and a time; shorter lines make the arrays grow later */
#define UTF8_HINT "convert the file: iconv -f LATIN1 -t UTF-8 FILE; or use --skip-bad"

static int read_number(const struct table *table, int column, double *value, struct llmx_error *err)
{
    struct span field = table->fields[column];
    if (number_parse(field.s, field.n, value))
        return 0;
    return table_fail(table, column, field.n ? "is not a finite number" : "is missing", SKIP_HINT,
                      err);
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
        table_fail(table, column, "is missing", SKIP_HINT, err);
    else if (memchr(field.s, '\0', field.n))
        table_fail(table, column, "holds NUL bytes", "is this a text file? " SKIP_HINT, err);
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
    size_t user = capacity, item = capacity, time = capacity;
    if (mem_grow(&x->user, &user, need, sizeof *x->user, err) != 0 ||
        mem_grow(&x->item, &item, need, sizeof *x->item, err) != 0 ||
        (has_times && mem_grow(&x->time, &time, need, sizeof *x->time, err) != 0))
        return -1;
    x->capacity = capacity = user; /* all three grow alike */
    mem_advise_large_pages(x->user, capacity * sizeof *x->user);
    mem_advise_large_pages(x->item, capacity * sizeof *x->item);
    if (x->time)
        mem_advise_large_pages(x->time, capacity * sizeof *x->time);
    return 0;
}

/* Adds the line as a row, or leaves everything as it was: a bad line must not leave names behind. */
static int add_line(struct interactions *x, const struct table *table, const struct roles *roles,
                    double min_rating, struct llmx_error *err)
{
    const int *column = roles->column;
    double time = 0, rating = 0;
    if (column[ROLE_TIME] >= 0 && read_number(table, column[ROLE_TIME], &time, err) != 0)
        return -1;
    bool has_rating =
        column[ROLE_RATING] >= 0 && (min_rating != 0 || table->fields[column[ROLE_RATING]].n);
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
    x->item[x->n] = rating < min_rating && min_rating != 0 ? ~(llmx_id)item : (llmx_id)item;
    if (x->time)
        x->time[x->n] = time;
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

static int read_lines(struct interactions *x, struct table *table, const struct roles *roles,
                      const struct llmx_data_options *options, struct data_report *report,
                      struct llmx_error *err)
{
    struct llmx_error why;
    int got;
    while ((got = table_next(table, &why)) != 0) {
        report->lines++;
        if (got > 0 && add_line(x, table, roles, options->min_rating, &why) == 0)
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
    if (options->min_rating != 0 && roles->column[ROLE_RATING] < 0)
        return err_set(err, LLMX_BAD_OPTION, "%s has no rating column, which --min-rating needs",
                       table->path);
    if (x->n > 0 && has_times != (x->time != NULL))
        return err_set(err, LLMX_BAD_INPUT, "%s has %s time column, unlike the training part",
                       table->path, has_times ? "a" : "no");
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

int interactions_read_range(struct interactions *x, int file, const char *path, size_t begin,
                            size_t end, const struct llmx_data_options *options,
                            struct data_report *report, struct llmx_error *err)
{
    struct table table;
    struct roles roles;
    int result = -1;
    if (table_open(&table, path, options->columns ? options->separator : '\t', err) != 0)
        return -1;
    if (options->columns ? roles_by_choice(&roles, &table, options->columns, err)
                         : roles_by_name(&roles, &table, err))
        goto done;
    report->took_header |= options->columns && table.columns[0].name;
    if (check_roles(x, &table, &roles, file, options, err) != 0 ||
        (end < SIZE_MAX && start_range(x, &table, &roles, begin, end, err) != 0) ||
        read_lines(x, &table, &roles, options, report, err) != 0)
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
    free(x->item_column);
    free(x->user_column);
    free(x->low);
    *x = (struct interactions){0};
}
