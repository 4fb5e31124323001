/* gate_titles.c - which items a text names: titles found by walking the catalogue's index from every word, and
 * what must hold for such a run of words to be a title and not just words. */
#include "base/memory.h"
#include "gate/gate_parts.h"

#include <string.h>

/* Words in a quotation past which it is taken for speech, unless it is a title of the catalogue. */
#define TITLE_LIKE_WORDS 16
/* All in lower case, so many words that are a title of the catalogue are no accident. */
#define DISTINCTIVE_WORDS 4

static const char articles[] = "the a an le la les l el los las il der das die";

/* Do words i and i + 1 stand in different quotations, or does a sentence end between them? */
static bool parts_at(const struct gate *gate, int i)
{
    const struct words *w = &gate->words;
    return w->word[i].quote != w->word[i + 1].quote ||
           (word_has(w, i + 1, WORD_BREAK) && w->word[i].quote < 0);
}

/* Is the word beside the match (at `word`, reached from `inner`) a capitalised one that belongs to it? Then the
 * match is a part of a longer name. */
static bool continues_name(const struct gate *gate, int word, int inner)
{
    int later = word > inner ? word : inner;
    if (!gate_is_capital(gate, word) || parts_at(gate, later - 1) ||
        word_has(&gate->words, later, WORD_APART))
        return false;
    if (word < inner && word_has(&gate->words, word, WORD_INITIAL) &&
        (gate_traits(gate, word) & TRAIT_ORDINARY))
        return false;
    return !(gate_traits(gate, word) & (TRAIT_GENRE | TRAIT_FUNCTION)) &&
           gate->mention_of[word] < 0;
}

struct capitals {
    int content, capital, informative, unusual;
};

/* Counts, over words first .. first + n - 1: those that carry meaning, capitalised ones among them, those whose
 * capital says something (not at the start of a sentence), and words that are no ordinary English. */
static struct capitals count_capitals(const struct gate *gate, int first, int n)
{
    struct capitals k = {0};
    for (int i = first; i < first + n; i++) {
        unsigned traits = gate_traits(gate, i);
        bool is_number = word_has(&gate->words, i, WORD_NUMBER);
        bool is_capital = gate_is_capital(gate, i) || is_number;
        if (traits & TRAIT_FUNCTION)
            continue;
        k.content++;
        k.capital += is_capital;
        k.informative += is_capital && !word_has(&gate->words, i, WORD_INITIAL) && !is_number;
        k.unusual += !(traits & (TRAIT_ORDINARY | TRAIT_GENRE)) && !is_number;
    }
    return k;
}

/* "Heat is a crime film": an ordinary word that begins a sentence and is then said to be something. */
static bool is_defined_here(const struct gate *gate, int first)
{
    const struct words *w = &gate->words;
    return word_in(w, first + 1, "is was") && word_in(w, first + 2, "a an the") &&
           !word_has(w, first + 1, WORD_APART);
}

/* One capitalised word that is a title: "Heat", "It", "Fargo". */
static bool is_single_mention(const struct gate *gate, int i, bool is_given)
{
    const struct words *w = &gate->words;
    unsigned traits = gate_traits(gate, i);
    bool is_ordinary = (traits & TRAIT_ORDINARY) != 0;
    if (word_has(w, i, WORD_NUMBER))
        return is_given && !(traits & TRAIT_ORDINARY);
    if (traits & TRAIT_GENRE)
        return false;
    if (!gate_is_capital(gate, i))
        return is_given && !is_ordinary;
    if (continues_name(gate, i - 1, i) || continues_name(gate, i + 1, i))
        return false;
    if (word_is(w, i, "i") || (word_has(w, i, WORD_HYPHEN) && is_ordinary))
        return false;
    if (word_has(w, i, WORD_INITIAL))
        return !is_ordinary || (!(traits & TRAIT_FUNCTION) && is_defined_here(gate, i));
    return true;
}

/* Words of a title that also make a sentence ("To live is ...") count only when written as a title. */
static bool is_long_mention(const struct gate *gate, int first, int n, bool is_given)
{
    struct capitals k = count_capitals(gate, first, n);
    if (k.content == 0) /* "That's It", "Who Am I": function words alone */
        return gate_is_capital(gate, first + n - 1) && gate_is_capital(gate, first) &&
               !word_has(&gate->words, first, WORD_INITIAL);
    if (k.capital == k.content && (k.informative > 0 || (k.capital > 0 && k.unusual > 0)))
        return true;
    if (is_given)
        return k.unusual > 0 || n >= 3;
    return n >= DISTINCTIVE_WORDS && k.content >= 2;
}

