/* generator.c - an engine that stays open: groups are submitted from any thread, and it sleeps while there are none. */
#include "base/memory.h"
#include "generate/engine.h"
#include "llmxrec/generate.h"

#include <stdlib.h>

struct llmx_generator {
    struct engine engine;
    pthread_t thread;         /* the first of the engine's */
    pthread_cond_t some_over; /* a request; with the backlog's lock, as what follows */
    pthread_cond_t none_waits;
    int n_requests; /* not over */
    int n_waiting;  /* threads in await */
};

/* ---- what the engine tells; its context is the request ---- */

static int tell_token(void *context, struct llmx_generation *generation)
{
    struct llmx_request *request = context;
    return request->token ? request->token(request, generation) : 0;
}

static int tell_finished(void *context, struct llmx_group *group,
                         struct llmx_generation *generation)
{
    struct llmx_request *request = context;
    (void)group;
    return request->finished ? request->finished(request, generation) : 0;
}

/* The request may be gone as soon as it is marked. */
static void tell_over(void *context, struct llmx_group *group, const struct llmx_error *err)
{
    struct llmx_request *request = context;
    struct llmx_generator *generator = request->generator;
    (void)group;
    if (err)
        request->error = *err;
    if (request->over)
        request->over(request);
    pthread_mutex_lock(&generator->engine.backlog.lock);
    request->is_over = 1;
    generator->n_requests--;
    pthread_cond_broadcast(&generator->some_over);
    pthread_mutex_unlock(&generator->engine.backlog.lock);
}

static const struct listener listener = {tell_token, tell_finished, tell_over};

/* ---- open and close ---- */

static void *thread_main(void *engine)
{
    engine_run(engine);
    return NULL;
}

static void destroy(struct llmx_generator *generator)
{
    engine_release(&generator->engine);
    pthread_cond_destroy(&generator->some_over);
    pthread_cond_destroy(&generator->none_waits);
    free(generator);
}

int llmx_generator_open(struct llmx_generator **generator, const struct llmx_model *model,
                        const struct llmx_generator_options *options, struct llmx_error *err)
{
    struct llmx_generator *g = mem_array(1, sizeof *g, err);
    if (!g)
        return -1;
    pthread_cond_init(&g->some_over, NULL);
    pthread_cond_init(&g->none_waits, NULL);
    int status = engine_init(&g->engine, model, options ? options->sequences_max : 0, err);
    if (status == 0)
        status = engine_open_crews(&g->engine, err);
    if (status == 0 && pthread_create(&g->thread, NULL, thread_main, &g->engine) != 0)
        status = err_set(err, LLMX_IO, "cannot start a thread for the generator");
    if (status != 0) {
        destroy(g);
        return -1;
    }
    *generator = g;
    return 0;
}

const struct llmx_model *llmx_generator_model(const struct llmx_generator *generator)
{
    return generator->engine.backlog.model;
}

void llmx_generator_close(struct llmx_generator *generator)
{
    if (!generator)
        return;
    struct backlog *backlog = &generator->engine.backlog;
    struct llmx_error why;
    err_set(&why, LLMX_INTERRUPTED, "the generator was closed");
    pthread_mutex_lock(&backlog->lock);
    backlog_fail(backlog, &why);
    pthread_mutex_unlock(&backlog->lock);
    pthread_join(generator->thread, NULL);
    pthread_mutex_lock(&backlog->lock);
    while (generator->n_waiting > 0)
        pthread_cond_wait(&generator->none_waits, &backlog->lock);
    pthread_mutex_unlock(&backlog->lock);
    destroy(generator);
}

/* ---- requests ---- */

/* Nobody will tell of it: whoever waits for it all the same gets the reason. */
static int refuse(struct llmx_request *request, const struct llmx_error *why,
                  struct llmx_error *err)
{
    request->error = *why;
    request->is_over = 1;
    if (err)
        *err = *why;
    return -1;
}

int llmx_generator_submit(struct llmx_generator *generator, struct llmx_request *request,
                          struct llmx_error *err)
{
    struct backlog *backlog = &generator->engine.backlog;
    struct llmx_error why;
    struct open_group *open = backlog_check(backlog, &request->group, &listener, request, &why);
    if (!open)
        return refuse(request, &why, err);
    open->keeps_prefix = request->keeps_prefix && !request->group.adapter;
    request->error = (struct llmx_error){0};
    request->is_over = 0;
    request->generator = generator;
    pthread_mutex_lock(&backlog->lock);
    int status = backlog_submit(backlog, open, &why);
    generator->n_requests += status == 0;
    pthread_mutex_unlock(&backlog->lock);
    return status == 0 ? 0 : refuse(request, &why, err);
}

/* Under the lock. */
static void await(struct llmx_generator *generator, const struct llmx_request *request)
{
    generator->n_waiting++;
    while (!request->is_over)
        pthread_cond_wait(&generator->some_over, &generator->engine.backlog.lock);
    if (--generator->n_waiting == 0)
        pthread_cond_signal(&generator->none_waits);
}

int llmx_generator_wait(struct llmx_generator *generator, struct llmx_request *request,
                        struct llmx_error *err)
{
    struct backlog *backlog = &generator->engine.backlog;
    pthread_mutex_lock(&backlog->lock);
    await(generator, request);
    pthread_mutex_unlock(&backlog->lock);
    if (request->error.code == LLMX_OK)
        return 0;
    if (err)
        *err = request->error;
    return -1;
}

void llmx_generator_cancel(struct llmx_generator *generator, struct llmx_request *request)
{
    struct backlog *backlog = &generator->engine.backlog;
    struct llmx_error why;
    err_set(&why, LLMX_INTERRUPTED, "cancelled");
    pthread_mutex_lock(&backlog->lock);
    struct open_group *open = backlog_find(backlog, request);
    if (open)
        backlog_give_up(backlog, open, &why);
    await(generator, request);
    pthread_mutex_unlock(&backlog->lock);
}

void llmx_generator_load(struct llmx_generator *generator, struct llmx_generator_load *load)
{
    struct backlog *backlog = &generator->engine.backlog;
    pthread_mutex_lock(&backlog->lock);
    *load = (struct llmx_generator_load){.requests = generator->n_requests,
                                         .writing = backlog->n_begun,
                                         .waiting = backlog->n_texts - backlog->n_begun};
    pthread_mutex_unlock(&backlog->lock);
}
