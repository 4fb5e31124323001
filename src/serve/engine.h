/* engine.h - all that answers are made from: data, run, facts and what writes. Read-only once opened, shared by all requests;
 * a reload puts another in its place, and the last request that held the old one closes it. */
#ifndef SERVE_ENGINE_H
#define SERVE_ENGINE_H

#include "llmxrec/adapter.h"
#include "llmxrec/facts.h"
#include "llmxrec/serve.h"
#include "llmxrec/view.h"
#include "serve/names_index.h"
#include "serve/served.h"

#include <stdatomic.h>

#define ENGINE_TOP 10 /* recommendations, where nobody asks for another number */

struct engine {
    struct llmx_data *data;
    struct llmx_run *run;
    struct names_index people, items; /* to search in */
    struct served *served;            /* lists of ENGINE_TOP */
    struct llmx_adapter *adapter;
    struct llmx_explain_options explain;
    struct llmx_generator *generator; /* NULL: nothing is written */
    struct llmx_explainer *explainer; /* NULL likewise */
    struct llmx_viewer *viewer;
    _Atomic int holders;
};

int engine_open(struct engine **engine, const struct llmx_serve_options *options,
                struct llmx_error *err);
void engine_hold(struct engine *engine);
void engine_drop(struct engine *engine); /* NULL is fine; the last closes it */

/* The title as a person writes it, or the token where there is none; belongs to the engine. */
const char *engine_title(const struct engine *engine, llmx_id item);

#endif
