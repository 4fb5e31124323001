/* store.c - one connection, one statement at a time; the tables. */
#include "serve/store.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct store {
    const struct store_backend *backend;
    void *base;
    pthread_mutex_t lock; /* recursive: held from begin to commit */
};

/* A change of the tables is one more row, never a change of one. */
static const char *const steps[] = {
    "CREATE TABLE feedback (at TEXT NOT NULL, person TEXT NOT NULL, item TEXT NOT NULL,"
    " kind TEXT NOT NULL)",
    "CREATE INDEX feedback_by_person ON feedback (person)",
    /* `key` is a hash of all that the text depends on. */
    "CREATE TABLE explanation (key TEXT PRIMARY KEY, person TEXT, item TEXT NOT NULL,"
    " body TEXT NOT NULL)",
    "CREATE TABLE study (id TEXT PRIMARY KEY, body TEXT NOT NULL, made_at TEXT NOT NULL)",
    "CREATE TABLE rater (study TEXT NOT NULL REFERENCES study (id), link TEXT PRIMARY KEY,"
    " number BIGINT NOT NULL, seen_at TEXT, consented_at TEXT, trained_at TEXT, forgotten_at TEXT,"
    " UNIQUE (study, number))",
    /* What a rater is to see, in this order: the unit, or -1 for an attention check with the mark that it asks for; which system
     * stands in each place on the screen. */
    "CREATE TABLE task (link TEXT NOT NULL REFERENCES rater (link) ON DELETE CASCADE,"
    " number BIGINT NOT NULL, unit BIGINT NOT NULL, places TEXT NOT NULL, asked TEXT,"
    " shown_at TEXT, answered_at TEXT, seconds TEXT, PRIMARY KEY (link, number))",
    "CREATE TABLE mark (link TEXT NOT NULL REFERENCES rater (link) ON DELETE CASCADE,"
    " task BIGINT NOT NULL, system TEXT NOT NULL, aspect TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (link, task, system, aspect))",
    /* Studies in the order of their making; those of before have none but their second. */
    "ALTER TABLE study ADD COLUMN number BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE rater ADD COLUMN told_at TEXT",
    "ALTER TABLE task ADD COLUMN comment TEXT",
    /* What a rater said of themselves. */
    "CREATE TABLE about (link TEXT NOT NULL REFERENCES rater (link) ON DELETE CASCADE,"
    " name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (link, name))",
};
#define STEPS ((int)(sizeof steps / sizeof *steps))

int store_run(struct store *store, const char *sql, const char *const *values, int n_values,
              store_row *row, void *context, struct llmx_error *err)
{
    pthread_mutex_lock(&store->lock);
    const int status = store->backend->run(store->base, sql, values, n_values, row, context, err);
    pthread_mutex_unlock(&store->lock);
    return status;
}

static int begin(struct store *store, const char *sql, struct llmx_error *err)
{
    pthread_mutex_lock(&store->lock);
    if (store_run(store, sql, NULL, 0, NULL, NULL, err) == 0)
        return 0;
    pthread_mutex_unlock(&store->lock);
    return -1;
}

int store_begin(struct store *store, struct llmx_error *err)
{
    return begin(store, store->backend->begin, err);
}

int store_begin_reading(struct store *store, struct llmx_error *err)
{
    return begin(store, store->backend->begin_reading, err);
}

int store_commit(struct store *store, struct llmx_error *err)
{
    const int status = store_run(store, "COMMIT", NULL, 0, NULL, NULL, err);
    if (status != 0)
        store_rollback(store);
    else
        pthread_mutex_unlock(&store->lock);
    return status;
}

void store_rollback(struct store *store)
{
    store_run(store, "ROLLBACK", NULL, 0, NULL, NULL, NULL);
    pthread_mutex_unlock(&store->lock);
}

struct first {
    char *text;
    bool is_there, failed;
};

