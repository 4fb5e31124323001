/* explain_local.h - texts from a model here. */
#ifndef EXPLAIN_EXPLAIN_LOCAL_H
#define EXPLAIN_EXPLAIN_LOCAL_H

#include "explain/explaining.h"

/* Writes a text for every draft from n_written on. returns 0, or -1 with `err` set where explaining->failure does not say it */
int explain_local(struct explaining *explaining, const struct llmx_model *model,
                  struct llmx_error *err);

#endif
