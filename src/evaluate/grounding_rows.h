/* grounding_rows.h - grounding, text by text: for a file of rows, and for the report, which shows what is wrong in its place. */
#ifndef EVALUATE_GROUNDING_ROWS_H
#define EVALUATE_GROUNDING_ROWS_H

#include "llmxrec/grounding.h"

#include <jansson.h>

/* Told of each text: `line`, as the file has it, and `row`, its statements as `grounding --out` writes them. Both are the
 * caller's. 0, or -1 with err. */
typedef int grounding_take(void *context, json_t *line, json_t *row, struct llmx_error *err);

/* llmx_grounding_file without a file to write. take may be NULL. */
int grounding_measure(const char *explanations_path, const char *recs_path,
                      const struct llmx_data *data, const struct llmx_grounding_options *options,
                      grounding_take *take, void *context, struct llmx_grounding *result,
                      struct llmx_error *err);

/* What `grounding --json` prints; NULL: memory is out. */
json_t *grounding_object(const struct llmx_grounding *result);

#endif
