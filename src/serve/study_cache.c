/* study_cache.c - the studies that were asked for last. */
#include "serve/study_cache.h"

#include <stdio.h>
#include <string.h>

#ifndef JANSSON_THREAD_SAFE_REFCOUNT
#error "raters' requests share a study: jansson must count references atomically (2.11 and later)"
#endif

void study_cache_open(struct study_cache *cache)
{
    *cache = (struct study_cache){0};
    pthread_mutex_init(&cache->lock, NULL);
}

void study_cache_close(struct study_cache *cache)
{
    for (int i = 0; i < STUDY_CACHE_SIZE; i++)
        json_decref(cache->kept[i].study);
    pthread_mutex_destroy(&cache->lock);
}

static json_t *find(const struct study_cache *cache, const char *id)
{
    for (int i = 0; i < STUDY_CACHE_SIZE; i++)
        if (cache->kept[i].study && strcmp(cache->kept[i].id, id) == 0)
            return cache->kept[i].study;
    return NULL;
}

static json_t *load(struct study_cache *cache, struct store *store, const char *id,
                    struct llmx_error *err)
{
    const int place = cache->next;
    char found[LLMX_STUDY_ID_BYTES];
    json_t *study = study_load(store, id, found, err);
    if (!study)
        return NULL;
    json_decref(cache->kept[place].study);
    cache->kept[place].study = study;
    memcpy(cache->kept[place].id, found, sizeof found);
    cache->next = (place + 1) % STUDY_CACHE_SIZE;
    return study;
}

json_t *study_cache_get(struct study_cache *cache, struct store *store, const char *id,
                        struct llmx_error *err)
{
    pthread_mutex_lock(&cache->lock);
    json_t *study = find(cache, id);
    study = json_incref(study ? study : load(cache, store, id, err));
    pthread_mutex_unlock(&cache->lock);
    return study;
}
