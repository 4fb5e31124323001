/* gradient_bench.c - the load that tuning's speed is measured with. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "llmxrec/bench.h"
#include "tune/gradient.h"

#include <stdlib.h>

#define RANK 8

/* Eight examples of the paper, spread over its five domains: tokens, and those before the answer. */
static const int lengths[][2] = {{492, 418}, {640, 553}, {477, 388}, {666, 597},
                                 {467, 388}, {526, 431}, {463, 375}, {500, 412}};
#define EXAMPLES ((int)(sizeof lengths / sizeof *lengths))

/* Arrays of one slab each; ids are random, which costs the same. */
static int load_fill(struct packed *batch, int32_t **ids, float **weight, int **start,
                     int sequences, int vocabulary, struct llmx_error *err)
{
    int n = 0;
    for (int s = 0; s < sequences; s++)
        n += lengths[s % EXAMPLES][0];
    *ids = mem_array((size_t)n, sizeof **ids, err);
    *weight = mem_array((size_t)n, sizeof **weight, err);
    *start = mem_array((size_t)sequences + 1, sizeof **start, err);
    if (!*ids || !*weight || !*start)
        return -1;
    struct rng rng = rng_stream(1, RNG_INIT, 0);
    for (int i = 0; i < n; i++)
        (*ids)[i] = (int32_t)rng_below(&rng, (uint32_t)vocabulary);
    for (int s = 0; s < sequences; s++) {
        const int *length = lengths[s % EXAMPLES];
        for (int i = length[1]; i < length[0]; i++)
            (*weight)[(*start)[s] + i] = 1.0f / (float)n;
        (*start)[s + 1] = (*start)[s] + length[0];
    }
    *batch = (struct packed){*ids, *weight, *start, n, sequences, 0};
    return 0;
}

/* A backward pass multiplies by every weight once more; gradients of the weights themselves are not needed. */
static double flops_of(const struct llmx_model *model, const struct packed *batch)
{
    struct llmx_model_cost cost;
    int learnt = 0;
    llmx_model_cost(model, &cost);
    for (int i = 0; i < batch->tokens; i++)
        learnt += batch->weight[i] > 0;
    return 2 * (batch->tokens * cost.token_flops + learnt * cost.head_flops);
}

int llmx_bench_gradient(const struct llmx_model *model, int sequences, int threads, int rounds,
                        double *seconds, struct llmx_gradient_load *load, struct llmx_error *err)
{
    struct packed batch = {0};
    int32_t *ids = NULL;
    float *weight = NULL, *gradient = NULL;
    int *start = NULL, result = -1;
    struct lora *lora = NULL;
    struct gradient_work *work = NULL;
    double loss;
    if (load_fill(&batch, &ids, &weight, &start, sequences, model->config.vocabulary, err) != 0 ||
        lora_create(&lora, &model->config, RANK, (1u << LINEARS) - 1, err) != 0 ||
        !(gradient = mem_array(lora->n, sizeof *gradient, err)) ||
        gradient_work_create(&work, model, RANK, batch.tokens, 0, threads, err) != 0)
        goto done;
    for (int i = 0; i < rounds; i++) {
        double begin = clock_now_s();
        if (gradient_compute(work, lora, &batch, gradient, &loss, NULL, NULL, err) != 0)
            goto done;
        seconds[i] = clock_now_s() - begin;
    }
    *load = (struct llmx_gradient_load){batch.tokens, flops_of(model, &batch)};
    result = 0;
done:
    gradient_work_destroy(work);
    lora_destroy(lora);
    free(gradient);
    free(ids);
    free(weight);
    free(start);
    return result;
}
