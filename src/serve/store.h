/* store.h - what must not be lost: feedback, studies and their ratings, explanations once written. In SQLite, a file beside
 * the program, or in PostgreSQL; both take the same statements.
 *
 *     struct store *store;
 *     const char *values[] = {rater, text, "4"};
 *     if (store_open(&store, "study.sqlite", &err) == 0 &&
 *         store_run(store, "INSERT INTO mark (rater, text, value) VALUES ($1, $2, $3)", values, 3, NULL, NULL, &err) == 0) ...
 *
 * Parameters are $1, $2, … and always bound, never put into the statement; values go in and come out as text, NULL is
 * NULL, and the columns' types turn them into numbers. What a call has returned 0 for is on the disk. Any number of threads may
 * call. */
#ifndef SERVE_STORE_H
#define SERVE_STORE_H

#include "serve/store_backend.h"

struct store;

/* url: a path, "sqlite://PATH", ":memory:", or "postgresql://…" as libpq takes it. Makes the tables that are missing.
 * returns 0, or -1: LLMX_IO it cannot be opened or is no such store, LLMX_MISMATCH it was made by a later program */
int store_open(struct store **store, const char *url, struct llmx_error *err);
/* The same for whoever only reads or deletes: an SQLite file that is not there is LLMX_NOT_FOUND, not made. */
int store_open_old(struct store **store, const char *url, struct llmx_error *err);
void store_close(struct store *store); /* NULL is fine */

/* Runs one statement. row: NULL where none are expected or wanted.
 * returns 0, or -1: LLMX_IO, with the data base's own words; LLMX_MISMATCH a row that must be unique is there already */
int store_run(struct store *store, const char *sql, const char *const *values, int n_values,
              store_row *row, void *context, struct llmx_error *err);

/* Between these, statements of other threads wait, and all or none of those of this one come to stand. */
int store_begin(struct store *store, struct llmx_error *err);
/* The same to read alone: all statements see the store as the first of them does, and others go on writing. */
int store_begin_reading(struct store *store, struct llmx_error *err);
int store_commit(struct store *store, struct llmx_error *err);
void store_rollback(struct store *store);

/* Has what was deleted gone from the files too, where the data base would keep it a while. */
int store_clean(struct store *store, struct llmx_error *err);

/* The first column of the first row, the caller's to free; NULL with 0: there is none. */
int store_text(struct store *store, const char *sql, const char *const *values, int n_values,
               char **text, struct llmx_error *err);

#endif
