/* check_article.c - strict: "an children's film", "a adventure", "a stories". What counts is how the next word sounds: an hour, a European,
 * an NFL game, an RPG. */
#include "gate/checks.h"

#include <string.h>

enum sound { SOUND_EITHER, SOUND_CONSONANT, SOUND_VOWEL };

/* Is it read letter by letter? One letter is, and what no vowel lets say otherwise. */
static bool is_spelled(const char *word, size_t n)
{
    if (n == 1 || list_find(LIST_SPELLED, word, n))
        return true;
    for (size_t i = 0; i < n; i++)
        if (strchr("aeiouy", word[i]))
            return false;
    return !list_find(LIST_ABBREVIATIONS, word, n);
}

/* The value of the longest beginning in the list; NULL: it begins as it is written. */
static const char *listed_sound(const char *word, size_t n)
{
    const char *value = NULL;
    size_t longest = 0;
    for (const struct list_entry *e = list_entries(LIST_INITIAL_SOUNDS); e->phrase; e++) {
        const size_t length = strlen(e->phrase);
        if (length > longest && length <= n && memcmp(word, e->phrase, length) == 0) {
            longest = length;
            value = e->value;
        }
    }
    return value;
}

static enum sound sound_of(const struct passage *w, int i)
{
    const char *word = word_text(w, i);
    const size_t n = w->word[i].n_bare;
    const bool is_letter = word[0] >= 'a' && word[0] <= 'z';
    if (n == 0 || !is_letter)
        return SOUND_EITHER;
    if (is_spelled(word, n))
        return strchr("aefhilmnorsx", word[0]) ? SOUND_VOWEL : SOUND_CONSONANT;
    const char *value = listed_sound(word, n);
    if (!value && word_has(w, i, WORD_CAPITAL)) /* a name, which may be said in any way */
        return SOUND_EITHER;
    if (!value)
        return strchr("aeiou", word[0]) ? SOUND_VOWEL : SOUND_CONSONANT;
    return strcmp(value, "an") == 0  ? SOUND_VOWEL
           : strcmp(value, "a") == 0 ? SOUND_CONSONANT
                                     : SOUND_EITHER;
}

/* "stories", but in "movies story" */
static bool is_of_many(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return checker_on(c, i, LIST_ITEM_NOUNS) && !word_is(w, i, "series") &&
           word_text(w, i)[w->word[i].n_bare - 1] == 's' && !checker_on(c, i + 1, LIST_ITEM_NOUNS);
}

void check_article(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    for (int i = 0; c->given.told.is_strict && i + 1 < w->n; i++) {
        if (!word_in(w, i, "a an") || c->mention_of[i] >= 0 || c->mention_of[i + 1] >= 0)
            continue;
        const enum sound sound = sound_of(w, i + 1);
        if (is_of_many(c, i + 1) || sound == (word_is(w, i, "a") ? SOUND_VOWEL : SOUND_CONSONANT))
            checker_fail(c, LLMX_CHECK_WORD, i, 2);
    }
}
