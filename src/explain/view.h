/* view.h - what views in memory and of files have in common. */
#ifndef EXPLAIN_VIEW_H
#define EXPLAIN_VIEW_H

#include "explain/recs.h"
#include "llmxrec/view.h"

/* Fills in all but the outcome, tries and failures, from a text and what it names. The view and what it holds live in
 * the arena and the data. 0, or -1 when memory is out. */
int view_fill(struct llmx_view *view, const struct llmx_viewer *viewer, const struct rec *rec,
              const char *text, const struct llmx_verdict *verdict, struct arena *arena,
              struct llmx_error *err);

/* A view that is complete keeps the arena. */
void view_keep(struct llmx_view *view, struct arena *arena);

#endif
