/* explain_remote.h - texts from a server. */
#ifndef EXPLAIN_EXPLAIN_REMOTE_H
#define EXPLAIN_EXPLAIN_REMOTE_H

#include "explain/explaining.h"

/* Writes a text for every draft from n_written on. returns 0, or -1 with `err` set where explaining->failure does not say it */
int explain_remote(struct explaining *explaining, struct llmx_remote *remote,
                   struct llmx_error *err);

#endif
