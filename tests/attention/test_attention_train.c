/* Attention for training: the fast passes against the plain ones, the plain ones against finite differences. */
#include "attention/attention_train.h"

#include "attention/attention_tiles.h"
#include "base/cpu.h"
#include "base/rng.h"
#include "product/product.h"

#include "support/test.h"

#define ROWS_MAX 400

struct problem {
    struct attention_shape shape;
    int start[4]; /* three segments */
    float *q, *k, *v, *out, *lse, *dout, *dq, *dk, *dv;
};

static float *random_array(size_t n, uint64_t index)
{
    struct rng rng = rng_stream(11, RNG_INIT, index);
    float *x = malloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_normal(&rng);
    return x;
}

static void open(struct problem *p, int heads, int kv_heads, int dim, int window, float dropout,
                 int a, int b, int c)
{
    size_t rows = (size_t)(a + b + c), n = rows * (size_t)(heads * dim);
    size_t nkv = rows * (size_t)(kv_heads * dim);
    assert_true(rows <= ROWS_MAX);
    *p = (struct problem){
        .shape = {heads, kv_heads, dim, window, 1.3f / sqrtf((float)dim), dropout, 5, 0, 0},
        .start = {0, a, a + b, a + b + c}};
    p->q = random_array(n, 1);
    p->k = random_array(nkv, 2);
    p->v = random_array(nkv, 3);
    p->dout = random_array(n, 4);
    p->out = random_array(n, 5); /* what is overwritten is not zero */
    p->lse = random_array(rows * (size_t)heads, 6);
    p->dq = random_array(n, 7);
    p->dk = random_array(nkv, 8);
    p->dv = random_array(nkv, 9);
}

static void release(struct problem *p)
{
    float *arrays[] = {p->q, p->k, p->v, p->out, p->lse, p->dout, p->dq, p->dk, p->dv};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
}

static void run_scalar(struct problem *p)
{
    for (int s = 0; s < 3; s++)
        for (int head = 0; head < p->shape.kv_heads; head++) {
            segment_attention_forward_scalar(p->out, p->lse, p->q, p->k, p->v, p->start[s],
                                             p->start[s + 1], head, &p->shape);
            segment_attention_backward_scalar(p->dq, p->dk, p->dv, p->dout, p->out, p->lse, p->q,
                                              p->k, p->v, p->start[s], p->start[s + 1], head,
                                              &p->shape);
        }
}

static void run_fast(struct problem *p)
{
    segments_attention_forward(p->out, p->lse, p->q, p->k, p->v, p->start, 3, &p->shape);
    segments_attention_backward(p->dq, p->dk, p->dv, p->dout, p->out, p->lse, p->q, p->k, p->v,
                                p->start, 3, &p->shape);
}

static void check_equal(const char *what, const float *have, const float *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(have[i] - want[i]) <= 1e-5 + 1e-5 * fabs(want[i])))
            fail_msg("%s[%zu] = %.8g, expected %.8g", what, i, have[i], want[i]);
}

static void compare(int heads, int kv_heads, int dim, int window, float dropout, int a, int b,
                    int c)
{
    struct problem fast, plain;
    open(&fast, heads, kv_heads, dim, window, dropout, a, b, c);
    open(&plain, heads, kv_heads, dim, window, dropout, a, b, c);
    run_fast(&fast);
    run_scalar(&plain);
    size_t rows = (size_t)fast.start[3], n = rows * (size_t)(heads * dim);
    size_t nkv = rows * (size_t)(kv_heads * dim);
    check_equal("out", fast.out, plain.out, n);
    check_equal("lse", fast.lse, plain.lse, rows * (size_t)heads);
    check_equal("dq", fast.dq, plain.dq, n);
    check_equal("dk", fast.dk, plain.dk, nkv);
    check_equal("dv", fast.dv, plain.dv, nkv);
    release(&fast);
    release(&plain);
}

static void test_attention__fast_equals_plain(void **state)
{
    (void)state;
    compare(4, 2, 32, 0, 0, 150, 1, 37);
    compare(3, 1, 64, 0, 0, 48, 49, 100);
    compare(1, 1, 16, 7, 0, 60, 5, 96);
    compare(2, 2, 48, 64, 0, 200, 48, 1);
    compare(1, 1, 256, 0, 0, 2, 70, 3);
    compare(2, 1, 10, 0, 0, 20, 3, 1); /* not a multiple of 16 */
}

static void test_attention__dropout_is_the_same_mask(void **state)
{
    (void)state;
    compare(4, 2, 32, 0, 0.3f, 100, 9, 37);
    compare(2, 2, 16, 20, 0.5f, 61, 50, 1);
}

