/* catalogue.c - titles, vocabularies and words of a data set, gathered once. */
#include "gate/catalogue.h"

#include "base/memory.h"
#include "base/plain.h"
#include "gate/titles.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Other words for a genre, for vocabularies that hold the genre. An adjective needs a noun after it. */
static const struct {
    const char *variant, *genre;
    bool is_adjective;
} variants[] = {
    {"comedies", "comedy", false},      {"mysteries", "mystery", false},
    {"fantasies", "fantasy", true},     {"science fiction", "sci fi", false},
    {"scifi", "sci fi", false},         {"film noir", "noir", false},
    {"noir", "film noir", false},       {"documentaries", "documentary", false},
    {"children", "childrens", true},    {"kids", "childrens", true},
    {"family", "childrens", true},      {"romantic", "romance", true},
    {"comedic", "comedy", true},        {"dramatic", "drama", true},
    {"adventurous", "adventure", true}, {"animated", "animation", true},
    {"suspense", "thriller", true},     {"mysterious", "mystery", true},
    {"cartoon", "animation", true},     {"cartoons", "animation", true},
    {"role playing", "rpg", false},     {"criminal", "crime", true},
    {"wartime", "war", true},           {"scary", "horror", true},
};

const char *list_next(const char *s, char separator, size_t *at, size_t *n)
{
    static const char padding[] = " []'\"";
    while (s[*at] && (strchr(padding, s[*at]) || (separator && s[*at] == separator)))
        ++*at;
    if (!s[*at])
        return NULL;
    const char *value = s + *at;
    const char *end = separator ? strchr(value, separator) : NULL;
    *n = end ? (size_t)(end - value) : strlen(value);
    *at += *n;
    while (*n > 0 && strchr(padding, value[*n - 1]))
        --*n;
    return value;
}

static bool is_number(const char *s, size_t n)
{
    size_t digits = 0;
    for (size_t i = 0; i < n; i++)
        digits += isdigit((unsigned char)s[i]) != 0;
    return n == 0 || digits * 2 >= n;
}

/* Values that stand for no value. */
static bool says_nothing(const char *s, size_t n)
{
    static const char *const nothing[] = {"unknown", "other", "none",
                                          "n/a",     "misc",  "(no genres listed)"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        if (strlen(nothing[i]) == n && plain_strncasecmp(s, nothing[i], n) == 0)
            return true;
    return false;
}

/* Counts a column's distinct values when split by `separator`; more than VOCABULARY_MAX, or numbers: 0. */
static int distinct(const struct catalogue *c, enum llmx_side side, int column, char separator,
                    uint32_t *count, struct llmx_error *err)
{
    struct names seen = {0};
    llmx_id rows = side == LLMX_ITEMS ? llmx_data_items(c->data) : llmx_data_users(c->data);
    bool is_vocabulary = true;
    int status = 0;
    for (llmx_id row = 0; row < rows && is_vocabulary && status == 0; row++) {
        const char *s = llmx_data_feature(c->data, side, row, column), *value;
        size_t at = 0, n;
        while (status == 0 && (value = list_next(s, separator, &at, &n)) != NULL) {
            status = names_add(&seen, value, n, err) < 0 ? -1 : 0;
            is_vocabulary = is_vocabulary && !is_number(value, n) && n < 60;
        }
        /* Whole values of a list may be many more than its parts: go on while counting them. */
        is_vocabulary = is_vocabulary && (seen.count <= VOCABULARY_MAX || separator == 0);
    }
    *count = is_vocabulary ? seen.count : 0;
    names_release(&seen);
    return status;
}

static bool column_holds(const struct catalogue *c, int column, const char *text)
{
    for (llmx_id item = 0; item < llmx_data_items(c->data); item++)
        if (strstr(llmx_data_feature(c->data, LLMX_ITEMS, item, column), text))
            return true;
    return false;
}

/* How the values of an item column are separated: by a mark that occurs in it, or by spaces when there are far
 * fewer words than values ("Action Comedy"), else not at all ("Free to Play"). *size: distinct values, 0 when the
 * column is no vocabulary. */
static int separator_find(const struct catalogue *c, int column, char *separator, uint32_t *size,
                          struct llmx_error *err)
{
    uint32_t whole, parts;
    *separator = column_holds(c, column, "|") ? '|' : column_holds(c, column, ", ") ? ',' : 0;
    if (*separator)
        return distinct(c, LLMX_ITEMS, column, *separator, size, err);
    if (distinct(c, LLMX_ITEMS, column, 0, &whole, err) != 0 ||
        distinct(c, LLMX_ITEMS, column, ' ', &parts, err) != 0)
        return -1;
    if (parts > 0 && parts < whole)
        *separator = ' ';
    *size = *separator ? parts : whole <= VOCABULARY_MAX ? whole : 0;
    return 0;
}

int32_t catalogue_word(const struct catalogue *catalogue, const char *folded, size_t n)
{
    return (int32_t)names_find(&catalogue->words, folded, n);
}

static int mark(struct catalogue *c, int32_t word, unsigned trait, struct llmx_error *err)
{
    size_t before = c->traits_capacity;
    if (mem_grow(&c->traits, &c->traits_capacity, c->words.count, 1, err) != 0)
        return -1;
    if (c->traits_capacity > before)
        memset(c->traits + before, 0, c->traits_capacity - before);
    if (word >= 0)
        c->traits[word] |= (unsigned char)trait;
    return 0;
}

/* Gives every word of a list a trait. */
static int mark_list(struct catalogue *c, const char *list, unsigned trait, struct llmx_error *err)
{
    size_t at = 0, n;
    for (const char *word; (word = list_next(list, ' ', &at, &n)) != NULL;) {
        int64_t id = names_add(&c->words, word, n, err);
        if (id < 0 || mark(c, (int32_t)id, trait, err) != 0)
            return -1;
    }
    return 0;
}

static int mark_ordinary(struct catalogue *c, struct llmx_error *err)
{
    for (const char *const *list = words_ordinary; *list; list++)
        if (mark_list(c, *list, TRAIT_ORDINARY, err) != 0)
            return -1;
    return 0;
}

static int genre_phrase(struct catalogue *c, const char *s, size_t n, int32_t value,
                        struct llmx_error *err)
{
    int32_t ids[TITLE_WORDS_MAX];
    int count = catalogue_words(c, s, n, ids, err);
    if (count <= 0)
        return count;
    for (int i = 0; i < count; i++)
        if (mark(c, ids[i], (value & 1) ? 0 : TRAIT_GENRE, err) != 0)
            return -1;
    return phrases_add(&c->genres, ids, count, value, err);
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
        genre_phrase(c, name, n + 1, c->n_genres * 2, err))
        return -1;
    name[n] = 0;
    c->genre[c->n_genres] = (struct genre){column, name};
    return c->n_genres++;
}

