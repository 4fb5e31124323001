/* api_health.c - is it well, and what does it do? For those who run it. */
#include "serve/app.h"

#include <stdio.h>

HANDLER(api_health)
{
    struct app *app = context;
    struct llmx_error err;
    (void)request;
    if (store_run(app->store, "SELECT 1", NULL, 0, NULL, NULL, &err) != 0)
        http_fail(reply, 503, err.message);
    else
        reply_json(reply, json_pack("{s:s}", "status", "ok"));
}

static void print_load(struct app *app, struct text *out)
{
    struct live *live = app_live(app);
    struct llmx_generator_load load = {0};
    if (live->generator)
        llmx_generator_load(live->generator, &load);
    text_printf(out,
                "# TYPE llmxrec_texts_writing gauge\nllmxrec_texts_writing %d\n"
                "# TYPE llmxrec_texts_waiting gauge\nllmxrec_texts_waiting %d\n",
                load.writing, load.waiting);
    live_drop(live);
}

HANDLER(api_metrics)
{
    struct app *app = context;
    char name[COUNTERS_ROUTES_MAX][80];
    const char *names[COUNTERS_ROUTES_MAX];
    int n = 0;
    (void)request;
    for (; app->routes[n].method; n++) {
        snprintf(name[n], sizeof name[n], "%s %s", app->routes[n].method, app->routes[n].path);
        names[n] = name[n];
    }
    reply->type = "text/plain; version=0.0.4";
    counters_print(&app->counters, names, n, &reply->body);
    print_load(app, &reply->body);
}
