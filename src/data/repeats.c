/* repeats.c - held-out interactions with what the user had taken before: nothing that a list of news can hold. */
#include "base/memory.h"
#include "data/dataset.h"

#include <stdlib.h>

int llmx_data_repeats(const struct llmx_data *data, enum llmx_part part, size_t *repeats,
                      size_t *held_out, struct llmx_error *err)
{
    if (part != LLMX_VALID && part != LLMX_TEST)
        return err_set(err, LLMX_BAD_OPTION, "only of the validation and the test part");
    const size_t *begin = part == LLMX_VALID ? data->valid_start : data->test_start;
    const size_t *end = part == LLMX_VALID ? data->test_start : data->start + 1;
    uint32_t *last_user = mem_array(data->items.count, sizeof *last_user, err); /* plus one */
    if (!last_user)
        return -1;
    *repeats = *held_out = 0;
    for (uint32_t u = 0; u < data->users.count; u++) {
        for (size_t i = data->start[u]; i < begin[u] && begin[u] < end[u]; i++)
            last_user[data->item[i]] = u + 1;
        for (size_t i = begin[u]; i < end[u]; i++)
            *repeats += last_user[data->item[i]] == u + 1;
        *held_out += end[u] - begin[u];
    }
    free(last_user);
    return 0;
}
