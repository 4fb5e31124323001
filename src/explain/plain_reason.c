/* plain_reason.c - facts as sentences that follow one another. */
#include "explain/plain_reason.h"

#include "explain/wording.h"

#include <string.h>

#define TOLD_MAX     2
#define SUBJECTS_MAX 3  /* titles of a beginning; more read like a list */
#define WORDS_GOOD   60 /* a text with a second fact is not longer */

struct reason {
    struct text *out;
    const struct catalogue *catalogue;
    const struct domain *domain;
    const struct llmx_given *given;
    const struct llmx_fact *fact[TOLD_MAX];
    int n_facts;
    llmx_id subject[SUBJECTS_MAX]; /* what it begins with */
    int n_subjects;
};

/* ---- what is told ---- */

static bool among(llmx_id item, const llmx_id *items, int n)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item)
            return true;
    return false;
}

static bool is_reason(const struct llmx_fact *fact, const struct llmx_given *given)
{
    for (int i = 0; i < fact->n_items; i++)
        if (!among(fact->items[i], given->evidence, given->n_evidence))
            return false;
    return fact->place > 0 && fact->kind != LLMX_FACT_WEIGHT &&
           fact->kind != LLMX_FACT_NOT_SHARED && fact->kind != LLMX_FACT_RECENT;
}

static void choose_facts(struct reason *r)
{
    for (int i = 0; i < r->given->n_facts && r->n_facts < TOLD_MAX; i++) {
        const struct llmx_fact *fact = &r->given->facts[i];
        if (is_reason(fact, r->given) && (r->n_facts == 0 || fact->kind != r->fact[0]->kind))
            r->fact[r->n_facts++] = fact;
    }
}

static void add_subjects(struct reason *r, const llmx_id *items, int n)
{
    for (int i = 0; i < n && r->n_subjects < SUBJECTS_MAX; i++)
        if (!among(items[i], r->subject, r->n_subjects))
            r->subject[r->n_subjects++] = items[i];
}

/* The items of the facts, else the evidence, else the latest of the history. */
static void choose_subjects(struct reason *r)
{
    const struct llmx_given *given = r->given;
    const int first = given->n_history > SUBJECTS_MAX ? given->n_history - SUBJECTS_MAX : 0;
    for (int i = 0; i < r->n_facts; i++)
        add_subjects(r, r->fact[i]->items, r->fact[i]->n_items);
    if (r->n_subjects == 0)
        add_subjects(r, given->evidence, given->n_evidence);
    if (r->n_subjects == 0)
        add_subjects(r, given->history + first, given->n_history - first);
}

/* ---- sentences ---- */

static void put_titles(const struct reason *r, const llmx_id *items, int n)
{
    for (int i = 0; i < n; i++)
        text_printf(r->out, "%s\"%s\"",
                    i == 0       ? ""
                    : i == n - 1 ? " and "
                                 : ", ",
                    r->catalogue->title[items[i]]);
}

/* What a fact is about: "it" and "both" right behind the beginning that names just that. */
static void put_subject(const struct reason *r, const struct llmx_fact *fact)
{
    if (fact != r->fact[0] || fact->n_items != r->n_subjects)
        put_titles(r, fact->items, fact->n_items);
    else
        text_puts(r->out, fact->n_items == 1 ? "it" : "both");
}

static void put_values(const struct reason *r, const struct llmx_fact *fact)
{
    for (int i = 0; i < fact->n_values; i++) {
        text_puts(r->out, i == 0 ? "" : i == fact->n_values - 1 ? " and " : ", ");
        wording_value(r->out, fact->value[i], strlen(fact->value[i]));
    }
}

/* The recommended item. */
static void put_item(const struct reason *r)
{
    text_printf(r->out, "\"%s\"", r->catalogue->title[r->given->item]);
}

/* Does the sentence before end with the item, so that it need not be named again? */
static bool is_item_said(const struct reason *r, const struct llmx_fact *fact)
{
    return fact != r->fact[0] && r->fact[0]->kind != LLMX_FACT_LIKED;
}

