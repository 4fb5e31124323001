/* item_roles.c - what the columns of items are: title, year, categories ..., by the names that catalogues give them. */
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

int features_role(const struct features *features, enum llmx_role role)
{
    for (int i = 0; i < ROLE_NAMES_MAX && names[role][i]; i++)
        for (int c = 0; c < features->n_columns; c++)
            if (is_called(features->names[c], names[role][i]))
                return c;
    return -1;
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
