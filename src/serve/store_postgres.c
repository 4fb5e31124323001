/* store_postgres.c - a store on a server (PostgreSQL). A connection that broke is opened anew at the next statement, but not
 * within a transaction: what it began is gone with it. */
#include "base/memory.h"
#include "serve/store_backend.h"

#include <postgresql/libpq-fe.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 32

struct postgres {
    PGconn *connection;
    bool is_within; /* a transaction */
};

/* libpq's messages end in a line break. */
static int fail(const char *message, enum llmx_code code, struct llmx_error *err)
{
    return err_set(err, code, "store: %.*s", (int)strcspn(message, "\n"), message);
}

static void say_nothing(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static int postgres_open(void **base, const char *url, struct llmx_error *err)
{
    struct postgres *p = mem_array(1, sizeof *p, err);
    *base = NULL;
    if (!p)
        return -1;
    PGconn *connection = PQconnectdb(url);
    if (PQstatus(connection) != CONNECTION_OK) {
        const int status =
            fail(connection ? PQerrorMessage(connection) : "out of memory", LLMX_IO, err);
        PQfinish(connection);
        free(p);
        return status;
    }
    PQsetNoticeProcessor(connection, say_nothing, NULL);
    p->connection = connection;
    *base = p;
    return 0;
}

static void postgres_close(void *base)
{
    struct postgres *p = base;
    PQfinish(p->connection);
    free(p);
}

static void take_rows(const PGresult *result, store_row *row, void *context)
{
    const char *column[COLUMNS_MAX];
    const int rows = PQntuples(result);
    const int n = PQnfields(result) < COLUMNS_MAX ? PQnfields(result) : COLUMNS_MAX;
    for (int r = 0; r < rows; r++) {
        for (int i = 0; i < n; i++)
            column[i] = PQgetisnull(result, r, i) ? NULL : PQgetvalue(result, r, i);
        if (row(context, column, n) != 0)
            return;
    }
}

static bool begins(const char *sql)
{
    return strncmp(sql, "BEGIN", 5) == 0;
}

/* Runs it; once more where the connection turns out to be broken and nothing can have been changed. */
static PGresult *execute(struct postgres *p, const char *sql, const char *const *values,
                         int n_values)
{
    const bool changes = strncmp(sql, "SELECT", 6) != 0 && !begins(sql);
    if (PQstatus(p->connection) != CONNECTION_OK)
        PQreset(p->connection);
    PGresult *result = PQexecParams(p->connection, sql, n_values, NULL, values, NULL, NULL, 0);
    if (PQstatus(p->connection) == CONNECTION_OK || changes || p->is_within)
        return result;
    PQclear(result);
    PQreset(p->connection);
    return PQexecParams(p->connection, sql, n_values, NULL, values, NULL, NULL, 0);
}

static int postgres_run(void *base, const char *sql, const char *const *values, int n_values,
                        store_row *row, void *context, struct llmx_error *err)
{
    struct postgres *p = base;
    const bool ends = strcmp(sql, "COMMIT") == 0 || strcmp(sql, "ROLLBACK") == 0;
    const bool is_lost = p->is_within && PQstatus(p->connection) != CONNECTION_OK;
    int status = 0;
    if (is_lost) {
        p->is_within = !ends;
        return err_set(err, LLMX_IO, "store: the connection broke within a transaction");
    }
    PGresult *result = execute(p, sql, values, n_values);
    const ExecStatusType came = PQresultStatus(result);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (came == PGRES_TUPLES_OK && row)
        take_rows(result, row, context);
    else if (came != PGRES_TUPLES_OK && came != PGRES_COMMAND_OK)
        status = fail(result ? PQresultErrorMessage(result) : PQerrorMessage(p->connection),
                      state && strcmp(state, "23505") == 0 ? LLMX_MISMATCH : LLMX_IO, err);
    if (begins(sql))
        p->is_within = status == 0;
    else if (ends && status == 0)
        p->is_within = false;
    PQclear(result);
    return status;
}

const struct store_backend store_postgres = {postgres_open,
                                             postgres_close,
                                             postgres_run,
                                             "BEGIN",
                                             "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
                                             "VACUUM FULL mark, about, task, rater"};
