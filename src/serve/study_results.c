/* study_results.c - what raters said, as a table; and forgetting one of them. */
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "llmxrec/study.h"
#include "serve/study.h"
#include "serve/study_questions.h"

#include <stdlib.h>
#include <string.h>

/* One rater, as far as they have come. */
struct rater {
    long number, tasks, answered;
    double *seconds; /* (answered) of each task */
    int checks, failed;
    bool is_speeder;
    json_t *about; /* {NAME: what they chose}; NULL: they said nothing of themselves */
};

struct results {
    struct store *store;
    char id[LLMX_STUDY_ID_BYTES];
    json_t *study;
    struct rater *raters; /* (n) by number */
    size_t n, capacity;
    struct output out;
    long marks;
    struct llmx_error *err;
    bool failed;
};

/* ---- how raters went about it ---- */

static struct rater *rater_of(struct results *r, long number)
{
    if (number < 1 ||
        mem_grow(&r->raters, &r->capacity, (size_t)number, sizeof *r->raters, r->err) != 0) {
        r->failed = true;
        return NULL;
    }
    for (; r->n < (size_t)number; r->n++)
        r->raters[r->n] = (struct rater){.number = (long)r->n + 1};
    return &r->raters[number - 1];
}

/* number, unit, seconds or NULL, marks of a check that are not as it asks */
static int take_task(void *context, const char *const *column, int n)
{
    struct results *r = context;
    struct rater *rater = rater_of(r, strtol(column[0], NULL, 10));
    double seconds;
    (void)n;
    if (!rater)
        return 1;
    rater->tasks++;
    if (!column[2] || !number_parse(column[2], strlen(column[2]), &seconds))
        return 0;
    if (strcmp(column[1], "-1") == 0) {
        rater->checks++;
        rater->failed += strcmp(column[3], "0") != 0;
    }
    double *grown = realloc(rater->seconds, (size_t)(rater->answered + 1) * sizeof *grown);
    if (!grown) {
        r->failed = true;
        return 1;
    }
    rater->seconds = grown;
    rater->seconds[rater->answered++] = seconds;
    return 0;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, long n)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Marks those who took less than a third of the median rater's time. */
static int find_speeders(struct results *r)
{
    double *typical = mem_array(r->n + 1, sizeof *typical, r->err);
    long n = 0;
    if (!typical)
        return -1;
    for (size_t i = 0; i < r->n; i++)
        if (r->raters[i].answered > 0)
            typical[n++] = median(r->raters[i].seconds, r->raters[i].answered);
    const double usual = n > 0 ? median(typical, n) : 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->raters[i].answered > 0)
            r->raters[i].is_speeder =
                median(r->raters[i].seconds, r->raters[i].answered) < usual / 3;
    free(typical);
    return 0;
}

static int read_raters(struct results *r)
{
    static const char sql[] = "SELECT r.number, t.unit, t.seconds,"
                              " (SELECT COUNT(*) FROM mark m WHERE m.link = t.link AND m.task = "
                              "t.number AND m.value <> t.asked)"
                              " FROM rater r JOIN task t ON t.link = r.link WHERE r.study = $1 "
                              "ORDER BY r.number, t.number";
    const char *values[] = {r->id};
    if (store_run(r->store, sql, values, 1, take_task, r, r->err) != 0)
        return -1;
    if (r->failed)
        return err_set(r->err, LLMX_NO_MEMORY, "out of memory for raters");
    return find_speeders(r);
}

/* number, name, value */
static int take_about(void *context, const char *const *column, int n)
{
    struct results *r = context;
    struct rater *rater = rater_of(r, strtol(column[0], NULL, 10));
    (void)n;
    if (rater && !rater->about)
        rater->about = json_object();
    if (!rater || json_object_set_new(rater->about, column[1], json_string(column[2])) != 0)
        r->failed = true;
    return r->failed;
}

static int read_about(struct results *r)
{
    const char *values[] = {r->id};
    if (store_run(r->store,
                  "SELECT r.number, a.name, a.value FROM rater r JOIN about a ON a.link = r.link"
                  " WHERE r.study = $1",
                  values, 1, take_about, r, r->err) != 0)
        return -1;
    return r->failed ? err_set(r->err, LLMX_NO_MEMORY, "out of memory for raters") : 0;
}

/* ---- the table ---- */

/* A field of CSV (RFC 4180). A line of the table is a line of the file: line breaks become spaces. */
static void put_field(FILE *f, const char *s)
{
    const char *quote = strpbrk(s, ",\"") ? "\"" : "";
    fputs(quote, f);
    for (; *s; s++) {
        if (*s == '"')
            fputc('"', f);
        fputc(*s == '\n' || *s == '\r' ? ' ' : *s, f);
    }
    fputs(quote, f);
}

static const char *attention_of(const struct rater *rater)
{
    return rater->checks == 0 ? "none" : rater->failed > 0 ? "failed" : "passed";
}

static bool has_finished(const struct rater *rater)
{
    return rater->answered > 0 && rater->answered == rater->tasks;
}

static bool asks_comment(const struct results *r)
{
    const char *asked = json_string_value(json_object_get(r->study, "comment"));
    return asked && *asked;
}

static const json_t *asked_about(const struct results *r)
{
    return json_object_get(r->study, "about");
}

static const char *name_at(const json_t *about, size_t i)
{
    return json_string_value(json_object_get(json_array_get(about, i), "name"));
}

static void put_head(const struct results *r)
{
    FILE *f = r->out.stream;
    for (int i = 0; study_columns[i + 1]; i++)
        fprintf(f, "%s%s", i > 0 ? "," : "", study_columns[i]);
    if (asks_comment(r))
        fputs(",comment", f);
    for (size_t i = 0; i < json_array_size(asked_about(r)); i++) {
        fputc(',', f);
        put_field(f, name_at(asked_about(r), i));
    }
    fputc('\n', f);
}