static int keep_first(void *context, const char *const *column, int n)
{
    struct first *first = context;
    if (first->is_there || n < 1 || !column[0])
        return 0;
    first->text = mem_text(column[0], strlen(column[0]), NULL);
    first->is_there = true;
    first->failed = !first->text;
    return 0;
}

int store_text(struct store *store, const char *sql, const char *const *values, int n_values,
               char **text, struct llmx_error *err)
{
    struct first first = {0};
    *text = NULL;
    if (store_run(store, sql, values, n_values, keep_first, &first, err) != 0) {
        free(first.text);
        return -1;
    }
    if (first.failed)
        return err_set(err, LLMX_NO_MEMORY, "out of memory for a row of the store");
    *text = first.text;
    return 0;
}

/* How many steps the tables have been through. */
static int steps_done(struct store *store, long *done, struct llmx_error *err)
{
    char *text;
    if (store_run(store, "CREATE TABLE IF NOT EXISTS llmxrec (steps BIGINT NOT NULL)", NULL, 0,
                  NULL, NULL, err) != 0 ||
        store_text(store, "SELECT MAX(steps) FROM llmxrec", NULL, 0, &text, err) != 0)
        return -1;
    *done = text ? strtol(text, NULL, 10) : 0;
    free(text);
    return 0;
}

static int take_steps(struct store *store, struct llmx_error *err)
{
    char number[24];
    const char *values[] = {number};
    long done;
    if (steps_done(store, &done, err) != 0)
        return -1;
    if (done > STEPS)
        return err_set(err, LLMX_MISMATCH, "the store was made by a later llmxrec than this one");
    for (; done < STEPS; done++)
        if (store_run(store, steps[done], NULL, 0, NULL, NULL, err) != 0)
            return -1;
    snprintf(number, sizeof number, "%d", STEPS);
    return store_run(store,
                     "INSERT INTO llmxrec (steps) SELECT CAST($1 AS BIGINT) WHERE NOT EXISTS"
                     " (SELECT 1 FROM llmxrec WHERE steps = CAST($1 AS BIGINT))",
                     values, 1, NULL, NULL, err);
}

static int make_tables(struct store *store, struct llmx_error *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    if (take_steps(store, err) != 0) {
        store_rollback(store);
        return -1;
    }
    return store_commit(store, err);
}

static int lock_create(pthread_mutex_t *lock)
{
    pthread_mutexattr_t how;
    pthread_mutexattr_init(&how);
    pthread_mutexattr_settype(&how, PTHREAD_MUTEX_RECURSIVE);
    const int status = pthread_mutex_init(lock, &how);
    pthread_mutexattr_destroy(&how);
    return status;
}

static bool is_postgres(const char *url)
{
    return strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0;
}

static const char *path_of(const char *url)
{
    return strncmp(url, "sqlite://", 9) == 0 ? url + 9 : url;
}

int store_open(struct store **store, const char *url, struct llmx_error *err)
{
    struct store *s = mem_array(1, sizeof *s, err);
    *store = NULL;
    if (!s)
        return -1;
    s->backend = is_postgres(url) ? &store_postgres : &store_sqlite;
    if (lock_create(&s->lock) != 0) {
        free(s);
        return err_set(err, LLMX_NO_MEMORY, "out of memory for a lock");
    }
    if (s->backend->open(&s->base, path_of(url), err) != 0 || make_tables(s, err) != 0) {
        store_close(s);
        return -1;
    }
    *store = s;
    return 0;
}

int store_open_old(struct store **store, const char *url, struct llmx_error *err)
{
    *store = NULL;
    if (!is_postgres(url) && access(path_of(url), F_OK) != 0)
        return err_system(err, "cannot open %s", path_of(url));
    return store_open(store, url, err);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->base)
        store->backend->close(store->base);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

int store_clean(struct store *store, struct llmx_error *err)
{
    return store->backend->clean ? store_run(store, store->backend->clean, NULL, 0, NULL, NULL, err)
                                 : 0;
}
