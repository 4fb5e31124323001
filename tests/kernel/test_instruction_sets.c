/* The same kernels in children that LLMX_CPU holds to each instruction set give the same bytes. */
#include "attention/attention.h"
#include "base/rng.h"
#include "kernel/cholesky.h"
#include "kernel/dense_layers.h"
#include "kernel/dropout.h"
#include "kernel/gru.h"
#include "kernel/layers.h"
#include "kernel/layers_train.h"
#include "kernel/low_rank.h"
#include "kernel/scores.h"
#include "kernel/sparse.h"
#include "kernel/topk.h"
#include "product/small_product.h"
#include "support/test.h"

#include <stdio.h>
#include <unistd.h>

#define N 4096

static float a[N], b[N], out[8 * N];

static void fill(void)
{
    struct rng rng = rng_stream(1, RNG_INIT, 0);
    for (int i = 0; i < N; i++) {
        a[i] = (float)rng_normal(&rng);
        b[i] = (float)rng_normal(&rng);
    }
    memset(out, 0, sizeof out);
}

/* FNV-1a (Fowler, Noll & Vo) of all that was written, beside the kernel's name. */
static void print_digest(const char *name)
{
    const unsigned char *p = (const unsigned char *)out;
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < sizeof out; i++)
        hash = (hash ^ p[i]) * 0x100000001b3;
    printf("%s %016llx\n", name, (unsigned long long)hash);
    fill();
}

static void print_layers(void)
{
    rmsnorm_forward(out, DTYPE_F32, a, b, 10, 112, 1e-5f);
    rmsnorm_backward(out + N, a, b, a + 112, 10, 112, 1e-5f, false);
    layernorm_forward(out + 2 * N, a, b, b + 100, 10, 107, 1e-5f);
    layernorm_backward(out + 3 * N, out + 4 * N, out + 5 * N, a, b, a + 9, 10, 107, 1e-5f);
    print_digest("norms");
    silu_gate_forward(out, DTYPE_F32, a, b, 1024);
    silu_gate_backward(out + N, out + 2 * N, DTYPE_F32, a, b, a + 7, 1024);
    gelu_forward(out + 3 * N, a, 1001);
    gelu_backward(out + 4 * N, a, b, 1001);
    print_digest("gates");
    out[0] = log_sum_exp(a, 1003);
    out[1] = max_forward(a, 1003);
    for (int n = 16; n <= 1008; n += 16)
        out[n] = dot_forward(a, b, n);
    out[3] = exp_forward(out + N, DTYPE_F32, a, 3, 0.5f, 1003);
    print_digest("reductions");
    const struct dropout dropout = dropout_row(7, 3, 0.3f);
    dropout_forward(out, a, &dropout, 1001);
    rope_forward(out, a, b, 120);
    print_digest("dropout and rotation");
    gru_forward(out, out + N, a, b, a + 900, 5, 50);
    gru_backward(out + 2 * N, out + 3 * N, out + 4 * N, b, out + N, a, 5, 50);
    print_digest("gru");
    low_rank_in(out, 8, a, DTYPE_F32, b, 7, 112, 8);
    print_digest("adapter");
}

static void print_attention(void)
{
    static struct attention_state state;
    const void *q[7];
    void *to[7];
    const int first[7] = {0, 0, 3, 0, 20, 0, 5}, end[7] = {1, 30, 31, 17, 32, 16, 6};
    for (int r = 0; r < 7; r++) {
        q[r] = b + r * 48;
        to[r] = out + r * 48;
    }
    attention_begin(&state, 7, 48);
    attention_keys(&state, q, 0, 7, a, first, end, 48, DTYPE_F32);
    attention_end(to, &state, 7, 48, DTYPE_F32);
    print_digest("attention");
}

static void print_recommending(void)
{
    const size_t start[] = {0, 3, 3, 20};
    const int32_t column[] = {1, 2, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    const struct sparse sparse = {start, column, b, b + 100};
    sparse_gather(out, a + 7, a, &sparse, 0.7f, 0, 3, 83);
    print_digest("gather");
    memcpy(out, a, 1000 * sizeof *a);
    scores_max(out + N, out, 1000);
    scores_exp(out, out + 2 * N, 1000, -2, 3, 0.9f);
    print_digest("scores");
    int count[5];
    scores_survey(out, count, count + 1, count + 2, a, 1000, a[5]);
    scores_count(a, 1000, a[6], count + 3, count + 4);
    int32_t top[40];
    for (int i = 0; i < 5; i++)
        out[N + i] = (float)count[i];
    for (int n = 30; n <= 1000; n += 97) {
        const int found = topk(a, n, 20, top);
        for (int i = 0; i < found; i++)
            out[2 * N + n + i] = (float)top[i];
    }
    print_digest("ranking");
}

static void print_fused(void)
{
    const int32_t index[] = {0, 5, 2, 9, 11, 30, 31, 40, 41, 42, 3};
    float *right = out + 4 * N;
    for (int i = 0; i < 64; i++)
        out[i * 65] = 1;
    gram_add(out, right, a, index, 11, 64);
    out[N + 1] = (float)cholesky_factor(out, 64);
    cholesky_solve(out, 64, right, 1);
    print_digest("fused: small systems");
    small_product(out, 40, a, 30, 1, b, 40, 11, 30, 40, NULL);
    small_product(out + N, 40, a, 1, 30, b, 40, 11, 30, 40, a);
    print_digest("fused: small products");
}

static void read_child(const char *set, const char *what, char *text, size_t size)
{
    char command[256], self[128] = {0};
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    snprintf(command, sizeof command, "LLMX_CPU=%s %s %s", set, self, what);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    assert_int_equal(pclose(f), 0);
    assert_true(strlen(text) > 40);
}

static void test_kernels__give_the_same_bytes_in_every_set(void **state)
{
    char widest[2048], lesser[2048];
    (void)state;
    read_child("avx512", "plain", widest, sizeof widest);
    read_child("avx2", "plain", lesser, sizeof lesser);
    assert_string_equal(lesser, widest);
    read_child("sse2", "plain", lesser, sizeof lesser);
    assert_string_equal(lesser, widest);
}

/* SSE2 has no fused multiply-adds. */
static void test_fused_kernels__give_the_same_bytes_where_they_fuse(void **state)
{
    char widest[2048], lesser[2048];
    (void)state;
    read_child("avx512", "fused", widest, sizeof widest);
    read_child("avx2", "fused", lesser, sizeof lesser);
    assert_string_equal(lesser, widest);
}

int main(int argc, char **argv)
{
    fill();
    if (argc > 1 && strcmp(argv[1], "fused") == 0) {
        print_fused();
        return 0;
    }
    if (argc > 1) {
        print_layers();
        print_attention();
        print_recommending();
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels__give_the_same_bytes_in_every_set),
        cmocka_unit_test(test_fused_kernels__give_the_same_bytes_where_they_fuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
