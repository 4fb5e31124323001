#include "facts/user_sets.h"

#include "base/memory.h"
#include "kernel/bits.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64

/* An item that at least one in so many users has gets a bitmap: then all of them take at most four times the memory of the
 * lists. */
#define BITMAP_USERS 128

/* Words of bitmaps that are gone through in the time in which one user is looked up. */
#define LOOKED_UP 2

/* Goes through a user's training items from the last one to the first, so that the latest opinion of each counts. `seen`
 * (items): the user who was last seen with it, plus one. */
struct pass {
    const struct llmx_data *data;
    enum opinion least;
    llmx_id *seen;
};

static bool is_member(const struct pass *pass, llmx_id user, size_t row)
{
    const llmx_id item = pass->data->item[row];
    const enum opinion opinion =
        pass->least == OPINION_NONE ? OPINION_NONE : pass->data->opinion[row];
    if (pass->seen[item] == user + 1 || (pass->least != OPINION_NONE && opinion == OPINION_NONE))
        return false;
    pass->seen[item] = user + 1;
    return opinion >= pass->least;
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

/* Is a user in a set? *at is where to go on looking, for users that ascend. */
static bool find(const struct user_set *set, llmx_id user, int *at)
{
    if (set->bits)
        return bit_is_set(set->bits, user);
    *at = gallop(set, *at, user);
    return *at < set->n && set->user[*at] == user;
}

/* Goes through the list of a and looks each user up in the others. */
static struct common look_up(const struct user_set *a, const struct user_set *b,
                             const struct user_set *c)
{
    struct common common = {0, 0};
    int at_b = 0, at_c = 0;
    for (int i = 0; i < a->n; i++)
        if (find(b, a->user[i], &at_b)) {
            common.in_two++;
            common.in_three += c && find(c, a->user[i], &at_c);
        }
    return common;
}

struct common user_set_common(const struct user_set *a, const struct user_set *b,
                              const struct user_set *c)
{
    struct common common = {0, 0};
    if (a->n > b->n)
        return user_set_common(b, a, c);
    if (!a->bits || (size_t)a->n * LOOKED_UP < a->words)
        return look_up(a, b, c);
    if (c && c->bits) {
        common.in_three = bits_in_three(a->bits, b->bits, c->bits, a->words, &common.in_two);
        return common;
    }
    common.in_two = bits_in_two(a->bits, b->bits, a->words);
    common.in_three = c ? look_up(c, a, b).in_three : 0;
    return common;
}
