/* damage.h - why a model computes what is no number: found when that has happened, so that loading costs nothing. */
#ifndef LLM_DAMAGE_H
#define LLM_DAMAGE_H

#include "llm/model.h"

/* LLMX_BAD_INPUT: `what` ("the score of token 3") is not finite, because of the tensor of the model's file that holds
 * such values, or for want of precision. Reads all weights. -1. */
int damage_explain(const struct llmx_model *model, const char *what, struct llmx_error *err);

/* The first of n values that is not finite, or n. */
size_t damage_find(const float *values, size_t n);

#endif