/* Is the run all of its quotation, articles and conjunctions apart? */
static bool fills_quotation(const struct gate *gate, int first, int n)
{
    const struct words *w = &gate->words;
    int quote = w->word[first].quote;
    if (quote < 0)
        return false;
    const struct quotation *q = &w->quotation[quote];
    for (int i = q->first; i < q->first + q->n; i++)
        if ((i < first || i >= first + n) && !word_in(w, i, articles) && gate->mention_of[i] < 0)
            return false;
    return true;
}

/* Whose title ends at a node: a given item, LLMX none (-1) for one of the catalogue that is not given, -2 for
 * none at all. A part of a title counts for given items only, and not where it is another title. */
static llmx_id item_at(const struct gate *gate, int32_t node, llmx_id *part)
{
    const struct phrases *titles = &gate->catalogue->titles;
    llmx_id found = -2;
    *part = -2;
    for (int32_t m = phrases_first(titles, node); m >= 0; m = titles->meaning[m].next) {
        llmx_id item = meaning_row(titles->meaning[m].value);
        bool is_part = titles->meaning[m].value & 1, is_given = gate_is_given_item(gate, item);
        if (is_part && is_given)
            *part = item;
        else if (is_given && (found < 0 || gate_is_history_item(gate, item)))
            found = item;
        else if (!is_part && !is_given && found == -2)
            found = -1;
    }
    return found;
}

/* The longest mention that begins at a word; n = 0 when there is none. */
static struct mention mention_at(const struct gate *gate, int first)
{
    const struct words *w = &gate->words;
    struct mention best = {first, 0, -1};
    int32_t node = 0;
    bool crosses = false;
    for (int i = first; i < w->n && node >= 0; i++) {
        if (i > first && w->word[i].quote != w->word[i - 1].quote)
            break;
        crosses = crosses || (i > first && parts_at(gate, i - 1));
        int32_t bare = gate->id_bare[i] != gate->id[i]
                           ? phrases_step(&gate->catalogue->titles, node, gate->id_bare[i])
                           : -1;
        node = phrases_step(&gate->catalogue->titles, node, gate->id[i]);
        int32_t ends[2] = {node, bare};
        for (int k = 0; k < 2; k++) {
            llmx_id part, item = item_at(gate, ends[k], &part);
            int n = i - first + 1;
            if (item == -2)
                item = part;
            if (item == -2 || (crosses && n < 3))
                continue;
            bool is_given = item >= 0;
            if (fills_quotation(gate, first, n) ||
                (n == 1 ? is_single_mention(gate, first, is_given)
                        : is_long_mention(gate, first, n, is_given)))
                best = (struct mention){first, n, item};
        }
    }
    return best;
}

static int add_mention(struct gate *gate, struct mention m, struct llmx_error *err)
{
    if (mem_grow(&gate->mention, &gate->mention_capacity, (size_t)gate->n_mentions + 1,
                 sizeof *gate->mention, err))
        return -1;
    if (m.first > 0 && !parts_at(gate, m.first - 1) && gate->mention_of[m.first - 1] < 0 &&
        word_in(&gate->words, m.first - 1, articles) &&
        !word_has(&gate->words, m.first, WORD_APART)) {
        m.first--;
        m.n++;
    }
    int next = m.first + m.n; /* "Apartment, The" */
    if (next < gate->words.n && gate_is_capital(gate, next) && !parts_at(gate, next - 1) &&
        gate->words.word[next].quote >= 0 && word_has(&gate->words, next, WORD_APART) &&
        word_in(&gate->words, next, articles))
        m.n++;
    for (int i = m.first; i < m.first + m.n; i++)
        gate->mention_of[i] = (int16_t)gate->n_mentions;
    gate->mention[gate->n_mentions++] = m;
    return 0;
}

