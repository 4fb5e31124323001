#include "rank/candidates.h"

#include "base/rng.h"
#include "kernel/topk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EACH_MAX 1000000

int candidates_parse(struct candidates *c, const char *text, struct llmx_error *err)
{
    const char *number = strchr(text, ':');
    const size_t n = number ? (size_t)(number - text) : 0;
    char *end = NULL;
    const long each = number ? strtol(number + 1, &end, 10) : 0;
    *c = (struct candidates){.each = (int)each};
    c->by_popularity = n == strlen("popularity") && strncmp(text, "popularity", n) == 0;
    const bool is_uniform = n == strlen("uniform") && strncmp(text, "uniform", n) == 0;
    if ((is_uniform || c->by_popularity) && end > number + 1 && *end == '\0' && each >= 1 &&
        each <= EACH_MAX)
        return 0;
    return err_set(err, LLMX_BAD_OPTION,
                   "--candidates: '%s' is not uniform:N or popularity:N, N sampled items for every "
                   "held-out one, up to %d",
                   text, EACH_MAX);
}

/* A weighted sample without replacement: the largest keys log(u)/w, u uniform in (0, 1) (Efraimidis & Spirakis
 * 2006, theirs being u^(1/w)). */
static void draw_keys(const struct candidates *c, llmx_id user, const float *scores, llmx_id items,
                      float *keys)
{
    struct rng rng = rng_stream(c->seed, RNG_CANDIDATES, (uint64_t)user);
    for (llmx_id i = 0; i < items; i++) {
        const double u = 1 - rng_uniform(&rng), weight = c->by_popularity ? c->popularity[i] : 1;
        const bool may_be = scores[i] > -INFINITY && weight > 0;
        keys[i] = may_be ? (float)(log(u) / weight) : -INFINITY;
    }
}

void candidates_keep(const struct candidates *c, llmx_id user, float *scores, llmx_id items,
                     const llmx_id *relevant, int n_relevant, float *keys, int32_t *places)
{
    const int64_t wanted = (int64_t)c->each * n_relevant;
    draw_keys(c, user, scores, items, keys);
    for (int i = 0; i < n_relevant; i++)
        keys[relevant[i]] = -INFINITY;
    const int n = topk(keys, items, wanted < items ? (int)wanted : items, places);
    for (llmx_id i = 0; i < items; i++)
        keys[i] = -INFINITY;
    for (int i = 0; i < n; i++)
        keys[places[i]] = scores[places[i]];
    for (int i = 0; i < n_relevant; i++)
        keys[relevant[i]] = scores[relevant[i]];
    memcpy(scores, keys, (size_t)items * sizeof *scores);
}