static void check_close(const char *what, const float *have, const float *want, size_t n)
{
    double off = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        off += pow(have[i] - want[i], 2);
        norm += pow(want[i], 2);
    }
    if (!(sqrt(off) <= 0.01 * sqrt(norm))) /* bf16 keeps 8 bits */
        fail_msg("%s is off by %g of %g", what, sqrt(off), sqrt(norm));
}

static void compare_tiles(int heads, int kv_heads, int dim, int window, int a, int b, int c)
{
    struct problem tiled, plain;
    struct products *products;
    struct attention_tiles *tiles;
    struct llmx_error err;
    open(&tiled, heads, kv_heads, dim, window, 0, a, b, c);
    open(&plain, heads, kv_heads, dim, window, 0, a, b, c);
    assert_int_equal(products_create(&products, DTYPE_BF16, &err), 0);
    assert_int_equal(attention_tiles_create(&tiles, products, dim, a + b + c, &err), 0);
    for (int s = 2; s >= 0; s--)
        for (int head = 0; head < kv_heads; head++) {
            attention_tiles_forward(tiles, tiled.out, tiled.lse, tiled.q, tiled.k, tiled.v,
                                    tiled.start[s], tiled.start[s + 1], head, &tiled.shape);
            attention_tiles_backward(tiles, tiled.dq, tiled.dk, tiled.dv, tiled.dout, tiled.out,
                                     tiled.lse, tiled.q, tiled.k, tiled.v, tiled.start[s],
                                     tiled.start[s + 1], head, &tiled.shape);
        }
    run_scalar(&plain);
    size_t rows = (size_t)tiled.start[3], n = rows * (size_t)(heads * dim);
    size_t nkv = rows * (size_t)(kv_heads * dim);
    check_close("out", tiled.out, plain.out, n);
    check_close("lse", tiled.lse, plain.lse, rows * (size_t)heads);
    check_close("dq", tiled.dq, plain.dq, n);
    check_close("dk", tiled.dk, plain.dk, nkv);
    check_close("dv", tiled.dv, plain.dv, nkv);
    attention_tiles_destroy(tiles);
    products_destroy(products);
    release(&tiled);
    release(&plain);
}

static void test_attention__tiles_equal_plain(void **state)
{
    (void)state;
    if (!cpu()->has_avx512_bf16)
        skip();
    compare_tiles(9, 3, 64, 0, 150, 1, 200);
    compare_tiles(2, 2, 16, 0, 64, 65, 128);
    compare_tiles(4, 1, 32, 20, 170, 3, 100);
    compare_tiles(2, 1, 128, 64, 200, 31, 2);
    compare_tiles(6, 2, 48, 5, 90, 30, 5);
}

/* A window larger than every segment hides nothing, and a window of 1 gives each row its own value. */
static void test_attention__window(void **state)
{
    (void)state;
    struct problem p;
    open(&p, 2, 2, 16, 1, 0, 50, 3, 20);
    run_fast(&p);
    check_equal("out", p.out, p.v, (size_t)p.start[3] * 32);
    release(&p);
    struct problem all, wide;
    open(&all, 2, 1, 16, 0, 0, 80, 3, 20);
    open(&wide, 2, 1, 16, 80, 0, 80, 3, 20);
    run_fast(&all);
    run_fast(&wide);
    check_equal("dk", wide.dk, all.dk, (size_t)all.start[3] * 16);
    release(&all);
    release(&wide);
}

/* A segment's results have nothing to do with what stands beside it. */
static void test_attention__segments_are_apart(void **state)
{
    (void)state;
    struct problem p, q;
    open(&p, 2, 1, 32, 0, 0, 30, 55, 20);
    open(&q, 2, 1, 32, 0, 0, 30, 55, 20);
    for (size_t i = 0; i < 30 * 32; i++)
        q.k[i] = q.v[i] = 100;
    for (size_t i = 85 * 64; i < 105 * 64; i++)
        q.q[i] = q.dout[i] = 100;
    run_fast(&p);
    run_fast(&q);
    assert_memory_equal(p.out + 30 * 64, q.out + 30 * 64, 55 * 64 * sizeof(float));
    assert_memory_equal(p.dk + 30 * 32, q.dk + 30 * 32, 55 * 32 * sizeof(float));
    release(&p);
    release(&q);
}

