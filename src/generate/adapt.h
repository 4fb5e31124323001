/* adapt.h - the adapters' part of a linear layer, for a tile of rows each of which may have another adapter. */
#ifndef GENERATE_ADAPT_H
#define GENERATE_ADAPT_H

#include "generate/workspace.h"
#include "llm/lora.h"

/* u = A x for rows row .. row + n - 1 and the linear layers first .. first + n_linears - 1 of a block, whose input
 * x (n, in) they share; left in the lane. */
void adapt_in(const struct workspace *w, struct team_lane *lane, const void *x, enum dtype type,
              int row, int n, int layer, enum linear first, int n_linears);

/* y (n, columns), rows y_stride apart, += B u for columns `column` .. of the nth linear layer of that call. */
void adapt_out(const struct workspace *w, const struct team_lane *lane, float *y, int y_stride,
               int row, int n, int layer, enum linear first, int nth, int column, int columns);

#endif