static int genre_variants(struct catalogue *c, struct llmx_error *err)
{
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        int32_t node = 0, ids[TITLE_WORDS_MAX];
        int n = catalogue_words(c, variants[i].genre, strlen(variants[i].genre), ids, err);
        for (int k = 0; k < n; k++)
            node = phrases_step(&c->genres, node, ids[k]);
        int32_t first = phrases_first(&c->genres, node);
        if (n < 0 || mark(c, -1, 0, err) != 0)
            return -1;
        if (first >= 0 &&
            genre_phrase(c, variants[i].variant, strlen(variants[i].variant),
                         (c->genres.meaning[first].value & ~1) | variants[i].is_adjective,
                         err) != 0)
            return -1;
    }
    return 0;
}

static int gather_genres(struct catalogue *c, struct llmx_error *err)
{
    int columns = llmx_data_columns(c->data, LLMX_ITEMS);
    uint32_t size[COLUMNS_MAX] = {0};
    for (int k = 0; k < columns && k < COLUMNS_MAX; k++)
        if (k != c->title_column && separator_find(c, k, &c->separator[k], &size[k], err) != 0)
            return -1;
    size_t n_all = 0;
    for (llmx_id item = 0; item < llmx_data_items(c->data); item++) {
        c->item_genre_start[item] = n_all;
        for (int k = 0; k < columns && k < COLUMNS_MAX; k++) {
            const char *s = llmx_data_feature(c->data, LLMX_ITEMS, item, k), *value;
            size_t at = 0, n;
            while (size[k] > 0 && (value = list_next(s, c->separator[k], &at, &n)) != NULL) {
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
    return genre_variants(c, err);
}

/* A year among an item's features: a value that is just four digits. */
static int item_year(const struct catalogue *c, llmx_id item)
{
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
            status = titles_add(c, item, title, err);
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

static int gather_profile(struct catalogue *c, struct llmx_error *err)
{
    c->age_column = llmx_data_column(c->data, LLMX_USERS, "age");
    for (int k = 0; k < llmx_data_columns(c->data, LLMX_USERS); k++) {
        uint32_t size;
        if (distinct(c, LLMX_USERS, k, 0, &size, err) != 0)
            return -1;
        for (llmx_id user = 0;
             user < llmx_data_users(c->data) && size > 0 && size <= VOCABULARY_MAX; user++) {
            const char *s = llmx_data_feature(c->data, LLMX_USERS, user, k);
            int32_t ids[TITLE_WORDS_MAX];
            int n = strlen(s) > 2 && !says_nothing(s, strlen(s))
                        ? catalogue_words(c, s, strlen(s), ids, err)
                        : 0;
            if (n < 0 || (n > 0 && phrases_add(&c->profile, ids, n, k, err) != 0))
                return -1;
        }
    }
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
        mark_list(c, words_function, TRAIT_FUNCTION | TRAIT_ORDINARY, err) ||
        mark_ordinary(c, err) ||
        mark_list(c, words_genre_nouns, TRAIT_GENRE_NOUN | TRAIT_ORDINARY, err) ||
        gather_titles(c, err) || gather_genres(c, err) || gather_profile(c, err) ||
        mark(c, -1, 0, err)) {
        catalogue_destroy(c);
        return NULL;
    }
    words_release(&c->scratch);
    return c;
}

void catalogue_destroy(struct catalogue *c)
{
    if (!c)
        return;
    arena_release(&c->arena);
    names_release(&c->words);
    phrases_release(&c->titles);
    phrases_release(&c->genres);
    phrases_release(&c->profile);
    words_release(&c->scratch);
    free(c->traits);
    free(c->title);
    free(c->year);
    free(c->genre);
    free(c->item_genre_start);
    free(c->item_genres);
    free(c);
}
