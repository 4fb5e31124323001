/* explain.h - texts for many recommendations, whoever writes them. */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include "explain/explaining.h"

/* Writes the texts that are missing and with them the output; options, report, briefing and recs (and examples) are there.
 * model: NULL when a server writes. */
int explain_run(struct explaining *explaining, const struct llmx_model *model, const char *out_path,
                struct llmx_error *err);

#endif
