/* live.h - the run that is served, with all that answers are made from: data, run, facts and what writes. Read-only once opened, shared by all requests;
 * a reload puts another in its place, and the last request that held the old one closes it. */
#ifndef SERVE_LIVE_H
#define SERVE_LIVE_H

#include "llmxrec/facts.h"
#include "llmxrec/serve.h"
#include "llmxrec/view.h"
#include "serve/kept_lists.h"
#include "serve/names_index.h"
#include "serve/written.h"

#include <stdatomic.h>

#define LIVE_TOP 10 /* recommendations, where nobody asks for another number */

/* The page that `llmxrec report` wrote. Who sends it may hold it longer than what it was opened with. */
struct report {
    _Atomic int holders;
    size_t n;
    char *bytes;
};

void report_drop(struct report *report); /* NULL is fine; the last frees it */

struct live {
    struct llmx_data *data;
    struct llmx_run *run;
    struct names_index people, items; /* to search in */
    struct kept_lists *kept;          /* lists of LIVE_TOP */
    struct llmx_model *model;         /* NULL: none here */
    uint64_t writer_hash;             /* of the model's files and its adapter's; 0: no model */
    struct llmx_explain_options explain;
    struct llmx_generator *generator; /* NULL: nothing is written */
    struct llmx_explainer *explainer;
    struct written written;
    struct report *report; /* NULL: none */
    struct llmx_viewer *viewer;
    _Atomic int holders;
};

int live_open(struct live **live, const struct llmx_serve_options *options, struct llmx_error *err);
void live_hold(struct live *live);
void live_drop(struct live *live); /* NULL is fine; the last closes it */

/* The title as a person writes it, or the token where there is none; belongs to `live`. */
const char *live_title(const struct live *live, llmx_id item);

#endif
