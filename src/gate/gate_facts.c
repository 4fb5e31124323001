/* gate_facts.c - genres, years and names that an explanation claims, held against what was given. */
#include "gate/gate_parts.h"

#include <string.h>

int gate_genre_at(const struct gate *gate, int word, int *genre, bool *is_adjective)
{
    const struct phrases *genres = &gate->catalogue->genres;
    int32_t node = 0;
    int n = 0;
    for (int i = word; i < gate->words.n && i < word + 6 && node >= 0; i++) {
        if (i > word && word_has(&gate->words, i, WORD_BREAK))
            break;
        int32_t next = phrases_step(genres, node, gate->id[i]);
        node = next >= 0 ? next : phrases_step(genres, node, gate->id_bare[i]);
        int32_t m = phrases_first(genres, node);
        if (m >= 0) {
            *genre = genres->meaning[m].value >> 1;
            *is_adjective = genres->meaning[m].value & 1;
            n = i - word + 1;
        }
    }
    return n;
}

/* A run of genre words, as in "crime, drama and thriller". */
struct genre_run {
    int first, end; /* words */
    int n_genres;   /* named by nouns */
    int n_words;    /* of all of them, adjectives too, conjunctions apart */
    bool is_named;  /* a capital or quotation marks say that a genre is meant */
};

static bool joins_genres(const struct gate *gate, int i)
{
    return word_in(&gate->words, i, "and or");
}

static struct genre_run run_at(const struct gate *gate, int first)
{
    struct genre_run run = {first, first, 0, 0, false};
    const struct words *w = &gate->words;
    for (int i = first; i < w->n;) {
        int genre;
        bool is_adjective;
        if (gate->mention_of[i] >= 0 || (i > first && word_has(w, i, WORD_BREAK)))
            break;
        int n = gate_genre_at(gate, i, &genre, &is_adjective);
        if (n == 0 && i > first && joins_genres(gate, i) && !word_has(w, i, WORD_BREAK)) {
            i++;
            continue;
        }
        if (n == 0)
            break;
        run.n_genres += !is_adjective;
        run.n_words += n;
        run.is_named = run.is_named || w->word[i].quote >= 0 ||
                       (gate_is_capital(gate, i) && !word_has(w, i, WORD_INITIAL));
        i += n;
        run.end = i;
    }
    return run;
}

static bool item_has_genre(const struct catalogue *c, llmx_id item, int genre)
{
    for (size_t i = c->item_genre_start[item]; i < c->item_genre_start[item + 1]; i++)
        if (c->item_genres[i] == genre)
            return true;
    return false;
}

/* Words that say of what follows that it is a genre. */
static bool introduces_genre(const struct gate *gate, int i)
{
    const struct words *w = &gate->words;
    if (word_in(w, i, "of for in") &&
        word_in(w, i - 1,
                "fan lover fond love taste interest genre genres mix blend combination fondness "
                "preference appreciation enthusiast elements"))
        return true;
    return word_in(w, i, "enjoy enjoyed like love liked loved prefer");
}

/* Is a run of genre words a claim about a genre, or are they ordinary words ("a war on boredom")? See docs/gate.md. */
static bool is_claim(const struct gate *gate, const struct genre_run *run)
{
    const struct words *w = &gate->words;
    llmx_id subjects[SUBJECTS_MAX];
    if (run->is_named ||
        (run->n_genres > 0 &&
         (run->n_words > 1 || gate_subjects(gate, run->first, run->end, subjects) > 0)))
        return true;
    for (int i = run->end; i < w->n && i < run->end + 2 && !word_has(w, i, WORD_BREAK); i++) {
        if (word_has(w, i, WORD_APART) || gate->mention_of[i] >= 0)
            break;
        if (gate_traits(gate, i) & TRAIT_GENRE_NOUN)
            return true;
        if (!(gate_traits(gate, i) & TRAIT_ORDINARY) || (gate_traits(gate, i) & TRAIT_FUNCTION))
            break;
    }
    bool ends_here = run->end >= w->n || word_has(w, run->end, WORD_BREAK) ||
                     word_has(w, run->end, WORD_APART) ||
                     word_in(w, run->end, "and that with which but you for such including");
    return ends_here && run->n_genres > 0 &&
           (introduces_genre(gate, run->first - 1) ||
            gate_genre_subjects(gate, run->first, run->end, subjects) > 0);
}

