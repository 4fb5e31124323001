#include "explain/variants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TITLE_BYTES_MAX 120 /* of a new title: longer ones say nothing new */
#define LEAST_PEOPLE    10  /* facts are told of no fewer */
#define DRAWS           32  /* for a title that will do */

static bool is_used(const struct variant *v, const char *title)
{
    for (int i = 0; i < v->n_titles; i++)
        if (strcmp(v->title[i], title) == 0 || strcmp(v->new_title[i], title) == 0)
            return true;
    return false;
}

static void exchange_title(struct variant *v, const struct catalogue *c, llmx_id item,
                           struct rng *rng)
{
    const char *old = c->title[item];
    if (v->n_titles == VARIANT_TITLES_MAX || is_used(v, old))
        return;
    for (int draw = 0; draw < DRAWS; draw++) {
        const char *title = c->title[rng_below(rng, (uint32_t)llmx_data_items(c->data))];
        const size_t n = strlen(title);
        if (n == 0 || n > TITLE_BYTES_MAX || strchr(title, '"') || is_used(v, title) ||
            strcmp(title, old) == 0)
            continue;
        v->title[v->n_titles] = old;
        v->new_title[v->n_titles++] = title;
        return;
    }
}

static bool has_counts(const struct llmx_fact *fact)
{
    return fact->kind == LLMX_FACT_COMPANY || fact->kind == LLMX_FACT_LIKED ||
           fact->kind == LLMX_FACT_REACH;
}

/* Does a number stand in another fact that is told as well? */
static bool is_shared(const struct llmx_given *given, int number, const struct llmx_fact *own)
{
    for (int i = 0; i < given->n_facts; i++) {
        const struct llmx_fact *fact = &given->facts[i];
        if (fact != own && fact->place > 0 && (fact->m == number || fact->n == number))
            return true;
    }
    return false;
}

static void exchange_counts(struct variant *v, const struct llmx_given *given,
                            const struct llmx_fact *fact, struct rng *rng)
{
    const double factor = exp2(2 * rng_uniform(rng) - 1); /* a half to twice as many */
    if (v->n_counts + 2 > VARIANT_COUNTS_MAX || is_shared(given, fact->m, fact) ||
        is_shared(given, fact->n, fact))
        return;
    int n = (int)lround(fact->n * factor);
    n = n > LEAST_PEOPLE ? n : LEAST_PEOPLE;
    const int m = (int)lround((double)fact->m * n / fact->n);
    v->count[v->n_counts] = fact->n;
    v->new_count[v->n_counts++] = n;
    v->count[v->n_counts] = fact->m;
    v->new_count[v->n_counts++] = fact->m == fact->n ? n : m > 0 ? m : 1;
}

void variant_choose(struct variant *v, const struct catalogue *c, const struct llmx_given *given,
                    struct rng *rng)
{
    *v = (struct variant){0};
    exchange_title(v, c, given->item, rng);
    for (int i = 0; i < given->n_evidence; i++)
        exchange_title(v, c, given->evidence[i], rng);
    for (int i = 0; i < given->n_history; i++)
        exchange_title(v, c, given->history[i], rng);
    for (int i = 0; i < given->n_facts; i++)
        if (given->facts[i].place > 0 && has_counts(&given->facts[i]))
            exchange_counts(v, given, &given->facts[i], rng);
}

/* The bytes of the title that begins here, behind a quotation mark, and is closed by one; 0: none of them. */
static size_t title_at(const struct variant *v, const char *s, int *which)
{
    size_t longest = 0;
    for (int i = 0; i < v->n_titles; i++) {
        const size_t n = strlen(v->title[i]);
        if (n > longest && strncmp(s, v->title[i], n) == 0 && s[n] == '"') {
            longest = n;
            *which = i;
        }
    }
    return longest;
}

static void put_number(const struct variant *v, struct text *out, const char *digits, size_t n)
{
    const long number = strtol(digits, NULL, 10);
    for (int i = 0; i < v->n_counts; i++)
        if (v->count[i] == number) {
            text_printf(out, "%d", v->new_count[i]);
            return;
        }
    text_put(out, digits, n);
}

void variant_put(const struct variant *v, struct text *out, const char *text)
{
    static const char digits[] = "0123456789";
    for (const char *s = text; *s;) {
        int which;
        size_t n = *s == '"' ? title_at(v, s + 1, &which) : 0;
        if (n > 0) {
            text_printf(out, "\"%s\"", v->new_title[which]);
            s += n + 2;
        } else if ((n = strspn(s, digits)) > 0) {
            put_number(v, out, s, n);
            s += n;
        } else {
            text_put(out, s++, 1);
        }
    }
}
