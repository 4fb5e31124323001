/* serve.c - opens what answers are made from, then serves until it is asked to stop. */
#include "llmxrec/serve.h"

#include "base/err.h"
#include "base/memory.h"
#include "serve/app.h"
#include "serve/http_server.h"

#include <stdlib.h>
#include <string.h>

#define FINISH_S 30 /* for answers that are being made when the server stops */

static void count(void *context, const struct http_route *route, unsigned status, double seconds)
{
    struct app *app = context;
    counters_count(&app->counters, route ? (int)(route - app->routes) : -1, status, seconds);
}

static void say(void *context, const char *message)
{
    const struct app *app = context;
    if (app->options.notice)
        app->options.notice(app->options.context, message);
}

/* Puts a new engine in the old one's place; where it cannot be opened the old one stays. */
static void reload(struct app *app)
{
    struct live *fresh, *old;
    struct llmx_error err;
    if (live_open(&fresh, &app->options, &err) != 0) {
        say(app, err.message);
        return;
    }
    pthread_mutex_lock(&app->lock);
    old = app->live;
    app->live = fresh;
    pthread_mutex_unlock(&app->lock);
    live_drop(old);
}

static void announce(const struct app *app)
{
    const struct llmx_serve_options *o = &app->options;
    if (o->ready)
        o->ready(o->context, o->address ? o->address : "127.0.0.1", http_port(app->http));
}

static void serve_until_stopped(struct app *app)
{
    const struct llmx_serve_options *o = &app->options;
    announce(app);
    while (!llmx_stop_asked(o->stop)) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        if (!llmx_stop_asked(o->reload))
            continue;
        __atomic_store_n(&o->reload->asked, 0, __ATOMIC_RELEASE);
        reload(app);
        announce(app);
    }
}

int llmx_serve(const struct llmx_serve_options *options, struct llmx_error *err)
{
    struct app app = {.options = *options, .routes = app_routes};
    const struct http_options how = {.address = options->address,
                                     .port = options->port,
                                     .token = options->token,
                                     .is_public = options->is_public,
                                     .rate = options->rate,
                                     .threads = options->threads,
                                     .routes = app_routes,
                                     .context = &app,
                                     .answered = count,
                                     .failed = say};
    int status = -1;
    pthread_mutex_init(&app.lock, NULL);
    study_cache_open(&app.studies);
    if (store_open(&app.store, options->db ? options->db : ":memory:", err) == 0 &&
        live_open(&app.live, options, err) == 0 && http_open(&app.http, &how, err) == 0) {
        serve_until_stopped(&app);
        status = 0;
    }
    http_close(app.http, FINISH_S);
    live_drop(app.live);
    study_cache_close(&app.studies);
    store_close(app.store);
    pthread_mutex_destroy(&app.lock);
    return status;
}
