#include "data/filter.h"

#include "base/memory.h"

#include <stdlib.h>

#define DROPPED (-1) /* in `user`: the row falls out; `item` is meaningless then */

static llmx_id item_of(const struct interactions *x, size_t row)
{
    return x->item[row] < 0 ? ~x->item[row] : x->item[row];
}

/* Row numbers by user, in file order: rows[start[u] .. start[u + 1]]. */
static int group_rows(const struct interactions *x, size_t **start, size_t **rows,
                      struct llmx_error *err)
{
    size_t n_users = x->users.count;
    *start = mem_array(n_users + 2, sizeof **start, err);
    *rows = mem_array(x->n, sizeof **rows, err);
    if (!*start || !*rows)
        return -1;
    for (size_t i = 0; i < x->n; i++)
        (*start)[x->user[i] + 2]++;
    for (size_t u = 1; u <= n_users; u++)
        (*start)[u + 1] += (*start)[u];
    for (size_t i = 0; i < x->n; i++)
        (*rows)[(*start)[x->user[i] + 1]++] = i;
    return 0;
}

/* Is row b, later in the file than a, the one to keep? Equal times go by the order of the lines. */
static bool is_preferred(const struct interactions *x, size_t a, size_t b,
                         enum llmx_duplicates policy)
{
    bool is_later = !x->time || x->time[b] >= x->time[a];
    return is_later == (policy == LLMX_DUPLICATES_LAST);
}

static int drop_duplicates(struct interactions *x, enum llmx_duplicates policy,
                           struct data_report *report, struct llmx_error *err)
{
    int result = -1;
    size_t *start = NULL, *rows = NULL;
    size_t *kept =
        mem_array(x->items.count, sizeof *kept, err); /* the user's row with that item, plus one */
    if (!kept || group_rows(x, &start, &rows, err) != 0)
        goto done;
    for (size_t u = 0; u < x->users.count; u++) {
        for (size_t r = start[u]; r < start[u + 1]; r++) {
            size_t *place = &kept[item_of(x, rows[r])], row = rows[r];
            if (*place) {
                bool is_better = is_preferred(x, *place - 1, row, policy);
                x->user[is_better ? *place - 1 : row] = DROPPED;
                report->duplicates++;
                row = is_better ? row : *place - 1;
            }
            *place = row + 1;
        }
        for (size_t r = start[u]; r < start[u + 1]; r++)
            kept[item_of(x, rows[r])] = 0;
    }
    result = 0;
done:
    free(kept);
    free(start);
    free(rows);
    return result;
}

/* What is rated low is not learnt from, but neither is it to be recommended again: it is kept aside. */
static int drop_low_rated(struct interactions *x, struct data_report *report,
                          struct llmx_error *err)
{
    size_t capacity = 0;
    for (size_t i = 0; i < x->n; i++) {
        if (x->user[i] == DROPPED || x->item[i] >= 0)
            continue;
        if (mem_grow(&x->low, &capacity, x->n_low + 1, sizeof *x->low, err) != 0)
            return -1;
        x->low[x->n_low++] = (struct low_rating){x->user[i], item_of(x, i)};
        x->user[i] = DROPPED;
        report->low_rated++;
    }
    return 0;
}

/* The k-core: the largest part in which every user and every item has enough interactions. */
static int drop_outside_core(struct interactions *x, int min_user, int min_item,
                             struct data_report *report, struct llmx_error *err)
{
    int *user_count = mem_array(x->users.count, sizeof *user_count, err);
    int *item_count = mem_array(x->items.count, sizeof *item_count, err);
    int result = user_count && item_count ? 0 : -1;
    for (size_t i = 0; result == 0 && i < x->n; i++) {
        if (x->user[i] == DROPPED)
            continue;
        user_count[x->user[i]]++;
        item_count[x->item[i]]++;
    }
    for (bool has_changed = true; result == 0 && has_changed;) {
        has_changed = false;
        for (size_t i = 0; i < x->n; i++) {
            if (x->user[i] == DROPPED ||
                (user_count[x->user[i]] >= min_user && item_count[x->item[i]] >= min_item))
                continue;
            user_count[x->user[i]]--;
            item_count[x->item[i]]--;
            x->user[i] = DROPPED;
            report->outside_core++;
            has_changed = true;
        }
    }
    free(user_count);
    free(item_count);
    return result;
}

