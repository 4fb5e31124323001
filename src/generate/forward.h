/* forward.h - the forward pass over a ragged batch: spans of new tokens, each appended to its sequence.
 *
 * A worker owns one workspace. Alone (team size 1) it computes everything itself and never waits: that is how
 * many sequences are served. A team of threads may also share one workspace to compute one batch together
 * (each calls with its own `member`, all with the same arguments): rows are split when there are many, columns
 * of the weight matrices when there are few; they meet a few times a layer.
 *
 * In f32 a row's result is bit for bit the same whatever else is in the batch. */
#ifndef GENERATE_FORWARD_H
#define GENERATE_FORWARD_H

#include "generate/batch.h"

/* Appends the spans to their sequences (kv->length grows) and leaves the final-norm hidden states of the wanted
 * rows, in order of the spans, in the workspace. Asserts that everything fits (rows, capacities, context). */
void forward(const struct llmx_model *model, struct workspace *workspace,
             const struct token_span *spans, int n, int member);

/* Logits (n, vocabulary) of wanted rows first .. first+n-1 of the last forward. */
void forward_logits(const struct llmx_model *model, struct workspace *workspace, int first, int n,
                    float *logits, int member);

#endif
