/* store_sqlite.c - a store in a file (SQLite): a write-ahead log, synced at every commit. */
#include "serve/store_backend.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 32

static int fail(sqlite3 *base, struct llmx_error *err)
{
    const int code = sqlite3_extended_errcode(base);
    const bool is_twice = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
    return err_set(err, is_twice ? LLMX_MISMATCH : LLMX_IO, "store: %s", sqlite3_errmsg(base));
}

#define BUSY_MS 10000 /* that another connection may take, before a statement fails */

/* A file that another connection opens or closes at this moment is busy at once, whatever the timeout is: the log's first user and
 * its last one need it alone. */
static int set_up(sqlite3 *db)
{
    static const char how[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                              " PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON";
    int status = SQLITE_BUSY;
    sqlite3_busy_timeout(db, BUSY_MS);
    for (int waited_ms = 0; status == SQLITE_BUSY && waited_ms < BUSY_MS; waited_ms += 10) {
        if (waited_ms > 0)
            sqlite3_sleep(10);
        status = sqlite3_exec(db, how, NULL, NULL, NULL);
    }
    return status;
}

static int sqlite_open(void **base, const char *url, struct llmx_error *err)
{
    sqlite3 *db = NULL;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    *base = NULL;
    if (sqlite3_open_v2(url, &db, flags, NULL) != SQLITE_OK || set_up(db) != SQLITE_OK) {
        err_set(err, LLMX_IO, "%s: %s", url, db ? sqlite3_errmsg(db) : "out of memory");
        sqlite3_close(db);
        return -1;
    }
    *base = db;
    return 0;
}

static void sqlite_close(void *base)
{
    sqlite3_close_v2(base);
}

/* "$7" is a name to SQLite, the seventh value to us. */
static int bind(sqlite3_stmt *statement, const char *const *values, int n_values)
{
    const int n = sqlite3_bind_parameter_count(statement);
    for (int i = 1; i <= n; i++) {
        const long number = strtol(sqlite3_bind_parameter_name(statement, i) + 1, NULL, 10);
        if (number < 1 || number > n_values)
            return SQLITE_RANGE;
        const char *value = values[number - 1];
        const int status = value ? sqlite3_bind_text(statement, i, value, -1, SQLITE_STATIC)
                                 : sqlite3_bind_null(statement, i);
        if (status != SQLITE_OK)
            return status;
    }
    return SQLITE_OK;
}

static int take_rows(sqlite3_stmt *statement, store_row *row, void *context)
{
    const char *column[COLUMNS_MAX];
    int status;
    while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
        int n = sqlite3_column_count(statement);
        n = n < COLUMNS_MAX ? n : COLUMNS_MAX;
        for (int i = 0; i < n; i++)
            column[i] = (const char *)sqlite3_column_text(statement, i);
        if (row && row(context, column, n) != 0)
            return SQLITE_DONE;
    }
    return status;
}

static int sqlite_run(void *base, const char *sql, const char *const *values, int n_values,
                      store_row *row, void *context, struct llmx_error *err)
{
    sqlite3_stmt *statement = NULL;
    int status = 0;
    if (sqlite3_prepare_v2(base, sql, -1, &statement, NULL) != SQLITE_OK ||
        bind(statement, values, n_values) != SQLITE_OK ||
        take_rows(statement, row, context) != SQLITE_DONE)
        status = fail(base, err);
    sqlite3_finalize(statement);
    return status;
}

const struct store_backend store_sqlite = {sqlite_open, sqlite_close,
                                           sqlite_run,  "BEGIN IMMEDIATE",
                                           "BEGIN",     "PRAGMA wal_checkpoint(TRUNCATE)"};