/* How many of a run's genres an item has, or does not show. */
static int genres_of(const struct gate *gate, const struct genre_run *run, llmx_id item)
{
    int n_had = 0, genre;
    bool is_adjective;
    for (int i = run->first, n; i < run->end; i += n ? n : 1) {
        n = gate_genre_at(gate, i, &genre, &is_adjective);
        n_had += n > 0 && (!(gate->facts.columns >> gate->catalogue->genre[genre].column & 1) ||
                           item_has_genre(gate->catalogue, item, genre));
    }
    return n_had;
}

static void check_run(struct gate *gate, const struct genre_run *run)
{
    llmx_id subjects[SUBJECTS_MAX];
    const int n_subjects = gate_genre_subjects(gate, run->first, run->end, subjects);
    int n_named = 0, genre;
    bool is_adjective;
    for (int i = run->first, n; i < run->end; i += n ? n : 1) {
        n = gate_genre_at(gate, i, &genre, &is_adjective);
        n_named += n > 0;
        if (n > 0 && (!gate->given_genres[genre] ||
                      (n_subjects == 1 &&
                       (gate->facts.columns >> gate->catalogue->genre[genre].column & 1) &&
                       !item_has_genre(gate->catalogue, subjects[0], genre))))
            gate_fail(gate, CHECK_GENRE, i, n);
    }
    /* "both are crime and drama" may mean one each */
    for (int i = 0; i < n_subjects && n_subjects > 1 && n_named > 0; i++)
        if (genres_of(gate, run, subjects[i]) == 0)
            gate_fail(gate, CHECK_GENRE, run->first, run->end - run->first);
}

void gate_check_genres(struct gate *gate)
{
    for (int i = 0; i < gate->words.n;) {
        struct genre_run run = run_at(gate, i);
        if (run.end == i) {
            i++;
            continue;
        }
        if (is_claim(gate, &run)) {
            check_run(gate, &run);
            for (int k = run.first; k < run.end; k++)
                gate->settled[k] = true;
        }
        i = run.end;
    }
}

static bool is_given_year(const struct gate *gate, int year, bool is_decade)
{
    for (int y = year; y < year + (is_decade ? 10 : 1); y++) {
        char s[5] = {(char)('0' + y / 1000 % 10), (char)('0' + y / 100 % 10),
                     (char)('0' + y / 10 % 10), (char)('0' + y % 10), 0};
        if (hash_set_has(&gate->given_words, hash_bytes(s, 4)))
            return true;
    }
    return false;
}

/* "1995 and 1996" of several items says one of each. */
static bool is_shared_out(const struct gate *gate, int i)
{
    const struct words *w = &gate->words;
    bool is_decade;
    return (i + 2 < w->n && word_in(w, i + 1, "and or to") &&
            gate_year_at(gate, i + 2, &is_decade)) ||
           (i > 1 && word_in(w, i - 1, "and or to") && gate_year_at(gate, i - 2, &is_decade));
}

/* Is one of the items that a year, words first .. end - 1, is said of from another? */
static bool is_year_of_others(const struct gate *gate, int first, int end, int year, bool is_decade)
{
    llmx_id subjects[SUBJECTS_MAX];
    const int n = gate_subjects(gate, first, end, subjects);
    if (n > 1 && is_shared_out(gate, first))
        return false;
    for (int i = 0; i < n; i++) {
        const int own = gate->catalogue->year[subjects[i]];
        if (own && (is_decade ? own / 10 != year / 10 : own != year))
            return true;
    }
    return false;
}

/* "of that year too": the last year that the text named. */
static bool is_that_year(const struct gate *gate, int i)
{
    const struct words *w = &gate->words;
    return word_in(w, i, "that same") && word_is(w, i + 1, "year") && !word_is(w, i + 2, "as");
}

