/* catalogue.c - titles, vocabularies and words of a data set, gathered once. */
#include "gate/catalogue.h"

#include "base/memory.h"
#include "base/plain.h"
#include "data/feature_values.h"
#include "gate/profile_values.h"
#include "gate/titles.h"

#include <stdlib.h>
#include <string.h>

#define PART_BYTES     3 /* of each part of a value that is written together, at least */
#define SINGULAR_BYTES 6 /* of a value in the plural, at least */

/* Values that stand for no value. */
static bool says_nothing(const char *s, size_t n)
{
    for (const struct list_entry *e = list_entries(LIST_EMPTY_VALUES); e->phrase; e++)
        if (strlen(e->phrase) == n && plain_strncasecmp(s, e->phrase, n) == 0)
            return true;
    return false;
}

static int genre_phrase(struct catalogue *c, const char *s, size_t n, int32_t value,
                        struct llmx_error *err)
{
    int32_t ids[PHRASE_WORDS_MAX];
    int count = dictionary_add(&c->dictionary, s, n, ids, err);
    if (count <= 0)
        return count;
    for (int i = 0; i < count && !(value & 1); i++)
        c->dictionary.traits[ids[i]] |= TRAIT_GENRE;
    return phrases_add(&c->genres, ids, count, value, err);
}

/* "strategies" of "strategy". */
static int plural_of_y(struct catalogue *c, const char *s, size_t n, int32_t value,
                       struct llmx_error *err)
{
    char plural[VALUE_BYTES_MAX + 3];
    if (n < 3 || n > VALUE_BYTES_MAX || s[n - 1] != 'y' || strchr("aeiou", s[n - 2]))
        return 0;
    const int length = snprintf(plural, sizeof plural, "%.*sies", (int)n - 1, s);
    return genre_phrase(c, plural, (size_t)length, value, err);
}

/* "fixing" of "fixings", not "politic" or "new". */
static int singular(struct catalogue *c, const char *s, size_t n, int32_t value,
                    struct llmx_error *err)
{
    if (n < SINGULAR_BYTES || s[n - 1] != 's' || strchr("siu'", s[n - 2]) ||
        (s[n - 2] == 'c' && s[n - 3] == 'i'))
        return 0;
    return genre_phrase(c, s, n - 1, value, err);
}

/* "food and drink" of "foodanddrink". */
static int apart(struct catalogue *c, const char *s, size_t n, int32_t value,
                 struct llmx_error *err)
{
    char words[VALUE_BYTES_MAX + 3];
    for (size_t at = PART_BYTES; n <= VALUE_BYTES_MAX && at + 3 + PART_BYTES <= n; at++)
        if (memcmp(s + at, "and", 3) == 0 && !memchr(s, ' ', n)) {
            const int length = snprintf(words, sizeof words, "%.*s and %.*s", (int)at, s,
                                        (int)(n - at - 3), s + at + 3);
            return genre_phrase(c, words, (size_t)length, value, err);
        }
    return 0;
}

/* The number of a genre, which is added with its plural when it is new. */
static int32_t genre_number(struct catalogue *c, int column, const char *s, size_t n,
                            struct llmx_error *err)
{
    char *name;
    for (int i = c->n_genres - 1; i >= 0; i--)
        if (c->genre[i].column == column && strlen(c->genre[i].name) == n &&
            memcmp(c->genre[i].name, s, n) == 0)
            return i;
    if (mem_grow(&c->genre, &c->genre_capacity, (size_t)c->n_genres + 1, sizeof *c->genre, err) !=
            0 ||
        !(name = arena_printf(&c->arena, err, "%.*ss", (int)n, s)) ||
        genre_phrase(c, s, n, c->n_genres * 2, err) ||
        genre_phrase(c, name, n + 1, c->n_genres * 2, err) ||
        plural_of_y(c, s, n, c->n_genres * 2, err) || singular(c, s, n, c->n_genres * 2, err) ||
        apart(c, s, n, c->n_genres * 2, err))
        return -1;
    name[n] = 0;
    c->genre[c->n_genres] = (struct genre){column, name};
    return c->n_genres++;
}

/* Other words for the genres that the vocabulary holds. */
static int genre_variants(struct catalogue *c, enum list list, bool is_adjective,
                          struct llmx_error *err)
{
    for (const struct list_entry *e = list_entries(list); e->phrase; e++) {
        int32_t node = 0, ids[PHRASE_WORDS_MAX];
        int n = dictionary_add(&c->dictionary, e->value, strlen(e->value), ids, err);
        if (n < 0)
            return -1;
        for (int k = 0; k < n; k++)
            node = phrases_step(&c->genres, node, ids[k]);
        int32_t first = phrases_first(&c->genres, node);
        if (first >= 0 &&
            genre_phrase(c, e->phrase, strlen(e->phrase),
                         (c->genres.meaning[first].value & ~1) | is_adjective, err) != 0)
            return -1;
    }
    return 0;
}

