/* spoil.c - one way after the other of spoiling an explanation. */
#include "judge/spoil.h"

#include <stdlib.h>
#include <string.h>

#define DRAWS         64 /* of an item or a text that will do, before it is given up */
#define SENTENCES_MAX 16
#define PRAISE_SPOKEN 2 /* sentences of a text that is praise alone */
#define NUMBER_MAX    9 /* digits: more is no count */

/* What fits any item and anybody. */
static const char *const praise[] = {
    "You will enjoy it from beginning to end.",
    "It is a must for everyone with good taste.",
    "It has something for everybody.",
    "It is widely held to be one of the very best of its kind.",
    "It is an experience that you will not forget.",
    "You really should not miss it.",
};
#define N_PRAISE ((uint32_t)(sizeof praise / sizeof *praise))

static bool has_taken(const struct spoiling *s, const struct good_text *good, llmx_id item)
{
    for (int i = 0; i < good->n_history; i++)
        if (twins_are_one(s->twins, good->history[i], item))
            return true;
    return false;
}

/* An item with a title that the person never took and was not recommended; -1: none was found. */
static llmx_id draw_item(const struct spoiling *s, const struct good_text *good, struct rng *rng)
{
    const uint32_t items = (uint32_t)llmx_data_items(s->catalogue->data);
    for (int i = 0; i < DRAWS; i++) {
        const llmx_id item = (llmx_id)rng_below(rng, items);
        if (s->catalogue->title[item] && *s->catalogue->title[item] &&
            !twins_are_one(s->twins, item, good->item) && !has_taken(s, good, item))
            return item;
    }
    return -1;
}

/* ---- titles ---- */

/* The text with other titles for the items named: `other` of the one that was recommended (-1: it stays), drawn ones for the
 * history where `swaps`. Whether any was put. */
static bool put_renamed(const struct spoiling *s, const struct good_text *good, llmx_id other,
                        bool swaps, struct rng *rng, struct text *out)
{
    size_t at = 0;
    bool has_put = false;
    for (int i = 0; i < good->n_named; i++) {
        const struct llmx_mention *m = &good->named[i];
        const bool is_own = twins_are_one(s->twins, m->item, good->item);
        const llmx_id item = is_own ? other : swaps ? draw_item(s, good, rng) : -1;
        if (item < 0)
            continue;
        text_put(out, good->text + at, m->start - at);
        text_puts(out, s->catalogue->title[item]);
        at = m->end;
        has_put = true;
    }
    text_puts(out, good->text + at);
    return has_put;
}

/* Does the text tell of something in its person's history that this person never took? */
static bool tells_other_history(const struct spoiling *s, const struct good_text *good,
                                const struct good_text *person)
{
    for (int i = 0; i < good->n_named; i++)
        if (!twins_are_one(s->twins, good->named[i].item, good->item) &&
            !has_taken(s, person, good->named[i].item))
            return true;
    return false;
}

/* Somebody else's text, speaking of this item. */
static bool spoil_user(const struct spoiling *s, const struct good_text *good, struct rng *rng,
                       struct text *out)
{
    for (int i = 0; i < DRAWS; i++) {
        const struct good_text *other = &s->texts[rng_below(rng, (uint32_t)s->n)];
        if (strcmp(other->user, good->user) == 0 || !tells_other_history(s, other, good))
            continue;
        text_clear(out);
        if (put_renamed(s, other, good->item, false, rng, out))
            return true;
    }
    return false;
}

static bool spoil_item(const struct spoiling *s, const struct good_text *good, struct rng *rng,
                       struct text *out)
{
    const llmx_id item = draw_item(s, good, rng);
    return item >= 0 && put_renamed(s, good, item, false, rng, out);
}

