/* lists.c - the word lists of data/words. */
#include "gate/lists.h"

#include <string.h>

static const struct list_entry *const lists[LIST_COUNT] = {
#include "words.inc"
};

const struct list_entry *list_entries(enum list list)
{
    return lists[list];
}

const struct list_entry *list_find(enum list list, const char *s, size_t n)
{
    const char first = n > 0 ? *s : '\0'; /* no phrase is empty */
    for (const struct list_entry *entry = lists[list]; entry->phrase; entry++)
        if (*entry->phrase == first && strncmp(entry->phrase, s, n) == 0 && entry->phrase[n] == 0)
            return entry;
    return NULL;
}
