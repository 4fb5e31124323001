/* item_roles.c - what the columns of items are: title, year, categories ..., by the names that catalogues give them. */
#include "base/edit_distance.h"
#include "base/plain.h"
#include "data/dataset.h"

#include <string.h>

#define ROLE_NAMES_MAX 16

/* A role's own name first; then the others, the clearest first. "-" and spaces are as good as "_", capitals as small. */
static const char *const names[LLMX_ROLES][ROLE_NAMES_MAX] = {
    [LLMX_ROLE_TITLE] = {"title", "movie_title", "item_title", "product_title", "book_title",
                         "name", "item_name", "product_name", "prod_name", "game_title", "app_name",
                         "news_title", "artist_name", "track_name"},
    [LLMX_ROLE_YEAR] = {"year", "release_year", "movie_year", "publication_year",
                        "year_of_publication", "original_publication_year", "first_publish_year",
                        "release_date", "publication_date", "publish_date"},
    [LLMX_ROLE_CATEGORIES] = {"categories", "category", "genres", "genre", "class", "tags",
                              "main_category", "main_cat", "product_type_name",
                              "product_group_name", "subjects", "topics", "labels"},
    [LLMX_ROLE_CREATOR] = {"creator", "authors", "author", "book_author", "artist", "director",
                           "directors", "developer", "developers"},
    [LLMX_ROLE_BRAND] = {"brand", "store", "manufacturer", "publisher"},
    [LLMX_ROLE_PRICE] = {"price", "list_price", "current_price"},
};

static char folded(char c)
{
    return c == '-' || c == ' ' ? '_' : c;
}

/* Is a column called so? */
static bool is_called(const char *column, const char *name)
{
    char plain[64];
    const size_t n = strlen(column);
    if (n >= sizeof plain)
        return false;
    for (size_t i = 0; i <= n; i++)
        plain[i] = folded(column[i]);
    return plain_strcasecmp(plain, name) == 0;
}

static int by_name(const struct features *features, int role)
{
    for (int i = 0; i < ROLE_NAMES_MAX && names[role][i]; i++)
        for (int c = 0; c < features->n_columns; c++)
            if (is_called(features->names[c], names[role][i]))
                return c;
    return -1;
}

/* ---- roles that are chosen ---- */

/* Where that word stands among n; -1 with the nearest one named. */
static int place_of(const char *word, size_t length, const char *const *words, int n,
                    const char *what, struct llmx_error *err)
{
    char copy[EDIT_BYTES_MAX + 1];
    const char *near = NULL;
    int best = (int)length / 2 + 1; /* farther than half the word is no help */
    snprintf(copy, sizeof copy, "%.*s", (int)length, word);
    for (int i = 0; i < n; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
            return i;
        const int distance = edit_distance(copy, words[i]);
        if (distance < best) {
            best = distance;
            near = words[i];
        }
    }
    return err_set(err, LLMX_BAD_OPTION, "--role: there is no %s '%s'%s%s%s", what, copy,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* One "year=release". */
static int choose(struct features *features, const char *part, size_t n, struct llmx_error *err)
{
    const char *roles[LLMX_ROLES];
    const char *equals = memchr(part, '=', n);
    const size_t left = equals ? (size_t)(equals - part) : 0, right = equals ? n - left - 1 : 0;
    if (left == 0 || right == 0)
        return err_set(err, LLMX_BAD_OPTION,
                       "--role: '%.*s' is not ROLE=COLUMN, as in categories=subcategory", (int)n,
                       part);
    for (int r = 0; r < LLMX_ROLES; r++)
        roles[r] = names[r][0];
    const int role = place_of(part, left, roles, LLMX_ROLES, "role", err);
    const int column = role < 0 ? -1
                                : place_of(equals + 1, right, (const char *const *)features->names,
                                           features->n_columns, "column of items", err);
    if (column < 0)
        return -1;
    features->role[role] = column;
    return 0;
}

int features_find_roles(struct features *features, const char *chosen, struct llmx_error *err)
{
    for (int role = 0; role < LLMX_ROLES; role++)
        features->role[role] = by_name(features, role);
    while (chosen && *chosen) {
        const size_t n = strcspn(chosen, ",");
        if (choose(features, chosen, n, err) != 0)
            return -1;
        chosen += n + (chosen[n] == ',');
    }
    return 0;
}

int features_role(const struct features *features, enum llmx_role role)
{
    return features->n_columns > 0 ? features->role[role] : -1;
}

int llmx_data_role_column(const struct llmx_data *data, enum llmx_role role)
{
    return features_role(&data->features[LLMX_ITEMS], role);
}

int llmx_data_title_column(const struct llmx_data *data)
{
    return llmx_data_role_column(data, LLMX_ROLE_TITLE);
}

const char *llmx_role_name(enum llmx_role role)
{
    return names[role][0];
}
