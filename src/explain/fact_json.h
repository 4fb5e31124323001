/* fact_json.h - a fact as an object of a line: {"kind","items","n","m","column","values","text"}, without what it has not. */
#ifndef EXPLAIN_FACT_JSON_H
#define EXPLAIN_FACT_JSON_H

#include "explain/wording.h"

#include <jansson.h>

/* NULL when memory is out. */
json_t *fact_json(const struct llmx_fact *fact, const struct catalogue *catalogue,
                  const struct domain *domain);

#endif
