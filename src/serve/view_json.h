/* view_json.h - an explanation as the page and programs read it. */
#ifndef SERVE_VIEW_JSON_H
#define SERVE_VIEW_JSON_H

#include "llmxrec/view.h"

#include <jansson.h>

/* {"text","spans":[{"kind","text","item"}],"outcome","tries","facts":[…],"failed":[{"check","span"}],
 * "rejected":[{"text","failed":[…]}]}; NULL when memory is out. */
json_t *view_json(const struct llmx_view *view, const struct llmx_data *data);

/* What a verdict has against a text: [{"check","span"}], the span being the words to blame. */
json_t *blame_json(const struct llmx_verdict *verdict, const char *text);

#endif
