/* names_index.c - words sorted, each once: those that begin alike stand together, and so do their rows. */
#include "serve/names_index.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct names_word {
    uint64_t key;
    const char *word;
    size_t rows; /* where they begin */
    uint32_t number;
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

/* Sorted by key, which decides but for words that are alike in as many letters. */
static int by_word(const void *a, const void *b)
{
    const struct names_word *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return strcmp(x->word, y->word);
}

/* The first eight bytes as a number that sorts as they do. */
static uint64_t key_of(const char *word)
{
    uint64_t key = 0;
    for (int i = 0; i < 8; i++) {
        key = key << 8 | (unsigned char)*word;
        word += *word != '\0';
    }
    return key;
}

/* The words of a name, as they come. */
struct reading {
    struct names_index *index;
    struct text lower;
    uint32_t *number; /* (n) of each word of each name */
    size_t n, capacity;
    size_t *end; /* (index->n) where the words of a name end */
};

static int read_word(struct reading *r, const char *s, size_t n, struct llmx_error *err)
{
    text_clear(&r->lower);
    text_put(&r->lower, s, n);
    if (text_check(&r->lower, err) != 0 ||
        mem_grow(&r->number, &r->capacity, r->n + 1, sizeof *r->number, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        r->lower.s[i] = (char)lower((unsigned char)r->lower.s[i]);
    const int64_t number = names_add(&r->index->words, r->lower.s, n, err);
    r->number[r->n++] = (uint32_t)number;
    return number < 0 ? -1 : 0;
}

static int read_names(struct reading *r, struct llmx_error *err)
{
    struct names_index *index = r->index;
    if (!(r->end = mem_array((size_t)index->n, sizeof *r->end, err)))
        return -1;
    for (llmx_id i = 0; i < index->n; i++) {
        for (const char *s = next_word(index->name[i]); *s;) {
            const size_t n = word_length(s);
            if (read_word(r, s, n, err) != 0)
                return -1;
            s = next_word(s + n);
        }
        r->end[i] = r->n;
    }
    return 0;
}

static int sort_words(struct names_index *index, struct llmx_error *err)
{
    const uint32_t n = index->words.count;
    if (!(index->order = mem_array((size_t)n + 1, sizeof *index->order, err)))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        const char *word = names_get(&index->words, i, NULL);
        index->order[i] = (struct names_word){.key = key_of(word), .word = word, .number = i};
    }
    qsort(index->order, n, sizeof *index->order, by_word);
    return 0;
}

/* Puts every row under its words. */
static int place_rows(struct reading *r, struct llmx_error *err)
{
    struct names_index *index = r->index;
    const uint32_t n = index->words.count;
    size_t *next = mem_array((size_t)n, sizeof *next, err), begin = 0; /* by number of the word */
    if (!next || !(index->row = mem_array(r->n, sizeof *index->row, err))) {
        free(next);
        return -1;
    }
    for (size_t k = 0; k < r->n; k++)
        next[r->number[k]]++;
    for (uint32_t i = 0; i < n; i++) {
        size_t *count = &next[index->order[i].number];
        index->order[i].rows = begin;
        begin += *count;
        *count = index->order[i].rows;
    }
    index->order[n].rows = begin;
    llmx_id row = 0;
    for (size_t k = 0; k < r->n; k++) {
        while (r->end[row] <= k)
            row++;
        index->row[next[r->number[k]]++] = row;
    }
    free(next);
    return 0;
}

int names_index_open(struct names_index *index, const char **name, llmx_id n,
                     struct llmx_error *err)
{
    struct reading reading = {.index = index};
    *index = (struct names_index){.name = name, .n = n};
    const int status = read_names(&reading, err) != 0 || sort_words(index, err) != 0
                           ? -1
                           : place_rows(&reading, err);
    text_release(&reading.lower);
    free(reading.number);
    free(reading.end);
    if (status != 0)
        names_index_close(index);
    return status;
}

void names_index_close(struct names_index *index)
{
    free(index->name);
    names_release(&index->words);
    free(index->order);
    free(index->row);
    *index = (struct names_index){0};
}

/* The first word that is not before the query's n bytes. */
static uint32_t first_like(const struct names_index *index, const char *query, size_t n)
{
    uint32_t low = 0, high = index->words.count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (compare(index->order[middle].word, query, n) < 0)
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
    uint32_t word = first_like(index, longest, length);
    size_t place = index->order[word].rows;
    while (word < index->words.count && compare(index->order[word].word, longest, length) == 0)
        word++;
    for (; place < index->order[word].rows; place++)
        is_found[index->row[place]] = 1;
    for (llmx_id row = 0; row < index->n && n < max; row++)
        if ((length == 0 || is_found[row]) && has_all_words(index->name[row], query) && --skip < 0)
            rows[n++] = row;
    free(is_found);
    return n;
}
