/* study.c - secrets, times, and reading a study out of the store. */
#include "serve/study.h"

#include "base/plain_json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

int study_secret(char secret[static STUDY_SECRET_BYTES], struct llmx_error *err)
{
    unsigned char bytes[STUDY_SECRET_BYTES / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return err_system(err, "no random numbers");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(secret + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

const char *study_now(char text[static 24])
{
    snprintf(text, 24, "%lld", (long long)time(NULL));
    return text;
}

struct found {
    char *id, *body;
};

static int keep(void *context, const char *const *column, int n)
{
    struct found *found = context;
    (void)n;
    found->id = strdup(column[0]);
    found->body = strdup(column[1]);
    return 1;
}

json_t *study_load(struct store *store, const char *id, char found_id[static LLMX_STUDY_ID_BYTES],
                   struct llmx_error *err)
{
    struct found found = {0};
    json_error_t where;
    json_t *study = NULL;
    int status =
        id ? store_run(store, "SELECT id, body FROM study WHERE id = $1", &id, 1, keep, &found, err)
           : store_run(store,
                       "SELECT id, body FROM study ORDER BY number DESC, made_at DESC, id"
                       " LIMIT 1",
                       NULL, 0, keep, &found, err);
    if (status == 0 && (!found.id || !found.body))
        err_set(err, LLMX_NOT_FOUND, id ? "there is no study '%s'" : "the store holds no study",
                id);
    else if (status == 0 && !(study = plain_json_loadb(found.body, strlen(found.body), 0, &where)))
        err_set(err, LLMX_BAD_INPUT, "study '%s' is damaged: %s", found.id, where.text);
    if (study)
        snprintf(found_id, LLMX_STUDY_ID_BYTES, "%s", found.id);
    free(found.id);
    free(found.body);
    return study;
}

int study_forget(struct store *store, const char *link, struct llmx_error *err)
{
    static const char *const statements[] = {
        /* first: an answer that another server is taking ends before, or finds the rater forgotten */
        "UPDATE rater SET seen_at = NULL, consented_at = NULL, told_at = NULL, trained_at = NULL,"
        " forgotten_at = $2 WHERE link = $1",
        "DELETE FROM mark WHERE link = $1",
        "DELETE FROM about WHERE link = $1",
        "UPDATE task SET shown_at = NULL, answered_at = NULL, seconds = NULL, comment = NULL"
        " WHERE link = $1",
    };
    char at[24];
    const char *values[] = {link, study_now(at)};
    if (store_begin(store, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (store_run(store, statements[i], values, i == 0 ? 2 : 1, NULL, NULL, err) != 0) {
            store_rollback(store);
            return -1;
        }
    return store_commit(store, err) == 0 ? store_clean(store, err) : -1;
}
