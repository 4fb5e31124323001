/* pointers.c - resolving pointing words by what was named before them. */
#include "gate/pointers.h"

#include <stdlib.h>

void items_add(struct items *items, llmx_id item)
{
    if (item >= 0 && items->n < ITEMS_MAX && !items_include(items, item))
        items->item[items->n++] = item;
}

bool items_include(const struct items *items, llmx_id item)
{
    for (int i = 0; i < items->n; i++)
        if (items->item[i] == item)
            return true;
    return false;
}

bool items_have(const struct llmx_checker *c, const struct items *items,
                const struct values *values)
{
    for (int i = 0; i < items->n; i++)
        if (!item_is_of_all(c, items->item[i], values))
            return false;
    return items->n > 0;
}

bool items_share_with_target(const struct llmx_checker *c, const struct items *items)
{
    for (int i = 0; i < items->n; i++)
        if (!items_share(c, items->item[i], c->given.told.item))
            return false;
    return items->n > 0;
}

/* Of one column, where others are shared, only a fact says so. */
static bool is_told_apart(const struct llmx_checker *c, llmx_id a, llmx_id b)
{
    const struct llmx_given *told = &c->given.told;
    for (int i = 0; i < told->n_facts; i++)
        for (int k = 0; k < told->facts[i].n_items; k++)
            if (told->facts[i].kind == LLMX_FACT_NOT_SHARED &&
                ((a == told->item && b == told->facts[i].items[k]) ||
                 (b == told->item && a == told->facts[i].items[k])))
                return true;
    return false;
}

bool items_share_nothing(const struct llmx_checker *c, const struct items *items)
{
    for (int i = 0; i < items->n; i++)
        for (int k = i + 1; k < items->n; k++)
            if (items_share(c, items->item[i], items->item[k]) &&
                !is_told_apart(c, items->item[i], items->item[k]))
                return false;
    return items->n > 1;
}

struct items items_taken(const struct llmx_checker *c, int first, int end)
{
    struct items items = {.n = 0};
    for (int k = 0; k < c->n_mentions; k++)
        if (c->mention[k].first >= first && c->mention[k].first < end &&
            c->mention[k].item != c->given.told.item)
            items_add(&items, c->mention[k].item);
    return items;
}

struct items items_spoken_of(const struct llmx_checker *c, int first, int end)
{
    struct items items = {.n = 0};
    for (int i = first; i < end; i++)
        if (c->mention_of[i] >= 0)
            items_add(&items, c->mention[c->mention_of[i]].item);
        else if (word_is(&c->words, i, "this"))
            items_add(&items, c->given.told.item);
    return items;
}

struct items items_listed(const struct llmx_checker *c, int i, int *end)
{
    struct items items = {.n = 0};
    while (i < c->words.n && c->mention_of[i] >= 0) {
        const struct mention *m = &c->mention[c->mention_of[i]];
        items_add(&items, m->item);
        i = m->first + m->n;
        if (!word_is(&c->words, i, "and") || is_set_apart(c, i) || i + 1 >= c->words.n ||
            c->mention_of[i + 1] < 0)
            break;
        i++;
    }
    *end = i;
    return items;
}

/* The n of the history that were named last: in all of the text, else in the last sentence that names any. */
static struct items last_taken(const struct llmx_checker *c, int i, int n)
{
    struct items items = items_taken(c, 0, i);
    int k = c->n_mentions - 1;
    if (items.n > n) {
        while (k > 0 && (c->mention[k].first >= i || c->mention[k].item == c->given.told.item))
            k--;
        items = items_taken(c, sentence_first(c, c->mention[k].first), i);
    }
    items.n = items.n == n ? n : 0;
    return items;
}

/* "the first", "the second", "the third": of all that were named, in this order. */
static struct items ordinal(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const struct items named = items_spoken_of(c, 0, i);
    const int k = word_in(w, i, "first former") ? 0 : word_in(w, i, "second latter") ? 1 : 2;
    struct items items = {.n = 0};
    if (k < named.n)
        items_add(&items, named.item[k]);
    return items;
}

static struct items first_two(const struct llmx_checker *c, int i)
{
    struct items items = items_spoken_of(c, 0, i);
    items.n = items.n >= 2 ? 2 : 0;
    return items;
}

int pointer_at(const struct llmx_checker *c, int i, struct items *items)
{
    const struct passage *w = &c->words;
    if (i >= w->n || c->mention_of[i] >= 0)
        return 0;
    const bool is_the = word_is(w, i, "the"), is_those = word_in(w, i, "those these them");
    if (word_in(w, i, "both")) {
        *items = last_taken(c, i, 2);
        return 1;
    }
    if (is_the && word_is(w, i + 1, "first") && word_is(w, i + 2, "2")) {
        *items = first_two(c, i);
        return 3;
    }
    if ((is_the || is_those) && word_in(w, i + 1, "2 pair")) {
        *items = last_taken(c, i, 2);
        return 2;
    }
    if (is_the && word_in(w, i + 1, "first second third former latter")) {
        *items = ordinal(c, i + 1);
        return 2;
    }
    if (is_those) {
        *items = last_taken(c, i, 2);
        return 1;
    }
    if (word_is(w, i, "it") || (word_is(w, i, "that") && word_is(w, i + 1, "one"))) {
        *items = last_taken(c, i, 1);
        return 1 + word_is(w, i, "that");
    }
    return 0;
}

int subjects_at(const struct llmx_checker *c, int i, struct items *items)
{
    const struct passage *w = &c->words;
    if (i >= w->n || c->mention_of[i] >= 0)
        return 0;
    const bool is_both = word_is(w, i, "both");
    const bool is_two = word_in(w, i, "the these those") && word_is(w, i + 1, "2");
    const bool is_three = word_in(w, i, "all these the") && word_is(w, i + 1, "3");
    if (!is_both && !is_two && !is_three)
        return 0;
    const int n = is_three ? 3 : 2, first = sentence_first(c, i);
    const struct items here = items_spoken_of(c, first, i);
    const struct items before = items_spoken_of(c, first > 0 ? sentence_first(c, first - 1) : 0, i);
    *items = items_spoken_of(c, 0, i);
    if (here.n == n)
        *items = here;
    else if (here.n == 0 && before.n == n)
        *items = before;
    else if (items->n < n)
        items->n = 0;
    const int size = is_both ? 1 : 2;
    return size + checker_on(c, i + size, LIST_ITEM_NOUNS);
}
