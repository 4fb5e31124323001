/* api_health.c - is it well, what does it do, and what can it be asked? */
#include "serve/app.h"

#include <stdio.h>

#define EXPLAINED_MAX 24

/* People to begin with, since there is something to read of them. */
static json_t *explained_json(const struct live *live)
{
    llmx_id users[EXPLAINED_MAX];
    json_t *list = json_array();
    const int n =
        live->written.n > 0 ? written_people(&live->written.system[0], users, EXPLAINED_MAX) : 0;
    for (int i = 0; i < n; i++)
        json_array_append_new(list, user_json(live, users[i]));
    return list;
}

HANDLER(api_about)
{
    struct live *live = app_live(context);
    json_t *systems = json_array();
    (void)request;
    for (int i = 0; i < live->written.n; i++)
        json_array_append_new(systems, json_string(live->written.system[i].name));
    reply_json(reply,
               json_pack("{s:s, s:i, s:i, s:b, s:b, s:o, s:o}", "model", llmx_run_model(live->run),
                         "users", (int)llmx_data_users(live->data), "items",
                         (int)llmx_data_items(live->data), "writes",
                         live->generator || live->explain.remote, "report", live->report != NULL,
                         "systems", systems, "explained", explained_json(live)));
    live_drop(live);
}

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
