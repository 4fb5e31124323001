/* row_steps.h - what becomes of one token's row outside the products and attention: the same whether a text is read,
 * written (generate/forward.c) or learnt from (tune/gradient_forward.c). */
#ifndef LLM_ROW_STEPS_H
#define LLM_ROW_STEPS_H

#include "llm/model.h"

/* x (hidden) = the row of the embedding table of token `id`, which the vocabulary has. */
void row_embed(float *x, const struct llmx_model *model, int32_t id);

/* cosine, sine (head_dim / 2) of the angles that a place in the text turns heads by (Su et al. 2021). */
void row_angles(float *cosine, float *sine, const struct llmx_model *model, int position);

/* One query or key head (head_dim), in place, its bias already added: normalised where the family does that, turned by
 * the angles. head: queries first, then keys. */
void row_turn_head(float *values, const struct config *config, const struct layer *layer, int head,
                   const float *cosine, const float *sine);

#endif
