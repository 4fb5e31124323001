/* api_report.c - the page that `llmxrec report` wrote. Its style and script stand in it, so it is shown in a sandbox: an origin
 * of its own, which cannot ask the API. */
#include "serve/app.h"

HANDLER(api_report)
{
    struct live *live = app_live(context);
    (void)request;
    if (!live->report)
        http_refuse(reply, 404, "start the server with --report");
    else {
        reply->type = "text/html; charset=utf-8";
        reply->policy = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
                        "script-src 'unsafe-inline'; img-src data:";
        text_put(&reply->body, live->report, live->n_report);
    }
    live_drop(live);
}
