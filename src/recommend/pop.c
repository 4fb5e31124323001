/* pop.c - popularity: every item's count in the training part, the same for everybody (RecBole's Pop, with true
 * counts). Nothing in a history carries it, so there is no evidence: it says "popular", honestly. */
#include "base/memory.h"
#include "recommend/recommender.h"

#include <stdlib.h>
#include <string.h>

struct pop {
    llmx_id items;
    float *popularity; /* (items) count / largest count */
    const struct llmx_data *data;
};

static void pop_destroy(void *model)
{
    struct pop *pop = model;
    if (pop)
        free(pop->popularity);
    free(pop);
}

static int pop_create(void **model, llmx_id users, llmx_id items,
                      const struct llmx_train_options *options, struct llmx_error *err)
{
    (void)users;
    (void)options;
    struct pop *pop = mem_array(1, sizeof *pop, err);
    if (!pop)
        return -1;
    pop->items = items;
    pop->popularity = mem_array((size_t)items, sizeof *pop->popularity, err);
    if (!pop->popularity) {
        pop_destroy(pop);
        return -1;
    }
    *model = pop;
    return 0;
}

static int pop_arrays(void *model, struct model_array *arrays)
{
    struct pop *pop = model;
    arrays[0] = (struct model_array){"popularity",    DTYPE_F32, 1,         {(uint64_t)pop->items},
                                     pop->popularity, false,     ROWS_ITEMS};
    return 1;
}

static int pop_begin(void *model, const struct llmx_data *data,
                     const struct llmx_train_options *options, struct threads *pool,
                     struct llmx_error *err)
{
    (void)options;
    (void)pool;
    (void)err;
    ((struct pop *)model)->data = data;
    return 0;
}

static int pop_epoch(void *model, int epoch, struct threads *pool, struct epoch_result *result,
                     struct llmx_error *err)
{
    struct pop *pop = model;
    float most = 1;
    (void)epoch;
    (void)pool;
    (void)err;
    *result = (struct epoch_result){0};
    memset(pop->popularity, 0, (size_t)pop->items * sizeof *pop->popularity);
    for (llmx_id u = 0; u < llmx_data_users(pop->data); u++) {
        int n;
        const llmx_id *history = llmx_data_history(pop->data, u, LLMX_TRAIN, &n);
        for (int i = 0; i < n; i++)
            pop->popularity[history[i]]++;
        result->examples += (size_t)n;
    }
    for (llmx_id i = 0; i < pop->items; i++)
        most = pop->popularity[i] > most ? pop->popularity[i] : most;
    for (llmx_id i = 0; i < pop->items; i++)
        pop->popularity[i] /= most;
    return 0;
}

static int pop_score(const void *model, const struct llmx_person *people, int n, float *scores,
                     struct llmx_error *err)
{
    const struct pop *pop = model;
    const size_t items = (size_t)pop->items;
    (void)people;
    (void)err;
    for (int i = 0; i < n; i++)
        memcpy(scores + (size_t)i * items, pop->popularity, items * sizeof *scores);
    return 0;
}

static const struct model_setting settings[] = {{NULL, NULL}};

const struct recommender recommender_pop = {
    .name = "pop",
    .summary = "the most popular items, for everybody the same",
    .settings = settings,
    .create = pop_create,
    .destroy = pop_destroy,
    .arrays = pop_arrays,
    .begin = pop_begin,
    .epoch = pop_epoch,
    .score = pop_score,
};
