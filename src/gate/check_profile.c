/* check_profile.c - does a text speak of the customer's age, gender or occupation, and does the profile say so? Only what
 * is said of the customer counts ("as a student", "at your age"), not that a film is about a student. */
#include "gate/ages.h"
#include "gate/checks.h"
#include "gate/profile_kind.h"
#include "gate/profile_values.h"

#include <string.h>

#define NEAR_WORDS 4 /* behind "as a", in which it may be said who the customer is */
#define FAR_WORDS                                                                                  \
    8 /* where no little word comes between: "a 24-year-old female graduate student" */

/* The user's value of a column; NULL: there is none. Valid until the next call. */
static const struct passage *own_value(struct llmx_checker *c, int column)
{
    const struct passage *value =
        checker_split(c, given_profile(&c->given.told, c->catalogue->data, column));
    return value && value->n > 0 ? value : NULL;
}

/* The user's value of the first column of a kind (profile_kind.h) that they have one in. */
static const struct passage *own_attribute(struct llmx_checker *c, const char *kind)
{
    const struct passage *value = NULL;
    for (int k = 0; k < llmx_data_columns(c->catalogue->data, LLMX_USERS) && !value; k++)
        if (profile_is_kind(llmx_data_column_name(c->catalogue->data, LLMX_USERS, k), kind))
            value = own_value(c, k);
    return value;
}

static bool is_own_gender(struct llmx_checker *c, enum list gender)
{
    const struct passage *value = own_attribute(c, "gender");
    if (!value || value->n != 1)
        return false;
    const struct list_entry *code =
        list_find(LIST_GENDER_CODES, word_text(value, 0), value->word[0].n);
    const char *word = code ? code->value : word_text(value, 0);
    return list_find(gender, word, strlen(word)) != NULL;
}

static bool is_own_value(struct llmx_checker *c, int first, int n)
{
    bool found = false;
    for (int k = 0; k < llmx_data_columns(c->catalogue->data, LLMX_USERS) && !found; k++) {
        const struct passage *value = own_value(c, k);
        found = value && profile_values_say(&c->catalogue->dictionary, &c->words, first, n, value);
    }
    return found;
}

/* How many words at i say who somebody is, a gender or a value of profiles; 0: none. *is_own: may they be said? */
static int person_at(struct llmx_checker *c, int i, bool *is_own)
{
    if (c->mention_of[i] >= 0)
        return 0;
    const bool is_man = checker_on(c, i, LIST_MEN), is_woman = checker_on(c, i, LIST_WOMEN);
    const int n = profile_values_at(&c->catalogue->people, &c->catalogue->dictionary, &c->words, i);
    *is_own = c->given.told.allow_profile &&
              ((n > 0 && is_own_value(c, i, n)) || (is_man && is_own_gender(c, LIST_MEN)) ||
               (is_woman && is_own_gender(c, LIST_WOMEN)));
    return n > 0 ? n : is_man || is_woman;
}

/* The words that say "what follows is the customer": "as a", "being an", "you are a"; 0: none. *reach: in how many. */
static int introduces_customer(const struct llmx_checker *c, int i, int *reach)
{
    const struct passage *w = &c->words;
    int n = word_is(w, i, "you") && word_in(w, i + 1, "are re") ? 2
            : word_in(w, i, "youre being")                      ? 1
                                                                : 0;
    const bool is_article = word_in(w, i + n, "a an");
    *reach = FAR_WORDS;
    if (n == 0 && word_in(w, i, "as like for") && word_in(w, i + 1, "a an"))
        return 2;
    if (n > 0) {
        *reach = is_article ? FAR_WORDS : 1;
        return n + is_article;
    }
    return word_is(w, i, "fellow") ||
           (word_is(w, i, "your") && checker_on(c, i + 1, LIST_PERSON_WORK));
}