static int gather_genres(struct catalogue *c, struct llmx_error *err)
{
    int columns = llmx_data_columns(c->data, LLMX_ITEMS);
    uint32_t size[COLUMNS_MAX] = {0};
    for (int k = 0; k < columns && k < COLUMNS_MAX; k++)
        if (k != c->title_column &&
            value_separator_find(c->data, k, &c->separator[k], &size[k], err) != 0)
            return -1;
    size_t n_all = 0;
    for (llmx_id item = 0; item < llmx_data_items(c->data); item++) {
        c->item_genre_start[item] = n_all;
        for (int k = 0; k < columns && k < COLUMNS_MAX; k++) {
            const char *s = llmx_data_feature(c->data, LLMX_ITEMS, item, k), *value;
            size_t at = 0, n;
            while (size[k] > 0 && (value = value_next(s, c->separator[k], &at, &n)) != NULL) {
                if (says_nothing(value, n))
                    continue;
                int32_t genre = genre_number(c, k, value, n, err);
                if (genre < 0 || mem_grow(&c->item_genres, &c->item_genre_capacity, n_all + 1,
                                          sizeof *c->item_genres, err) != 0)
                    return -1;
                c->item_genres[n_all++] = genre;
            }
        }
    }
    c->item_genre_start[llmx_data_items(c->data)] = n_all;
    return genre_variants(c, LIST_GENRE_NAMES, false, err) != 0 ||
                   genre_variants(c, LIST_GENRE_ADJECTIVES, true, err) != 0
               ? -1
               : 0;
}

/* The year of the column of years, else a year among an item's features: a value that is just four digits. */
static int item_year(const struct catalogue *c, llmx_id item)
{
    const int column = llmx_data_role_column(c->data, LLMX_ROLE_YEAR);
    const char *value = column < 0 ? "" : llmx_data_feature(c->data, LLMX_ITEMS, item, column),
               *year = value_find_year(value, strlen(value));
    if (year)
        return (int)strtol(year, NULL, 10);
    for (int k = 0; k < llmx_data_columns(c->data, LLMX_ITEMS); k++) {
        const char *s = llmx_data_feature(c->data, LLMX_ITEMS, item, k);
        if (k != c->title_column && strlen(s) == 4 && strspn(s, "0123456789") == 4 &&
            (s[0] == '1' || s[0] == '2'))
            return (int)strtol(s, NULL, 10);
    }
    return 0;
}

static int gather_titles(struct catalogue *c, struct llmx_error *err)
{
    struct text display = {0};
    int status = 0;
    for (llmx_id item = 0; item < llmx_data_items(c->data) && status == 0; item++) {
        const char *title = c->title_column < 0
                                ? ""
                                : llmx_data_feature(c->data, LLMX_ITEMS, item, c->title_column);
        if (!*title)
            title = llmx_data_item_token(c->data, item);
        else
            status = titles_add(&c->titles, &c->dictionary, item, title, err);
        text_clear(&display);
        title_display(&display, title);
        if (status == 0)
            status = text_check(&display, err);
        if (status == 0 &&
            !(c->title[item] = arena_text(&c->arena, display.s ? display.s : "", display.n, err)))
            status = -1;
        c->year[item] = item_year(c, item);
    }
    text_release(&display);
    return status;
}

/* Does a user's value put somebody into words? Letters and numbers that stand for something do not. */
static bool describes_person(const char *s)
{
    const size_t n = strlen(s);
    return n > 2 && n < VALUE_BYTES_MAX && !value_is_number(s, n) && !says_nothing(s, n);
}

/* Adds the values of a user column, unless they are so many that it is free text. */
static int gather_column(struct catalogue *c, int column, struct llmx_error *err)
{
    struct names seen = {0};
    int status = 0;
    for (llmx_id user = 0; user < llmx_data_users(c->data) && status == 0; user++) {
        const char *s = llmx_data_feature(c->data, LLMX_USERS, user, column);
        if (describes_person(s))
            status = names_add(&seen, s, strlen(s), err) < 0 ? -1 : 0;
        if (seen.count > VOCABULARY_MAX)
            break;
    }
    for (uint32_t i = 0; i < seen.count && seen.count <= VOCABULARY_MAX && status == 0; i++)
        status = profile_values_add(&c->people, &c->dictionary, names_get(&seen, i, NULL), err);
    names_release(&seen);
    return status;
}

static int gather_people(struct catalogue *c, struct llmx_error *err)
{
    for (const struct list_entry *e = list_entries(LIST_PERSONS); e->phrase; e++)
        if (profile_values_add(&c->people, &c->dictionary, e->phrase, err) != 0)
            return -1;
    for (int k = 0; k < llmx_data_columns(c->data, LLMX_USERS); k++)
        if (gather_column(c, k, err) != 0)
            return -1;
    return 0;
}

struct catalogue *catalogue_create(const struct llmx_data *data, struct llmx_error *err)
{
    struct catalogue *c = mem_array(1, sizeof *c, err);
    if (!c)
        return NULL;
    c->data = data;
    c->title_column = llmx_data_title_column(data);
    size_t items = (size_t)llmx_data_items(data);
    if (!(c->title = mem_array(items, sizeof *c->title, err)) ||
        !(c->year = mem_array(items, sizeof *c->year, err)) ||
        !(c->item_genre_start = mem_array(items + 1, sizeof *c->item_genre_start, err)) ||
        dictionary_init(&c->dictionary, err) || gather_titles(c, err) || gather_genres(c, err) ||
        gather_people(c, err)) {
        catalogue_destroy(c);
        return NULL;
    }
    return c;
}

void catalogue_destroy(struct catalogue *c)
{
    if (!c)
        return;
    arena_release(&c->arena);
    dictionary_release(&c->dictionary);
    phrases_release(&c->titles);
    phrases_release(&c->genres);
    phrases_release(&c->people);
    free(c->title);
    free(c->year);
    free(c->genre);
    free(c->item_genre_start);
    free(c->item_genres);
    free(c);
}
