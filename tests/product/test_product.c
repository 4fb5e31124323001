#include "product/product.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"
#include "kernel/bf16.h"

#include "support/test.h"

#define INNER   96
#define LONG    1152 /* over 1024, where oneDNN 3 sums a single row in another order */
#define COLUMNS 784  /* panels of 384 and 400 with two of a unit of 64: whole blocks, and not */

struct fixture {
    struct products *products;
    struct matrix matrix;
    struct product_worker *worker;
    void *memory;
    float *weights; /* (COLUMNS, INNER) */
    float *x;       /* (PRODUCT_ROWS_MAX, INNER) */
    void *input;    /* the same in the products' type */
    enum dtype type;
    int inner;
};

static void fill(float *values, size_t n, uint64_t purpose)
{
    struct rng rng = rng_stream(1, RNG_INIT, purpose);
    for (size_t i = 0; i < n; i++)
        values[i] = (float)(rng_uniform(&rng) - 0.5);
}

/* Rounds in place, so that the reference sees what the product sees. */
static void round_to(float *values, size_t n, enum dtype type)
{
    for (size_t i = 0; i < n && type == DTYPE_BF16; i++)
        values[i] = f32_of_bf16(bf16_of(values[i]));
}

static void open_fixture(struct fixture *f, enum dtype type, int inner)
{
    struct llmx_error err;
    *f = (struct fixture){.type = type, .inner = inner};
    const size_t n_weights = COLUMNS * (size_t)inner, n_inputs = PRODUCT_ROWS_MAX * (size_t)inner;
    f->weights = malloc(n_weights * sizeof(float));
    f->x = mem_tensor(n_inputs, sizeof(float), &err);
    f->input = mem_tensor(n_inputs, sizeof(float), &err);
    fill(f->weights, n_weights, 1);
    fill(f->x, n_inputs, 2);
    round_to(f->weights, n_weights, type);
    round_to(f->x, n_inputs, type);
    for (size_t i = 0; i < n_inputs; i++)
        if (type == DTYPE_BF16)
            ((uint16_t *)f->input)[i] = bf16_of(f->x[i]);
        else
            ((float *)f->input)[i] = f->x[i];
    assert_int_equal(products_create(&f->products, type, &err), 0);
    assert_int_equal(matrix_init(&f->matrix, f->products, inner, COLUMNS, 64, 2, &err), 0);
    assert_int_equal(f->matrix.n_panels, 2);
    f->memory = mem_tensor(matrix_bytes(&f->matrix), 1, &err);
    assert_int_equal(matrix_place(&f->matrix, f->memory, &err), 0);
    for (int p = 0; p < 2; p++)
        assert_int_equal(
            matrix_pack(&f->matrix, p, f->weights + f->matrix.panels[p].first * inner, &err), 0);
    assert_int_equal(products_prepare(f->products, PRODUCT_ROWS_MAX, &err), 0);
    assert_int_equal(product_worker_create(&f->worker, f->products, &err), 0);
}

static void close_fixture(struct fixture *f)
{
    product_worker_destroy(f->worker);
    matrix_release(&f->matrix);
    products_destroy(f->products);
    free(f->memory);
    free(f->weights);
    free(f->x);
    free(f->input);
}

static const void *row_of(const struct fixture *f, int row)
{
    return (const char *)f->input + (size_t)(row * f->inner) * dtype_block_bytes(f->type);
}

static void check_rows(const struct fixture *f, int rows, float *y)
{
    int covered = 0;
    for (int p = 0; p < 2; p++) {
        const struct panel *panel = &f->matrix.panels[p];
        product_run(f->worker, &f->matrix, p, f->input, y, rows);
        assert_int_equal(panel->first, covered);
        covered += panel->columns;
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < panel->columns; c++) {
                double sum = 0;
                for (int i = 0; i < f->inner; i++)
                    sum += (double)f->x[r * f->inner + i] *
                           f->weights[(panel->first + c) * f->inner + i];
                assert_near(y[r * panel->columns + c], sum, 1e-5);
            }
    }
    assert_int_equal(covered, COLUMNS);
}

static void check_against_sums(enum dtype type)
{
    struct fixture f;
    open_fixture(&f, type, INNER);
    float *y = mem_tensor(PRODUCT_ROWS_MAX * COLUMNS, sizeof *y, NULL);
    static const int rows[] = {1, 2, 3, 30, 33, PRODUCT_ROWS_MAX};
    for (int i = 0; i < 6; i++)
        check_rows(&f, rows[i], y);
    free(y);
    close_fixture(&f);
}

static void test_product__equals_plain_sums(void **state)
{
    (void)state;
    check_against_sums(DTYPE_F32);
    if (cpu()->has_avx512_bf16)
        check_against_sums(DTYPE_BF16);
}

/* Whatever stands beside a row, at whatever place, its result has the same bits. */
static void check_rows_alone(int inner)
{
    struct fixture f;
    open_fixture(&f, DTYPE_F32, inner);
    float *all = mem_tensor(PRODUCT_ROWS_MAX * COLUMNS, sizeof *all, NULL);
    float *some = mem_tensor(PRODUCT_ROWS_MAX * COLUMNS, sizeof *some, NULL);
    const size_t columns = (size_t)f.matrix.panels[0].columns,
                 row_bytes = (size_t)inner * sizeof(float);
    product_run(f.worker, &f.matrix, 0, f.input, all, PRODUCT_ROWS_MAX);
    for (int n = 1; n <= 40; n++)
        for (int first = 0; first + n <= PRODUCT_ROWS_MAX; first += 17) {
            /* rounding up reads on past the rows, so they are given a place of their own */
            float *x = mem_tensor(PRODUCT_ROWS_MAX, row_bytes, NULL);
            memset(x, 0, PRODUCT_ROWS_MAX * row_bytes);
            memcpy(x, row_of(&f, first), (size_t)n * row_bytes);
            product_run(f.worker, &f.matrix, 0, x, some, n);
            assert_memory_equal(some, all + (size_t)first * columns,
                                (size_t)n * columns * sizeof *some);
            free(x);
        }
    free(all);
    free(some);
    close_fixture(&f);
}

static void test_product__f32_rows_do_not_depend_on_each_other(void **state)
{
    (void)state;
    check_rows_alone(INNER);
    check_rows_alone(LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_product__equals_plain_sums),
        cmocka_unit_test(test_product__f32_rows_do_not_depend_on_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
