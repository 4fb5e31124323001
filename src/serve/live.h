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

struct live {
    struct llmx_data *data;
    struct llmx_run *run;
    struct names_index people, items; /* to search in */
    struct kept_lists *kept;          /* lists of LIVE_TOP */
    struct llmx_model *model;         /* NULL: none here */
    uint64_t adapter_hash;            /* of what the files of the model's adapter hold; 0: none */
    struct llmx_explain_options explain;
    struct llmx_generator *generator; /* NULL: nothing is written */
    struct llmx_explainer *explainer;
    struct written written;
    char *report; /* the page, n_report bytes; NULL: none */
    size_t n_report;
    struct llmx_viewer *viewer;
    _Atomic int holders;
};

int live_open(struct live **live, const struct llmx_serve_options *options, struct llmx_error *err);
void live_hold(struct live *live);
void live_drop(struct live *live); /* NULL is fine; the last closes it */

/* The title as a person writes it, or the token where there is none; belongs to `live`. */
const char *live_title(const struct live *live, llmx_id item);

#endif
