/* check_genres.c - is every genre given, and that of the item it is said of? */
#include "gate/checks.h"
#include "gate/subjects.h"

#include <string.h>

/* A run of genre words, as in "crime, drama and thriller". */
struct genre_run {
    int first, end; /* words */
    int n_genres;   /* named by nouns */
    int n_words;    /* of all of them, adjectives too, conjunctions apart */
    bool is_named;  /* a capital or quotation marks say that a genre is meant */
};

static bool joins_genres(const struct llmx_checker *c, int i)
{
    return word_in(&c->words, i, "and or");
}

static struct genre_run run_at(const struct llmx_checker *c, int first)
{
    struct genre_run run = {first, first, 0, 0, false};
    const struct passage *w = &c->words;
    for (int i = first; i < w->n;) {
        int genre;
        bool is_adjective;
        if (c->mention_of[i] >= 0 || (i > first && word_has(w, i, WORD_BREAK)))
            break;
        int n = checker_genre_at(c, i, &genre, &is_adjective);
        if (n == 0 && i > first && joins_genres(c, i) && !word_has(w, i, WORD_BREAK)) {
            i++;
            continue;
        }
        if (n == 0)
            break;
        run.n_genres += !is_adjective;
        run.n_words += n;
        run.is_named = run.is_named || w->word[i].quote >= 0 ||
                       (checker_is_capital(c, i) && !word_has(w, i, WORD_INITIAL));
        i += n;
        run.end = i;
    }
    return run;
}

/* Is it a value of an item that is shown? One word may be a value of several columns ("news", both a section and a part of it). */
static bool is_given(const struct llmx_checker *c, int genre)
{
    const struct catalogue *k = c->catalogue;
    if (c->given.genres[genre])
        return true;
    for (int i = 0; i < k->n_genres; i++)
        if (c->given.genres[i] && strcmp(k->genre[i].name, k->genre[genre].name) == 0)
            return true;
    return false;
}

/* Words that say of what follows that it is a genre. */
static bool introduces_genre(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (word_in(w, i, "of for in") && checker_on(c, i - 1, LIST_GENRE_TASTES))
        return true;
    return checker_on(c, i, LIST_GENRE_VERBS);
}

/* Is a run of genre words a claim about a genre, or are they ordinary words ("a war on boredom")? See docs/gate.md. */
static bool is_claim(const struct llmx_checker *c, const struct genre_run *run)
{
    const struct passage *w = &c->words;
    llmx_id subjects[SUBJECTS_MAX];
    if (run->is_named ||
        (run->n_genres > 0 &&
         (run->n_words > 1 || subjects_find(c, run->first, run->end, subjects) > 0)))
        return true;
    for (int i = run->end; i < w->n && i < run->end + 2 && !word_has(w, i, WORD_BREAK); i++) {
        if (word_has(w, i, WORD_APART) || c->mention_of[i] >= 0)
            break;
        if (checker_traits(c, i) & TRAIT_GENRE_NOUN)
            return true;
        if (!(checker_traits(c, i) & TRAIT_ORDINARY) || (checker_traits(c, i) & TRAIT_FUNCTION))
            break;
    }
    bool ends_here = run->end >= w->n || word_has(w, run->end, WORD_BREAK) ||
                     word_has(w, run->end, WORD_APART) ||
                     word_in(w, run->end, "and that with which but you for such including");
    return ends_here && run->n_genres > 0 &&
           (introduces_genre(c, run->first - 1) ||
            subjects_of_genre(c, run->first, run->end, subjects) > 0);
}

/* How many of a run's genres an item has, or does not show. */
static int genres_of(const struct llmx_checker *c, const struct genre_run *run, llmx_id item)
{
    int n_had = 0, genre;
    bool is_adjective;
    for (int i = run->first, n; i < run->end; i += n ? n : 1) {
        n = checker_genre_at(c, i, &genre, &is_adjective);
        n_had += n > 0 && (!(c->given.told.columns >> c->catalogue->genre[genre].column & 1) ||
                           item_is_of(c, item, genre));
    }
    return n_had;
}

/* Is it a value of columns that are shown, and in none of them the item's? */
static bool is_not_of(const struct llmx_checker *c, int genre, llmx_id item)
{
    const struct catalogue *k = c->catalogue;
    bool is_shown = false;
    for (int i = 0; i < k->n_genres; i++) {
        if (!(c->given.told.columns >> k->genre[i].column & 1) ||
            strcmp(k->genre[i].name, k->genre[genre].name) != 0)
            continue;
        is_shown = true;
        if (item_is_of(c, item, i))
            return false;
    }
    return is_shown;
}

static void check_run(struct llmx_checker *c, const struct genre_run *run)
{
    llmx_id subjects[SUBJECTS_MAX];
    const int n_subjects = subjects_of_genre(c, run->first, run->end, subjects);
    int n_named = 0, genre;
    bool is_adjective;
    for (int i = run->first, n; i < run->end; i += n ? n : 1) {
        n = checker_genre_at(c, i, &genre, &is_adjective);
        n_named += n > 0;
        if (n > 0 && (!is_given(c, genre) || (n_subjects == 1 && is_not_of(c, genre, subjects[0]))))
            checker_fail(c, LLMX_CHECK_GENRE, i, n);
    }
    /* "both are crime and drama" may mean one each */
    for (int i = 0; i < n_subjects && n_subjects > 1 && n_named > 0; i++)
        if (genres_of(c, run, subjects[i]) == 0)
            checker_fail(c, LLMX_CHECK_GENRE, run->first, run->end - run->first);
}

void check_genres(struct llmx_checker *c)
{
    for (int i = 0; i < c->words.n;) {
        struct genre_run run = run_at(c, i);
        if (run.end == i) {
            i++;
            continue;
        }
        if (is_claim(c, &run)) {
            check_run(c, &run);
            for (int k = run.first; k < run.end; k++)
                c->settled[k] = true;
        }
        i = run.end;
    }
}
