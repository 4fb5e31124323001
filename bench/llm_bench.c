/* llm_bench.c - prefill and decoding of a model beside this machine's own ceilings.
 *
 *     make && cc -O2 -D_DEFAULT_SOURCE -Iinclude -Isrc bench/llm_bench.c build/objects.a -ldnnl -lgomp -lopenblas \
 *         -ljansson -lpcre2-8 -lutf8proc -lyaml -lcurl -lz -lm -pthread -o build/llm_bench
 *     build/llm_bench MODEL [THREADS [f32]]
 */
#include "base/clock.h"
#include "generate/forward.h"
#include "kernel/ceiling.h"
#include "llm/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROMPT 512
#define STEPS  64
#define ROUNDS 3

struct run {
    const struct llmx_model *model;
    struct workspace *workspace;
    struct sequence *sequences;
    int n;     /* sequences */
    int steps; /* of one token each; 0: a prompt */
    float *logits;
    int32_t ids[PROMPT];
};

static void run_member(void *context, int member)
{
    struct run *run = context;
    struct token_span spans[64];
    for (int step = 0; step < (run->steps ? run->steps : 1); step++) {
        for (int i = 0; i < run->n; i++)
            spans[i] =
                (struct token_span){&run->sequences[i], run->ids + i, run->steps ? 1 : PROMPT, 1};
        forward(run->model, run->workspace, spans, run->n, member);
        if (run->steps)
            forward_logits(run->model, run->workspace, 0, run->n, run->logits, member);
    }
}

static double best_s(struct run *run, int length)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < run->n; i++)
            run->sequences[i].own->length = length;
        double start = clock_now_s();
        threads_run(run->model->threads, run_member, run);
        double took = clock_now_s() - start;
        best = took < best ? took : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    struct llmx_error err;
    struct llmx_model *model;
    struct llmx_model_options options = {.threads = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0};
    if (argc > 3 && strcmp(argv[3], "f32") == 0)
        options.precision = LLMX_PRECISION_F32;
    double start = clock_now_s();
    if (argc < 2 || llmx_model_open(&model, argv[1], &options, &err) != 0)
        return fprintf(stderr, "%s\n",
                       argc < 2 ? "usage: llm_bench MODEL [THREADS [f32]]" : err.message),
               1;
    printf("loading %.2f s, %s\n", clock_now_s() - start, products_implementation(model->products));
    const bool is_int8 = model->weights == DTYPE_I8; /* of which there is no ceiling here: f32's */
    double gflops = 0, gb = 0;
    if (ceiling_product(&gflops, model->threads, is_int8 ? DTYPE_F32 : model->type, &err) != 0 ||
        ceiling_memory(&gb, model->threads, &err) != 0)
        return fprintf(stderr, "%s\n", err.message), 1;
    printf("ceilings: products %.0f GFLOP/s, memory %.1f GB/s\n", gflops, gb);
    static struct run run;
    static struct sequence sequences[32];
    run = (struct run){.model = model, .sequences = sequences, .n = 1};
    run.logits = malloc(sizeof(float) * 32 * (size_t)model->config.vocabulary);
    start = clock_now_s();
    if (!run.logits ||
        workspace_create(&run.workspace, model, PROMPT, 32, threads_count(model->threads), &err))
        return fprintf(stderr, "%s\n", err.message), 1;
    printf("workspace %.3f s\n", clock_now_s() - start);
    for (int i = 0; i < 32; i++)
        if (kv_create(&sequences[i].own, model, PROMPT + STEPS, 0, &err) != 0)
            return fprintf(stderr, "%s\n", err.message), 1;
    for (int i = 0; i < PROMPT; i++)
        run.ids[i] = (i * 7919 + 13) % model->config.vocabulary;
    struct llmx_model_cost cost;
    llmx_model_cost(model, &cost);
    double bytes = cost.weight_bytes, flops = cost.token_flops + cost.head_flops;
    double took = best_s(&run, 0);
    printf("prefill %d: %.0f tokens/s, %.0f GFLOP/s = %.0f %% of the products' ceiling\n", PROMPT,
           PROMPT / took, cost.token_flops * PROMPT / took / 1e9,
           cost.token_flops * PROMPT / took / gflops / 1e7);
    for (int n = 1; n <= 32; n *= 2) {
        run.n = n;
        run.steps = STEPS;
        took = best_s(&run, 256) / STEPS;
        printf("decode %2d: %.0f tokens/s, %.1f GB/s = %.0f %% of memory, %.0f GFLOP/s\n", n,
               n / took, bytes / took / 1e9, bytes / took / gb / 1e7, flops * n / took / 1e9);
    }
    for (int i = 0; i < 32; i++)
        kv_destroy(sequences[i].own);
    workspace_destroy(run.workspace);
    free(run.logits);
    llmx_model_destroy(model);
    return 0;
}
