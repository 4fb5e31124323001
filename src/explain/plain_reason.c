/* plain_reason.c - facts as sentences that follow one another. */
#include "explain/plain_reason.h"

#include "explain/wording.h"

#include <string.h>

#define SUBJECTS_MAX 3 /* titles of a beginning; more read like a list */

struct reason {
    struct text *out;
    const struct catalogue *catalogue;
    const struct domain *domain;
    const struct llmx_given *given;
    const struct llmx_fact *link;  /* joins evidence and item; NULL: nothing that is told does */
    const struct llmx_fact *extra; /* NULL: nothing more is told */
    const llmx_id *subject;        /* (n_subjects) what was taken, with which it begins */
    int n_subjects;
};

/* ---- what is told ---- */

static bool is_of_evidence(const struct llmx_fact *fact, const struct llmx_given *given)
{
    for (int i = 0; i < fact->n_items; i++) {
        int k = 0;
        while (k < given->n_evidence && given->evidence[k] != fact->items[i])
            k++;
        if (k == given->n_evidence)
            return false;
    }
    return true;
}

static bool is_of_same(const struct llmx_fact *a, const struct llmx_fact *b)
{
    return a->n_items == b->n_items &&
           memcmp(a->items, b->items, (size_t)a->n_items * sizeof *a->items) == 0;
}

/* The best of the chosen facts that joins evidence and item, and the best one that can follow without a title. */
static void choose_facts(struct reason *r)
{
    const struct llmx_given *given = r->given;
    for (int i = 0; i < given->n_facts && !r->link; i++) {
        const struct llmx_fact *f = &given->facts[i];
        const bool joins = f->kind == LLMX_FACT_COMPANY || f->kind == LLMX_FACT_LIKED ||
                           f->kind == LLMX_FACT_SHARED;
        if (f->place > 0 && joins && is_of_evidence(f, given))
            r->link = f;
    }
    for (int i = 0; i < given->n_facts && !r->extra; i++) {
        const struct llmx_fact *f = &given->facts[i];
        const bool follows = f->kind == LLMX_FACT_HABIT || f->kind == LLMX_FACT_REACH ||
                             (f->kind == LLMX_FACT_SHARED && r->link &&
                              r->link->kind != LLMX_FACT_SHARED && is_of_same(f, r->link));
        if (f->place > 0 && follows)
            r->extra = f;
    }
}

/* The items of the link, else the evidence, else the latest of the history. */
static void choose_subjects(struct reason *r)
{
    const struct llmx_given *given = r->given;
    const bool has_evidence = given->n_evidence > 0;
    const int n = has_evidence ? given->n_evidence : given->n_history;
    r->n_subjects = r->link ? r->link->n_items : n < SUBJECTS_MAX ? n : SUBJECTS_MAX;
    r->subject = r->link        ? r->link->items
                 : has_evidence ? given->evidence
                                : given->history + (n - r->n_subjects);
}

/* ---- sentences ---- */

/* A title in quotes; at the end of a sentence with what ends it, where the title itself does not. */
static void put_title(const struct reason *r, llmx_id item, bool is_end)
{
    const char *title = r->catalogue->title[item];
    const size_t n = strlen(title);
    const bool ends = n > 0 && strchr(".!?", title[n - 1]);
    text_printf(r->out, "\"%s\"%s", title, is_end && !ends ? "." : "");
}

static void put_item(const struct reason *r, bool is_end)
{
    put_title(r, r->given->item, is_end);
}

static void put_subjects(const struct reason *r)
{
    for (int i = 0; i < r->n_subjects; i++) {
        text_puts(r->out, i == 0 ? "" : i == r->n_subjects - 1 ? " and " : ", ");
        put_title(r, r->subject[i], i == r->n_subjects - 1);
    }
}

/* "the genres action and adventure" */
static void put_values(const struct reason *r, const struct llmx_fact *fact)
{
    if (fact->column == llmx_data_role_column(r->catalogue->data, LLMX_ROLE_CATEGORIES))
        text_printf(r->out, "the %s ",
                    fact->n_values > 1 ? r->domain->categories : r->domain->category);
    for (int i = 0; i < fact->n_values; i++) {
        text_puts(r->out, i == 0 ? "" : i == fact->n_values - 1 ? " and " : ", ");
        wording_value(r->out, fact->value[i], strlen(fact->value[i]));
    }
}

static void put_link(const struct reason *r)
{
    const struct llmx_fact *f = r->link;
    const char *took = r->domain->taken, *them = f->n_items > 1 ? "both" : "it";
    if (f->kind == LLMX_FACT_COMPANY) {
        text_printf(r->out, " %d of the %d other people who %s %s also %s ", f->m, f->n, took, them,
                    took);
        put_item(r, true);
    } else if (f->kind == LLMX_FACT_LIKED) {
        text_printf(r->out, " Of the %d people who liked %s and %s ", f->n, them, took);
        put_item(r, false);
        text_printf(r->out, ", %d liked both.", f->m);
    } else {
        text_puts(r->out, f->n_items > 1 ? " Both share " : " It shares ");
        put_values(r, f);
        text_puts(r->out, " with ");
        put_item(r, true);
    }
}

/* Behind the link, which names the item last, or what names it first. */
static void put_extra(const struct reason *r)
{
    const struct llmx_fact *f = r->extra;
    if (f->kind == LLMX_FACT_SHARED) {
        text_puts(r->out, f->n_items > 1 ? " All three share " : " The two share ");
        put_values(r, f);
        text_puts(r->out, ".");
    } else if (f->kind == LLMX_FACT_HABIT) {
        text_printf(r->out, " %d of your last %d %s have ", f->m, f->n, r->domain->many);
        put_values(r, f);
        text_puts(r->out, ", like this one.");
    } else {
        text_printf(r->out, " %s other people %s %s: %d of %d.", wording_is_few(f) ? "Few" : "Many",
                    r->domain->taken, r->link ? "it" : "this one", f->m, f->n);
    }
}

/* Where no fact joins them. */
static void put_unlinked(const struct reason *r)
{
    if (r->given->n_evidence > 0) {
        put_item(r, false);
        text_printf(r->out, " is here because you %s ", r->domain->taken);
        put_subjects(r);
        return;
    }
    if (r->n_subjects > 0) {
        text_printf(r->out, "You %s ", r->domain->taken);
        put_subjects(r);
        text_puts(r->out, " ");
    }
    text_puts(r->out, "You may like ");
    put_item(r, true);
}

static int count_words(const char *text)
{
    int n = 0;
    for (const char *s = text; *(s += strspn(s, " ")); s += strcspn(s, " "))
        n++;
    return n;
}

void plain_reason(struct text *out, const struct catalogue *catalogue, const struct domain *domain,
                  const struct llmx_given *given)
{
    struct reason r = {.out = out, .catalogue = catalogue, .domain = domain, .given = given};
    const size_t start = out->n;
    choose_facts(&r);
    choose_subjects(&r);
    if (r.link) {
        text_printf(out, "You %s ", domain->taken);
        put_subjects(&r);
        put_link(&r);
    } else {
        put_unlinked(&r);
    }
    const size_t end = out->n;
    if (r.extra)
        put_extra(&r);
    if (out->s && out->n > end && count_words(out->s + start) > given->words_max) {
        out->n = end;
        out->s[end] = '\0';
    }
}
