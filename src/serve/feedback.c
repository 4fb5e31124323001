/* feedback.c - what people did with what they were recommended, as lines of an interaction log: what a training takes up. */
#include "base/err.h"
#include "base/file.h"
#include "base/number.h"
#include "base/time_unit.h"
#include "format/lines.h"
#include "llmxrec/serve.h"
#include "serve/store.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 64

enum { USER, ITEM, TIME, RATING, ROLES };

struct log {
    struct lines in;
    struct output out;
    int columns, place[ROLES]; /* -1: no such column */
    struct rating {
        double value;
        char text[32]; /* as the log writes it; "": none yet */
    } low, high;
    struct time_units units;
    struct llmx_feedback_log *written;
};

/* ---- the log as it is ---- */

/* RecBole's names, with or without a type behind. */
static int role_of(const char *column)
{
    static const char *const names[ROLES] = {"user_id", "item_id", "timestamp", "rating"};
    const size_t n = strcspn(column, ":");
    for (int k = 0; k < ROLES; k++)
        if (strlen(names[k]) == n && strncmp(names[k], column, n) == 0)
            return k;
    return -1;
}

static int put_line(struct log *log)
{
    fwrite(log->in.line, 1, log->in.n, log->out.stream);
    return fputc('\n', log->out.stream) == EOF ? -1 : 0;
}

static int read_header(struct log *log, struct llmx_error *err)
{
    char *column[COLUMNS_MAX];
    const int got = lines_next_text(&log->in, err);
    if (got < 0)
        return -1;
    if (got > 0) {
        put_line(log);
        log->columns = lines_columns(&log->in, column, COLUMNS_MAX);
    }
    for (int i = 0; i < log->columns && i < COLUMNS_MAX; i++)
        if (role_of(column[i]) >= 0)
            log->place[role_of(column[i])] = i;
    if (log->columns <= COLUMNS_MAX && log->place[USER] >= 0 && log->place[ITEM] >= 0)
        return 0;
    return err_set(err, LLMX_BAD_INPUT,
                   "%s:1: no header with user_id and item_id between tabs (docs/data.md)",
                   log->in.path);
}

static void keep(struct rating *rating, double value, const char *text)
{
    rating->value = value;
    snprintf(rating->text, sizeof rating->text, "%s", text);
}

static void note_rating(struct log *log, double rating, const char *text)
{
    if (!*log->low.text || rating < log->low.value)
        keep(&log->low, rating, text);
    if (!*log->high.text || rating > log->high.value)
        keep(&log->high, rating, text);
}

static void note_line(struct log *log)
{
    char *column[COLUMNS_MAX];
    double number[ROLES];
    bool is_number[ROLES];
    const int n = lines_columns(&log->in, column, COLUMNS_MAX);
    for (int role = 0; role < ROLES; role++) {
        const int k = log->place[role];
        is_number[role] =
            k >= 0 && k < n && number_parse(column[k], strlen(column[k]), &number[role]);
    }
    if (is_number[RATING])
        note_rating(log, number[RATING], column[log->place[RATING]]);
    if (is_number[TIME])
        log->units.count[time_unit_of(number[TIME], false)]++;
}

static int copy_log(struct log *log, struct llmx_error *err)
{
    int got;
    while ((got = lines_next_text(&log->in, err)) > 0) {
        put_line(log);
        note_line(log);
        log->written->log++;
    }
    return got;
}

/* ---- what people did ---- */

/* "" says nothing: a click. NULL: no interaction where the log has no ratings. */
static const char *rating_of(const struct log *log, const char *kind)
{
    const bool is_bad = strcmp(kind, "dislike") == 0 || strcmp(kind, "hide") == 0;
    if (log->place[RATING] < 0)
        return is_bad ? NULL : "";
    if (strcmp(kind, "click") == 0)
        return "";
    return is_bad ? log->low.text : log->high.text;
}

/* Behind seconds: 3 where the log counts milliseconds, as most of its times do; 6, 9. */
static int zeros_of(const struct log *log)
{
    int zeros = 0;
    for (double n = time_unit_per_second(time_units_most(&log->units)); n > 1; n /= 10)
        zeros++;
    return zeros;
}

static int put_feedback(void *context, const char *const *row, int n)
{
    struct log *log = context;
    const char *rating = rating_of(log, row[3]), *value[ROLES] = {row[1], row[2], row[0], rating};
    (void)n;
    if (!rating || strpbrk(row[1], "\t\r\n")) {
        log->written->left_out++;
        return 0;
    }
    for (int i = 0; i < log->columns; i++) {
        int k = 0;
        while (k < ROLES && log->place[k] != i)
            k++;
        fprintf(log->out.stream, "%s%s%.*s", i > 0 ? "\t" : "", k < ROLES ? value[k] : "",
                k == TIME ? zeros_of(log) : 0, "000000000");
    }
    fputc('\n', log->out.stream);
    log->written->feedback++;
    return 0;
}

int llmx_feedback_log(const char *db, const char *log_path, const char *out_path,
                      struct llmx_feedback_log *written, struct llmx_error *err)
{
    struct log log = {.place = {-1, -1, -1, -1}, .written = written};
    struct store *store = NULL;
    int status = -1;
    *written = (struct llmx_feedback_log){0};
    if (store_open_old(&store, db, err) == 0 && lines_open(&log.in, log_path, err) == 0) {
        if (output_open(&log.out, out_path, err) == 0 && read_header(&log, err) == 0 &&
            copy_log(&log, err) == 0 &&
            store_run(store,
                      "SELECT at, person, item, kind FROM feedback"
                      " ORDER BY CAST(at AS BIGINT), person, item, kind",
                      NULL, 0, put_feedback, &log, err) == 0)
            status = output_commit(&log.out, err);
        output_discard(&log.out);
        lines_close(&log.in);
    }
    store_close(store);
    return status;
}
