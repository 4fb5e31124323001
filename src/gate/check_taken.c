/* check_taken.c - strict: what is said to have been taken, and what things are called. "One you played", ", the film you watched"
 * speaks of the item named before it; a film is no story. */
#include "gate/checks.h"
#include "gate/claim.h"

#include <stdio.h>
#include <string.h>

/* The item named last before word i in its sentence, or -1. */
static llmx_id item_named_before(const struct llmx_checker *c, int i)
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
    if (item_named_before(c, i) == c->given.told.item)
        checker_fail(c, LLMX_CHECK_ITEM_AS_HISTORY, i - 1, verb - i + 2);
}

/* What a domain calls its items, behind its verb (data/words/domains.txt); NULL: it has no words of its own. */
static const char *domain_words(const struct list_entry *domain)
{
    const char *words = strchr(domain->value, ' ');
    return words && domain->value[strlen(domain->value) - 1] != ':' ? words + 1 : NULL;
}

static bool is_of_prompt(const struct llmx_checker *c, const struct list_entry *domain)
{
    char verb[32];
    snprintf(verb, sizeof verb, "%.*s", (int)strcspn(domain->value, " "), domain->value);
    return domain_words(domain) && given_has_word(&c->given, verb);
}

/* A prompt tells what one does with its items: what only other ones are called is nonsense here. */
static void check_kind(struct llmx_checker *c, int i)
{
    int genre;
    bool is_adjective, is_own = false, is_other = false, is_known = false;
    if (checker_genre_at(c, i, &genre, &is_adjective) > 0 && !word_is(&c->words, i - 1, "this"))
        return;
    for (const struct list_entry *domain = list_entries(LIST_DOMAINS); domain->phrase; domain++) {
        const char *words = domain_words(domain);
        const bool has_word = words && word_in(&c->words, i, words),
                   is_here = is_of_prompt(c, domain);
        is_known = is_known || is_here;
        is_own = is_own || (has_word && is_here);
        is_other = is_other || (has_word && !is_here);
    }
    if (is_known && is_other && !is_own)
        checker_fail(c, LLMX_CHECK_WORD, i, 1);
}

void check_taken(struct llmx_checker *c)
{
    for (int i = 0; i < c->words.n && c->given.told.is_strict; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        if (word_in(&c->words, i, "you youve"))
            check_clause(c, i);
        check_kind(c, i);
    }
}
