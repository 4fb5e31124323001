#include "product/quantised_product.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "product/dequantise.h"
#include "product/quantise.h"
#include "product/quantised_kernels.h"

#include "support/test.h"

static const enum dtype types[] = {DTYPE_Q4_0, DTYPE_Q4_1, DTYPE_Q8_0};
#define TYPES ((int)(sizeof types / sizeof types[0]))

struct path {
    const char *name;
    quantised_kernel *run;
    bool is_there;
};

static const struct path *paths(int *n)
{
#ifdef __x86_64__
    static struct path all[4];
    all[0] = (struct path){"sse2", quantised_product_sse2, true};
    all[1] = (struct path){"avx2", quantised_product_avx2, cpu()->has_avx2};
    all[2] = (struct path){"avxvnni", quantised_product_avxvnni, cpu()->has_avx_vnni};
    all[3] = (struct path){"avx512vnni", quantised_product_avx512vnni, cpu()->has_avx512_vnni};
#else
    static struct path all[2];
    all[0] = (struct path){"neon", quantised_product_neon, true};
    all[1] = (struct path){"neondot", quantised_product_neon_dot, cpu()->has_neon_dot};
#endif
    *n = (int)(sizeof all / sizeof all[0]);
    return all;
}

struct sample {
    struct quantised w;
    unsigned char *blocks; /* (columns, inner) in the type's blocks */
    float *x;              /* (rows, inner) */
    char *rows;
    int n_rows;
};

static void *zeros(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert_non_null(p);
    memset(p, 0, bytes);
    return p;
}

/* Blocks of random nibbles or bytes whose d (and m) are of the size of a model's. */
static void fill_blocks(unsigned char *blocks, enum dtype type, size_t n, struct rng *rng)
{
    unsigned bytes = dtype_block_bytes(type);
    for (size_t b = 0; b < n; b++, blocks += bytes) {
        for (unsigned i = 0; i < bytes; i++)
            blocks[i] = (unsigned char)rng_below(rng, 256);
        float scales[2] = {(float)rng_normal(rng) * 0.01f, (float)rng_normal(rng) * 0.1f};
        quantise(blocks, DTYPE_F16, scales, type == DTYPE_Q4_1 ? 2 : 1);
    }
}

static void quantise_rows(struct sample *s)
{
    for (int r = 0; r < s->n_rows; r++)
        quantised_row(s->rows + (size_t)r * quantised_row_bytes(s->w.inner), s->x + r * s->w.inner,
                      s->w.inner);
}

static struct sample sample_make(enum dtype type, int inner, int columns, int n_rows)
{
    struct sample s = {.w = {type, inner, columns, NULL}, .n_rows = n_rows};
    struct rng rng = rng_stream(1, RNG_INIT, (uint64_t)(inner + columns));
    size_t n = (size_t)inner * (size_t)columns / QUANTISED_GROUP;
    s.blocks = zeros(n * dtype_block_bytes(type));
    fill_blocks(s.blocks, type, n, &rng);
    s.w.data = zeros(quantised_bytes(&s.w));
    memset(s.w.data, 0xff, quantised_bytes(&s.w)); /* no numbers where nothing is packed */
    quantised_pack(&s.w, 0, columns, s.blocks, type);
    s.x = zeros((size_t)(n_rows * inner) * sizeof(float));
    for (int i = 0; i < n_rows * inner; i++)
        s.x[i] = (float)rng_normal(&rng);
    s.rows = zeros((size_t)n_rows * quantised_row_bytes(inner));
    quantise_rows(&s);
    return s;
}

static void sample_free(struct sample *s)
{
    free(s->w.data);
    free(s->blocks);
    free(s->x);
    free(s->rows);
}

/* What a packed row stands for. */
static void row_values(double *x, const struct sample *s, int r)
{
    int groups = s->w.inner / GROUP;
    const struct quantised_group *group = (const struct quantised_group *)s->rows + r * groups;
    for (int i = 0; i < s->w.inner; i++)
        x[i] = (double)group[i / GROUP].scale * group[i / GROUP].x[i % GROUP];
}

/* Each result within float's rounding of the float64 product of what both sides stand for. */
static void check_product(const struct sample *s, const float *y, const char *name)
{
    int inner = s->w.inner;
    double *x = zeros((size_t)inner * sizeof *x);
    float *column = zeros((size_t)inner * sizeof *column);
    for (int r = 0; r < s->n_rows; r++) {
        row_values(x, s, r);
        for (int c = 0; c < s->w.columns; c++) {
            size_t from = (size_t)(c * inner / GROUP) * dtype_block_bytes(s->w.type);
            dequantise(column, s->blocks + from, s->w.type, (size_t)inner);
            double sum = 0, size = 0;
            for (int i = 0; i < inner; i++) {
                sum += x[i] * (double)column[i];
                size += fabs(x[i] * (double)column[i]);
            }
            double got = (double)y[r * s->w.columns + c];
            if (!(fabs(got - sum) <= 1e-5 * size))
                fail_msg("%s %s, %d inner, row %d of %d, column %d of %d: %g, not %g", name,
                         dtype_name(s->w.type), inner, r, s->n_rows, c, s->w.columns, got, sum);
        }
    }
    free(x);
    free(column);
}

