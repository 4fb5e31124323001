#include "attention/attention.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"
#include "kernel/bf16.h"

#include "support/test.h"

#define TOKENS 150

struct fixture {
    enum dtype type;
    int dim;
    void *blocks;
    void *queries;              /* (ATTENTION_ROWS, dim) of type */
    float *keys, *values, *q32; /* what was stored, as rounded */
    const void *q[ATTENTION_ROWS];
};

static float rounded(float x, enum dtype type)
{
    return type == DTYPE_BF16 ? f32_of_bf16(bf16_of(x)) : x;
}

static void open_fixture(struct fixture *f, enum dtype type, int dim)
{
    struct rng rng = rng_stream(7, RNG_INIT, (uint64_t)dim);
    size_t n = (size_t)dim;
    *f = (struct fixture){.type = type, .dim = dim};
    f->blocks = mem_tensor((TOKENS + KV_BLOCK) * 2 * n, sizeof(float), NULL);
    memset(f->blocks, 0, (TOKENS + KV_BLOCK) * 2 * n * sizeof(float));
    f->queries = mem_tensor(ATTENTION_ROWS * n, sizeof(float), NULL);
    f->keys = malloc(TOKENS * n * sizeof(float));
    f->values = malloc(TOKENS * n * sizeof(float));
    f->q32 = malloc(ATTENTION_ROWS * n * sizeof(float));
    for (size_t i = 0; i < TOKENS * n; i++) {
        f->keys[i] = rounded((float)rng_normal(&rng), type);
        f->values[i] = rounded((float)rng_normal(&rng), type);
    }
    for (size_t i = 0; i < ATTENTION_ROWS * n; i++) {
        f->q32[i] = rounded((float)(rng_normal(&rng) / sqrt(dim)), type);
        if (type == DTYPE_BF16)
            ((uint16_t *)f->queries)[i] = bf16_of(f->q32[i]);
        else
            ((float *)f->queries)[i] = f->q32[i];
    }
    for (int t = 0; t < TOKENS; t++) {
        key_store(f->blocks, type, t, f->keys + (size_t)t * n, dim);
        value_store(f->blocks, type, t, f->values + (size_t)t * n, dim);
    }
    for (size_t r = 0; r < ATTENTION_ROWS; r++)
        f->q[r] = (char *)f->queries + r * n * dtype_block_bytes(type);
}

static void close_fixture(struct fixture *f)
{
    free(f->blocks);
    free(f->queries);
    free(f->keys);
    free(f->values);
    free(f->q32);
}

/* Row r over keys first .. end - 1, in doubles: (dim) */
static void by_hand(double *out, const struct fixture *f, int r, int first, int end)
{
    double total = 0, max = -1e300, score[TOKENS];
    for (int t = first; t < end; t++) {
        score[t] = 0;
        for (int d = 0; d < f->dim; d++)
            score[t] += (double)f->q32[r * f->dim + d] * f->keys[t * f->dim + d];
        max = score[t] > max ? score[t] : max;
    }
    memset(out, 0, (size_t)f->dim * sizeof *out);
    for (int t = first; t < end; t++) {
        total += exp2(score[t] - max);
        for (int d = 0; d < f->dim; d++)
            out[d] += exp2(score[t] - max) * f->values[t * f->dim + d];
    }
    for (int d = 0; d < f->dim; d++)
        out[d] /= total;
}

static double number(const void *array, enum dtype type, int i)
{
    return type == DTYPE_BF16 ? (double)f32_of_bf16(((const uint16_t *)array)[i])
                              : (double)((const float *)array)[i];
}

/* Ragged causal ranges with windows, gone over in two stretches as prefix and own keys are. */
static void ranges(int *first, int *end, int rows)
{
    for (int r = 0; r < rows; r++) {
        end[r] = 1 + (r * 37 + 5) % TOKENS;
        first[r] = r % 3 == 0 ? 0 : end[r] * (r % 5) / 6;
    }
}

typedef void attention_function(struct attention_state *, const void *const *, int, int,
                                const void *, const int *, const int *, int, enum dtype);

static void run(void *out, const struct fixture *f, attention_function *keys, int from, int rows)
{
    struct attention_state *state = mem_tensor(1, sizeof *state, NULL);
    int first[ATTENTION_ROWS], end[ATTENTION_ROWS], middle[ATTENTION_ROWS], next[ATTENTION_ROWS];
    void *place[ATTENTION_ROWS];
    ranges(first, end, ATTENTION_ROWS);
    for (int r = 0; r < ATTENTION_ROWS; r++) {
        middle[r] = end[r] < 70 ? end[r] : 70;
        next[r] = first[r] > 70 ? first[r] : 70;
        place[r] = (char *)out + (size_t)(r * f->dim) * dtype_block_bytes(f->type);
    }
    attention_begin(state, ATTENTION_ROWS, f->dim);
    keys(state, f->q, from, rows, f->blocks, first, middle, f->dim, f->type);
    keys(state, f->q, from, rows, f->blocks, next, end, f->dim, f->type);
    for (int r = 0; r < from || (r < ATTENTION_ROWS && r >= from + rows); r++)
        state->sum[r] = 1;
    attention_end(place, state, from + rows, f->dim, f->type);
    free(state);
}

static void check(enum dtype type, int dim, attention_function *keys, double tolerance)
{
    struct fixture f;
    double want[ATTENTION_DIM_MAX];
    int first[ATTENTION_ROWS], end[ATTENTION_ROWS];
    open_fixture(&f, type, dim);
    void *out = mem_tensor(ATTENTION_ROWS * (size_t)dim, sizeof(float), NULL);
    run(out, &f, keys, 0, ATTENTION_ROWS);
    ranges(first, end, ATTENTION_ROWS);
    for (int r = 0; r < ATTENTION_ROWS; r++) {
        by_hand(want, &f, r, first[r], end[r]);
        for (int d = 0; d < dim; d++)
            assert_near(number(out, type, r * dim + d), want[d], tolerance);
    }
    free(out);
    close_fixture(&f);
}

static void test_attention__equals_softmax_by_hand(void **state)
{
    (void)state;
    for (int dim = 16; dim <= 128; dim += 16) {
        check(DTYPE_F32, dim, attention_keys_scalar, 1e-5);
        check(DTYPE_F32, dim, attention_keys, 1e-5);
        check(DTYPE_BF16, dim, attention_keys_scalar, 0.02);
        check(DTYPE_BF16, dim, attention_keys, 0.03);
    }
}

static void test_attention__f32_rows_do_not_depend_on_each_other(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, DTYPE_F32, 64);
    float *all = malloc(ATTENTION_ROWS * 64 * sizeof *all);
    float *some = malloc(ATTENTION_ROWS * 64 * sizeof *some);
    run(all, &f, attention_keys, 0, ATTENTION_ROWS);
    for (int from = 0; from < ATTENTION_ROWS; from += 5)
        for (int n = 1; from + n <= ATTENTION_ROWS; n += 4) {
            run(some, &f, attention_keys, from, n);
            assert_memory_equal(some + from * 64, all + from * 64, (size_t)n * 64 * sizeof *all);
        }
    free(all);
    free(some);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attention__equals_softmax_by_hand),
        cmocka_unit_test(test_attention__f32_rows_do_not_depend_on_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
