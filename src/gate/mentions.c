/* mentions.c - which items a text names: titles found by walking the catalogue's index from every word, and
 * what must hold for such a run of words to be a title and not just words. */
#include "gate/mentions.h"

#include "base/memory.h"

/* All in lower case, so many words that are a title of the catalogue are no accident. */
#define DISTINCTIVE_WORDS 4

/* So many words of a title stand in a row before marks inside it are its own and no end: 'Slams Disney for Casting "the
 * Guy"'. */
#define QUOTING_WORDS 3

/* Do words i and i + 1 stand in different quotations, or does a sentence end between them? */
static bool parts_at(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return w->word[i].quote != w->word[i + 1].quote ||
           (word_has(w, i + 1, WORD_BREAK) && w->word[i].quote < 0);
}

/* Is the word beside the match (at `word`, reached from `inner`) a capitalised one that belongs to it? Then the
 * match is a part of a longer name. */
static bool continues_name(const struct llmx_checker *c, int word, int inner)
{
    int later = word > inner ? word : inner;
    if (!checker_is_capital(c, word) || parts_at(c, later - 1) ||
        word_has(&c->words, later, WORD_APART))
        return false;
    if (word < inner && word_has(&c->words, word, WORD_INITIAL) &&
        (checker_traits(c, word) & TRAIT_ORDINARY))
        return false;
    return !(checker_traits(c, word) & (TRAIT_GENRE | TRAIT_FUNCTION)) && c->mention_of[word] < 0;
}

struct capitals {
    int content, capital, informative, unusual;
};

/* Counts, over words first .. first + n - 1: those that carry meaning, capitalised ones among them, those whose
 * capital says something (not at the start of a sentence), and words that are no ordinary English. */
static struct capitals count_capitals(const struct llmx_checker *c, int first, int n)
{
    struct capitals k = {0};
    for (int i = first; i < first + n; i++) {
        uint64_t traits = checker_traits(c, i);
        bool is_number = word_has(&c->words, i, WORD_NUMBER);
        bool is_capital = checker_is_capital(c, i) || is_number;
        if (traits & TRAIT_FUNCTION)
            continue;
        k.content++;
        k.capital += is_capital;
        k.informative += is_capital && !word_has(&c->words, i, WORD_INITIAL) && !is_number;
        k.unusual += !(traits & (TRAIT_ORDINARY | TRAIT_GENRE)) && !is_number;
    }
    return k;
}

/* "Heat is a crime film": an ordinary word that begins a sentence and is then said to be something. */
static bool is_defined_here(const struct llmx_checker *c, int first)
{
    const struct passage *w = &c->words;
    return word_in(w, first + 1, "is was") && word_in(w, first + 2, "a an the") &&
           !word_has(w, first + 1, WORD_APART);
}

/* One capitalised word that is a title: "Heat", "It", "Fargo". */
static bool is_single_mention(const struct llmx_checker *c, int i, bool is_given)
{
    const struct passage *w = &c->words;
    uint64_t traits = checker_traits(c, i);
    bool is_ordinary = (traits & TRAIT_ORDINARY) != 0;
    if (word_has(w, i, WORD_NUMBER))
        return is_given && !(traits & TRAIT_ORDINARY);
    if (traits & TRAIT_GENRE)
        return false;
    if (!checker_is_capital(c, i))
        return is_given && !is_ordinary;
    if (continues_name(c, i - 1, i) || continues_name(c, i + 1, i))
        return false;
    if (word_is(w, i, "i") || (word_has(w, i, WORD_HYPHEN) && is_ordinary))
        return false;
    if (word_has(w, i, WORD_INITIAL))
        return !is_ordinary || (!(traits & TRAIT_FUNCTION) && is_defined_here(c, i));
    return true;
}

/* Words of a title that also make a sentence ("To live is ...") count only when written as a title. */
static bool is_long_mention(const struct llmx_checker *c, int first, int n, bool is_given)
{
    struct capitals k = count_capitals(c, first, n);
    if (k.content == 0) /* "That's It", "Who Am I": function words alone */
        return checker_is_capital(c, first + n - 1) && checker_is_capital(c, first) &&
               !word_has(&c->words, first, WORD_INITIAL);
    if (k.capital == k.content && (k.informative > 0 || (k.capital > 0 && k.unusual > 0)))
        return true;
    if (is_given)
        return k.unusual > 0 || n >= 3;
    return n >= DISTINCTIVE_WORDS && k.content >= 2;
}

/* Is the run all of its quotation, articles and conjunctions apart? */
static bool fills_quotation(const struct llmx_checker *c, int first, int n)
{
    const struct passage *w = &c->words;
    int quote = w->word[first].quote;
    if (quote < 0)
        return false;
    const struct quotation *q = &w->quotation[quote];
    for (int i = q->first; i < q->first + q->n; i++)
        if ((i < first || i >= first + n) && !checker_on(c, i, LIST_ARTICLES) &&
            c->mention_of[i] < 0)
            return false;
    return true;
}

