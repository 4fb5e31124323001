#include "facts/user_sets.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64

/* An item that at least one in so many users has gets a bitmap: then all of them take no more memory than the lists twice. */
#define BITMAP_USERS 64

/* Goes through a user's training items from the last one to the first, so that the latest opinion of each counts. Calls of the
 * same pass share `seen` (items), the number of the user who was last seen with it, plus one. */
struct pass {
    const struct llmx_data *data;
    enum opinion least;
    llmx_id *seen;
};

static bool is_member(const struct pass *pass, llmx_id user, size_t row)
{
    const llmx_id item = pass->data->item[row];
    if (pass->seen[item] == user + 1)
        return false;
    pass->seen[item] = user + 1;
    return pass->least == OPINION_NONE ||
           (pass->data->opinion && pass->data->opinion[row] >= pass->least);
}

static void count_members(struct user_sets *sets, const struct pass *pass)
{
    const struct llmx_data *data = pass->data;
    for (llmx_id u = 0; u < llmx_data_users(data); u++)
        for (size_t row = data->valid_start[u]; row-- > data->start[u];)
            sets->start[data->item[row] + 1] += is_member(pass, u, row);
}

static void fill_members(struct user_sets *sets, const struct pass *pass, size_t *next)
{
    const struct llmx_data *data = pass->data;
    for (llmx_id u = 0; u < llmx_data_users(data); u++)
        for (size_t row = data->valid_start[u]; row-- > data->start[u];)
            if (is_member(pass, u, row))
                sets->user[next[data->item[row]]++] = u;
}

static int make_lists(struct user_sets *sets, const struct llmx_data *data, enum opinion least,
                      struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(data);
    struct pass pass = {data, least, mem_array(items, sizeof *pass.seen, err)};
    size_t *next = mem_array(items, sizeof *next, err);
    int result = -1;
    sets->start = mem_array(items + 1, sizeof *sets->start, err);
    if (pass.seen && next && sets->start) {
        count_members(sets, &pass);
        for (size_t i = 0; i < items; i++)
            sets->start[i + 1] += sets->start[i];
        sets->user = mem_array(sets->start[items], sizeof *sets->user, err);
        result = sets->user ? 0 : -1;
    }
    if (result == 0) {
        memcpy(next, sets->start, items * sizeof *next);
        memset(pass.seen, 0, items * sizeof *pass.seen);
        fill_members(sets, &pass, next);
    }
    free(pass.seen);
    free(next);
    return result;
}

static int make_bitmaps(struct user_sets *sets, const struct llmx_data *data,
                        struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(data), users = (size_t)llmx_data_users(data);
    size_t n = 0;
    sets->words = (users + WORD_BITS - 1) / WORD_BITS;
    sets->bits_at = mem_array(items, sizeof *sets->bits_at, err);
    if (!sets->bits_at)
        return -1;
    for (size_t i = 0; i < items; i++)
        if ((sets->start[i + 1] - sets->start[i]) * BITMAP_USERS >= users)
            sets->bits_at[i] = 1 + sets->words * n++;
    sets->bits = mem_array(n * sets->words, sizeof *sets->bits, err);
    if (!sets->bits)
        return -1;
    for (size_t i = 0; i < items; i++) {
        uint64_t *bits = sets->bits + sets->bits_at[i] - 1;
        for (size_t k = sets->start[i]; sets->bits_at[i] && k < sets->start[i + 1]; k++)
            bits[sets->user[k] / WORD_BITS] |= (uint64_t)1 << sets->user[k] % WORD_BITS;
    }
    return 0;
}

int user_sets_make(struct user_sets *sets, const struct llmx_data *data, enum opinion least,
                   struct llmx_error *err)
{
    *sets = (struct user_sets){0};
    return make_lists(sets, data, least, err) == 0 ? make_bitmaps(sets, data, err) : -1;
}

void user_sets_release(struct user_sets *sets)
{
    free(sets->start);
    free(sets->user);
    free(sets->bits_at);
    free(sets->bits);
    *sets = (struct user_sets){0};
}

struct user_set user_sets_of(const struct user_sets *sets, llmx_id item)
{
    const size_t start = sets->start[item], at = sets->bits_at[item];
    return (struct user_set){sets->user + start, (int)(sets->start[item + 1] - start),
                             at ? sets->bits + at - 1 : NULL, sets->words};
}

/* The first place from `from` on whose user is not before `user`: in steps that double, then by halves. */
static int gallop(const struct user_set *set, int from, llmx_id user)
{
    int step = 1, low = from, high = from;
    while (high < set->n && set->user[high] < user) {
        low = high + 1;
        high = set->n - high > step ? high + step : set->n;
        step *= 2;
    }
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (set->user[middle] < user)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool bit_is_set(const uint64_t *bits, llmx_id user)
{
    return bits[user / WORD_BITS] >> user % WORD_BITS & 1;
}

bool user_set_has(const struct user_set *set, llmx_id user)
{
    if (user < 0)
        return false;
    if (set->bits)
        return bit_is_set(set->bits, user);
    const int at = gallop(set, 0, user);
    return at < set->n && set->user[at] == user;
}

static int count_bits(const struct user_set *const *sets, int n)
{
    int count = 0;
    for (size_t w = 0; w < sets[0]->words; w++) {
        uint64_t both = sets[0]->bits[w];
        for (int k = 1; k < n; k++)
            both &= sets[k]->bits[w];
        count += __builtin_popcountll(both);
    }
    return count;
}

/* Goes through one list and looks each user up in the others. */
static int count_list(const struct user_set *list, const struct user_set *const *others, int n)
{
    int count = 0, at[2] = {0};
    for (int i = 0; i < list->n; i++) {
        const llmx_id user = list->user[i];
        bool is_in_all = true;
        for (int k = 0; k < n && is_in_all; k++) {
            if (others[k]->bits) {
                is_in_all = bit_is_set(others[k]->bits, user);
                continue;
            }
            at[k] = gallop(others[k], at[k], user);
            is_in_all = at[k] < others[k]->n && others[k]->user[at[k]] == user;
        }
        count += is_in_all;
    }
    return count;
}

int user_set_count(const struct user_set *const *sets, int n)
{
    const struct user_set *others[2];
    int least = 0, rest = 0;
    for (int k = 1; k < n; k++)
        least = sets[k]->n < sets[least]->n ? k : least;
    if (sets[least]->bits) /* then all have them */
        return count_bits(sets, n);
    for (int k = 0; k < n; k++)
        if (k != least)
            others[rest++] = sets[k];
    return count_list(sets[least], others, rest);
}
