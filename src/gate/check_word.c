/* check_word.c - the closed world of is_strict: every word is of a title, of the lexicon, a number, a value that is shown or
 * the name of a column. */
#include "gate/checks.h"

#include <string.h>

#define TRAIT_PERSON                                                                               \
    (ON_LIST(LIST_PERSONS) | ON_LIST(LIST_MEN) | ON_LIST(LIST_WOMEN) |                             \
     ON_LIST(LIST_PERSON_ATTRIBUTES) | ON_LIST(LIST_PERSON_WORK) | ON_LIST(LIST_PERSON_LIMITS))

/* Of values that are shown, how many words at i are one: "science fiction". */
static int genre_words(const struct llmx_checker *c, int i)
{
    int genre;
    bool is_adjective;
    const int n = checker_genre_at(c, i, &genre, &is_adjective);
    return n > 0 && c->given.genres[genre] ? n : 0;
}

/* Does an item's value of a column that is shown hold the word? */
static bool is_of_item(struct llmx_checker *c, llmx_id item, int i)
{
    const struct llmx_data *data = c->catalogue->data;
    for (int k = 0; k < COLUMNS_MAX && k < llmx_data_columns(data, LLMX_ITEMS); k++)
        if (k != c->catalogue->title_column && (c->given.told.columns >> k & 1) &&
            checker_value_has(c, llmx_data_feature(data, LLMX_ITEMS, item, k), i))
            return true;
    return false;
}

static bool is_of_value(struct llmx_checker *c, int i)
{
    const struct llmx_given *told = &c->given.told;
    bool found = is_of_item(c, told->item, i);
    for (int k = 0; k < told->n_evidence && !found; k++)
        found = is_of_item(c, told->evidence[k], i);
    return found;
}

/* Is it the name of a column, or a word of one: "release_year"? */
static bool is_of_column(struct llmx_checker *c, int i)
{
    const struct llmx_data *data = c->catalogue->data;
    for (int k = 0; k < llmx_data_columns(data, LLMX_ITEMS); k++)
        if (checker_value_has(c, llmx_data_column_name(data, LLMX_ITEMS, k), i))
            return true;
    return false;
}

/* "old" of an age that is the customer's (check_profile.c): "24-year-old" */
static bool is_of_age(const struct llmx_checker *c, int i)
{
    return i >= 2 && word_in(&c->words, i, "old olds young") &&
           word_in(&c->words, i - 1, "year years") && c->settled[i - 2];
}

/* What may be said of the customer; whether it is true is for check_profile. */
static bool is_of_profile(struct llmx_checker *c, int i)
{
    const struct llmx_given *told = &c->given.told;
    const struct llmx_data *data = c->catalogue->data;
    if (!told->allow_profile)
        return false;
    bool found = (checker_traits(c, i) & TRAIT_PERSON) != 0 || is_of_age(c, i);
    for (int k = 0; told->user >= 0 && k < llmx_data_columns(data, LLMX_USERS) && !found; k++)
        found = checker_value_has(c, given_profile(told, data, k), i);
    return found;
}

/* Does it stand in quotation marks with a title that is given, as a part of it that is no mention? */
static bool is_quoted_title(struct llmx_checker *c, int i)
{
    const int quote = c->words.word[i].quote, column = c->catalogue->title_column;
    if (quote < 0 || column < 0)
        return false;
    const struct quotation *q = &c->words.quotation[quote];
    for (int k = q->first; k < q->first + q->n; k++) {
        const llmx_id item = c->mention_of[k] < 0 ? -1 : c->mention[c->mention_of[k]].item;
        if (item >= 0 && checker_value_has(
                             c, llmx_data_feature(c->catalogue->data, LLMX_ITEMS, item, column), i))
            return true;
    }
    return quotation_is_given(c, q);
}

/* How many words at i something licenses. */
static int licensed(struct llmx_checker *c, int i)
{
    if (c->mention_of[i] >= 0 || (checker_traits(c, i) & TRAIT_PLAIN) ||
        strchr("0123456789", *word_text(&c->words, i)))
        return 1;
    const int n = genre_words(c, i);
    return n > 0 ? n
                 : is_of_value(c, i) || is_of_column(c, i) || is_of_profile(c, i) ||
                       is_quoted_title(c, i);
}

void check_word(struct llmx_checker *c)
{
    for (int i = 0, n; c->given.told.is_strict && i<c->words.n; i += n> 0 ? n : 1) {
        n = licensed(c, i);
        if (n == 0)
            checker_fail(c, LLMX_CHECK_WORD, i, 1);
    }
}