static float *product_of(const struct sample *s, quantised_kernel *run)
{
    float *y = zeros((size_t)(s->n_rows * s->w.columns) * sizeof *y);
    run(y, &s->w, s->rows, s->n_rows);
    return y;
}

static void test_quantised_product__is_the_product_of_what_both_sides_stand_for(void **state)
{
    (void)state;
    static const int shapes[][3] = {{32, 64, 1},  {32, 1, 3},    {64, 65, 2},   {576, 192, 7},
                                    {576, 70, 5}, {1536, 64, 4}, {160, 130, 17}};
    for (int t = 0; t < TYPES; t++)
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
            struct sample s = sample_make(types[t], shapes[i][0], shapes[i][1], shapes[i][2]);
            float *y = product_of(&s, quantised_product);
            check_product(&s, y, "product");
            free(y);
            sample_free(&s);
        }
}

/* Every instruction set that this processor has, every number of rows: the bytes of the plain loop. */
static void test_quantised_product__is_the_same_to_the_bit_on_every_instruction_set(void **state)
{
    (void)state;
    int n;
    const struct path *path = paths(&n);
    static const int shapes[][2] = {{32, 64}, {96, 200}, {576, 64}, {1536, 130}};
    for (int t = 0; t < TYPES; t++)
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
            struct sample s = sample_make(types[t], shapes[i][0], shapes[i][1], 70);
            float *want = product_of(&s, quantised_product_scalar);
            for (int p = 0; p < n; p++)
                for (s.n_rows = 1; s.n_rows <= 70 && path[p].is_there; s.n_rows++) {
                    float *got = product_of(&s, path[p].run);
                    size_t bytes = (size_t)(s.n_rows * s.w.columns) * sizeof *got;
                    if (memcmp(got, want, bytes) != 0)
                        fail_msg("%s %s, %d inner, %d rows", path[p].name, dtype_name(types[t]),
                                 s.w.inner, s.n_rows);
                    free(got);
                }
            free(want);
            sample_free(&s);
        }
}

/* The largest sums there are: every q at an end of its range, every x at 127 or -127. Nothing saturates. */
static void test_quantised_product__holds_the_largest_sums(void **state)
{
    (void)state;
    static const unsigned char ends[] = {0x00, 0xff, 0x80, 0x7f, 0x0f, 0xf0};
    int n;
    const struct path *path = paths(&n);
    for (int t = 0; t < TYPES; t++)
        for (size_t e = 0; e < sizeof ends * 4; e++) {
            struct sample s = sample_make(types[t], 64, 64, 5);
            size_t blocks = 2 * 64, bytes = dtype_block_bytes(types[t]);
            for (size_t i = 0; i < blocks; i++) {
                size_t q = types[t] == DTYPE_Q4_1 ? 4 : 2;
                memset(s.blocks + i * bytes + q, ends[e / 4], bytes - q);
            }
            quantised_pack(&s.w, 0, 64, s.blocks, types[t]);
            for (int i = 0; i < 5 * 64; i++)
                s.x[i] = e % 4 == 0 ? 1 : e % 4 == 1 ? -1 : (i / (int)(e % 4 - 1)) % 2 ? -1 : 1;
            quantise_rows(&s);
            for (int p = 0; p < n; p++) {
                if (!path[p].is_there)
                    continue;
                float *y = product_of(&s, path[p].run);
                check_product(&s, y, path[p].name);
                free(y);
            }
            sample_free(&s);
        }
}

static void test_quantised_product__keeps_zeros_and_what_is_no_number(void **state)
{
    (void)state;
    int n;
    const struct path *path = paths(&n);
    for (int t = 0; t < TYPES; t++) {
        struct sample s = sample_make(types[t], 96, 70, 4);
        memset(s.x, 0, 96 * sizeof *s.x);
        s.x[96 + 40] = NAN;
        s.x[2 * 96 + 95] = -INFINITY;
        quantise_rows(&s);
        const uint16_t nan = 0x7e00; /* d of column 5 */
        memcpy(s.blocks + 5 * 3 * dtype_block_bytes(types[t]), &nan, sizeof nan);
        quantised_pack(&s.w, 0, 70, s.blocks, types[t]);
        for (int p = 0; p < n; p++) {
            if (!path[p].is_there)
                continue;
            float *y = product_of(&s, path[p].run);
            for (int c = 0; c < 70; c++) {
                assert_true(c == 5 ? isnan(y[c]) : y[c] == 0);
                assert_true(isnan(y[70 + c]) && isnan(y[140 + c]));
                assert_true(c == 5 ? isnan(y[210 + c]) : isfinite(y[210 + c]));
            }
            free(y);
        }
        sample_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantised_product__is_the_product_of_what_both_sides_stand_for),
        cmocka_unit_test(test_quantised_product__is_the_same_to_the_bit_on_every_instruction_set),
        cmocka_unit_test(test_quantised_product__holds_the_largest_sums),
        cmocka_unit_test(test_quantised_product__keeps_zeros_and_what_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