/* Whose title ends at a node: a given item, LLMX none (-1) for one of the catalogue that is not given, -2 for
 * none at all. A part of a title counts for given items only, and not where it is another title. */
static llmx_id item_at(const struct llmx_checker *c, int32_t node, llmx_id *part)
{
    const struct phrases *titles = &c->catalogue->titles;
    llmx_id found = -2;
    *part = -2;
    for (int32_t m = phrases_first(titles, node); m >= 0; m = titles->meaning[m].next) {
        llmx_id item = meaning_row(titles->meaning[m].value);
        bool is_part = titles->meaning[m].value & 1, is_given = given_has_item(&c->given, item);
        if (is_part && is_given)
            *part = item;
        else if (is_given && (found < 0 || given_has_known(&c->given, item)))
            found = item;
        else if (!is_part && !is_given && found == -2)
            found = -1;
    }
    return found;
}

/* The longest mention that begins at a word; n = 0 when there is none. */
static struct mention mention_at(const struct llmx_checker *c, int first)
{
    const struct passage *w = &c->words;
    struct mention best = {first, 0, -1};
    int32_t node = 0;
    bool crosses = false;
    for (int i = first; i < w->n && node >= 0; i++) {
        if (i > first && w->word[i].quote != w->word[i - 1].quote && i - first < QUOTING_WORDS)
            break;
        crosses = crosses || (i > first && parts_at(c, i - 1));
        int32_t bare = c->id_bare[i] != c->id[i]
                           ? phrases_step(&c->catalogue->titles, node, c->id_bare[i])
                           : -1;
        node = phrases_step(&c->catalogue->titles, node, c->id[i]);
        int32_t ends[2] = {node, bare};
        for (int k = 0; k < 2; k++) {
            llmx_id part, item = item_at(c, ends[k], &part);
            int n = i - first + 1;
            if (item == -2)
                item = part;
            if (item == -2 || (crosses && n < 3))
                continue;
            bool is_given = item >= 0;
            if (fills_quotation(c, first, n) || (n == 1 ? is_single_mention(c, first, is_given)
                                                        : is_long_mention(c, first, n, is_given)))
                best = (struct mention){first, n, item};
        }
    }
    return best;
}

static int add_mention(struct llmx_checker *c, struct mention m, struct llmx_error *err)
{
    if (mem_grow(&c->mention, &c->mention_capacity, (size_t)c->n_mentions + 1, sizeof *c->mention,
                 err))
        return -1;
    if (m.first > 0 && !parts_at(c, m.first - 1) && c->mention_of[m.first - 1] < 0 &&
        checker_on(c, m.first - 1, LIST_ARTICLES) && !word_has(&c->words, m.first, WORD_APART)) {
        m.first--;
        m.n++;
    }
    int next = m.first + m.n; /* "Apartment, The" */
    if (next < c->words.n && checker_is_capital(c, next) && !parts_at(c, next - 1) &&
        c->words.word[next].quote >= 0 && word_has(&c->words, next, WORD_APART) &&
        checker_on(c, next, LIST_ARTICLES))
        m.n++;
    for (int i = m.first; i < m.first + m.n; i++)
        c->mention_of[i] = (int16_t)c->n_mentions;
    c->mention[c->n_mentions++] = m;
    return 0;
}

static void cite(struct llmx_verdict *verdict, struct llmx_mention mention)
{
    for (int i = 0; i < verdict->n_cited; i++)
        if (verdict->cited[i].item == mention.item)
            return;
    if (verdict->n_cited < LLMX_MENTIONS_MAX)
        verdict->cited[verdict->n_cited++] = mention;
}

/* Notes where a title that is given stands, and the item once when it is of the history. */
static void note_named(struct llmx_checker *c, const struct mention *m)
{
    struct llmx_verdict *v = c->verdict;
    const struct word *word = c->words.word;
    const struct llmx_mention named = {m->item, word[m->first].start,
                                       word[m->first + m->n - 1].end};
    if (v->n_named < LLMX_MENTIONS_MAX)
        v->named[v->n_named++] = named;
    if (given_has_known(&c->given, m->item))
        cite(v, named);
}

int mentions_find(struct llmx_checker *c, struct llmx_error *err)
{
    for (int i = 0; i < c->words.n;) {
        struct mention m = mention_at(c, i);
        if (m.n > 0 && add_mention(c, m, err) != 0)
            return -1;
        if (m.n > 0 && m.item < 0)
            checker_fail(c, LLMX_CHECK_TITLE, m.first, m.n);
        else if (m.n > 0)
            note_named(c, &c->mention[c->n_mentions - 1]);
        i = m.n > 0 ? c->mention[c->n_mentions - 1].first + c->mention[c->n_mentions - 1].n : i + 1;
    }
    return 0;
}