static bool spoil_evidence(const struct spoiling *s, const struct good_text *good, struct rng *rng,
                           struct text *out)
{
    return put_renamed(s, good, -1, true, rng, out);
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_named(const struct good_text *good, size_t at)
{
    for (int i = 0; i < good->n_named; i++)
        if (at >= good->named[i].start && at < good->named[i].end)
            return true;
    return false;
}

/* Where the next number from `at` on begins that is in no title; its digits in *n, 0: there is none. */
static size_t next_number(const struct good_text *good, size_t at, size_t *n)
{
    for (; good->text[at]; at += *n > 0 ? *n : 1) {
        for (*n = 0; is_digit(good->text[at + *n]);)
            ++*n;
        if (*n > 0 && *n <= NUMBER_MAX && !is_named(good, at))
            return at;
    }
    *n = 0;
    return at;
}

static bool spoil_number(const struct spoiling *s, const struct good_text *good, struct rng *rng,
                         struct text *out)
{
    size_t n, at = 0, count = 0;
    (void)s;
    for (at = next_number(good, 0, &n); n > 0; at = next_number(good, at + n, &n))
        count++;
    if (count == 0)
        return false;
    at = next_number(good, 0, &n);
    for (uint32_t skip = rng_below(rng, (uint32_t)count); skip > 0; skip--)
        at = next_number(good, at + n, &n);
    const long was = strtol(good->text + at, NULL, 10);
    const long by = 1 + (long)rng_below(rng, (uint32_t)(was > 2 ? was - 1 : 8));
    text_put(out, good->text, at);
    text_printf(out, "%ld", was > 2 ? was - by : was + by);
    text_puts(out, good->text + at + n);
    return true;
}

/* ---- sentences ---- */

struct cut {
    const char *s;
    size_t n;
};

/* At most SENTENCES_MAX, the last with all that is left. */
static uint32_t cut_sentences(const struct good_text *good, struct cut cuts[static SENTENCES_MAX])
{
    const char *text = good->text, *begin = text;
    uint32_t n = 0;
    for (const char *p = text; *p && n < SENTENCES_MAX - 1; p++) {
        if (!strchr(".!?", *p) || p[1] != ' ' || is_named(good, (size_t)(p - text)))
            continue;
        cuts[n++] = (struct cut){begin, (size_t)(p + 1 - begin)};
        begin = p + 2;
    }
    cuts[n++] = (struct cut){begin, strlen(begin)};
    return n;
}

static bool spoil_shuffled(const struct spoiling *s, const struct good_text *good, struct rng *rng,
                           struct text *out)
{
    struct cut cuts[SENTENCES_MAX];
    const uint32_t n = cut_sentences(good, cuts);
    (void)s;
    for (uint32_t i = 0; i + 1 < n; i++) { /* with a later one each: none can stay (Sattolo) */
        const uint32_t other = i + 1 + rng_below(rng, n - i - 1);
        const struct cut moved = cuts[i];
        cuts[i] = cuts[other];
        cuts[other] = moved;
    }
    for (uint32_t i = 0; i < n; i++) {
        text_put(out, " ", i > 0);
        text_put(out, cuts[i].s, cuts[i].n);
    }
    return n > 1;
}

static bool spoil_repeated(const struct spoiling *s, const struct good_text *good, struct rng *rng,
                           struct text *out)
{
    struct cut cuts[SENTENCES_MAX];
    const uint32_t n = cut_sentences(good, cuts);
    (void)s;
    (void)rng;
    text_puts(out, good->text);
    for (int i = 0; i < 2; i++) {
        text_puts(out, " ");
        text_put(out, cuts[n - 1].s, cuts[n - 1].n);
    }
    return true;
}

/* n sentences of praise, one after the other from one drawn. */
static void put_praise(uint32_t n, struct rng *rng, struct text *out)
{
    const uint32_t first = rng_below(rng, N_PRAISE);
    for (uint32_t i = 0; i < n; i++) {
        text_put(out, " ", out->n > 0);
        text_puts(out, praise[(first + i) % N_PRAISE]);
    }
}

static bool spoil_praise(const struct spoiling *s, const struct good_text *good, struct rng *rng,
                         struct text *out)
{
    (void)s;
    (void)good;
    put_praise(PRAISE_SPOKEN, rng, out);
    return true;
}

static bool spoil_long(const struct spoiling *s, const struct good_text *good, struct rng *rng,
                       struct text *out)
{
    (void)s;
    text_puts(out, good->text);
    put_praise(N_PRAISE, rng, out);
    return true;
}

bool spoil(const struct spoiling *s, size_t i, enum llmx_spoiling how, struct rng *rng,
           struct text *out)
{
    static bool (*const ways[LLMX_SPOILINGS])(const struct spoiling *, const struct good_text *,
                                              struct rng *, struct text *) = {
        [LLMX_SPOILT_USER] = spoil_user,         [LLMX_SPOILT_ITEM] = spoil_item,
        [LLMX_SPOILT_EVIDENCE] = spoil_evidence, [LLMX_SPOILT_NUMBER] = spoil_number,
        [LLMX_SPOILT_SHUFFLED] = spoil_shuffled, [LLMX_SPOILT_REPEATED] = spoil_repeated,
        [LLMX_SPOILT_PRAISE] = spoil_praise,     [LLMX_SPOILT_LONG] = spoil_long};
    text_clear(out);
    return ways[how](s, &s->texts[i], rng, out) && !out->failed &&
           strcmp(out->s, s->texts[i].text) != 0;
}
