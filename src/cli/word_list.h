/* word_list.h - the words of an option that may be given several times (OPT_LIST). */
#ifndef CLI_WORD_LIST_H
#define CLI_WORD_LIST_H

#include "base/arena.h"

struct word_list {
    const char **word; /* (n) in the arena */
    int n;
};

/* What commas separate in `list`; NULL: nothing. -1: LLMX_NO_MEMORY */
int word_list_split(struct word_list *words, const char *list, struct arena *arena,
                    struct llmx_error *err);

#endif
