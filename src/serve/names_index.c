/* names_index.c - a sorted array of words: those that begin alike stand together. */
#include "serve/names_index.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct names_word {
    const char *at; /* in its name */
    llmx_id row;
};

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool is_letter(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

static size_t word_length(const char *s)
{
    size_t n = 0;
    while (is_letter((unsigned char)s[n]))
        n++;
    return n;
}

static const char *next_word(const char *s)
{
    while (*s && !is_letter((unsigned char)*s))
        s++;
    return s;
}

/* Of the words at a and b, which comes first? At most n bytes of them count. */
static int compare(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int x = is_letter((unsigned char)a[i]) ? lower((unsigned char)a[i]) : 0,
                  y = is_letter((unsigned char)b[i]) ? lower((unsigned char)b[i]) : 0;
        if (x != y || x == 0)
            return x - y;
    }
    return 0;
}

static int by_word(const void *a, const void *b)
{
    const struct names_word *x = a, *y = b;
    const int order = compare(x->at, y->at, SIZE_MAX);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static size_t count_words(const struct names_index *index)
{
    size_t n = 0;
    for (llmx_id i = 0; i < index->n; i++)
        for (const char *s = next_word(index->name[i]); *s; s = next_word(s + word_length(s)))
            n++;
    return n;
}

int names_index_open(struct names_index *index, char **name, llmx_id n, struct llmx_error *err)
{
    *index = (struct names_index){.name = name, .n = n};
    index->words = mem_array(count_words(index) + 1, sizeof *index->words, err);
    if (!index->words) {
        names_index_close(index);
        return -1;
    }
    for (llmx_id i = 0; i < n; i++)
        for (const char *s = next_word(name[i]); *s; s = next_word(s + word_length(s)))
            index->words[index->n_words++] = (struct names_word){s, i};
    qsort(index->words, index->n_words, sizeof *index->words, by_word);
    return 0;
}

void names_index_close(struct names_index *index)
{
    for (llmx_id i = 0; index->name && i < index->n; i++)
        free(index->name[i]);
    free(index->name);
    free(index->words);
    *index = (struct names_index){0};
}

/* The first word that is not before the query's n bytes. */
static size_t first_like(const struct names_index *index, const char *query, size_t n)
{
    size_t low = 0, high = index->n_words;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(index->words[middle].at, query, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_word_like(const char *name, const char *query, size_t n)
{
    for (const char *s = next_word(name); *s; s = next_word(s + word_length(s)))
        if (compare(s, query, n) == 0)
            return true;
    return false;
}

/* Has the name words that begin like all of the query's? */
static bool has_all_words(const char *name, const char *query)
{
    for (const char *s = next_word(query); *s; s = next_word(s + word_length(s)))
        if (!has_word_like(name, s, word_length(s)))
            return false;
    return true;
}

static const char *longest_word(const char *query)
{
    const char *longest = next_word(query);
    for (const char *s = longest; *s; s = next_word(s + word_length(s)))
        if (word_length(s) > word_length(longest))
            longest = s;
    return longest;
}

int names_index_find(const struct names_index *index, const char *query, int skip, int max,
                     llmx_id *rows, struct llmx_error *err)
{
    const char *longest = longest_word(query);
    const size_t length = word_length(longest);
    unsigned char *is_found = mem_array((size_t)index->n + 1, 1, err);
    int n = 0;
    if (!is_found)
        return -1;
    for (size_t i = first_like(index, longest, length);
         i < index->n_words && compare(index->words[i].at, longest, length) == 0; i++)
        is_found[index->words[i].row] = 1;
    for (llmx_id row = 0; row < index->n && n < max; row++)
        if ((length == 0 || is_found[row]) && has_all_words(index->name[row], query) && --skip < 0)
            rows[n++] = row;
    free(is_found);
    return n;
}
