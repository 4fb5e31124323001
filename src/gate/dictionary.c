/* dictionary.c - numbering words and marking the lists they stand on. */
#include "gate/dictionary.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

int32_t dictionary_add_word(struct dictionary *d, const char *folded, size_t n,
                            struct llmx_error *err)
{
    uint32_t before = d->words.count;
    if (mem_grow(&d->traits, &d->capacity, (size_t)before + 1, sizeof *d->traits, err) != 0)
        return -1;
    int64_t id = names_add(&d->words, folded, n, err);
    if (id == before)
        d->traits[id] = 0;
    return (int32_t)id;
}

int dictionary_add(struct dictionary *d, const char *text, size_t n, int32_t *ids,
                   struct llmx_error *err)
{
    if (passage_split(&d->scratch, text, n, err) != 0)
        return -1;
    int count = d->scratch.n < PHRASE_WORDS_MAX ? d->scratch.n : PHRASE_WORDS_MAX;
    for (int i = 0; i < count; i++) {
        ids[i] = dictionary_add_word(d, word_text(&d->scratch, i), d->scratch.word[i].n, err);
        if (ids[i] < 0)
            return -1;
    }
    return count;
}

static int add_list(struct dictionary *d, enum list list, struct llmx_error *err)
{
    int32_t ids[PHRASE_WORDS_MAX];
    for (const struct list_entry *entry = list_entries(list); entry->phrase; entry++) {
        int n = dictionary_add(d, entry->phrase, strlen(entry->phrase), ids, err);
        if (n < 0 || (n > 1 && phrases_add(&d->phrases, ids, n, (int32_t)list, err) != 0))
            return -1;
        if (n == 1)
            d->traits[ids[0]] |= ON_LIST(list);
    }
    return 0;
}

int dictionary_init(struct dictionary *d, struct llmx_error *err)
{
    *d = (struct dictionary){0};
    for (int list = 0; list < LIST_TRAITS; list++)
        if (add_list(d, (enum list)list, err) != 0) {
            dictionary_release(d);
            return -1;
        }
    return 0;
}

int32_t dictionary_find(const struct dictionary *d, const char *folded, size_t n)
{
    return (int32_t)names_find(&d->words, folded, n);
}

void dictionary_release(struct dictionary *d)
{
    names_release(&d->words);
    phrases_release(&d->phrases);
    passage_release(&d->scratch);
    free(d->traits);
    *d = (struct dictionary){0};
}
