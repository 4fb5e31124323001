/* Every example is packed once, whole, in the order asked for, and only its output weighs anything. */
#include "support/test.h"

#include "tune/pack.h"

#define N 9

static int32_t tokens[N][20];
static struct example items[N];
static const struct examples examples = {.items = items, .n = N};

static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        items[i] = (struct example){.ids = tokens[i], .n = 3 + i, .start = 1 + i / 2};
        for (int t = 0; t < items[i].n; t++)
            tokens[i][t] = 100 * i + t;
    }
    return 0;
}

static void check_sequence(const struct packed *packed, int number, const struct example *e)
{
    const int first = packed->start[number];
    assert_int_equal(packed->start[number + 1] - first, e->n);
    assert_memory_equal(packed->ids + first, e->ids, (size_t)e->n * sizeof *e->ids);
    for (int t = 0; t < e->n; t++)
        assert_near(packed->weight[first + t], t < e->start ? 0 : 0.25, 0);
}

static void test_pack__holds_each_example_once(void **state)
{
    (void)state;
    struct pack pack;
    int order[N];
    for (int room = 11; room < 80; room += 7) {
        assert_int_equal(pack_init(&pack, room, NULL), 0);
        pack_order(order, N, 5, room, true);
        for (int at = 0; at < N;) {
            const int n = pack_fill(&pack, &examples, order + at, N - at, 0.25f, 3);
            assert_true(n > 0 && pack.packed.tokens <= room);
            assert_int_equal(pack.packed.sequences, n);
            for (int i = 0; i < n; i++)
                check_sequence(&pack.packed, i, &items[order[at + i]]);
            at += n;
            if (at < N) /* no room was left for the next */
                assert_true(pack.packed.tokens + items[order[at]].n > room);
        }
        pack_release(&pack);
    }
}

static void test_order__is_a_shuffle_of_seed_and_epoch(void **state)
{
    (void)state;
    int a[100], b[100], seen[100] = {0}, same = 0;
    pack_order(a, 100, 1, 2, true);
    pack_order(b, 100, 1, 2, true);
    assert_memory_equal(a, b, sizeof a);
    pack_order(b, 100, 1, 3, true);
    for (int i = 0; i < 100; i++) {
        seen[a[i]]++;
        same += a[i] == b[i];
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_true(same < 10);
    pack_order(b, 100, 1, 3, false);
    for (int i = 0; i < 100; i++)
        assert_int_equal(b[i], i);
}

static void test_count__outputs_and_tokens(void **state)
{
    (void)state;
    const int which[] = {0, 3};
    long outputs, all;
    pack_count(&examples, which, 2, &outputs, &all);
    assert_int_equal(all, 3 + 6);
    assert_int_equal(outputs, 2 + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pack__holds_each_example_once),
        cmocka_unit_test(test_order__is_a_shuffle_of_seed_and_epoch),
        cmocka_unit_test(test_count__outputs_and_tokens),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
