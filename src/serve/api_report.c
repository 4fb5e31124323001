/* api_report.c - the page that `llmxrec report` wrote. Its style and script stand in it, so it is shown in a sandbox: an origin
 * of its own, which cannot ask the API. */
#include "serve/app.h"

static void let_go(void *live)
{
    live_drop(live);
}

/* Goes out from where it lies: a reload meanwhile leaves it there until it is sent. */
HANDLER(api_report)
{
    struct live *live = app_live(context);
    (void)request;
    if (!live->report) {
        http_refuse(reply, 404, "start the server with --report");
        live_drop(live);
        return;
    }
    reply->type = "text/html; charset=utf-8";
    reply->policy = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
                    "script-src 'unsafe-inline'; img-src data:";
    reply->bytes = live->report;
    reply->n_bytes = live->n_report;
    reply->let_go = let_go;
    reply->holder = live;
}
