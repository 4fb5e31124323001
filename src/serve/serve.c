/* serve.c - opens what answers are made from, then serves until it is asked to stop. */
#include "llmxrec/serve.h"

#include "base/err.h"
#include "base/memory.h"
#include "serve/app.h"

#include <stdlib.h>
#include <string.h>

#define FINISH_S 30 /* for answers that are being made when the server stops */

const struct http_route app_routes[] = {
    {"GET", "/", web_file, HTTP_QUICK},
    {"GET", "/page.js", web_file, HTTP_QUICK},
    {"GET", "/style.css", web_file, HTTP_QUICK},
    {"GET", "/openapi.json", web_file, HTTP_QUICK},
    {"GET", "/healthz", api_health, HTTP_SLOW},
    {"GET", "/metrics", api_metrics, HTTP_QUICK},
    {"GET", "/v1/users", api_users, HTTP_QUICK},
    {"GET", "/v1/users/{user}", api_user, HTTP_QUICK},
    {"GET", "/v1/items", api_items, HTTP_QUICK},
    {"GET", "/v1/items/{item}", api_item, HTTP_QUICK},
    {"GET", "/v1/recommendations", api_recommendations, HTTP_TRY},
    {"POST", "/v1/recommendations", api_recommend_to, HTTP_SLOW},
    {"GET", "/v1/evidence", api_evidence, HTTP_SLOW},
    {"POST", "/v1/evidence", api_evidence, HTTP_SLOW},
    {"POST", "/v1/feedback", api_feedback, HTTP_SLOW},
    {0},
};

struct engine *app_engine(struct app *app)
{
    pthread_mutex_lock(&app->lock);
    struct engine *engine = app->engine;
    engine_hold(engine);
    pthread_mutex_unlock(&app->lock);
    return engine;
}

static void count(void *context, const struct http_route *route, unsigned status, double seconds)
{
    struct app *app = context;
    metrics_count(&app->metrics, route ? (int)(route - app_routes) : -1, status, seconds);
}

static void say(const struct app *app, const char *message)
{
    if (app->options.notice)
        app->options.notice(app->options.context, message);
}

/* Puts a new engine in the old one's place; where it cannot be opened the old one stays. */
static void reload(struct app *app)
{
    struct engine *fresh, *old;
    struct llmx_error err;
    if (engine_open(&fresh, &app->options, &err) != 0) {
        say(app, err.message);
        return;
    }
    pthread_mutex_lock(&app->lock);
    old = app->engine;
    app->engine = fresh;
    pthread_mutex_unlock(&app->lock);
    engine_drop(old);
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
    struct app app = {.options = *options};
    const struct http_options how = {.address = options->address,
                                     .port = options->port,
                                     .token = options->token,
                                     .is_public = options->is_public,
                                     .rate = options->rate,
                                     .threads = options->threads,
                                     .routes = app_routes,
                                     .context = &app,
                                     .answered = count};
    int status = -1;
    pthread_mutex_init(&app.lock, NULL);
    if (store_open(&app.store, options->db ? options->db : ":memory:", err) == 0 &&
        engine_open(&app.engine, options, err) == 0 && http_open(&app.http, &how, err) == 0) {
        serve_until_stopped(&app);
        status = 0;
    }
    http_close(app.http, FINISH_S);
    engine_drop(app.engine);
    store_close(app.store);
    pthread_mutex_destroy(&app.lock);
    return status;
}
