/* answers_check.h - may these questions be asked? */
#ifndef GENERATE_ANSWERS_CHECK_H
#define GENERATE_ANSWERS_CHECK_H

#include "llmxrec/answers.h"

/* 0, or -1 with what llmx_answers says of the group. */
int answers_check(const struct llmx_model *model, const struct llmx_answers_group *group,
                  struct llmx_error *err);

#endif
