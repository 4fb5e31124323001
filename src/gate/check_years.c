/* check_years.c - is every year given, and that of the item it is said of? */
#include "gate/checks.h"
#include "gate/subjects.h"

static bool is_given_year(const struct llmx_checker *c, int year, bool is_decade)
{
    for (int y = year; y < year + (is_decade ? 10 : 1); y++) {
        char s[5] = {(char)('0' + y / 1000 % 10), (char)('0' + y / 100 % 10),
                     (char)('0' + y / 10 % 10), (char)('0' + y % 10), 0};
        if (hash_set_has(&c->given.words, hash_bytes(s, 4)))
            return true;
    }
    return false;
}

/* "1995 and 1996" of several items says one of each. */
static bool is_shared_out(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    bool is_decade;
    return (i + 2 < w->n && word_in(w, i + 1, "and or to") &&
            checker_year_at(c, i + 2, &is_decade)) ||
           (i > 1 && word_in(w, i - 1, "and or to") && checker_year_at(c, i - 2, &is_decade));
}

/* Is one of the items that a year, words first .. end - 1, is said of from another? */
static bool is_year_of_others(const struct llmx_checker *c, int first, int end, int year,
                              bool is_decade)
{
    llmx_id subjects[SUBJECTS_MAX];
    const int n = subjects_find(c, first, end, subjects);
    if (n > 1 && is_shared_out(c, first))
        return false;
    for (int i = 0; i < n; i++) {
        const int own = c->catalogue->year[subjects[i]];
        if (own && (is_decade ? own / 10 != year / 10 : own != year))
            return true;
    }
    return false;
}

/* "of that year too": the last year that the text named. */
static bool is_that_year(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return word_in(w, i, "that same") && word_is(w, i + 1, "year") && !word_is(w, i + 2, "as");
}

void check_years(struct llmx_checker *c)
{
    int last = 0;
    bool last_is_decade = false;
    for (int i = 0; i < c->words.n; i++) {
        bool is_decade;
        if (last && !last_is_decade && is_that_year(c, i) &&
            is_year_of_others(c, i, i + 2, last, false))
            checker_fail(c, LLMX_CHECK_YEAR, i, 2);
        const bool is_year = c->mention_of[i] < 0 && !checker_is_of_life(c, i);
        int year = is_year ? checker_year_at(c, i, &is_decade) : 0;
        if (year == 0)
            continue;
        if (!is_given_year(c, year, is_decade) || is_year_of_others(c, i, i + 1, year, is_decade))
            checker_fail(c, LLMX_CHECK_YEAR, i, 1);
        c->settled[i] = true;
        last = year, last_is_decade = is_decade;
    }
}
