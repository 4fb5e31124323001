/* Packed f32 products against plain sums, for every instruction set that this machine has: each in a process of its
 * own, for the processor is asked once. */
#include "product/f32_panels.h"

#include "base/memory.h"
#include "base/rng.h"

#include "support/test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS_MAX 131 /* two stretches and a bit */

struct sizes {
    int inner, columns;
};

static float *filled(size_t n, uint64_t purpose)
{
    float *x = mem_tensor(n, sizeof *x, NULL);
    struct rng rng = rng_stream(1, RNG_INIT, purpose);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(rng_uniform(&rng) - 0.5);
    return x;
}

static bool is_near(const float *y, const float *x, const float *w, struct sizes sizes, int rows)
{
    for (int i = 0; i < rows * sizes.columns; i++) {
        const float *xi = x + i / sizes.columns * sizes.inner;
        const float *wi = w + i % sizes.columns * sizes.inner;
        double sum = 0;
        for (int k = 0; k < sizes.inner; k++)
            sum += (double)xi[k] * wi[k];
        if (!(fabs(y[i] - sum) < 3e-5))
            return false;
    }
    return true;
}

struct product {
    struct sizes sizes;
    float *w, *x, *packed, *scratch, *all;
};

static struct product product_of(struct sizes sizes)
{
    const size_t inner = (size_t)sizes.inner, columns = (size_t)sizes.columns;
    struct product p = {sizes,
                        filled(inner * columns, 1),
                        filled(inner * ROWS_MAX, 2),
                        mem_tensor(f32_panels_bytes(sizes.inner, sizes.columns), 1, NULL),
                        mem_tensor(F32_PANELS_SCRATCH, sizeof(float), NULL),
                        mem_tensor(columns * ROWS_MAX, sizeof(float), NULL)};
    f32_panels_pack(p.packed, p.w, sizes.inner, sizes.columns);
    f32_panels_product(p.all, p.x, p.packed, ROWS_MAX, sizes.inner, sizes.columns, p.scratch);
    return p;
}

static void product_free(struct product *p)
{
    free(p->w);
    free(p->x);
    free(p->packed);
    free(p->scratch);
    free(p->all);
}

/* Rows alone and together, and columns in a panel of their own, have the same bits; nothing is written past them. */
static bool is_same_beside_others(const struct product *p)
{
    static const int counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 63, 64, 65};
    const size_t columns = (size_t)p->sizes.columns;
    float *some = filled(ROWS_MAX * columns, 3);
    bool same = true;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const size_t n = (size_t)counts[i], first = 5, end = n * columns;
        some[end] = -7;
        f32_panels_product(some, p->x + first * (size_t)p->sizes.inner, p->packed, (int)n,
                           p->sizes.inner, p->sizes.columns, p->scratch);
        same = same && memcmp(some, p->all + first * columns, end * sizeof *some) == 0;
        same = same && some[end] == -7;
    }
    const int rest = p->sizes.columns - 1;
    if (rest > 0) {
        f32_panels_pack(p->packed, p->w + p->sizes.inner, p->sizes.inner, rest);
        f32_panels_product(some, p->x, p->packed, 3, p->sizes.inner, rest, p->scratch);
        for (size_t r = 0; r < 3; r++)
            same = same && memcmp(some + r * (size_t)rest, p->all + r * columns + 1,
                                  (size_t)rest * sizeof *some) == 0;
    }
    free(some);
    return same;
}

enum { RIGHT, FAR_OFF, DIFFERENT, ANOTHER_SET };

static int check_all(const char *name)
{
    static const struct sizes sizes[] = {{1, 1},    {7, 16},    {96, 784}, {384, 48},
                                         {385, 33}, {576, 100}, {1536, 32}};
    int result = strcmp(f32_panels_name(), name) == 0 ? RIGHT : ANOTHER_SET;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && result == RIGHT; i++) {
        struct product p = product_of(sizes[i]);
        if (!is_near(p.all, p.x, p.w, p.sizes, ROWS_MAX))
            result = FAR_OFF;
        else if (!is_same_beside_others(&p))
            result = DIFFERENT;
        product_free(&p);
    }
    return result;
}

static void check_in_child(const char *cpu, const char *name)
{
    const pid_t child = fork();
    if (child == 0) {
        setenv("LLMX_CPU", cpu, 1);
        _exit(check_all(name));
    }
    int status;
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), RIGHT);
}

static void test_f32_panels__are_right_with_every_instruction_set(void **state)
{
    (void)state;
#ifdef __x86_64__
    check_in_child("sse2", "panels:sse2");
    if (__builtin_cpu_supports("avx2"))
        check_in_child("avx2", "panels:avx2");
#else
    check_in_child("neon", "panels:neon");
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f32_panels__are_right_with_every_instruction_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
