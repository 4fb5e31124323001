/* titles.h - the ways a title may be written. */
#ifndef GATE_TITLES_H
#define GATE_TITLES_H

#include "gate/dictionary.h"
#include "llmxrec/data.h"

/* Adds every way of writing an item's title: without its article, with the article moved to the front, what stands before
 * and in the parentheses that it ends with, and as parts what stands around a colon. The meaning is item * 2 + 1 when the phrase
 * is only such a part of the title, item * 2 when it is all of it. -1: LLMX_NO_MEMORY */
int titles_add(struct phrases *titles, struct dictionary *dictionary, llmx_id item,
               const char *title, struct llmx_error *err);

/* Appends a title as a person writes it: "Apartment, The" becomes "The Apartment". */
void title_display(struct text *out, const char *title);

#endif