/* Users or items, numbered anew by first appearance in what is left. */
struct renumbering {
    uint32_t *number; /* (before) the new number plus one; 0: none of it is left */
    uint32_t *before; /* (count) the old number */
    uint32_t count;
};

static int renumbering_init(struct renumbering *r, const struct names *names,
                            struct llmx_error *err)
{
    r->number = mem_array(names->count, sizeof *r->number, err);
    r->before = mem_array(names->count, sizeof *r->before, err);
    return r->number && r->before ? 0 : -1;
}

static void renumbering_release(struct renumbering *r)
{
    free(r->number);
    free(r->before);
}

static llmx_id renumber(struct renumbering *r, llmx_id id)
{
    uint32_t *number = &r->number[id];
    if (*number == 0) {
        r->before[r->count++] = (uint32_t)id;
        *number = r->count;
    }
    return (llmx_id)(*number - 1);
}

static bool keeps_all(const struct renumbering *r, const struct names *names)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (r->before[i] != i)
            return false;
    return r->count == names->count;
}

/* The names that are left, in their new order. */
static int rename_all(const struct renumbering *r, struct names *names, struct llmx_error *err)
{
    struct names left = {0};
    if (keeps_all(r, names))
        return 0;
    for (uint32_t i = 0; i < r->count; i++) {
        size_t n;
        const char *name = names_get(names, r->before[i], &n);
        if (names_add(&left, name, n, err) < 0) {
            names_release(&left);
            return -1;
        }
    }
    names_release(names);
    *names = left;
    return 0;
}

/* The low ratings of users and items that are left, by their new numbers. */
static void renumber_low(struct interactions *x, const struct renumbering *users,
                         const struct renumbering *items)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->n_low; i++) {
        const uint32_t user = users->number[x->low[i].user], item = items->number[x->low[i].item];
        if (user > 0 && item > 0)
            x->low[kept++] = (struct low_rating){(llmx_id)(user - 1), (llmx_id)(item - 1)};
    }
    x->n_low = kept;
}

/* Moves the rows that are left together. */
static void close_gaps(struct interactions *x, struct renumbering *users, struct renumbering *items)
{
    size_t n = 0, row = 0;
    for (int file = 0; file < FILES_MAX; file++) {
        for (; row < x->file_end[file]; row++) {
            if (x->user[row] == DROPPED)
                continue;
            x->user[n] = renumber(users, x->user[row]);
            x->item[n] = renumber(items, x->item[row]);
            if (x->time)
                x->time[n] = x->time[row];
            if (x->rating)
                x->rating[n] = x->rating[row];
            n++;
        }
        x->file_end[file] = n;
    }
    x->n = n;
}

static int compact(struct interactions *x, struct data_report *report, struct llmx_error *err)
{
    struct renumbering users = {0}, items = {0};
    int result = -1;
    if (renumbering_init(&users, &x->users, err) == 0 &&
        renumbering_init(&items, &x->items, err) == 0) {
        close_gaps(x, &users, &items);
        renumber_low(x, &users, &items);
        report->users_dropped = (llmx_id)(x->users.count - users.count);
        report->items_dropped = (llmx_id)(x->items.count - items.count);
        if (rename_all(&users, &x->users, err) == 0)
            result = rename_all(&items, &x->items, err);
    }
    renumbering_release(&users);
    renumbering_release(&items);
    return result;
}

int filter_apply(struct interactions *x, const struct llmx_data_options *options,
                 struct data_report *report, struct llmx_error *err)
{
    bool has_core = options->min_user > 1 || options->min_item > 1;
    if (options->duplicates != LLMX_DUPLICATES_KEEP &&
        drop_duplicates(x, options->duplicates, report, err) != 0)
        return -1;
    if (interactions_drop_low(options) && drop_low_rated(x, report, err) != 0)
        return -1;
    if (has_core && drop_outside_core(x, options->min_user, options->min_item, report, err) != 0)
        return -1;
    size_t dropped = report->duplicates + report->low_rated + report->outside_core;
    if (dropped == x->n)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: none of %zu interactions is left (duplicates %zu, --min-rating %zu, "
                       "--min-user and "
                       "--min-item %zu); ask for less",
                       report->source, x->n, report->duplicates, report->low_rated,
                       report->outside_core);
    return dropped ? compact(x, report, err) : 0;
}
