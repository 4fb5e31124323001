/* attend.h - attention of new rows over their sequences: the shared prefix, then what is a sequence's own. */
#ifndef GENERATE_ATTEND_H
#define GENERATE_ATTEND_H

#include "generate/workspace.h"

/* Rows row0 .. row1 - 1 of one layer: w->q from queries to what attention makes of them. Rows of different
 * sequences that share a prefix go over its keys together. With several members, each (tile of rows, key head)
 * goes to one of them: those with number % members == member are computed. */
void attend(const struct llmx_model *model, struct workspace *w, struct attention_state *state,
            int layer, int row0, int row1, int member, int members);

#endif
