/* check_repeats.c - strict: one thing said twice, and marks of a turn that ended. */
#include "gate/checks.h"
#include "gate/claim.h"

#include <ctype.h>

static bool is_target_before(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (word_in(w, i, "its"))
        return true;
    const int subject = i - 1;
    return word_in(w, i, "is") && subject >= 0 &&
           (word_in(w, subject, "it this") ||
            (c->mention_of[subject] >= 0 &&
             c->mention[c->mention_of[subject]].item == c->given.told.item));
}

/* The values that the recommended item is said to be at word i: '"Heat" is a drama', "it's also a drama". */
static struct values said_at(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    struct values none = {{i, i}, {0}, 0};
    if (c->mention_of[i] >= 0 || !is_target_before(c, i))
        return none;
    i++;
    while (word_in(w, i, "also a an under in"))
        i++;
    return i < w->n ? values_at(c, i) : none;
}

/* "It's a crime drama. It's also a drama." */
static void check_said_twice(struct llmx_checker *c)
{
    for (int i = 0; i < c->words.n; i++) {
        const struct values values = said_at(c, i);
        for (int k = 0; k < i && values.n > 0; k++) {
            const struct values before = said_at(c, k);
            int n = 0;
            for (int v = 0; v < values.n; v++)
                for (int b = 0; b < before.n; b++)
                    n += values.genre[v] == before.genre[b];
            if (n >= values.n) {
                checker_fail(c, LLMX_CHECK_REPETITION, values.at.first,
                             values.at.end - values.at.first);
                return;
            }
        }
    }
}

static bool is_among(const struct values *values, int genre)
{
    for (int i = 0; i < values->n; i++)
        if (values->genre[i] == genre)
            return true;
    return false;
}

/* "a thriller like the first and a thriller like the second", "an action thriller and a thriller". */
static void check_listed_twice(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_is(w, i, "and") || !word_in(w, i + 1, "a an") || i + 2 >= w->n)
        return;
    const struct values values = values_at(c, i + 2);
    const struct values before = values_before(c, sentence_first(c, i), i);
    if (values.n == 1 && word_in(w, before.at.first - 1, "a an") &&
        is_among(&before, values.genre[0]))
        checker_fail(c, LLMX_CHECK_REPETITION, i, values.at.end - i);
}

/* "multiplayer multiplayer" */
static void check_doubled(struct llmx_checker *c, int i)
{
    if (i > 0 && c->id[i] >= 0 && c->id[i] == c->id[i - 1] && c->mention_of[i] < 0 &&
        c->mention_of[i - 1] < 0 && !sentence_breaks(c, i) && !is_set_apart(c, i) &&
        c->words.word[i].quote < 0)
        checker_fail(c, LLMX_CHECK_REPETITION, i - 1, 2);
}

/* "people.user": a word right behind the full stop that ended a sentence, other than in a title. */
static void check_glued(struct llmx_checker *c, int i)
{
    const struct word *w = c->words.word;
    if (i > 0 && w[i].start == w[i - 1].end + 1 && c->text[w[i - 1].end] == '.' && w[i].quote < 0 &&
        c->mention_of[i] < 0 && c->mention_of[i - 1] < 0 &&
        isalpha((unsigned char)c->text[w[i].start]) && w[i - 1].end - w[i - 1].start > 1)
        checker_fail(c, LLMX_CHECK_MARKUP, i, 1);
}

void check_repeats(struct llmx_checker *c)
{
    if (!c->given.told.is_strict)
        return;
    check_said_twice(c);
    for (int i = 0; i < c->words.n; i++) {
        check_listed_twice(c, i);
        check_doubled(c, i);
        check_glued(c, i);
    }
}
