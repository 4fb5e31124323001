/* store_backend.h - a data base behind store.h. Calls come one at a time. */
#ifndef SERVE_STORE_BACKEND_H
#define SERVE_STORE_BACKEND_H

#include "base/err.h"

/* Told of each row: n texts, NULL for NULL, which live until it returns. Non-zero ends the statement. */
typedef int store_row(void *context, const char *const *column, int n);

struct store_backend {
    int (*open)(void **base, const char *url, struct llmx_error *err);
    void (*close)(void *base);
    int (*run)(void *base, const char *sql, const char *const *values, int n_values, store_row *row,
               void *context, struct llmx_error *err);
    const char *begin;         /* what begins a transaction that may write */
    const char *begin_reading; /* what begins one that sees one state and only reads */
    const char *clean;         /* what store_clean runs; NULL: nothing */
};

extern const struct store_backend store_sqlite, store_postgres;

#endif
