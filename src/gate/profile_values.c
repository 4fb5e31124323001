/* profile_values.c - values as phrases that end with a singular: the one form under which a last word is looked for. */
#include "gate/profile_values.h"

#include <string.h>

#define SINGULAR_MAX 64

static bool ends_with(const char *s, size_t n, const char *tail)
{
    size_t k = strlen(tail);
    return n > k && memcmp(s + n - k, tail, k) == 0;
}

/* "writers" becomes "writer", "secretaries" "secretary", "salesmen" "salesman". returns the bytes of `out` */
static size_t singular(const char *s, size_t n, char out[static SINGULAR_MAX])
{
    static const struct {
        const char *plural, *singular;
    } endings[] = {{"men", "man"}, {"wives", "wife"}, {"ies", "y"}, {"sses", "ss"}, {"ches", "ch"},
                   {"shes", "sh"}, {"xes", "x"},      {"ss", "ss"}, {"us", "us"},   {"s", ""}};
    if (n > SINGULAR_MAX)
        n = SINGULAR_MAX;
    memcpy(out, s, n);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (!ends_with(s, n, endings[i].plural))
            continue;
        size_t k = strlen(endings[i].singular);
        n -= strlen(endings[i].plural);
        memcpy(out + n, endings[i].singular, k);
        return n + k;
    }
    return n;
}

/* Adds words first .. end - 1 of the dictionary's scratch passage. */
static int add_part(struct phrases *people, struct dictionary *d, int first, int end,
                    struct llmx_error *err)
{
    int32_t ids[PHRASE_WORDS_MAX];
    char last[SINGULAR_MAX];
    if (end - first > PHRASE_WORDS_MAX || end == first)
        return 0;
    for (int i = first; i < end; i++) {
        const char *s = word_text(&d->scratch, i);
        size_t n = d->scratch.word[i].n;
        if (i == end - 1) {
            n = singular(s, n, last);
            s = last;
        }
        if ((ids[i - first] = dictionary_add_word(d, s, n, err)) < 0)
            return -1;
    }
    return phrases_add(people, ids, end - first, 0, err);
}

int profile_values_add(struct phrases *people, struct dictionary *d, const char *value,
                       struct llmx_error *err)
{
    struct passage *p = &d->scratch;
    if (passage_split(p, value, strlen(value), err) != 0 || add_part(people, d, 0, p->n, err) != 0)
        return -1;
    for (int first = 0, i = 1; i <= p->n; i++)
        if (i == p->n || word_has(p, i, WORD_APART)) {
            if (add_part(people, d, first, i, err) != 0)
                return -1;
            first = i;
        }
    return 0;
}

int profile_values_at(const struct phrases *people, const struct dictionary *d,
                      const struct passage *text, int i)
{
    int32_t node = 0;
    int n = 0;
    for (int k = i; k < text->n && node >= 0 && !(k > i && word_has(text, k, WORD_BREAK)); k++) {
        char last[SINGULAR_MAX];
        const char *s = word_text(text, k);
        size_t length = singular(s, text->word[k].n_bare, last);
        if (phrases_first(people, phrases_step(people, node, dictionary_find(d, last, length))) >=
            0)
            n = k - i + 1;
        node = phrases_step(people, node, dictionary_find(d, s, text->word[k].n));
    }
    return n;
}

static bool is_same_word(const struct passage *text, int i, const struct passage *value, int k,
                         bool in_any_number)
{
    char a[SINGULAR_MAX], b[SINGULAR_MAX];
    if (!in_any_number)
        return text->word[i].n == value->word[k].n &&
               memcmp(word_text(text, i), word_text(value, k), text->word[i].n) == 0;
    size_t n = singular(word_text(text, i), text->word[i].n_bare, a);
    return singular(word_text(value, k), value->word[k].n, b) == n && memcmp(a, b, n) == 0;
}

/* Are the n words before word `end` of a value those of the text? */
static bool ends_so(const struct passage *text, int first, int n, const struct passage *value,
                    int end)
{
    for (int i = 0; i < n; i++)
        if (!is_same_word(text, first + i, value, end - n + i, i == n - 1))
            return false;
    return true;
}

bool profile_values_say(const struct dictionary *d, const struct passage *text, int first, int n,
                        const struct passage *value)
{
    for (int end = n; end <= value->n; end++) {
        const int begin = end - n;
        if ((end < value->n && !word_has(value, end, WORD_APART)) ||
            !ends_so(text, first, n, value, end))
            continue;
        const bool is_limited =
            begin > 0 && !word_has(value, begin, WORD_APART) &&
            (dictionary_traits(
                 d, dictionary_find(d, word_text(value, begin - 1), value->word[begin - 1].n)) &
             ON_LIST(LIST_PERSON_LIMITS));
        if (!is_limited)
            return true;
    }
    return false;
}
