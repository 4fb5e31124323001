/* check_form.c - checks of how a text is written rather than of what it claims. */
#include "gate/checks.h"

#include <string.h>

/* A run of this many words may come once, and a shorter one twice. */
#define REPEATED_WORDS 5
#define REPEATED_SHORT 3
#define TITLE_TIMES    2 /* that a text may name one title */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Words as a reader counts them: what stands between spaces. */
void check_length(struct llmx_checker *c)
{
    int count = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (is_space(c->text[i]) || (i > 0 && !is_space(c->text[i - 1])))
            continue;
        if (++count <= c->given.told.words_max)
            continue;
        int first = c->words.n - 1;
        while (first > 0 && c->words.word[first - 1].start >= i)
            first--;
        checker_fail(c, LLMX_CHECK_LENGTH, first, c->words.n - first);
        return;
    }
}

/* "I'm thrilled", "my favourite": the writer has seen and felt nothing. "I think that you" may stand. */
static bool is_first_person(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (c->mention_of[i] >= 0)
        return false;
    if (word_is(w, i, "i") && checker_is_capital(c, i))
        return !checker_on(c, i + 1, LIST_WRITER_OPINIONS) ||
               checker_on(c, i + 2, LIST_WRITER_FEELINGS);
    return word_in(w, i, "im ive id my me mine myself") && c->words.word[i].quote < 0;
}

/* Speaks to the customer, and not of one or of itself. */
void check_address(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    bool says_you = false;
    for (int i = 0; i < w->n; i++) {
        says_you = says_you || (word_in(w, i, "you your yours youll youd youre youve yourself") &&
                                c->mention_of[i] < 0);
        if (is_first_person(c, i))
            checker_fail(c, LLMX_CHECK_ADDRESS, i, 1);
        if (word_in(w, i, "the this our") && checker_on(c, i + 1, LIST_CUSTOMERS) &&
            c->mention_of[i] < 0 && c->mention_of[i + 1] < 0)
            checker_fail(c, LLMX_CHECK_ADDRESS, i, 2);
    }
    if (!says_you && c->given.told.n_facts == 0) /* facts are about the customer's own items */
        checker_fail(c, LLMX_CHECK_ADDRESS, 0, 0);
}

static void fail_phrases(struct llmx_checker *c, enum llmx_check check, enum list list)
{
    for (int i = 0; i < c->words.n; i++) {
        int n = c->mention_of[i] < 0 ? checker_phrase(c, i, list) : 0;
        if (n > 0)
            checker_fail(c, check, i, n);
    }
}

void check_refusal(struct llmx_checker *c)
{
    fail_phrases(c, LLMX_CHECK_REFUSAL, LIST_REFUSALS);
}

void check_echo(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    fail_phrases(c, LLMX_CHECK_ECHO, LIST_PROMPT_MARKS);
    if (w->n > 1 && checker_on(c, 0, LIST_LABELS) && c->text[w->word[0].end] == ':')
        checker_fail(c, LLMX_CHECK_ECHO, 0, 1);
    for (int i = 0; i + ECHO_WORDS <= w->n; i++) {
        const struct word *last = &w->word[i + ECHO_WORDS - 1];
        uint64_t hash = hash_bytes(word_text(w, i), last->folded + last->n - w->word[i].folded);
        int own = 0; /* words that belong to no title */
        bool is_torn = false;
        for (int k = i; k < i + ECHO_WORDS; k++) {
            own += c->mention_of[k] < 0;
            is_torn = is_torn || (k > i && word_has(w, k, WORD_BREAK));
        }
        if (own >= ECHO_WORDS / 2 && !is_torn && hash_set_has(&c->given.runs, hash) &&
            !hash_set_has(&c->given.spoken, hash)) {
            checker_fail(c, LLMX_CHECK_ECHO, i, ECHO_WORDS);
            return;
        }
    }
}

/* How often the n words at i come in the text from there on, unless most of them are of titles. */
static int count_run(const struct llmx_checker *c, int i, int n)
{
    const struct passage *w = &c->words;
    const struct word *last = &w->word[i + n - 1];
    size_t size = last->folded + last->n - w->word[i].folded;
    int count = 1, own = 0;
    for (int k = i; k < i + n; k++)
        own += c->mention_of[k] < 0;
    for (int j = i + 1; j + n <= w->n && 2 * own > n; j++) {
        const struct word *end = &w->word[j + n - 1];
        count += end->folded + end->n - w->word[j].folded == size &&
                 memcmp(word_text(w, i), word_text(w, j), size) == 0;
    }
    return count;
}

/* One title three times, or twice in a list: 'like "Heat" and "Heat"'. */
static bool repeats_title(const struct llmx_checker *c, int k)
{
    int count = 1;
    for (int j = k + 1; j < c->n_mentions; j++) {
        bool is_same = c->mention[j].item == c->mention[k].item;
        int between = c->mention[j].first - c->mention[j - 1].first - c->mention[j - 1].n;
        count += is_same;
        if (is_same && (count > TITLE_TIMES || (j == k + 1 && between == 1)))
            return true;
    }
    return false;
}

void check_repetition(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    for (int k = 0; k < c->n_mentions; k++)
        if (c->mention[k].item >= 0 && repeats_title(c, k)) {
            checker_fail(c, LLMX_CHECK_REPETITION, c->mention[k].first, c->mention[k].n);
            return;
        }
    for (int i = 0; i < w->n; i++) {
        if (i + REPEATED_WORDS <= w->n && count_run(c, i, REPEATED_WORDS) > 1) {
            checker_fail(c, LLMX_CHECK_REPETITION, i, REPEATED_WORDS);
            return;
        }
        if (i + REPEATED_SHORT <= w->n && count_run(c, i, REPEATED_SHORT) > 2) {
            checker_fail(c, LLMX_CHECK_REPETITION, i, REPEATED_SHORT);
            return;
        }
        if (i + 2 < w->n && c->id[i] >= 0 && c->id[i] == c->id[i + 1] && c->id[i] == c->id[i + 2]) {
            checker_fail(c, LLMX_CHECK_REPETITION, i, 3);
            return;
        }
    }
}

/* An odd number of straight quotation marks, or a curly one without its partner. */
static bool has_open_quotation(const struct llmx_checker *c)
{
    int straight = 0, open = 0;
    for (size_t at = 0; at < c->n;) {
        const int32_t code = text_next(c->text, c->n, &at);
        straight += code == '"';
        open += (code == 0x201c) - (code == 0x201d);
    }
    return straight % 2 != 0 || open != 0;
}

void check_unfinished(struct llmx_checker *c)
{
    size_t n = c->n;
    while (n > 0 && (is_space(c->text[n - 1]) || strchr("\"')*_", c->text[n - 1])))
        n--;
    static const char closing[][4] = {"\xe2\x80\x9d", "\xe2\x80\x99", "\xc2\xbb"};
    for (int k = 0; k < 3; k++) {
        size_t m = strlen(closing[k]);
        if (n > m && memcmp(c->text + n - m, closing[k], m) == 0)
            n -= m;
    }
    bool is_finished = n > 0 && (strchr(".!?", c->text[n - 1]) ||
                                 (n >= 3 && memcmp(c->text + n - 3, "\xe2\x80\xa6", 3) == 0));
    is_finished = is_finished && !has_open_quotation(c);
    if (!is_finished && c->words.n > 0)
        checker_fail(c, LLMX_CHECK_UNFINISHED, c->words.n - 1, 1);
    else if (!is_finished)
        checker_fail(c, LLMX_CHECK_UNFINISHED, 0, 0);
}
