/* Members that bitmaps have in common, on every instruction set the same. */
#include "base/rng.h"
#include "kernel/bits.h"
#include "support/test.h"

enum { WORDS = 101 };

static void test_bits__are_counted_one_by_one(void **state)
{
    (void)state;
    static uint64_t a[WORDS], b[WORDS], c[WORDS];
    struct rng rng = rng_stream(1, RNG_SAMPLING, 0);
    int two = 0, three = 0, in_two;
    for (int w = 0; w < WORDS; w++)
        for (int k = 0; k < 64; k++) {
            const uint64_t of_a = rng_below(&rng, 2), of_b = rng_below(&rng, 2),
                           of_c = rng_below(&rng, 3) == 0;
            a[w] |= of_a << k;
            b[w] |= of_b << k;
            c[w] |= of_c << k;
            two += of_a && of_b;
            three += of_a && of_b && of_c;
        }
    assert_int_equal(bits_in_two(a, b, WORDS), two);
    assert_int_equal(bits_in_three(a, b, c, WORDS, &in_two), three);
    assert_int_equal(in_two, two);
    assert_int_equal(bits_in_two(a, b, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bits__are_counted_one_by_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