/* Words first .. after "as a": who the customer is said to be. */
static void check_role(struct llmx_checker *c, int start, int first, int reach)
{
    const struct passage *w = &c->words;
    for (int i = first, n; i < w->n && i<first + reach; i += n> 0 ? n : 1) {
        bool is_own;
        if ((i > first && word_has(w, i, WORD_APART)) || (checker_traits(c, i) & TRAIT_GENRE_NOUN))
            return;
        if ((checker_traits(c, i) & TRAIT_FUNCTION) && !word_in(w, i, "and or"))
            reach = reach < NEAR_WORDS ? reach : NEAR_WORDS;
        n = person_at(c, i, &is_own);
        if (n > 0 && !is_own)
            checker_fail(c, LLMX_CHECK_PROFILE, start, i + n - start);
        for (int k = i; k < i + n; k++)
            c->settled[k] = true;
    }
}

/* "24-year-old", "aged 25 to 34", "at 24,", "you are 24": is the age that begins at word i the customer's? */
static bool claims_age(const struct llmx_checker *c, int i, struct age *age)
{
    const struct passage *w = &c->words;
    if (c->mention_of[i] >= 0 || !age_at(w, i, age))
        return false;
    const int end = age->end;
    const bool ends_here = end == w->n || word_has(w, end, WORD_APART);
    const bool is_bare = !age->limit && age->low == age->high && w->word[i].n == 2;
    return (word_in(w, end, "year years") && word_in(w, end + 1, "old olds young")) ||
           word_in(w, i - 1, "aged age") || (word_is(w, i - 1, "of") && word_is(w, i - 2, "age")) ||
           (word_is(w, i - 1, "at") && ends_here && is_bare) ||
           ((word_in(w, i - 1, "youre being") ||
             (word_is(w, i - 1, "are") && word_is(w, i - 2, "you"))) &&
            (ends_here || word_in(w, end, "and")) && is_bare);
}

/* Checks the age that word i begins, if it does; returns the words to go on by. */
static int check_age(struct llmx_checker *c, int i)
{
    struct age age;
    if (!claims_age(c, i, &age))
        return 1;
    const struct passage *own = c->given.told.allow_profile ? own_attribute(c, "age") : NULL;
    const bool is_so = own && age_is(&age, own);
    if (!is_so)
        checker_fail(c, LLMX_CHECK_PROFILE, i, age.end - i);
    for (int k = i; k < age.end && is_so; k++)
        c->settled[k] = true; /* no count of anything */
    return age.end - i;
}

/* "in your twenties" */
static void check_decade(struct llmx_checker *c, int i)
{
    bool is_decade;
    struct age own;
    const int tens = checker_year_at(c, i, &is_decade) % 100 / 10;
    const struct passage *value = c->given.told.allow_profile ? own_attribute(c, "age") : NULL;
    if (!value || !age_at(value, 0, &own) || own.limit || own.low / 10 != tens ||
        own.high / 10 != tens)
        checker_fail(c, LLMX_CHECK_PROFILE, i - 1, 2);
}

/* "your age", which a profile without one does not allow either. */
static void check_attribute(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const struct list_entry *attribute =
        list_find(LIST_PERSON_ATTRIBUTES, word_text(w, i + 1), w->word[i + 1].n);
    if (!c->given.told.allow_profile || !own_attribute(c, attribute->value))
        checker_fail(c, LLMX_CHECK_PROFILE, i, 2);
}

/* "men like you", "students of your age": whoever the words before word i are, the customer is one of them. */
static void check_group(struct llmx_checker *c, int i)
{
    bool is_own;
    for (int first = i > NEAR_WORDS ? i - NEAR_WORDS : 0; first < i; first++) {
        if (first + person_at(c, first, &is_own) != i)
            continue;
        if (!is_own)
            checker_fail(c, LLMX_CHECK_PROFILE, first, i + 1 - first);
        return;
    }
}

void check_profile(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    for (int i = 0, n; i < w->n; i += n) {
        int reach;
        n = 1;
        if (c->mention_of[i] >= 0)
            continue;
        const int introduction = introduces_customer(c, i, &reach);
        if (introduction > 0)
            check_role(c, i, i + introduction, reach);
        if (word_is(w, i, "your") && checker_on(c, i + 1, LIST_PERSON_ATTRIBUTES))
            check_attribute(c, i);
        if (word_in(w, i, "like your of in") && word_in(w, i + 1, "you age your"))
            check_group(c, i);
        if (checker_is_of_life(c, i))
            check_decade(c, i);
        n = check_age(c, i);
    }
}
