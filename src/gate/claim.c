/* claim.c - numbers, values of the vocabulary and items, where claims of a text speak of them. */
#include "gate/claim.h"

#include "base/plain.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 9

bool claims_are_known(const struct llmx_checker *c)
{
    return c->given.told.n_facts > 0 || c->given.told.is_strict;
}

bool claim_has_number(const struct claim *claim)
{
    return claim->part.at.end > claim->part.at.first ||
           claim->whole.at.end > claim->whole.at.first || claim->share == SHARE_RATIO;
}

bool sentence_breaks(const struct llmx_checker *c, int i)
{
    const struct word *w = c->words.word;
    if (i <= 0 || i >= c->words.n || !word_has(&c->words, i, WORD_BREAK) ||
        (w[i].quote >= 0 && w[i].quote == w[i - 1].quote))
        return false;
    const int before = c->mention_of[i - 1];
    return before < 0 ||
           (before != c->mention_of[i] && (c->mention_of[i] >= 0 || checker_is_capital(c, i) ||
                                           word_has(&c->words, i, WORD_NUMBER)));
}

bool is_set_apart(const struct llmx_checker *c, int i)
{
    const struct word *w = c->words.word;
    if (i <= 0 || i >= c->words.n || !word_has(&c->words, i, WORD_APART) ||
        (w[i].quote >= 0 && w[i].quote == w[i - 1].quote))
        return false;
    if (c->mention_of[i - 1] < 0)
        return true;
    bool is_apart = false; /* by a mark behind the title's closing quotation mark */
    for (uint32_t at = w[i - 1].end; at < w[i].start; at++) {
        const char mark = c->text[at];
        is_apart = mark != '"' && mark != '\x9d' && (is_apart || strchr(",;:()-\xe2", mark));
    }
    return is_apart;
}

int sentence_first(const struct llmx_checker *c, int i)
{
    while (i > 0 && !sentence_breaks(c, i))
        i--;
    return i;
}

int sentence_end(const struct llmx_checker *c, int i)
{
    for (i++; i < c->words.n && !sentence_breaks(c, i);)
        i++;
    return i < c->words.n ? i : c->words.n;
}

/* The value of a word that is all digits, or -1. */
static int digits_at(const struct llmx_checker *c, int i)
{
    const char *s = i < c->words.n ? word_text(&c->words, i) : "";
    const size_t n = strspn(s, "0123456789");
    return n > 0 && n <= DIGITS_MAX && n == c->words.word[i].n ? (int)strtol(s, NULL, 10) : -1;
}

/* Do three digits follow behind a comma, as in "1,234"? */
static bool has_thousands(const struct llmx_checker *c, int i)
{
    const struct word *w = c->words.word;
    return i + 1 < c->words.n && w[i + 1].start == w[i].end + 1 && c->text[w[i].end] == ',' &&
           w[i + 1].end - w[i + 1].start == 3 && digits_at(c, i + 1) >= 0;
}

/* A number up to 99 or in digits. */
static struct number small_number_at(const struct llmx_checker *c, int i)
{
    struct number number = {{i, i + 1}, -1};
    if (i >= c->words.n || c->mention_of[i] >= 0)
        return number;
    if (checker_on(c, i, LIST_TENS)) {
        const char *tens = word_text(&c->words, i);
        const int ones = i + 1 < c->words.n && word_has(&c->words, i + 1, WORD_HYPHEN)
                             ? digits_at(c, i + 1)
                             : -1;
        number.value = (int)strtol(list_find(LIST_TENS, tens, c->words.word[i].n)->value, NULL, 10);
        if (ones > 0 && ones < 10)
            number.value += ones, number.at.end++;
        return number;
    }
    number.value = digits_at(c, i);
    if (number.value == 20 && !word_has(&c->words, i, WORD_NUMBER) && i + 1 < c->words.n &&
        word_has(&c->words, i + 1, WORD_HYPHEN) && digits_at(c, i + 1) > 0)
        number.value += digits_at(c, i + 1), number.at.end++;
    while (number.value >= 0 && number.value < 1000000 && has_thousands(c, number.at.end - 1))
        number.value = number.value * 1000 + digits_at(c, number.at.end++);
    return number;
}

struct number number_at(const struct llmx_checker *c, int i)
{
    struct number number = small_number_at(c, i);
    const int at = number.at.end;
    if (number.value < 1 || number.value > 99 || !word_is(&c->words, at, "hundred"))
        return number;
    const struct number rest = small_number_at(c, at + 1 + word_is(&c->words, at + 1, "and"));
    number.value *= 100;
    number.at.end++;
    if (rest.value > 0 && rest.value < 100) {
        number.value += rest.value;
        number.at.end = rest.at.end;
    }
    return number;
}

