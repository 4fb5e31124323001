/* served.c - one answer a person, written once and never changed: readers need no lock. */
#include "serve/served.h"

#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    size_t n;
    char bytes[];
};

struct served {
    llmx_id people;
    size_t bytes_max;
    _Atomic size_t bytes;
    struct answer *_Atomic *answer; /* (people) */
};

int served_create(struct served **served, llmx_id people, size_t bytes_max, struct llmx_error *err)
{
    struct served *s = mem_array(1, sizeof *s, err);
    *served = NULL;
    if (!s)
        return -1;
    s->people = people;
    s->bytes_max = bytes_max;
    if (!(s->answer = mem_array((size_t)people + 1, sizeof *s->answer, err))) {
        free(s);
        return -1;
    }
    *served = s;
    return 0;
}

void served_destroy(struct served *served)
{
    if (!served)
        return;
    for (llmx_id i = 0; i < served->people; i++)
        free(served->answer[i]);
    free(served->answer);
    free(served);
}

const char *served_get(const struct served *served, llmx_id person, size_t *n)
{
    const struct answer *answer = served->answer[person];
    if (!answer)
        return NULL;
    *n = answer->n;
    return answer->bytes;
}

void served_put(struct served *served, llmx_id person, const char *bytes, size_t n)
{
    struct answer *none = NULL, *answer;
    if (served->bytes + n > served->bytes_max || !(answer = malloc(sizeof *answer + n)))
        return;
    answer->n = n;
    memcpy(answer->bytes, bytes, n);
    if (atomic_compare_exchange_strong(&served->answer[person], &none, answer))
        served->bytes += n;
    else
        free(answer);
}