/* Queries, keys and values in one array of rows, as one product makes them. */
static void test_attention__rows_may_stand_apart(void **state)
{
    (void)state;
    enum { DIM = 16, ROWS = 70, WIDE = 4 * DIM };
    struct problem p;
    float *qkv = malloc(sizeof *qkv * ROWS * WIDE), *d = malloc(sizeof *d * ROWS * WIDE);
    for (int dim = DIM - 1; dim <= DIM; dim++) { /* plain and fast */
        open(&p, 2, 1, dim, 0, 0, 50, 5, 15);
        run_scalar(&p);
        for (int t = 0; t < ROWS; t++) {
            memcpy(qkv + t * WIDE, p.q + t * 2 * dim, sizeof *qkv * 2 * (size_t)dim);
            memcpy(qkv + t * WIDE + 2 * dim, p.k + t * dim, sizeof *qkv * (size_t)dim);
            memcpy(qkv + t * WIDE + 3 * dim, p.v + t * dim, sizeof *qkv * (size_t)dim);
        }
        p.shape.q_row = p.shape.kv_row = WIDE;
        segments_attention_forward(p.out, p.lse, qkv, qkv + 2 * dim, qkv + 3 * dim, p.start, 3,
                                   &p.shape);
        segments_attention_backward(d, d + 2 * dim, d + 3 * dim, p.dout, p.out, p.lse, qkv,
                                    qkv + 2 * dim, qkv + 3 * dim, p.start, 3, &p.shape);
        for (int t = 0; t < ROWS; t++) {
            check_equal("dq", d + t * WIDE, p.dq + t * 2 * dim, 2 * (size_t)dim);
            check_equal("dk", d + t * WIDE + 2 * dim, p.dk + t * dim, (size_t)dim);
            check_equal("dv", d + t * WIDE + 3 * dim, p.dv + t * dim, (size_t)dim);
        }
        release(&p);
    }
    free(qkv);
    free(d);
}

static double objective(struct problem *p)
{
    double sum = 0;
    for (int s = 0; s < 3; s++)
        for (int head = 0; head < p->shape.kv_heads; head++)
            segment_attention_forward_scalar(p->out, p->lse, p->q, p->k, p->v, p->start[s],
                                             p->start[s + 1], head, &p->shape);
    size_t n = (size_t)(p->start[3] * p->shape.heads * p->shape.head_dim);
    for (size_t i = 0; i < n; i++)
        sum += (double)p->dout[i] * p->out[i];
    return sum;
}

static void check_slope(struct problem *p, float *x, const float *dx, size_t n)
{
    const float step = 1e-2f;
    for (size_t i = 0; i < n; i += 7) {
        float was = x[i];
        x[i] = was + step;
        double up = objective(p);
        x[i] = was - step;
        double down = objective(p);
        x[i] = was;
        assert_near(dx[i], (up - down) / (2 * (double)step), 2e-3 * fmax(1, fabs(dx[i])));
    }
}

static void check_slopes(int dim, int window, float dropout)
{
    struct problem p;
    open(&p, 2, 1, dim, window, dropout, 9, 4, 1);
    run_scalar(&p);
    check_slope(&p, p.q, p.dq, (size_t)(14 * 2 * dim));
    check_slope(&p, p.k, p.dk, (size_t)(14 * dim));
    check_slope(&p, p.v, p.dv, (size_t)(14 * dim));
    release(&p);
}

static void test_attention__backward_equals_finite_differences(void **state)
{
    (void)state;
    check_slopes(16, 0, 0);
    check_slopes(5, 3, 0);
    check_slopes(16, 4, 0.4f);
}

/* Of many weights about the asked share is dropped, and the mean stays. */
static void test_attention__dropout_rate(void **state)
{
    (void)state;
    struct problem p;
    open(&p, 4, 4, 16, 0, 0.25f, 300, 1, 1);
    for (size_t i = 0; i < (size_t)p.start[3] * 64; i++) {
        p.q[i] = 0; /* equal weights */
        p.v[i] = 1;
    }
    run_fast(&p);
    double sum = 0;
    for (size_t i = 200 * 64; i < 300 * 64; i += 16)
        sum += p.out[i];
    assert_near(sum / 400, 1, 0.01);
    release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attention__fast_equals_plain),
        cmocka_unit_test(test_attention__dropout_is_the_same_mask),
        cmocka_unit_test(test_attention__tiles_equal_plain),
        cmocka_unit_test(test_attention__window),
        cmocka_unit_test(test_attention__segments_are_apart),
        cmocka_unit_test(test_attention__rows_may_stand_apart),
        cmocka_unit_test(test_attention__backward_equals_finite_differences),
        cmocka_unit_test(test_attention__dropout_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