static void cite(struct verdict *verdict, llmx_id item)
{
    for (int i = 0; i < verdict->n_cites; i++)
        if (verdict->cites[i] == item)
            return;
    if (verdict->n_cites < CITES_MAX)
        verdict->cites[verdict->n_cites++] = item;
}

/* Notes where a title that is given stands, and the item once when it is of the history. */
static void note_named(struct gate *gate, const struct mention *m)
{
    struct verdict *v = gate->verdict;
    const struct word *word = gate->words.word;
    if (v->n_named < CITES_MAX)
        v->named[v->n_named++] =
            (struct named){word[m->first].start, word[m->first + m->n - 1].end, m->item};
    if (gate_is_history_item(gate, m->item))
        cite(v, m->item);
}

int gate_find_mentions(struct gate *gate, struct llmx_error *err)
{
    gate->n_mentions = 0;
    for (int i = 0; i < gate->words.n;) {
        struct mention m = mention_at(gate, i);
        if (m.n > 0 && add_mention(gate, m, err) != 0)
            return -1;
        if (m.n > 0 && m.item < 0)
            gate_fail(gate, CHECK_TITLE, m.first, m.n);
        else if (m.n > 0)
            note_named(gate, &gate->mention[gate->n_mentions - 1]);
        i = m.n > 0
                ? gate->mention[gate->n_mentions - 1].first + gate->mention[gate->n_mentions - 1].n
                : i + 1;
    }
    return 0;
}

/* Do words first .. first + n - 1 stand so, in this order, in the title of an item that is given? */
static bool is_part_of_title(const struct gate *gate, llmx_id item, int first, int n)
{
    const struct llmx_data *data = gate->catalogue->data;
    if (gate->catalogue->title_column < 0)
        return false;
    const char *title = llmx_data_feature(data, LLMX_ITEMS, item, gate->catalogue->title_column);
    struct words w = {0};
    bool found = false;
    if (words_split(&w, title, strlen(title), NULL) == 0)
        for (int at = 0; at + n <= w.n && !found; at++) {
            found = true;
            for (int i = 0; i < n && found; i++)
                found = word_is(&w, at + i, word_text(&gate->words, first + i));
        }
    words_release(&w);
    return found;
}

static bool is_part_of_given(const struct gate *gate, int first, int n)
{
    while (n > 1 && word_in(&gate->words, first, articles))
        first++, n--;
    bool found = is_part_of_title(gate, gate->facts.item, first, n);
    for (int i = 0; i < gate->facts.n_history && !found; i++)
        found = is_part_of_title(gate, gate->history[i], first, n);
    for (int i = 0; i < gate->facts.n_evidence && !found; i++)
        found = is_part_of_title(gate, gate->evidence[i], first, n);
    return found;
}

/* Is all of a quotation mentions, genres, years and what joins them? */
static bool is_accounted_for(const struct gate *gate, const struct quotation *q)
{
    for (int i = q->first; i < q->first + q->n; i++) {
        int genre, n;
        bool is_adjective;
        if (gate->mention_of[i] >= 0 || word_in(&gate->words, i, "and or the a an of"))
            continue;
        if (word_has(&gate->words, i, WORD_NUMBER) && word_has(&gate->words, i, WORD_APART) &&
            i > q->first)
            continue;
        n = gate_genre_at(gate, i, &genre, &is_adjective);
        if (n == 0)
            return false;
        i += n - 1;
    }
    return true;
}

void gate_check_quotations(struct gate *gate)
{
    const struct words *w = &gate->words;
    gate->item_is_quoted = false;
    for (int k = 0; k < w->n_quotations; k++) {
        const struct quotation *q = &w->quotation[k];
        bool has_capital = false;
        for (int i = q->first; i < q->first + q->n; i++)
            has_capital = has_capital || (gate_is_capital(gate, i) && gate->mention_of[i] < 0);
        if (is_accounted_for(gate, q))
            continue;
        gate->item_is_quoted |= is_part_of_title(gate, gate->facts.item, q->first, q->n);
        bool is_fine = !has_capital || is_part_of_given(gate, q->first, q->n);
        if (!is_fine && q->n <= TITLE_LIKE_WORDS)
            gate_fail(gate, CHECK_TITLE, q->first, q->n);
        for (int i = q->first; i < q->first + q->n && q->n <= TITLE_LIKE_WORDS; i++)
            gate->settled[i] = true;
    }
}
