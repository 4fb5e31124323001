/* wording.c - one sentence for each kind of fact. */
#include "explain/wording.h"

#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

/* A fourth fact is told where all take no more. */
#define FACTS_SURE  3
#define FACTS_BYTES 290

#define FEW_PARTS 10 /* facts of reach have a tenth or less of all people, or a quarter or more */

void wording_value(struct text *out, const char *value, size_t n)
{
    for (size_t at = 0; at < n;) {
        bool is_valid;
        char lower[4];
        const size_t length = utf8_step(value + at, n - at, &is_valid);
        if (value[at] == '_')
            text_put(out, " ", 1);
        else if (is_valid)
            text_put(out, lower,
                     utf8_write((uint32_t)utf8proc_tolower(
                                    (utf8proc_int32_t)utf8_value(value + at, length)),
                                lower));
        else
            text_put(out, value + at, length);
        at += length;
    }
}

bool wording_is_few(const struct llmx_fact *fact)
{
    return fact->m <= fact->n / FEW_PARTS;
}

static void put_values(struct text *out, const struct llmx_fact *fact)
{
    for (int i = 0; i < fact->n_values; i++) {
        text_puts(out, i > 0 ? ", " : "");
        wording_value(out, fact->value[i], strlen(fact->value[i]));
    }
}

/* "A", or "A" and "B". */
static void put_items(struct text *out, const struct llmx_fact *fact, const struct catalogue *c,
                      const char *between)
{
    for (int i = 0; i < fact->n_items; i++)
        text_printf(out, "%s\"%s\"", i > 0 ? between : "", c->title[fact->items[i]]);
}

static void put_recent(struct text *out, const struct llmx_fact *fact, const struct domain *domain)
{
    if (fact->n == 1)
        text_printf(out, " is the last %s you %s.", domain->one, domain->taken);
    else
        text_printf(out, " is one of the last 3 %s you %s.", domain->many, domain->taken);
}

void wording_fact(struct text *out, const struct llmx_fact *fact, const struct catalogue *catalogue,
                  const struct domain *domain)
{
    switch (fact->kind) {
    case LLMX_FACT_WEIGHT:
        put_items(out, fact, catalogue, " and ");
        text_puts(out, " is the main reason this one came up.");
        break;
    case LLMX_FACT_COMPANY:
        text_printf(out, "%d of the %d other people who %s ", fact->m, fact->n, domain->taken);
        put_items(out, fact, catalogue, " and ");
        text_printf(out, " %s this one.", domain->taken);
        break;
    case LLMX_FACT_LIKED:
        text_printf(out, "Of the %d people who liked ", fact->n);
        put_items(out, fact, catalogue, " and ");
        text_printf(out, " and %s this one, %d liked it.", domain->taken, fact->m);
        break;
    case LLMX_FACT_SHARED:
        put_items(out, fact, catalogue, ", ");
        text_puts(out, " and this one share: ");
        put_values(out, fact);
        text_puts(out, ".");
        break;
    case LLMX_FACT_NOT_SHARED:
        put_items(out, fact, catalogue, " and ");
        text_printf(out, " %s no %s in common with this one.", fact->n_items > 1 ? "have" : "has",
                    domain->category);
        break;
    case LLMX_FACT_HABIT:
        text_printf(out, "%d of your last %d %s: ", fact->m, fact->n, domain->many);
        put_values(out, fact);
        text_puts(out, ".");
        break;
    case LLMX_FACT_RECENT:
        put_items(out, fact, catalogue, " and ");
        put_recent(out, fact, domain);
        break;
    case LLMX_FACT_REACH:
        text_printf(out, "%s people %s this one: %d of %d.", wording_is_few(fact) ? "Few" : "Many",
                    domain->taken, fact->m, fact->n);
        break;
    case LLMX_FACT_KINDS:
        break;
    }
}

void wording_facts(struct text *out, const struct llmx_fact *fact, int n,
                   const struct catalogue *catalogue, const struct domain *domain)
{
    text_puts(out, "");
    for (int i = 0; i < n; i++)
        if (fact[i].place > 0) {
            text_puts(out, out->n > 0 ? "\n" : "");
            wording_fact(out, &fact[i], catalogue, domain);
        }
}

int wording_choose(struct text *out, struct llmx_fact *fact, int n,
                   const struct catalogue *catalogue, const struct domain *domain)
{
    int chosen = 0;
    while (chosen < n && fact[chosen].place > 0)
        chosen++;
    text_clear(out);
    wording_facts(out, fact, chosen, catalogue, domain);
    if (chosen <= FACTS_SURE || out->n <= FACTS_BYTES)
        return chosen;
    while (chosen > FACTS_SURE)
        fact[--chosen].place = 0;
    text_clear(out);
    wording_facts(out, fact, chosen, catalogue, domain);
    return chosen;
}