void gate_check_years(struct gate *gate)
{
    int last = 0;
    bool last_is_decade = false;
    for (int i = 0; i < gate->words.n; i++) {
        bool is_decade;
        if (last && !last_is_decade && is_that_year(gate, i) &&
            is_year_of_others(gate, i, i + 2, last, false))
            gate_fail(gate, CHECK_YEAR, i, 2);
        int year = gate->mention_of[i] < 0 ? gate_year_at(gate, i, &is_decade) : 0;
        if (year == 0)
            continue;
        if (!is_given_year(gate, year, is_decade) ||
            is_year_of_others(gate, i, i + 1, year, is_decade))
            gate_fail(gate, CHECK_YEAR, i, 1);
        gate->settled[i] = true;
        last = year, last_is_decade = is_decade;
    }
}

/* A capital at the start of a sentence is none of a name when the word is ordinary English, looks like a form of
 * a verb or an adverb, or stands elsewhere in the text in lower case. */
static bool is_ordinary_start(const struct gate *gate, int i)
{
    static const char *const endings[] = {"ing", "ed",  "ly",   "ful", "ous",
                                          "ble", "ive", "ness", "tion"};
    const struct words *w = &gate->words;
    const char *s = word_text(w, i);
    size_t n = w->word[i].n;
    if (gate_traits(gate, i) & TRAIT_ORDINARY)
        return true;
    for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
        size_t m = strlen(endings[k]);
        if (n > m + 2 && memcmp(s + n - m, endings[k], m) == 0)
            return true;
    }
    for (int k = 0; k < w->n; k++)
        if (!gate_is_capital(gate, k) && w->word[k].n == n && memcmp(word_text(w, k), s, n) == 0)
            return true;
    return false;
}

static bool is_unknown_name(const struct gate *gate, int i)
{
    static const char harmless[] =
        "ai tv dvd ok monday tuesday wednesday thursday friday saturday sunday";
    if (!gate_is_capital(gate, i) || gate->mention_of[i] >= 0 || gate->settled[i])
        return false;
    if (gate_is_given_word(gate, i) || (gate_traits(gate, i) & (TRAIT_FUNCTION | TRAIT_GENRE)) ||
        word_in(&gate->words, i, harmless))
        return false;
    return !word_has(&gate->words, i, WORD_INITIAL) || !is_ordinary_start(gate, i);
}

void gate_check_names(struct gate *gate)
{
    const struct words *w = &gate->words;
    for (int i = 0; i < w->n; i++) {
        if (!is_unknown_name(gate, i))
            continue;
        int first = i;
        while (i + 1 < w->n && is_unknown_name(gate, i + 1) && !word_has(w, i + 1, WORD_APART))
            i++;
        if (first > 0 && gate_is_capital(gate, first - 1) && gate->mention_of[first - 1] < 0 &&
            !word_has(w, first, WORD_APART) && !(gate_traits(gate, first - 1) & TRAIT_FUNCTION))
            first--;
        gate_fail(gate, CHECK_NAME, first, i - first + 1);
    }
}

/* What the world thinks of an item, who made it and where it comes from is known to the model at best from
 * hearsay: no data set that a prompt is made from says so. */
void gate_check_claims(struct gate *gate)
{
    static const char claims[] =
        "praised praise acclaimed acclaim critics critically criticized criticised award awards "
        ""
        "nominated nominations reviews reviewers directed director starring bestselling bestseller "
        "worldwide "
        "adapted remade reimagined remake sequel prequel celebrated renowned";
    static const char *const phrases[] = {
        "box office",           "true story",      "highly rated",       "top rated", "many fans",
        "captivated audiences", "enjoyed by many", "based on the novel", NULL};
    const struct words *w = &gate->words;
    for (int i = 0; i < w->n; i++) {
        if (gate->mention_of[i] >= 0 || gate_is_given_word(gate, i))
            continue;
        int n = word_in(w, i, claims);
        for (const char *const *phrase = phrases; *phrase && n == 0; phrase++)
            n = gate_phrase_at(gate, i, *phrase);
        if (n > 0)
            gate_fail(gate, CHECK_CLAIM, i, n);
    }
}
