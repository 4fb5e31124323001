#include "evaluate/attribute_context.h"

#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COMPANY_TOLD 5

int company_open(struct company *c, const struct bits *users, const struct bits *items,
                 struct llmx_error *err)
{
    *c = (struct company){users, items, mem_array(items->n, sizeof *c->count, err),
                          mem_array(items->n, sizeof *c->touched, err)};
    return c->count && c->touched ? 0 : -1;
}

void company_release(struct company *c)
{
    free(c->count);
    free(c->touched);
    *c = (struct company){0};
}

static size_t size_of(const struct bits *b, size_t row)
{
    return b->start[row + 1] - b->start[row];
}

/* How alike is it, by its people in common: more, or as much and an earlier item? */
static bool is_more_alike(const struct company *c, llmx_id a, llmx_id b)
{
    const double x = c->count[a] / sqrt((double)size_of(c->items, (size_t)a)),
                 y = c->count[b] / sqrt((double)size_of(c->items, (size_t)b));
    return x > y || (x == y && a < b);
}

/* Counts people in common with every item that has any; returns how many items. */
static int count_company(struct company *c, llmx_id item)
{
    int n = 0;
    for (size_t i = c->items->start[item]; i < c->items->start[item + 1]; i++) {
        const size_t user = (size_t)c->items->bit[i];
        for (size_t j = c->users->start[user]; j < c->users->start[user + 1]; j++)
            if (c->users->bit[j] != item && c->count[c->users->bit[j]]++ == 0)
                c->touched[n++] = c->users->bit[j];
    }
    return n;
}

int company_find(struct company *c, llmx_id item, llmx_id *alike, int n)
{
    const int touched = count_company(c, item);
    int found = 0;
    for (int i = 0; i < touched; i++) {
        if (found == n && !is_more_alike(c, c->touched[i], alike[n - 1]))
            continue;
        int at = found < n ? found++ : n - 1;
        for (; at > 0 && is_more_alike(c, c->touched[i], alike[at - 1]); at--)
            alike[at] = alike[at - 1];
        alike[at] = c->touched[i];
    }
    for (int i = 0; i < touched; i++)
        c->count[c->touched[i]] = 0;
    return found;
}

static const char *title_of(const struct llmx_data *data, llmx_id item)
{
    const int column = llmx_data_title_column(data);
    const char *title = column < 0 ? "" : llmx_data_feature(data, LLMX_ITEMS, item, column);
    return *title ? title : llmx_data_item_token(data, item);
}

static void put_history_item(struct text *out, const struct llmx_data *data, llmx_id item)
{
    const int year = llmx_data_role_column(data, LLMX_ROLE_YEAR),
              categories = llmx_data_role_column(data, LLMX_ROLE_CATEGORIES);
    const char *when = year < 0 ? "" : llmx_data_feature(data, LLMX_ITEMS, item, year),
               *what = categories < 0 ? "" : llmx_data_feature(data, LLMX_ITEMS, item, categories);
    text_printf(out, "\n- \"%s\"", title_of(data, item));
    if (*when)
        text_printf(out, " (%s)", when);
    if (*what)
        text_printf(out, ": %s", what);
}

void context_put_user(struct text *out, const struct llmx_data *data, const struct domain *domain,
                      llmx_id user, int history_max)
{
    int n;
    const llmx_id *items = llmx_data_history(data, user, LLMX_TRAIN, &n);
    text_printf(out, "A person %s these %s, the latest last:", domain->taken, domain->many);
    for (int i = n > history_max ? n - history_max : 0; i < n; i++)
        put_history_item(out, data, items[i]);
}

void context_put_item(struct text *out, const struct llmx_data *data, const struct domain *domain,
                      llmx_id item, int hidden, struct company *company)
{
    llmx_id alike[COMPANY_TOLD];
    text_printf(out, "A %s: \"%s\"", domain->one, title_of(data, item));
    for (int k = 0; k < llmx_data_columns(data, LLMX_ITEMS); k++) {
        const char *value = llmx_data_feature(data, LLMX_ITEMS, item, k);
        if (k != hidden && k != llmx_data_title_column(data) && *value)
            text_printf(out, "\n%s: %s", llmx_data_column_name(data, LLMX_ITEMS, k), value);
    }
    const int n = company ? company_find(company, item, alike, COMPANY_TOLD) : 0;
    if (n > 0)
        text_printf(out, "\nPeople who %s it also %s", domain->taken, domain->taken);
    for (int i = 0; i < n; i++)
        text_printf(out, "%s\"%s\"", i == 0 ? " " : ", ", title_of(data, alike[i]));
}

void context_put_explanation(struct text *out, const struct domain *domain, const char *text)
{
    text_printf(out, "A %s was recommended to a person, with this reason:\n%s", domain->one, text);
}
