/* titles.h - the ways a title may be written. */
#ifndef GATE_TITLES_H
#define GATE_TITLES_H

#include "gate/catalogue.h"

/* Adds every way of writing an item's title to catalogue->titles: without its article, with the article moved to
 * the front, the part outside and the parts inside parentheses, and as parts what stands around a colon. */
int titles_add(struct catalogue *catalogue, llmx_id item, const char *title,
               struct llmx_error *err);

/* Numbers of the words of a text, new ones added to catalogue->words; how many (at most TITLE_WORDS_MAX), or -1. */
int catalogue_words(struct catalogue *catalogue, const char *text, size_t n, int32_t *ids,
                    struct llmx_error *err);

#endif
