/* word_list.c - cutting a list at its commas. */
#include "cli/word_list.h"

#include <string.h>

int word_list_split(struct word_list *words, const char *list, struct arena *arena,
                    struct llmx_error *err)
{
    const size_t n = list ? strlen(list) : 0;
    words->n = 0;
    words->word = arena_array(arena, n + 1, sizeof *words->word, err);
    for (size_t at = 0; words->word && at < n;) {
        const size_t length = strcspn(list + at, ",");
        if (!(words->word[words->n++] = arena_text(arena, list + at, length, err)))
            return -1;
        at += length + 1;
    }
    return words->word ? 0 : -1;
}
