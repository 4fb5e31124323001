/* kept_lists.c - one answer a person, written once and never changed: readers need no lock. */
#include "serve/kept_lists.h"

#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    size_t n;
    char bytes[];
};

struct kept_lists {
    llmx_id people;
    size_t bytes_max;
    _Atomic size_t bytes;
    struct answer *_Atomic *answer; /* (people) */
};

int kept_lists_create(struct kept_lists **kept, llmx_id people, size_t bytes_max,
                      struct llmx_error *err)
{
    struct kept_lists *s = mem_array(1, sizeof *s, err);
    *kept = NULL;
    if (!s)
        return -1;
    s->people = people;
    s->bytes_max = bytes_max;
    if (!(s->answer = mem_array((size_t)people + 1, sizeof *s->answer, err))) {
        free(s);
        return -1;
    }
    *kept = s;
    return 0;
}

void kept_lists_destroy(struct kept_lists *kept)
{
    if (!kept)
        return;
    for (llmx_id i = 0; i < kept->people; i++)
        free(kept->answer[i]);
    free(kept->answer);
    free(kept);
}

const char *kept_lists_get(const struct kept_lists *kept, llmx_id person, size_t *n)
{
    const struct answer *answer = kept->answer[person];
    if (!answer)
        return NULL;
    *n = answer->n;
    return answer->bytes;
}

void kept_lists_put(struct kept_lists *kept, llmx_id person, const char *bytes, size_t n)
{
    struct answer *none = NULL, *answer;
    if (kept->bytes + n > kept->bytes_max || !(answer = malloc(sizeof *answer + n)))
        return;
    answer->n = n;
    memcpy(answer->bytes, bytes, n);
    if (atomic_compare_exchange_strong(&kept->answer[person], &none, answer))
        kept->bytes += n;
    else
        free(answer);
}
