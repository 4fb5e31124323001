/* domain.h - what a catalogue holds, as people speak of it: one watches films and plays games. Rows of
 * data/words/domains.txt. */
#ifndef EXPLAIN_DOMAIN_H
#define EXPLAIN_DOMAIN_H

#include "llmxrec/data.h"

#define DOMAIN_WORD_BYTES 16

struct domain {
    char name[DOMAIN_WORD_BYTES];                                    /* "films" */
    char taken[DOMAIN_WORD_BYTES];                                   /* "watched" */
    char one[DOMAIN_WORD_BYTES], many[DOMAIN_WORD_BYTES];            /* "film", "films" */
    char category[DOMAIN_WORD_BYTES], categories[DOMAIN_WORD_BYTES]; /* "genre", "genres" */
};

/* By name; NULL: guessed from what the items' title, ids, file and columns are called, else "items", which fits anything.
 * returns 0, or -1: LLMX_BAD_OPTION with the names there are */
int domain_find(struct domain *domain, const char *name, const struct llmx_data *data,
                struct llmx_error *err);

#endif
