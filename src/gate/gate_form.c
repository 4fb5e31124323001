/* gate_form.c - checks of how a text is written rather than of what it claims. */
#include "gate/gate_parts.h"

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
void gate_check_length(struct gate *gate)
{
    int count = 0;
    for (size_t i = 0; i < gate->n; i++) {
        if (is_space(gate->text[i]) || (i > 0 && !is_space(gate->text[i - 1])))
            continue;
        if (++count <= gate->facts.words_max)
            continue;
        int first = gate->words.n - 1;
        while (first > 0 && gate->words.word[first - 1].start >= i)
            first--;
        gate_fail(gate, CHECK_LENGTH, first, gate->words.n - first);
        return;
    }
}

/* "I'm thrilled", "my favourite": the writer has seen and felt nothing. "I think that you" may stand. */
static bool is_first_person(const struct gate *gate, int i)
{
    const struct words *w = &gate->words;
    if (gate->mention_of[i] >= 0)
        return false;
    if (word_is(w, i, "i") && gate_is_capital(gate, i))
        return !word_in(w, i + 1,
                        "think believe recommend suggest hope bet would cannot cant am have do") ||
               word_in(w, i + 2,
                       "excited thrilled happy glad a just watched loved enjoyed seen been");
    return word_in(w, i, "im ive id my me mine myself") && gate->words.word[i].quote < 0;
}

/* Speaks to the customer, and not of one or of itself. */
void gate_check_address(struct gate *gate)
{
    const struct words *w = &gate->words;
    bool says_you = false;
    for (int i = 0; i < w->n; i++) {
        says_you = says_you || (word_in(w, i, "you your yours youll youd youre youve yourself") &&
                                gate->mention_of[i] < 0);
        if (is_first_person(gate, i))
            gate_fail(gate, CHECK_ADDRESS, i, 1);
        if (word_in(w, i, "the this our") &&
            word_in(w, i + 1, "customer customers user users viewer client") &&
            gate->mention_of[i] < 0 && gate->mention_of[i + 1] < 0)
            gate_fail(gate, CHECK_ADDRESS, i, 2);
    }
    if (!says_you)
        gate_fail(gate, CHECK_ADDRESS, 0, 0);
}

static void fail_phrases(struct gate *gate, enum check check, const char *const *phrases)
{
    for (int i = 0; i < gate->words.n; i++)
        for (const char *const *phrase = phrases; *phrase; phrase++) {
            int n = gate->mention_of[i] < 0 ? gate_phrase_at(gate, i, *phrase) : 0;
            if (n > 0)
                gate_fail(gate, check, i, n);
        }
}

void gate_check_refusal(struct gate *gate)
{
    static const char *const refusals[] = {"as an ai",
                                           "language model",
                                           "i cannot",
                                           "i cant",
                                           "i am sorry",
                                           "im sorry",
                                           "i am unable",
                                           "im unable",
                                           "i apologize",
                                           "i apologise",
                                           "i do not have",
                                           "i dont have",
                                           "as a recommender system",
                                           "not able to recommend",
                                           "i am an ai",
                                           "im an ai",
                                           "unfortunately i",
                                           "i would need more",
                                           NULL};
    fail_phrases(gate, CHECK_REFUSAL, refusals);
}

void gate_check_echo(struct gate *gate)
{
    static const char *const marks[] = {"im start",
                                        "im end",
                                        "at most 75 words",
                                        "use only the",
                                        "in double quotes",
                                        "here is the explanation",
                                        "here is an explanation",
                                        "heres an explanation",
                                        "heres the explanation",
                                        NULL};
    static const char *const labels[] = {
        "explanation", "reason",         "answer", "response", "output", "assistant", "note",
        "customer",    "recommendation", "title",  "movie",    "film",   NULL};
    const struct words *w = &gate->words;
    fail_phrases(gate, CHECK_ECHO, marks);
    for (const char *const *label = labels; *label && w->n > 1; label++)
        if (word_is(w, 0, *label) && gate->text[w->word[0].end] == ':')
            gate_fail(gate, CHECK_ECHO, 0, 1);
    for (int i = 0; i + ECHO_WORDS <= w->n; i++) {
        const struct word *last = &w->word[i + ECHO_WORDS - 1];
        uint64_t hash = hash_bytes(word_text(w, i), last->folded + last->n - w->word[i].folded);
        int own = 0; /* words that belong to no title */
        for (int k = i; k < i + ECHO_WORDS; k++)
            own += gate->mention_of[k] < 0;
        if (own >= ECHO_WORDS / 2 && hash_set_has(&gate->given_runs, hash)) {
            gate_fail(gate, CHECK_ECHO, i, ECHO_WORDS);
            return;
        }
    }
}

