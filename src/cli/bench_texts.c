#include "cli/bench_texts.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "llmxrec/generate.h"

#include <stdlib.h>
#include <sys/resource.h>

#define FIRST_ID 50 /* past special tokens */
#define LAST_ID  49000

struct bench_groups {
    struct llmx_group *groups; /* (users) */
    int users, next;
};

static struct llmx_group *give_next(void *context)
{
    struct bench_groups *bench = context;
    return bench->next < bench->users ? &bench->groups[bench->next++] : NULL;
}

static int run(const struct llmx_model *model, struct bench_load load, int32_t *ids,
               struct llmx_generation *generations, struct llmx_group *groups,
               struct llmx_error *err)
{
    int texts = load.users * load.items, vocabulary = llmx_model_vocabulary(model);
    int last = vocabulary < LAST_ID ? vocabulary : LAST_ID, first = last > FIRST_ID ? FIRST_ID : 0;
    struct rng rng = rng_stream(1, RNG_INIT, 0);
    for (int i = 0; i < load.users * load.n_shared + texts * load.n_own; i++)
        ids[i] = first + (int32_t)rng_below(&rng, (uint32_t)(last - first));
    for (int u = 0; u < load.users; u++) {
        groups[u] =
            (struct llmx_group){ids, load.n_shared, generations + u * load.items, load.items, NULL};
        ids += load.n_shared;
    }
    int32_t *tokens = ids + texts * load.n_own;
    for (int i = 0; i < texts; i++)
        generations[i] = (struct llmx_generation){.prompt = ids + i * load.n_own,
                                                  .n_prompt = load.n_own,
                                                  .max_tokens = load.n_new,
                                                  .ignore_stop = 1,
                                                  .tokens = tokens + i * load.n_new};
    struct bench_groups bench = {groups, load.users, 0};
    struct llmx_generate_job job = {.next = give_next, .context = &bench};
    return llmx_generate(model, &job, err);
}

int bench_texts(const struct llmx_model *model, struct bench_load load, struct bench_texts *result,
                struct llmx_error *err)
{
    size_t texts = (size_t)load.users * (size_t)load.items, users = (size_t)load.users;
    size_t n = users * (size_t)load.n_shared + texts * (size_t)(load.n_own + load.n_new);
    int32_t *ids = mem_array(n, sizeof *ids, err);
    struct llmx_generation *generations = mem_array(texts, sizeof *generations, err);
    struct llmx_group *groups = mem_array(users, sizeof *groups, err);
    double start_s = clock_now_s();
    int status =
        ids && generations && groups ? run(model, load, ids, generations, groups, err) : -1;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    *result =
        (struct bench_texts){.texts = (int)texts,
                             .elapsed_s = clock_now_s() - start_s,
                             .tokens = (double)(n - texts), /* the last written is never read */
                             .memory_mb = (double)usage.ru_maxrss / 1024};
    result->texts_per_s = (double)texts / result->elapsed_s;
    result->tokens_per_s = result->tokens / result->elapsed_s;
    free(ids);
    free(generations);
    free(groups);
    return status;
}
