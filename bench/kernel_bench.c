/* kernel_bench.c - microseconds that single kernels take, in whatever instruction set LLMX_CPU leaves them.
 *
 *     make && cc -O2 -D_DEFAULT_SOURCE -Iinclude -Isrc bench/kernel_bench.c build/objects.a -ldnnl -lgomp -lopenblas \
 *         -ljansson -lpcre2-8 -lutf8proc -lyaml -lcurl -lz -lm -pthread -o build/kernel_bench
 *     build/kernel_bench
 */
#include "attention/attention.h"
#include "attention/attention_train.h"
#include "base/clock.h"
#include "base/rng.h"
#include "kernel/dense_layers.h"
#include "kernel/layers.h"
#include "kernel/layers_train.h"
#include "kernel/low_rank.h"
#include "kernel/scores.h"
#include "kernel/topk.h"

#include <stdio.h>
#include <string.h>

#define ROWS   96
#define DIM    576 /* SmolLM2-135M's */
#define HEAD   64
#define HEADS  9
#define KEYS   512
#define WORDS  49152
#define ROUNDS 15 /* of which the quickest counts */

static float a[ROWS * WORDS], b[ROWS * WORDS], c[ROWS * WORDS];

static void run_layers(void)
{
    rmsnorm_forward(c, DTYPE_F32, a, b, ROWS, DIM, 1e-5f);
    for (int r = 0; r < ROWS * HEADS; r++)
        rope_forward(c + r * HEAD, a, b, HEAD);
    silu_gate_forward(c, DTYPE_F32, a, b, ROWS * 1536);
    add_forward(c, b, ROWS * DIM);
}

static void run_layers_backward(void)
{
    rmsnorm_backward(c, b, a, a + DIM, ROWS, DIM, 1e-5f, false);
    silu_gate_backward(c, c + ROWS * 1536, DTYPE_F32, b, a, b, ROWS * 1536);
    layernorm_backward(c, c + ROWS * DIM, c + ROWS * DIM + DIM, a, b, a, ROWS, DIM, 1e-5f);
    gelu_backward(c, a, b, ROWS * DIM);
}

static void run_attention(void)
{
    static struct attention_state state;
    static const void *q[ATTENTION_ROWS];
    static int first[ATTENTION_ROWS], end[ATTENTION_ROWS];
    for (int r = 0; r < ATTENTION_ROWS; r++) {
        q[r] = b + r * HEAD;
        end[r] = KEYS - r;
    }
    attention_begin(&state, ATTENTION_ROWS, HEAD);
    attention_keys(&state, q, 0, ATTENTION_ROWS, a, first, end, HEAD, DTYPE_F32);
}

static const struct attention_shape shape = {
    .heads = HEADS, .kv_heads = 3, .head_dim = HEAD, .scale = 0.125f};

static void run_attention_training(void)
{
    for (int head = 0; head < shape.kv_heads; head++)
        segment_attention_forward(c, c + ROWS * DIM, a, a + ROWS * DIM, b, 0, ROWS, head, &shape);
}

static void run_attention_backward(void)
{
    float *dk = b + ROWS * WORDS / 2;
    for (int head = 0; head < shape.kv_heads; head++)
        segment_attention_backward(dk, dk + ROWS * DIM, dk + 2 * ROWS * DIM, b, c, c + ROWS * DIM,
                                   a, a + ROWS * DIM, b, 0, ROWS, head, &shape);
}

static void run_adapter(void)
{
    low_rank_in(c, 8, a, DTYPE_F32, b, ROWS, DIM, 8);
}

static void run_vocabulary(void)
{
    float max[WORDS / SCORES_BLOCK], sum[WORDS / SCORES_BLOCK];
    memcpy(c, a, WORDS * sizeof *c);
    scores_max(max, c, WORDS);
    scores_exp(c, sum, WORDS, -20, 5, 1);
    c[0] = log_sum_exp(a, WORDS);
}

static void run_topk(void)
{
    int32_t top[20];
    for (int r = 0; r < 16; r++)
        c[r] = (float)topk(a + r * 20000, 20000, 20, top);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {
        {"attention", run_attention},
        {"attention-training", run_attention_training},
        {"attention-backward", run_attention_backward},
        {"layers", run_layers},
        {"layers-backward", run_layers_backward},
        {"adapter", run_adapter},
        {"vocabulary", run_vocabulary},
        {"topk", run_topk},
    };
    struct rng rng = rng_stream(1, RNG_INIT, 0);
    for (size_t i = 0; i < sizeof a / sizeof *a; i++) {
        a[i] = (float)rng_uniform(&rng) - 0.5f;
        b[i] = (float)rng_uniform(&rng) - 0.5f;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double best = 1e9;
        for (int round = 0; round < ROUNDS; round++) {
            const double start = clock_now_s();
            parts[i].run();
            const double took = clock_now_s() - start;
            best = took < best ? took : best;
        }
        printf("%s %.1f\n", parts[i].name, best * 1e6);
    }
    return 0;
}
