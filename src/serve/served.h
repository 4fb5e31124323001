/* served.h - the lists of recommendations that were asked for before: one answer a person of the data. */
#ifndef SERVE_SERVED_H
#define SERVE_SERVED_H

#include "base/err.h"
#include "llmxrec/data.h"

#include <stdbool.h>
#include <stddef.h>

struct served;

/* For so many people. bytes_max: of all answers together; beyond it none is kept any more.
 * returns 0, or -1: LLMX_NO_MEMORY */
int served_create(struct served **served, llmx_id people, size_t bytes_max, struct llmx_error *err);
void served_destroy(struct served *served);

/* What was kept for a person: n bytes that live as long as `served`; NULL: nothing. */
const char *served_get(const struct served *served, llmx_id person, size_t *n);
/* Keeps a copy, where there is room and nothing is kept yet. Any thread. */
void served_put(struct served *served, llmx_id person, const char *bytes, size_t n);

#endif