static void put_shared(const struct reason *r, const struct llmx_fact *fact)
{
    const bool is_first = fact == r->fact[0], is_all = fact->n_items == r->n_subjects;
    if (is_first && !is_all)
        put_titles(r, fact->items, fact->n_items);
    else if (is_first || is_item_said(r, fact))
        text_puts(r->out, is_first && fact->n_items > 1 ? "Both" : "It");
    else
        put_item(r);
    text_puts(r->out, is_first && fact->n_items > 1 ? " share " : " shares ");
    put_values(r, fact);
    text_puts(r->out, " with ");
    if (is_first)
        put_item(r);
    else
        put_titles(r, fact->items, fact->n_items);
}

static void put_reach(const struct reason *r, const struct llmx_fact *fact)
{
    text_printf(r->out, "%s other people %s ", wording_is_few(fact) ? "Few" : "Many",
                r->domain->taken);
    if (is_item_said(r, fact))
        text_puts(r->out, "it");
    else
        put_item(r);
    text_printf(r->out, ": %d of %d", fact->m, fact->n);
}

static void put_fact(const struct reason *r, const struct llmx_fact *fact)
{
    const char *took = r->domain->taken;
    switch (fact->kind) {
    case LLMX_FACT_COMPANY:
        text_printf(r->out, "%d of the %d other people who %s ", fact->m, fact->n, took);
        put_subject(r, fact);
        text_printf(r->out, " also %s ", took);
        put_item(r);
        break;
    case LLMX_FACT_LIKED:
        text_printf(r->out, "Of the %d people who liked ", fact->n);
        put_subject(r, fact);
        text_printf(r->out, " and %s ", took);
        put_item(r);
        text_printf(r->out, ", %d liked both", fact->m);
        break;
    case LLMX_FACT_SHARED:
        put_shared(r, fact);
        break;
    case LLMX_FACT_HABIT:
        text_printf(r->out, "%d of your last %d %s are ", fact->m, fact->n, r->domain->many);
        put_values(r, fact);
        text_puts(r->out, ", and so is ");
        put_item(r);
        break;
    case LLMX_FACT_REACH:
        put_reach(r, fact);
        break;
    default:
        break;
    }
    text_puts(r->out, ".");
}

/* What leads to the facts: what was taken; with it the item too, where no fact joins them. */
static void put_beginning(const struct reason *r)
{
    const char *item = r->catalogue->title[r->given->item];
    const bool is_joined = r->n_facts > 0 && r->fact[0]->kind != LLMX_FACT_REACH;
    if (r->n_subjects == 0) {
        if (!is_joined)
            text_printf(r->out, "You may like \"%s\".", item);
        return;
    }
    if (!is_joined && r->given->n_evidence > 0)
        text_printf(r->out, "\"%s\" is here because you %s ", item, r->domain->taken);
    else
        text_printf(r->out, "You %s ", r->domain->taken);
    put_titles(r, r->subject, r->n_subjects);
    text_puts(r->out, ".");
    if (!is_joined && r->given->n_evidence == 0)
        text_printf(r->out, " You may like \"%s\".", item);
}

static int words_from(const struct text *text, size_t start)
{
    int words = 0;
    for (size_t i = start; i < text->n; i++)
        words += text->s[i] == ' ';
    return words + 1;
}

void plain_reason(struct text *out, const struct catalogue *catalogue, const struct domain *domain,
                  const struct llmx_given *given)
{
    struct reason r = {.out = out, .catalogue = catalogue, .domain = domain, .given = given};
    const size_t start = out->n;
    const int words_max = given->words_max < WORDS_GOOD ? given->words_max : WORDS_GOOD;
    choose_facts(&r);
    do {
        if (out->s && out->n > start) {
            out->n = start;
            out->s[start] = '\0';
        }
        r.n_subjects = 0;
        choose_subjects(&r);
        put_beginning(&r);
        for (int i = 0; i < r.n_facts; i++) {
            text_puts(out, out->n > start ? " " : "");
            put_fact(&r, r.fact[i]);
        }
    } while (r.n_facts-- > 1 && words_from(out, start) > words_max);
}
