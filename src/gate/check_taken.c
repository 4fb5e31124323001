/* check_taken.c - strict: what is said to have been taken, and what things are called. "One you played", ", the film you watched"
 * speaks of the item named before it; a film is no story. */
#include "gate/checks.h"
#include "gate/claim.h"

#include <string.h>

/* Of what kind of catalogue a word for an item speaks, by the verb of its prompts. */
static const char *const kinds[][2] = {
    {"film films movie movies", "watched"},
    {"game games", "played"},
    {"story stories book books", "read"},
    {"song songs album albums", "heard"},
};

/* The item named last before word i in its sentence, or -1. */
static llmx_id item_before(const struct llmx_checker *c, int i)
{
    for (int k = i - 1; k >= 0; k--) {
        if (c->mention_of[k] >= 0)
            return c->mention[c->mention_of[k]].item;
        if (word_has(&c->words, k + 1, WORD_BREAK))
            return -1;
    }
    return -1;
}

/* "the film you watched", "one you've played", "which you read", of one item. */
static void check_clause(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    int verb = i + 1;
    while (word_in(w, verb, "have also"))
        verb++;
    if (i == 0 || c->mention_of[i - 1] >= 0 || checker_phrase(c, verb, LIST_TAKING) == 0 ||
        !word_in(w, i - 1, "which one film movie game story item book"))
        return;
    if (item_before(c, i) == c->given.told.item)
        checker_fail(c, LLMX_CHECK_ITEM_AS_HISTORY, i - 1, verb - i + 2);
}

/* A prompt tells what one does with its items: a word for other ones is nonsense here. */
static void check_kind(struct llmx_checker *c, int i)
{
    int genre;
    bool is_adjective;
    if (checker_genre_at(c, i, &genre, &is_adjective) > 0 && !word_is(&c->words, i - 1, "this"))
        return;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (!word_in(&c->words, i, kinds[k][0]))
            continue;
        for (size_t other = 0; other < sizeof kinds / sizeof *kinds; other++)
            if (other != k && given_has_word(&c->given, kinds[other][1]) &&
                !given_has_word(&c->given, kinds[k][1]))
                checker_fail(c, LLMX_CHECK_WORD, i, 1);
    }
}

static bool is_told(const struct llmx_given *told, enum llmx_fact_kind kind)
{
    for (int i = 0; i < told->n_facts; i++)
        if (told->facts[i].place > 0 && told->facts[i].kind == kind)
            return true;
    return false;
}

/* '"Heat" is a drama, like "Heat"'. */
static bool is_like_itself(const struct llmx_checker *c, int i)
{
    return word_is(&c->words, i, "like") && i + 1 < c->words.n && c->mention_of[i + 1] >= 0 &&
           c->mention[c->mention_of[i + 1]].item == item_before(c, i);
}

static bool has_before(const struct llmx_checker *c, int end, const char *word)
{
    for (int i = 0; i < end; i++)
        if (word_is(&c->words, i, word))
            return true;
    return false;
}

/* "The same game as you", "a game in an indie game"; "the link is the people" where there is another; "so it's ..." that
 * follows from nothing; ", the last 3 films" of one. */
static void check_phrases(struct llmx_checker *c, int i)
{
    static const char nouns[] = "film films movie game games story stories item items";
    const struct passage *w = &c->words;
    if (word_is(w, i, "same") && word_in(w, i + 1, nouns))
        checker_fail(c, LLMX_CHECK_RELATION, i, 2);
    if (word_in(w, i, nouns) && word_is(w, i + 1, "in") && word_in(w, i + 2, "a an"))
        checker_fail(c, LLMX_CHECK_RELATION, i + 1, 2);
    if (word_is(w, i, "link") && word_is(w, i + 1, "is") &&
        is_told(&c->given.told, LLMX_FACT_SHARED))
        checker_fail(c, LLMX_CHECK_RELATION, i, 2);
    if (is_like_itself(c, i))
        checker_fail(c, LLMX_CHECK_RELATION, i, 2);
    if (word_is(w, i, "of") && word_is(w, i - 1, "topic") && word_is(w, i - 3, "under") &&
        i + 1 < w->n && c->mention_of[i + 1] >= 0)
        checker_fail(c, LLMX_CHECK_RELATION, i - 1, 2);
    const bool is_link = word_is(w, i + 1, "the") && word_is(w, i + 2, "link");
    if (word_is(w, i, "so") && (is_link || word_is(w, i + 1, "its")) &&
        !has_before(c, i, "common") && !is_told(&c->given.told, LLMX_FACT_NOT_SHARED))
        checker_fail(c, LLMX_CHECK_RELATION, i, 2);
    if (i > 0 && c->mention_of[i - 1] >= 0 && word_is(w, i, "the") && word_is(w, i + 1, "last") &&
        i + 2 < w->n && word_has(w, i + 2, WORD_NUMBER))
        checker_fail(c, LLMX_CHECK_NUMBER, i, 3);
}

void check_taken(struct llmx_checker *c)
{
    for (int i = 0; i < c->words.n && c->given.told.is_strict; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        if (word_in(&c->words, i, "you youve"))
            check_clause(c, i);
        if (word_is(&c->words, i, "about") && word_is(&c->words, i + 1, "people"))
            checker_fail(c, LLMX_CHECK_PEOPLE, i, 2);
        check_kind(c, i);
        check_phrases(c, i);
    }
}
