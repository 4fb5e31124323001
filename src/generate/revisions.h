/* revisions.h - what a text was taken back to, and which tokens must not come again there. */
#ifndef GENERATE_REVISIONS_H
#define GENERATE_REVISIONS_H

#include "llmxrec/generate.h"

#include <stdbool.h>

/* All zero: none. By place, earlier ones first; one more each time a text goes back. */
struct revisions {
    int n;
    struct {
        int place; /* tokens before it */
        int32_t id;
    } forbidden[LLMX_REVISIONS_MAX];
};

/* `id` must not come at `place` again; what was said of later places is forgotten. */
void revisions_add(struct revisions *revisions, int place, int32_t id);

/* Sets the scores of the tokens that must not come at `place` to -infinity; false when no other score is left, or none that is nearly as good. */
bool revisions_forbid(const struct revisions *revisions, int place, float *logits, int vocabulary);

/* Which number of its stream draws the next token of a text: another one at the same place after each revision. */
static inline uint64_t revisions_draw(const struct llmx_generation *generation)
{
    return (uint64_t)generation->n_revised << 32 | (uint32_t)generation->n_tokens;
}

#endif
