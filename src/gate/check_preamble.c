/* check_preamble.c - what a chat model says around the text that was asked for: "Sure! Here is your explanation: ...",
 * "... I hope this helps." */
#include "gate/checks.h"

#define NOUN_WORDS                                                                                 \
    6 /* from "here is" to what it says is there: "your short and personal explanation" */

/* Does what is said end before word i? */
static bool ends_before(const struct llmx_checker *c, int i)
{
    return i >= c->words.n || word_has(&c->words, i, WORD_BREAK) ||
           word_has(&c->words, i, WORD_APART) || word_has(&c->words, i, WORD_INITIAL);
}

/* Does a colon follow word i? *is_last: the line ends behind it. */
static bool has_colon(const struct llmx_checker *c, int i, bool *is_last)
{
    size_t at = checker_skip(c, c->words.word[i].end, "*_ ");
    if (at >= c->n || c->text[at] != ':')
        return false;
    at = checker_skip(c, at + 1, "*_ \r");
    *is_last = at >= c->n || c->text[at] == '\n';
    return true;
}

/* "Sure!", "Of course,": only at the start of a text. */
static void check_opening(struct llmx_checker *c)
{
    const int n =
        c->words.n > 0 && c->mention_of[0] < 0 ? checker_phrase(c, 0, LIST_CHAT_OPENINGS) : 0;
    if (n > 0 && ends_before(c, n))
        checker_fail(c, LLMX_CHECK_PREAMBLE, 0, n);
}

/* How many words at i are "here is", "below is". */
static int announcement_at(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (word_in(w, i, "heres"))
        return 1;
    if (word_in(w, i, "here below") && word_in(w, i + 1, "is are"))
        return 2;
    return word_is(w, i, "the") && word_is(w, i + 1, "following") && word_in(w, i + 2, "is are")
               ? 3
               : 0;
}

/* "Here is a short explanation ...", "Here's why:", and whatever "here is" ends a line with a colon. */
static void check_announcement(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const int lead = announcement_at(c, i);
    for (int k = i + lead; lead > 0 && k < w->n && !word_has(w, k, WORD_BREAK); k++) {
        bool is_last = false;
        const bool is_text = k < i + lead + NOUN_WORDS && checker_on(c, k, LIST_CHAT_TEXTS);
        if (c->mention_of[k] >= 0)
            return;
        if (is_text ||
            (has_colon(c, k, &is_last) && (is_last || word_in(w, i + lead, "why what how")))) {
            checker_fail(c, LLMX_CHECK_PREAMBLE, i, k + 1 - i);
            return;
        }
    }
}

/* "Explanation:" at the beginning of a line, "Your explanation:" at that of the text. */
static void check_label(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    bool is_last;
    for (int k = i; k < w->n && k < i + 3 && c->mention_of[k] < 0; k++) {
        const bool is_label =
            k == i ? i > 0 && checker_on(c, k, LIST_LABELS)
                   : checker_on(c, k, LIST_CHAT_TEXTS) && !word_in(w, k, "reason reasons");
        if (is_label && has_colon(c, k, &is_last))
            checker_fail(c, LLMX_CHECK_PREAMBLE, i, k + 1 - i);
        if (k + 1 < w->n && ends_before(c, k + 1))
            return;
    }
}

/* "I hope this helps", "Let me know ...", "Enjoy!" */
static void check_wrapping(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const int said = i + word_in(w, i, "i we and so please");
    const int n =
        said < w->n && c->mention_of[said] < 0 ? checker_phrase(c, said, LIST_CHAT_WRAPPINGS) : 0;
    if (n > 0)
        checker_fail(c, LLMX_CHECK_PREAMBLE, i, said + n - i);
    else if (word_is(w, i, "enjoy") && (i + 1 == w->n || word_has(w, i + 1, WORD_BREAK)))
        checker_fail(c, LLMX_CHECK_PREAMBLE, i, 1);
}

void check_preamble(struct llmx_checker *c)
{
    check_opening(c);
    for (int i = 0; i < c->words.n; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        if (word_has(&c->words, i, WORD_INITIAL) || word_has(&c->words, i, WORD_APART))
            check_announcement(c, i);
        if (!word_has(&c->words, i, WORD_INITIAL))
            continue;
        check_wrapping(c, i);
        if (i == 0 || word_has(&c->words, i, WORD_BREAK))
            check_label(c, i);
    }
}
