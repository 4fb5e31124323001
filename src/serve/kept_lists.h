/* kept_lists.h - the lists of recommendations that were asked for before: one answer a person of the data. */
#ifndef SERVE_KEPT_LISTS_H
#define SERVE_KEPT_LISTS_H

#include "base/err.h"
#include "llmxrec/data.h"

#include <stdbool.h>
#include <stddef.h>

struct kept_lists;

/* For so many people. bytes_max: of all answers together; beyond it none is kept any more.
 * returns 0, or -1: LLMX_NO_MEMORY */
int kept_lists_create(struct kept_lists **kept, llmx_id people, size_t bytes_max,
                      struct llmx_error *err);
void kept_lists_destroy(struct kept_lists *kept);

/* What was kept for a person: n bytes that live as long as `kept`; NULL: nothing. */
const char *kept_lists_get(const struct kept_lists *kept, llmx_id person, size_t *n);
/* Keeps a copy, where there is room and nothing is kept yet. Any thread. */
void kept_lists_put(struct kept_lists *kept, llmx_id person, const char *bytes, size_t n);

#endif