/* How often the n words at i come in the text from there on, titles not counted. */
static int count_run(const struct gate *gate, int i, int n)
{
    const struct words *w = &gate->words;
    const struct word *last = &w->word[i + n - 1];
    size_t size = last->folded + last->n - w->word[i].folded;
    int count = 1;
    bool is_title = true;
    for (int k = i; k < i + n; k++)
        is_title = is_title && gate->mention_of[k] >= 0;
    for (int j = i + 1; j + n <= w->n && !is_title; j++) {
        const struct word *end = &w->word[j + n - 1];
        count += end->folded + end->n - w->word[j].folded == size &&
                 memcmp(word_text(w, i), word_text(w, j), size) == 0;
    }
    return count;
}

/* One title three times, or twice in a list: 'like "Heat" and "Heat"'. */
static bool repeats_title(const struct gate *gate, int k)
{
    int count = 1;
    for (int j = k + 1; j < gate->n_mentions; j++) {
        bool is_same = gate->mention[j].item == gate->mention[k].item;
        int between = gate->mention[j].first - gate->mention[j - 1].first - gate->mention[j - 1].n;
        count += is_same;
        if (is_same && (count > TITLE_TIMES || (j == k + 1 && between == 1)))
            return true;
    }
    return false;
}

void gate_check_repetition(struct gate *gate)
{
    const struct words *w = &gate->words;
    for (int k = 0; k < gate->n_mentions; k++)
        if (gate->mention[k].item >= 0 && repeats_title(gate, k)) {
            gate_fail(gate, CHECK_REPETITION, gate->mention[k].first, gate->mention[k].n);
            return;
        }
    for (int i = 0; i < w->n; i++) {
        if (i + REPEATED_WORDS <= w->n && count_run(gate, i, REPEATED_WORDS) > 1) {
            gate_fail(gate, CHECK_REPETITION, i, REPEATED_WORDS);
            return;
        }
        if (i + REPEATED_SHORT <= w->n && count_run(gate, i, REPEATED_SHORT) > 2) {
            gate_fail(gate, CHECK_REPETITION, i, REPEATED_SHORT);
            return;
        }
        if (i + 2 < w->n && gate->id[i] >= 0 && gate->id[i] == gate->id[i + 1] &&
            gate->id[i] == gate->id[i + 2]) {
            gate_fail(gate, CHECK_REPETITION, i, 3);
            return;
        }
    }
}

/* An odd number of straight quotation marks, or a curly one without its partner. */
static bool has_open_quotation(const struct gate *gate)
{
    int straight = 0, open = 0;
    for (size_t at = 0; at < gate->n;) {
        int32_t c = text_next(gate->text, gate->n, &at);
        straight += c == '"';
        open += (c == 0x201c) - (c == 0x201d);
    }
    return straight % 2 != 0 || open != 0;
}

void gate_check_unfinished(struct gate *gate)
{
    size_t n = gate->n;
    while (n > 0 && (is_space(gate->text[n - 1]) || strchr("\"')*_", gate->text[n - 1])))
        n--;
    static const char closing[][4] = {"\xe2\x80\x9d", "\xe2\x80\x99", "\xc2\xbb"};
    for (int k = 0; k < 3; k++) {
        size_t m = strlen(closing[k]);
        if (n > m && memcmp(gate->text + n - m, closing[k], m) == 0)
            n -= m;
    }
    bool is_finished = n > 0 && (strchr(".!?", gate->text[n - 1]) ||
                                 (n >= 3 && memcmp(gate->text + n - 3, "\xe2\x80\xa6", 3) == 0));
    is_finished = is_finished && !has_open_quotation(gate);
    if (!is_finished && gate->words.n > 0)
        gate_fail(gate, CHECK_UNFINISHED, gate->words.n - 1, 1);
    else if (!is_finished)
        gate_fail(gate, CHECK_UNFINISHED, 0, 0);
}
