/* store_postgres.c - a store on a server (PostgreSQL). A connection that broke is opened anew at the next statement. */
#include "base/memory.h"
#include "serve/store_backend.h"

#include <postgresql/libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 32

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
    PGconn *connection = PQconnectdb(url);
    *base = NULL;
    if (PQstatus(connection) != CONNECTION_OK) {
        const int status =
            fail(connection ? PQerrorMessage(connection) : "out of memory", LLMX_IO, err);
        PQfinish(connection);
        return status;
    }
    PQsetNoticeProcessor(connection, say_nothing, NULL);
    *base = connection;
    return 0;
}

static void postgres_close(void *base)
{
    PQfinish(base);
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

static int postgres_run(void *base, const char *sql, const char *const *values, int n_values,
                        store_row *row, void *context, struct llmx_error *err)
{
    int status = 0;
    if (PQstatus(base) != CONNECTION_OK)
        PQreset(base);
    PGresult *result = PQexecParams(base, sql, n_values, NULL, values, NULL, NULL, 0);
    const ExecStatusType came = PQresultStatus(result);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (came == PGRES_TUPLES_OK && row)
        take_rows(result, row, context);
    else if (came != PGRES_TUPLES_OK && came != PGRES_COMMAND_OK)
        status = fail(result ? PQresultErrorMessage(result) : PQerrorMessage(base),
                      state && strcmp(state, "23505") == 0 ? LLMX_MISMATCH : LLMX_IO, err);
    PQclear(result);
    return status;
}

const struct store_backend store_postgres = {postgres_open, postgres_close, postgres_run,
                                             "VACUUM mark"};
