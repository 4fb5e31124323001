/* checker.c - reading a text under check. */
#include "gate/checker.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

int checker_read(struct llmx_checker *c, const char *text, size_t n, struct llmx_error *err)
{
    struct passage *w = &c->words;
    c->text = text;
    c->n = n;
    c->n_mentions = 0;
    c->item_is_quoted = false;
    if (passage_split(w, text, n, err) != 0)
        return -1;
    const struct dictionary *d = &c->catalogue->dictionary;
    size_t room = (size_t)w->n + 1;
    if (mem_grow(&c->id, &c->id_capacity, room, sizeof *c->id, err) != 0 ||
        mem_grow(&c->id_bare, &c->bare_capacity, room, sizeof *c->id_bare, err) != 0 ||
        mem_grow(&c->mention_of, &c->mention_of_capacity, room, sizeof *c->mention_of, err) != 0 ||
        mem_grow(&c->settled, &c->settled_capacity, room, sizeof *c->settled, err) != 0)
        return -1;
    for (int i = 0; i < w->n; i++) {
        const struct word *word = &w->word[i];
        c->id[i] = dictionary_find(d, word_text(w, i), word->n);
        c->id_bare[i] =
            word->n_bare == word->n ? c->id[i] : dictionary_find(d, word_text(w, i), word->n_bare);
        c->mention_of[i] = -1;
        c->settled[i] = false;
    }
    return 0;
}

void checker_fail_at(struct llmx_checker *c, enum llmx_check check, size_t start, size_t end)
{
    struct llmx_verdict *v = c->verdict;
    for (int i = 0; i < v->n_failures; i++)
        if (v->failure[i].check == check && v->failure[i].start == start &&
            v->failure[i].end == end)
            return;
    if (v->n_failures < LLMX_FAILURES_MAX)
        v->failure[v->n_failures++] = (struct llmx_failure){check, (uint32_t)start, (uint32_t)end};
}

void checker_fail(struct llmx_checker *c, enum llmx_check check, int first, int n)
{
    const struct word *word = c->words.word;
    checker_fail_at(c, check, n > 0 ? word[first].start : 0,
                    n > 0 ? word[first + n - 1].end : c->n);
}

size_t checker_skip(const struct llmx_checker *c, size_t at, const char *set)
{
    while (at < c->n && c->text[at] && strchr(set, c->text[at]))
        at++;
    return at;
}

bool checker_was_given(const struct llmx_checker *c, int word)
{
    const struct word *w = &c->words.word[word];
    const char *s = word_text(&c->words, word);
    return hash_set_has(&c->given.words, hash_bytes(s, w->n)) ||
           hash_set_has(&c->given.words, hash_bytes(s, w->n_bare));
}

uint64_t checker_traits(const struct llmx_checker *c, int word)
{
    return dictionary_traits(&c->catalogue->dictionary, c->id[word]) |
           dictionary_traits(&c->catalogue->dictionary, c->id_bare[word]);
}

bool checker_on(const struct llmx_checker *c, int word, enum list list)
{
    return word >= 0 && word < c->words.n &&
           (dictionary_traits(&c->catalogue->dictionary, c->id[word]) & ON_LIST(list)) != 0;
}

int checker_phrase(const struct llmx_checker *c, int word, enum list list)
{
    const struct phrases *phrases = &c->catalogue->dictionary.phrases;
    int n = checker_on(c, word, list);
    int32_t node = 0;
    for (int i = word; i < c->words.n && node >= 0; i++) {
        node = phrases_step(phrases, node, c->id[i]);
        for (int32_t m = phrases_first(phrases, node); m >= 0; m = phrases->meaning[m].next)
            if (phrases->meaning[m].value == (int32_t)list)
                n = i - word + 1;
    }
    return n;
}

bool checker_is_capital(const struct llmx_checker *c, int word)
{
    return word >= 0 && word < c->words.n && word_has(&c->words, word, WORD_CAPITAL);
}

int checker_genre_at(const struct llmx_checker *c, int word, int *genre, bool *is_adjective)
{
    const struct phrases *genres = &c->catalogue->genres;
    int32_t node = 0;
    int n = 0;
    for (int i = word; i < c->words.n && i < word + 6 && node >= 0; i++) {
        if (i > word && word_has(&c->words, i, WORD_BREAK))
            break;
        int32_t next = phrases_step(genres, node, c->id[i]);
        node = next >= 0 ? next : phrases_step(genres, node, c->id_bare[i]);
        int32_t m = phrases_first(genres, node);
        if (m >= 0) {
            *genre = genres->meaning[m].value >> 1;
            *is_adjective = genres->meaning[m].value & 1;
            n = i - word + 1;
        }
    }
    return n;
}

int checker_year_at(const struct llmx_checker *c, int i, bool *is_decade)
{
    const char *s = word_text(&c->words, i);
    size_t digits = strspn(s, "0123456789"), n = c->words.word[i].n;
    *is_decade = n == digits + 1 && s[digits] == 's';
    if (digits == 4 && (n == 4 || *is_decade)) {
        int year = (int)strtol(s, NULL, 10);
        return year >= 1900 && year <= 2099 ? year : 0;
    }
    if (digits == 2 && *is_decade && s[1] == '0')
        return (s[0] <= '2' ? 2000 : 1900) + (s[0] - '0') * 10;
    *is_decade = true;
    return checker_on(c, i, LIST_DECADES)
               ? (int)strtol(list_find(LIST_DECADES, s, n)->value, NULL, 10)
               : 0;
}

bool checker_is_of_life(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    bool is_decade;
    const int your = i - 1 - word_in(w, i - 1, "early mid late"), next = i + 1;
    return word_is(w, your, "your") && word_in(w, your - 1, "in into") &&
           checker_year_at(c, i, &is_decade) > 0 && is_decade &&
           (next >= w->n || word_has(w, next, WORD_APART) || word_has(w, next, WORD_BREAK) ||
            (checker_traits(c, next) & TRAIT_FUNCTION));
}

const struct passage *checker_split(struct llmx_checker *c, const char *value)
{
    struct passage *split = &c->given.scratch;
    if (passage_split(split, value, strlen(value), c->err) == 0)
        return split;
    c->status = -1;
    return NULL;
}

bool checker_value_has(struct llmx_checker *c, const char *value, int word)
{
    const struct passage *split = *value ? checker_split(c, value) : NULL;
    for (int k = 0; split && k < split->n; k++)
        if (word_is(&c->words, word, word_text(split, k)) ||
            word_is(split, k, word_text(&c->words, word)))
            return true;
    return false;
}
