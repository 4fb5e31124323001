#include "recommend/windows.h"

#include "base/memory.h"
#include "base/rng.h"

#include <stdlib.h>

/* Places of a further window that learn. */
static int fresh(int max_length)
{
    return (max_length + 1) / 2;
}

/* The windows of n - 1 targets when the first is cut `shift` items short, into window (NULL: counted only). */
static int cut_history(struct window *window, const llmx_id *history, int n, int max_length,
                       int shift)
{
    int count = 0;
    for (int learnt = 0; learnt < n - 1; count++) {
        int first = learnt - (max_length - fresh(max_length));
        first = first > 0 ? first : 0;
        int end = first + max_length - (learnt == 0 ? shift : 0);
        end = end < n - 1 ? end : n - 1;
        if (window)
            window[count] = (struct window){history, first, end, learnt};
        learnt = end;
    }
    return count;
}

static int is_longer(int n, int max_length)
{
    return n - 1 > max_length;
}

int windows_create(struct windows *windows, const struct llmx_data *data, int max_length,
                   struct llmx_error *err)
{
    *windows = (struct windows){.data = data, .max_length = max_length};
    for (llmx_id user = 0; user < llmx_data_users(data); user++) {
        int n;
        llmx_data_history(data, user, LLMX_TRAIN, &n);
        windows->capacity += cut_history(NULL, NULL, n, max_length,
                                         is_longer(n, max_length) ? fresh(max_length) - 1 : 0);
        windows->targets += n > 1 ? (size_t)n - 1 : 0;
    }
    if (windows->targets == 0)
        return err_set(err, LLMX_BAD_OPTION,
                       "no user has two items to learn from: a sequence model needs an item and "
                       "the one that followed; use another model (bpr, ease)");
    windows->window = mem_array((size_t)windows->capacity, sizeof *windows->window, err);
    return windows->window ? 0 : -1;
}

void windows_release(struct windows *windows)
{
    free(windows->window);
    *windows = (struct windows){0};
}

void windows_draw(struct windows *windows, uint64_t seed, int epoch)
{
    const int max_length = windows->max_length;
    windows->n = 0;
    for (llmx_id user = 0; user < llmx_data_users(windows->data); user++) {
        int n, shift = 0;
        const llmx_id *history = llmx_data_history(windows->data, user, LLMX_TRAIN, &n);
        struct rng rng = rng_stream(seed, RNG_SAMPLING, (uint64_t)epoch << 32 | (uint32_t)user);
        if (is_longer(n, max_length))
            shift = (int)rng_below(&rng, (uint32_t)fresh(max_length));
        windows->n += cut_history(windows->window + windows->n, history, n, max_length, shift);
    }
    struct rng rng = rng_stream(seed, RNG_SHUFFLE, (uint64_t)epoch);
    for (int i = windows->n - 1; i > 0; i--) {
        const int j = (int)rng_below(&rng, (uint32_t)i + 1);
        const struct window kept = windows->window[i];
        windows->window[i] = windows->window[j];
        windows->window[j] = kept;
    }
}
