/* api_report.c - the page that `llmxrec report` wrote. Its style and script stand in it, so it is shown in a sandbox: an origin
 * of its own, which cannot ask the API. */
#include "serve/app.h"

static void let_go(void *report)
{
    report_drop(report);
}

/* Goes out from where it lies: it stays until it is sent, whatever a reload puts in its place, and holds nothing else. */
HANDLER(api_report)
{
    struct live *live = app_live(context);
    struct report *report = live->report;
    (void)request;
    if (report) {
        report->holders++;
        reply->type = "text/html; charset=utf-8";
        reply->policy = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
                        "script-src 'unsafe-inline'; img-src data:";
        reply->bytes = report->bytes;
        reply->n_bytes = report->n;
        reply->let_go = let_go;
        reply->holder = report;
    } else {
        http_refuse(reply, 404, "start the server with --report");
    }
    live_drop(live);
}
