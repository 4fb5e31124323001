/* joined.c - which items words around a relation name, and what all of them have. */
#include "gate/joined.h"

void joined_add(struct joined *joined, llmx_id item)
{
    for (int i = 0; i < joined->n; i++)
        if (joined->item[i] == item)
            return;
    if (item >= 0 && joined->n < JOINED_MAX)
        joined->item[joined->n++] = item;
}

llmx_id item_at(const struct llmx_checker *c, int i)
{
    return c->mention[c->mention_of[i]].item;
}

static int mention_end(const struct llmx_checker *c, int i)
{
    const struct mention *m = &c->mention[c->mention_of[i]];
    return m->first + m->n;
}

static bool is_target_word(const struct llmx_checker *c, int i)
{
    return word_in(&c->words, i, "it its this") ||
           (word_is(&c->words, i, "one") && word_is(&c->words, i - 1, "this"));
}

/* The items named before word i, the last first. */
struct joined joined_before(const struct llmx_checker *c, int i, bool with_pronouns)
{
    struct joined joined = {.n = 0};
    for (int k = i - 1; k >= 0; k--) {
        if (c->mention_of[k] >= 0)
            joined_add(&joined, item_at(c, k));
        else if (with_pronouns && is_target_word(c, k))
            joined_add(&joined, c->given.told.item);
    }
    return joined;
}

/* The item beside the recommended one that is named last before word i. */
llmx_id item_before(const struct llmx_checker *c, int i)
{
    const struct joined before = joined_before(c, i, false);
    for (int k = 0; k < before.n; k++)
        if (before.item[k] != c->given.told.item)
            return before.item[k];
    return -1;
}

bool joined_have(const struct llmx_checker *c, const struct joined *joined, int n,
                 const struct values *values)
{
    for (int i = 0; i < n; i++)
        if (!item_is_of_all(c, joined->item[i], values))
            return false;
    return true;
}

/* Where ", which you watched," begins that ends before word i; else i. */
static int skip_aside(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return i > 3 && is_set_apart(c, i) && checker_phrase(c, i - 1, LIST_TAKING) > 0 &&
                   word_in(w, i - 2, "you youve") && word_in(w, i - 3, "which that")
               ? i - 3
               : i;
}

/* Those right before word i: 'A, B and this one', "it"; with the recommended item where there is nothing. */
struct joined joined_subject(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    struct joined joined = {.n = 0};
    for (i = skip_aside(c, i) - 1; i >= 0 && !sentence_breaks(c, i + 1); i--) {
        if (c->mention_of[i] >= 0) {
            joined_add(&joined, item_at(c, i));
            i = c->mention[c->mention_of[i]].first;
        } else if (is_target_word(c, i)) {
            joined_add(&joined, c->given.told.item);
        } else if (!word_in(w, i, "and or also both all 3 do does has have is are one this")) {
            break;
        } else {
            i = skip_aside(c, i);
        }
    }
    if (joined.n == 0)
        joined_add(&joined, c->given.told.item);
    return joined;
}

/* Adds the list of items at word i: 'A and B'. */
int joined_add_list(const struct llmx_checker *c, int i, struct joined *joined)
{
    const struct passage *w = &c->words;
    i += i + 1 < w->n && word_is(w, i, "both") && c->mention_of[i + 1] >= 0;
    while (i < w->n && c->mention_of[i] >= 0 && !sentence_breaks(c, i)) {
        joined_add(joined, item_at(c, i));
        i = mention_end(c, i);
        if (i + 1 >= w->n || !word_in(w, i, "and or") || is_set_apart(c, i) ||
            c->mention_of[i + 1] < 0)
            break;
        i++;
    }
    return i;
}

/* Have any two of them nothing in common? */
bool joined_share_nothing(const struct llmx_checker *c, const struct joined *joined)
{
    const struct llmx_given *told = &c->given.told;
    for (int i = 0; i < told->n_facts; i++) /* of one column, where others are shared */
        if (told->facts[i].kind == LLMX_FACT_NOT_SHARED && joined->n == 2 &&
            ((told->facts[i].items[0] == joined->item[0] && joined->item[1] == told->item) ||
             (told->facts[i].items[0] == joined->item[1] && joined->item[0] == told->item)))
            return true;
    for (int i = 0; i < joined->n; i++)
        for (int k = i + 1; k < joined->n; k++)
            if (items_share(c, joined->item[i], joined->item[k]))
                return false;
    return true;
}

bool joined_share_something(const struct llmx_checker *c, const struct joined *joined)
{
    for (int i = 0; i < joined->n; i++)
        for (int k = i + 1; k < joined->n; k++)
            if (!items_share(c, joined->item[i], joined->item[k]))
                return false;
    return true;
}

int sentence_limit(const struct llmx_checker *c, int i, int words)
{
    const int end = sentence_end(c, i);
    return i + words < end ? i + words : end;
}

/* Values behind word i, before the next title. */
struct values values_behind(const struct llmx_checker *c, int i, int words)
{
    int end = i;
    if (i >= c->words.n || sentence_breaks(c, i))
        return (struct values){{i, i}, {0}, 0};
    while (end < sentence_limit(c, i, words) && c->mention_of[end] < 0)
        end++;
    return values_after(c, i, end);
}

/* Values in front of word i, behind the last title. */
struct values values_in_front(const struct llmx_checker *c, int i, int words)
{
    int first = i;
    while (first > 0 && first > i - words && !sentence_breaks(c, first) &&
           c->mention_of[first - 1] < 0)
        first--;
    return values_before(c, first, i);
}
