#include "evaluate/attribute_bits.h"

#include "base/memory.h"
#include "base/names.h"
#include "gate/words.h"

#include <stdlib.h>
#include <string.h>

static int bits_make(struct bits *b, size_t n, struct llmx_error *err)
{
    *b = (struct bits){.n = n};
    return (b->start = mem_array(n + 1, sizeof *b->start, err)) ? 0 : -1;
}

void bits_release(struct bits *b)
{
    free(b->start);
    free(b->bit);
    *b = (struct bits){0};
}

/* Adds a bit to the row that is being filled, which *end is the end of, unless last_row of that bit says that it is there. */
static int add_bit(struct bits *b, size_t row, int32_t bit, size_t *last_row,
                   struct llmx_error *err)
{
    const size_t end = b->start[row + 1];
    if (last_row[bit] == row + 1)
        return 0;
    if (mem_grow(&b->bit, &b->capacity, end + 1, sizeof *b->bit, err) != 0)
        return -1;
    last_row[bit] = row + 1;
    b->bit[end] = bit;
    b->start[row + 1] = end + 1;
    return 0;
}

static int fill_users(struct bits *b, const struct llmx_data *data, size_t *last_row,
                      struct llmx_error *err)
{
    for (size_t user = 0; user < b->n; user++) {
        int n;
        const llmx_id *items = llmx_data_history(data, (llmx_id)user, LLMX_TRAIN, &n);
        b->start[user + 1] = b->start[user];
        for (int i = 0; i < n; i++)
            if (add_bit(b, user, items[i], last_row, err) != 0)
                return -1;
    }
    return 0;
}

int bits_of_users(struct bits *b, const struct llmx_data *data, struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(data);
    size_t *last_row = mem_array(items, sizeof *last_row, err);
    const int status = last_row && bits_make(b, (size_t)llmx_data_users(data), err) == 0
                           ? fill_users(b, data, last_row, err)
                           : -1;
    b->rows = (struct bit_rows){b->start, b->bit, (int)items};
    free(last_row);
    return status;
}

int bits_turn(struct bits *t, const struct bits *b, struct llmx_error *err)
{
    const size_t all = b->start[b->n];
    if (bits_make(t, (size_t)b->rows.n_bits, err) != 0 ||
        mem_grow(&t->bit, &t->capacity, all + 1, sizeof *t->bit, err) != 0)
        return -1;
    for (size_t i = 0; i < all; i++)
        t->start[b->bit[i] + 1]++;
    for (size_t row = 0; row < t->n; row++)
        t->start[row + 1] += t->start[row];
    for (size_t row = b->n; row-- > 0;) /* from the back: every start counts down to its place */
        for (size_t i = b->start[row]; i < b->start[row + 1]; i++)
            t->bit[--t->start[b->bit[i] + 1]] = (int32_t)row;
    memmove(t->start, t->start + 1, t->n * sizeof *t->start);
    t->start[t->n] = all;
    t->rows = (struct bit_rows){t->start, t->bit, (int)b->n};
    return 0;
}

struct wording {
    struct bits *bits;
    struct names names;
    size_t *last_row;
    size_t capacity;
    struct passage words;
};

static int add_word(struct wording *w, size_t row, const char *word, struct llmx_error *err)
{
    const uint32_t known = w->names.count;
    const int64_t bit = names_add(&w->names, word, strlen(word), err);
    if (bit < 0 || mem_grow(&w->last_row, &w->capacity, (size_t)bit + 1, sizeof *w->last_row, err))
        return -1;
    if (bit == known)
        w->last_row[bit] = 0;
    return add_bit(w->bits, row, (int32_t)bit, w->last_row, err);
}

static int fill_words(struct wording *w, const char *const *texts, struct llmx_error *err)
{
    struct bits *b = w->bits;
    for (size_t row = 0; row < b->n; row++) {
        b->start[row + 1] = b->start[row];
        if (passage_split(&w->words, texts[row], strlen(texts[row]), err) != 0)
            return -1;
        for (int i = 0; i < w->words.n; i++)
            if (add_word(w, row, word_text(&w->words, i), err) != 0)
                return -1;
    }
    return 0;
}

int bits_of_words(struct bits *b, const char *const *texts, size_t n, struct llmx_error *err)
{
    struct wording w = {.bits = b};
    const int status = bits_make(b, n, err) == 0 ? fill_words(&w, texts, err) : -1;
    b->rows = (struct bit_rows){b->start, b->bit, (int)w.names.count};
    names_release(&w.names);
    free(w.last_row);
    passage_release(&w.words);
    return status;
}
