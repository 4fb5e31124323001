#include "recommend/incidence.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void incidence_destroy(struct incidence *incidence)
{
    if (!incidence)
        return;
    free(incidence->user_start);
    free(incidence->user_item);
    free(incidence->item_start);
    free(incidence->item_user);
    free(incidence);
}

/* start (rows + 1) from counts that stand one place further on. */
static void sum_counts(size_t *start, llmx_id rows)
{
    for (llmx_id r = 0; r < rows; r++)
        start[r + 1] += start[r];
}

/* The pairs by item, users ascending, each pair once however often it was taken. */
static void fill_items(struct incidence *in, const struct llmx_data *data, size_t *next)
{
    for (llmx_id u = 0; u < in->users; u++) {
        int n;
        const llmx_id *items = llmx_data_history(data, u, LLMX_TRAIN, &n);
        for (int i = 0; i < n; i++) {
            const llmx_id item = items[i];
            const size_t at = next[item];
            if (at > in->item_start[item] && in->item_user[at - 1] == u)
                continue;
            in->item_user[at] = u;
            next[item]++;
        }
    }
}

/* Closes the gaps that duplicates left. */
static void close_gaps(struct incidence *in, const size_t *end)
{
    size_t n = 0;
    for (llmx_id i = 0; i < in->items; i++) {
        const size_t from = in->item_start[i], count = end[i] - from;
        memmove(in->item_user + n, in->item_user + from, count * sizeof *in->item_user);
        in->item_start[i] = n;
        n += count;
    }
    in->item_start[in->items] = in->n = n;
}

/* The transpose: going by item fills each user's items in ascending order. */
static void fill_users(struct incidence *in, size_t *next)
{
    for (size_t p = 0; p < in->n; p++)
        in->user_start[in->item_user[p] + 1]++;
    sum_counts(in->user_start, in->users);
    memcpy(next, in->user_start, (size_t)in->users * sizeof *next);
    for (llmx_id i = 0; i < in->items; i++)
        for (size_t p = in->item_start[i]; p < in->item_start[i + 1]; p++)
            in->user_item[next[in->item_user[p]]++] = i;
}

int incidence_create(struct incidence **incidence, const struct llmx_data *data,
                     struct llmx_error *err)
{
    const llmx_id users = llmx_data_users(data), items = llmx_data_items(data);
    const size_t rows = (size_t)(users > items ? users : items),
                 most = llmx_data_interactions(data);
    struct incidence *in = mem_array(1, sizeof *in, err);
    size_t *next = mem_array(rows, sizeof *next, err);
    if (!in || !next)
        goto failed;
    in->users = users;
    in->items = items;
    in->user_start = mem_array((size_t)users + 1, sizeof *in->user_start, err);
    in->item_start = mem_array((size_t)items + 1, sizeof *in->item_start, err);
    in->user_item = mem_array(most, sizeof *in->user_item, err);
    in->item_user = mem_array(most, sizeof *in->item_user, err);
    if (!in->user_start || !in->item_start || !in->user_item || !in->item_user)
        goto failed;
    for (llmx_id u = 0; u < users; u++) {
        int n;
        const llmx_id *history = llmx_data_history(data, u, LLMX_TRAIN, &n);
        for (int i = 0; i < n; i++)
            in->item_start[history[i] + 1]++;
    }
    sum_counts(in->item_start, items);
    memcpy(next, in->item_start, (size_t)items * sizeof *next);
    fill_items(in, data, next);
    close_gaps(in, next);
    fill_users(in, next);
    free(next);
    *incidence = in;
    return 0;
failed:
    free(next);
    incidence_destroy(in);
    return -1;
}

void incidence_count(const struct incidence *in, llmx_id item, float *count)
{
    memset(count, 0, (size_t)in->items * sizeof *count);
    for (size_t p = in->item_start[item]; p < in->item_start[item + 1]; p++) {
        const llmx_id user = in->item_user[p];
        for (size_t q = in->user_start[user]; q < in->user_start[user + 1]; q++)
            count[in->user_item[q]]++;
    }
}
