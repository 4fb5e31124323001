/* check_claims.c - what the world thinks of an item, who made it and where it comes from is known to a model at best from
 * hearsay: no data set that a prompt is made from says so. */
#include "gate/checks.h"
#include "gate/claim.h"

#include <string.h>

/* Words of the prompt itself may be said: where a column holds the director, "directed" stands in it. */
static bool is_given(const struct llmx_checker *c, int first, int n)
{
    for (int i = first; i < first + n; i++)
        if (!checker_was_given(c, i))
            return false;
    return true;
}

/* "played by few", "loved by 57 of the 84": check_people.c judges it. */
static bool is_of_people(const struct llmx_checker *c, int i, int n)
{
    const int by = i + n - 1;
    return word_is(&c->words, by, "by") && claims_are_known(c) &&
           (checker_phrase(c, by + 1, LIST_SHARES) > 0 || number_at(c, by + 1).value >= 0);
}

static bool is_number(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return i >= 0 && i < w->n && c->mention_of[i] < 0 && strchr("0123456789", *word_text(w, i));
}

/* The most that something can be rated. */
static bool is_scale(const struct llmx_checker *c, int i)
{
    return is_number(c, i) && word_in(&c->words, i, "5 10 100");
}

/* "9 out of 10", "8.5/10", "rated 9", "a score of 90", "5-star": a rating; but not "9 out of 10 people". How many words at a
 * number, 0: none. */
static int rating_at(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_decimal = is_number(c, i + 1) && c->text[w->word[i].end] == '.';
    const int end = i + 1 + is_decimal;
    const int lead = i - 1 - word_in(w, i - 1, "at a an of around about over");
    if (word_in(w, end, "star stars starred rating ratings score") && c->mention_of[end] < 0 &&
        !word_has(w, end, WORD_BREAK))
        return end + 1 - i;
    if (is_scale(c, end) && c->text[w->word[end - 1].end] == '/')
        return end + 1 - i;
    if (word_is(w, end, "out") && word_is(w, end + 1, "of") && is_scale(c, end + 2) &&
        (end + 3 >= w->n || word_has(w, end + 3, WORD_BREAK) || word_has(w, end + 3, WORD_APART) ||
         word_in(w, end + 3, "and on by with from in for")))
        return end + 3 - i;
    return lead >= 0 && !word_is(w, end, "or") &&
                   word_in(w, lead, "rated rating score scored scores scoring")
               ? end - i
               : 0;
}

void check_claims(struct llmx_checker *c)
{
    for (int i = 0; i < c->words.n; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        const int n = checker_phrase(c, i, LIST_CLAIMS);
        if (n > 0 && !is_given(c, i, n) && !is_of_people(c, i, n))
            checker_fail(c, LLMX_CHECK_CLAIM, i, n);
        const int rating = is_number(c, i) ? rating_at(c, i) : 0;
        if (rating > 0)
            checker_fail(c, LLMX_CHECK_CLAIM, i, rating);
    }
}
