/* check_profile.c - does a text speak of the customer's age, gender or occupation? Only what is said of the
 * customer counts ("as a student", "at your age"), not that a film is about a student. */
#include "gate/checks.h"

#include <string.h>

static const char men[] = "man male guy boy gentleman father dad husband men males guys";
static const char women[] = "woman female lady girl gal mother mom wife women females ladies";

/* The number of words that say "what follows is the customer": "as a", "being an", "you are a"; 0: none. */
static int introduces_customer(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (word_in(w, i, "as being like for") && word_in(w, i + 1, "a an"))
        return 2;
    if (word_is(w, i, "you") && word_in(w, i + 1, "are re") && word_in(w, i + 2, "a an"))
        return 3;
    if (word_is(w, i, "youre") && word_in(w, i + 1, "a an"))
        return 2;
    if (word_in(w, i, "fellow") ||
        (word_is(w, i, "your") && word_in(w, i + 1, "work job life career profession")))
        return 1;
    return 0;
}

/* The column of .user that holds the words at i as a value, and how many words they are; -1: none. */
static int profile_value(const struct llmx_checker *c, int i, int *n)
{
    const struct phrases *profile = &c->catalogue->profile;
    int32_t node = 0;
    int column = -1;
    for (int k = i; k < c->words.n && node >= 0; k++) {
        node = phrases_step(profile, node, c->id_bare[k]);
        int32_t m = phrases_first(profile, node);
        if (m >= 0) {
            column = profile->meaning[m].value;
            *n = k - i + 1;
        }
    }
    return column;
}

/* Does the user's own profile say so? */
static bool is_true_value(const struct llmx_checker *c, int column, int first, int n)
{
    if (c->given.told.user < 0)
        return false;
    const char *value =
        llmx_data_feature(c->catalogue->data, LLMX_USERS, c->given.told.user, column);
    return n > 1 || word_is(&c->words, first, value) ||
           strncmp(word_text(&c->words, first), value, strlen(value)) == 0;
}

static bool is_true_gender(const struct llmx_checker *c, bool says_man)
{
    const struct llmx_data *data = c->catalogue->data;
    int column = llmx_data_column(data, LLMX_USERS, "gender");
    if (column < 0 || c->given.told.user < 0)
        return false;
    char first = llmx_data_feature(data, LLMX_USERS, c->given.told.user, column)[0];
    return says_man ? first == 'M' || first == 'm'
                    : first == 'F' || first == 'f' || first == 'W' || first == 'w';
}

/* Words after "as a": gender or occupation of the customer. */
static void check_role(struct llmx_checker *c, int start, int first)
{
    const struct passage *w = &c->words;
    for (int i = first; i < w->n && i < first + 4 && !(i > first && word_has(w, i, WORD_APART));
         i++) {
        int n = 1;
        bool says_man = word_in(w, i, men), says_woman = word_in(w, i, women);
        int column = c->mention_of[i] >= 0 ? -1 : profile_value(c, i, &n);
        if (checker_traits(c, i) & TRAIT_GENRE_NOUN)
            return;
        if (!says_man && !says_woman && column < 0)
            continue;
        bool is_true = column >= 0 ? is_true_value(c, column, i, n) : is_true_gender(c, says_man);
        if (!c->given.told.allow_profile || !is_true)
            checker_fail(c, LLMX_CHECK_PROFILE, start, i + n - start);
        for (int k = i; k < i + n; k++)
            c->settled[k] = true;
    }
}

/* "24-year-old", "aged 24", "at 24", "24 years old". */
static bool is_age(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_has(w, i, WORD_NUMBER) || c->mention_of[i] >= 0)
        return false;
    return (word_in(w, i + 1, "year years") && word_in(w, i + 2, "old olds young")) ||
           word_in(w, i - 1, "aged age") ||
           (word_is(w, i - 1, "at") && (i + 1 == w->n || word_has(w, i + 1, WORD_APART)) &&
            w->word[i].n == 2);
}

void check_profile(struct llmx_checker *c)
{
    static const char attributes[] = "age gender sex occupation profession job career";
    const struct passage *w = &c->words;
    for (int i = 0; i < w->n; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        int introduction = introduces_customer(c, i);
        if (introduction > 0)
            check_role(c, i, i + introduction);
        if (is_age(c, i) &&
            (!c->given.told.allow_profile ||
             !word_is(w, i,
                      llmx_data_feature(c->catalogue->data, LLMX_USERS, c->given.told.user,
                                        c->catalogue->age_column))))
            checker_fail(c, LLMX_CHECK_PROFILE, i, 1);
        bool is_attribute = word_in(w, i, "your") && word_in(w, i + 1, attributes);
        bool is_group = (word_in(w, i, men) || word_in(w, i, women)) &&
                        (word_in(w, i + 1, "like your of in") && word_in(w, i + 2, "you age your"));
        if ((is_attribute || is_group) && !c->given.told.allow_profile)
            checker_fail(c, LLMX_CHECK_PROFILE, i, 2);
    }
}