struct values values_at(const struct llmx_checker *c, int i)
{
    struct values values = {{i, i}, {0}, 0};
    const struct passage *w = &c->words;
    bool is_adjective;
    for (int at = i; at < w->n && values.n < CLAIM_VALUES_MAX;) {
        if (c->mention_of[at] >= 0 || (at > i && sentence_breaks(c, at)))
            break;
        const int n = checker_genre_at(c, at, &values.genre[values.n], &is_adjective);
        if (n == 0 && values.n == 1 && is_set_apart(c, at))
            break; /* "a thriller, and science fiction like" says two things */
        if (n == 0 && (values.n == 0 || !word_in(w, at, "and or with")))
            break;
        at += n > 0 ? n : 1;
        values.n += n > 0;
        if (n > 0)
            values.at.end = at;
    }
    return values;
}

struct values values_after(const struct llmx_checker *c, int first, int end)
{
    for (int i = first; i < end; i++) {
        const struct values values = values_at(c, i);
        if (values.n > 0)
            return values;
    }
    return (struct values){{end, end}, {0}, 0};
}

struct values values_before(const struct llmx_checker *c, int first, int end)
{
    struct values last = {{first, first}, {0}, 0};
    for (int i = first; i < end; i++) {
        const struct values values = values_at(c, i);
        if (values.n > 0 && values.at.end <= end) {
            last = values;
            i = values.at.end - 1;
        }
    }
    return last;
}

static bool is_same_value(const char *a, const char *b)
{
    const size_t n = strlen(a);
    return n == strlen(b) && plain_strncasecmp(a, b, n) == 0;
}

bool item_is_of(const struct llmx_checker *c, llmx_id item, int genre)
{
    const struct catalogue *k = c->catalogue;
    for (size_t i = k->item_genre_start[item]; i < k->item_genre_start[item + 1]; i++)
        if (k->item_genres[i] == genre ||
            is_same_value(k->genre[k->item_genres[i]].name, k->genre[genre].name))
            return true;
    return false;
}

bool item_is_of_all(const struct llmx_checker *c, llmx_id item, const struct values *values)
{
    for (int i = 0; i < values->n; i++)
        if (!item_is_of(c, item, values->genre[i]))
            return false;
    return true;
}

bool items_share(const struct llmx_checker *c, llmx_id a, llmx_id b)
{
    const struct catalogue *k = c->catalogue;
    for (size_t i = k->item_genre_start[a]; i < k->item_genre_start[a + 1]; i++)
        if ((c->given.told.columns >> k->genre[k->item_genres[i]].column & 1) &&
            item_is_of(c, b, k->item_genres[i]))
            return true;
    return false;
}

bool fact_has_value(const struct llmx_checker *c, const struct llmx_fact *fact, int genre)
{
    for (int i = 0; i < fact->n_values; i++)
        if (is_same_value(fact->value[i], c->catalogue->genre[genre].name))
            return true;
    return false;
}

bool is_named_in(const struct llmx_checker *c, llmx_id item, int first, int end)
{
    for (int k = 0; k < c->n_mentions; k++)
        if (c->mention[k].item == item && c->mention[k].first >= first && c->mention[k].first < end)
            return true;
    return false;
}

int items_named(const struct llmx_checker *c, int first, int end, llmx_id items[static NAMED_MAX])
{
    int n = 0;
    for (int k = 0; k < c->n_mentions; k++) {
        const struct mention *m = &c->mention[k];
        bool is_new = m->item >= 0 && m->first >= first && m->first < end && n < NAMED_MAX;
        for (int i = 0; i < n; i++)
            is_new = is_new && items[i] != m->item;
        if (is_new)
            items[n++] = m->item;
    }
    return n;
}

llmx_id item_pointed_at(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    llmx_id items[NAMED_MAX];
    int end = i, first = sentence_first(c, i), n;
    while ((n = items_named(c, first, end, items)) < 2 && first > 0) {
        end = first;
        first = sentence_first(c, first - 1);
    }
    if (n < 2)
        n = items_named(c, 0, i, items);
    if (n < 2)
        return -1;
    if (word_in(w, i, "first former") || (word_is(w, i, "one") && n == 2))
        return items[0];
    if (word_is(w, i, "second") || (word_in(w, i, "other") && n == 2))
        return items[1];
    if (word_is(w, i, "third"))
        return n > 2 ? items[2] : -1;
    return word_in(w, i, "last latter") ? items[n - 1] : -1;
}