/* What stands behind the marks, where the study asks for it. */
static void put_asked(const struct results *r, const struct rater *rater, const char *comment)
{
    FILE *f = r->out.stream;
    if (asks_comment(r)) {
        fputc(',', f);
        put_field(f, comment ? comment : "");
    }
    for (size_t i = 0; i < json_array_size(asked_about(r)); i++) {
        const char *said =
            json_string_value(json_object_get(rater->about, name_at(asked_about(r), i)));
        fputc(',', f);
        put_field(f, said ? said : "");
    }
    fputc('\n', f);
}

/* number, unit, places, task, system, aspect, value, seconds, answered_at, comment */
static int put_mark(void *context, const char *const *column, int n)
{
    struct results *r = context;
    const json_t *unit =
        json_array_get(json_object_get(r->study, "units"), (size_t)strtol(column[1], NULL, 10));
    const long number = strtol(column[0], NULL, 10), system = strtol(column[4], NULL, 10);
    const char *name = json_string_value(
                   json_array_get(json_object_get(r->study, "systems"), (size_t)system)),
               *user = json_string_value(json_object_get(unit, "user")),
               *item = json_string_value(json_object_get(unit, "item")),
               *place = strchr(column[2], (int)('0' + system));
    (void)n;
    if (!name || !user || !item || !place || number < 1 || (size_t)number > r->n) {
        r->failed = true;
        return 1;
    }
    FILE *f = r->out.stream;
    fprintf(f, "r%ld,", number);
    put_field(f, user);
    fputc(',', f);
    put_field(f, item);
    fputc(',', f);
    put_field(f, name);
    fputc(',', f);
    put_field(f, column[5]);
    const struct rater *rater = &r->raters[number - 1];
    fprintf(f, ",%s,%s,%s,%d,%s,%s,%s,%s,%s", column[6], column[1], column[3],
            (int)(place - column[2]) + 1, column[7], attention_of(rater),
            rater->is_speeder ? "fast" : "usual", has_finished(rater) ? "yes" : "no", column[8]);
    put_asked(r, rater, column[9]);
    r->marks++;
    return 0;
}

static int write_marks(struct results *r)
{
    static const char sql[] =
        "SELECT r.number, t.unit, t.places, t.number, m.system, m.aspect, m.value, t.seconds,"
        " t.answered_at, t.comment FROM rater r JOIN task t ON t.link = r.link"
        " JOIN mark m ON m.link = t.link AND m.task = t.number"
        " WHERE r.study = $1 AND t.unit >= 0 ORDER BY r.number, t.number, m.aspect, m.system";
    const char *values[] = {r->id};
    put_head(r);
    if (store_run(r->store, sql, values, 1, put_mark, r, r->err) != 0)
        return -1;
    return r->failed ? err_set(r->err, LLMX_BAD_INPUT, "study '%s': a mark of nothing in it", r->id)
                     : output_commit(&r->out, r->err);
}

static void sum_up(const struct results *r, struct llmx_study_results *sum)
{
    *sum = (struct llmx_study_results){.raters = (int)r->n, .marks = r->marks};
    for (size_t i = 0; i < r->n; i++) {
        const struct rater *rater = &r->raters[i];
        sum->begun += rater->answered > 0;
        sum->finished += has_finished(rater);
        sum->failed_checks += rater->failed > 0;
        sum->speeders += rater->is_speeder;
    }
}

/* Of one moment, whatever raters say meanwhile. */
static int write_results(struct results *r, const char *id, const char *out_path)
{
    if (store_begin_reading(r->store, r->err) != 0)
        return -1;
    const bool is_written = (r->study = study_load(r->store, id, r->id, r->err)) != NULL &&
                            read_raters(r) == 0 && read_about(r) == 0 &&
                            output_open(&r->out, out_path, r->err) == 0 && write_marks(r) == 0;
    store_rollback(r->store);
    return is_written ? 0 : -1;
}

int llmx_study_results(const char *db, const char *id, const char *out_path,
                       struct llmx_study_results *results, struct llmx_error *err)
{
    struct results r = {.err = err};
    int status = -1;
    if (store_open_old(&r.store, db, err) == 0 && write_results(&r, id, out_path) == 0) {
        sum_up(&r, results);
        status = 0;
    }
    output_discard(&r.out);
    for (size_t i = 0; i < r.n; i++) {
        free(r.raters[i].seconds);
        json_decref(r.raters[i].about);
    }
    free(r.raters);
    json_decref(r.study);
    store_close(r.store);
    return status;
}

/* ---- forgetting ---- */

int llmx_study_forget(const char *db, const char *id, const char *rater, struct llmx_error *err)
{
    struct store *store = NULL;
    char found[LLMX_STUDY_ID_BYTES], *link = NULL;
    json_t *study = NULL;
    int status = -1;
    if (store_open_old(&store, db, err) != 0 || !(study = study_load(store, id, found, err)))
        goto done;
    const char *values[] = {found, rater, rater[0] == 'r' ? rater + 1 : ""};
    if (store_text(
            store,
            "SELECT link FROM rater WHERE (study = $1 AND CAST(number AS TEXT) = $3) OR link = $2",
            values, 3, &link, err) != 0)
        goto done;
    if (!link)
        err_set(err, LLMX_NOT_FOUND, "study '%s' has no rater '%s'", found, rater);
    else
        status = study_forget(store, link, err);
done:
    free(link);
    json_decref(study);
    store_close(store);
    return status;
}
