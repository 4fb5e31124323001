/* study_cache.h - studies as they were parsed: one never changes once it is made, and each step of a rater needs it. */
#ifndef SERVE_STUDY_CACHE_H
#define SERVE_STUDY_CACHE_H

#include "serve/study.h"

#include <pthread.h>

#define STUDY_CACHE_SIZE 8

struct study_cache {
    pthread_mutex_t lock; /* of what follows */
    struct {
        char id[LLMX_STUDY_ID_BYTES];
        json_t *study;
    } kept[STUDY_CACHE_SIZE];
    int next; /* gives way to a study that is not kept yet */
};

void study_cache_open(struct study_cache *cache);
void study_cache_close(struct study_cache *cache);

/* As study_load; others read the same value, so it must not be changed. json_decref it, from any thread. */
json_t *study_cache_get(struct study_cache *cache, struct store *store, const char *id,
                        struct llmx_error *err);

#endif
