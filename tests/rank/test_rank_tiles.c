/* Ranking by tiles against ranking by whole rows of scores. Factors are small whole numbers: sums are exact in any order,
 * and many scores are equal. */
#include "base/rng.h"
#include "rank/rank.h"
#include "recommend/factors.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#define USERS 300  /* more than a block */
#define ITEMS 1300 /* more than a few tiles */
#define DIM   6

struct made_up {
    float user[USERS * DIM], item[ITEMS * DIM];
};

static struct llmx_data *data;

static int write_rows(const void *model, const struct llmx_person *people, int n, float *rows,
                      struct llmx_error *err)
{
    const struct made_up *m = model;
    (void)err;
    for (int i = 0; i < n; i++)
        memcpy(rows + i * DIM, m->user + people[i].user * DIM, DIM * sizeof *rows);
    return 0;
}

static const float *item_rows(const void *model, int *dim)
{
    *dim = DIM;
    return ((const struct made_up *)model)->item;
}

static int score(const void *model, const struct llmx_person *people, int n, float *scores,
                 struct llmx_error *err)
{
    const struct made_up *m = model;
    return factors_score(model, write_rows, m->item, llmx_data_items(data), DIM, people, n, scores,
                         err);
}

/* values: how many different numbers; ascending: later items score higher for everybody. */
static void make_up(struct made_up *m, uint32_t values, int is_ascending)
{
    struct rng rng = rng_stream(values, RNG_INIT, 0);
    for (int i = 0; i < USERS * DIM; i++)
        m->user[i] = is_ascending ? 1 : (float)rng_below(&rng, values) - (float)(values / 2);
    for (int i = 0; i < ITEMS * DIM; i++)
        m->item[i] =
            is_ascending ? (float)(i / DIM) : (float)rng_below(&rng, values) - (float)(values / 2);
}

static void hold(const struct made_up *m, enum llmx_part part, int k, int threads)
{
    struct threads *pool = threads_create(threads, NULL);
    struct rankings rows, tiles;
    const struct scorer by_rows = {.score = score, .model = m};
    const struct scorer by_tiles = {
        .score = score, .model = m, .person_rows = write_rows, .item_rows = item_rows};
    assert_int_equal(rank_users(&rows, by_rows, data, part, k, 0, pool, NULL), 0);
    assert_int_equal(rank_users(&tiles, by_tiles, data, part, k, 0, pool, NULL), 0);
    assert_int_equal(tiles.n, rows.n);
    assert_true(rows.n > USERS / 2);
    const size_t n = (size_t)rows.n;
    assert_memory_equal(tiles.top, rows.top, n * (size_t)k * sizeof *rows.top);
    assert_memory_equal(tiles.hit, rows.hit, n * (size_t)k);
    assert_memory_equal(tiles.relevant, rows.relevant, n * sizeof *rows.relevant);
    assert_memory_equal(tiles.candidates, rows.candidates, n * sizeof *rows.candidates);
    assert_memory_equal(tiles.rank_sum, rows.rank_sum, n * sizeof *rows.rank_sum);
    rankings_release(&rows);
    rankings_release(&tiles);
    threads_destroy(pool);
}

static void test_rank_tiles__equal_whole_rows(void **state)
{
    (void)state;
    static struct made_up m;
    const int lengths[] = {1, 20, 64, 65, 700, 2000};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        for (uint32_t values = 2; values <= 2000; values *= 30) {
            make_up(&m, values, 0);
            hold(&m, LLMX_TEST, lengths[l], 2);
            hold(&m, LLMX_VALID, lengths[l], 1);
        }
        make_up(&m, 1, 1);
        hold(&m, LLMX_TEST, lengths[l], 2);
    }
}

static int rank_by_tiles(void *context, struct llmx_error *err)
{
    const struct scorer scorer = {
        .score = score, .model = context, .person_rows = write_rows, .item_rows = item_rows};
    struct rankings rankings;
    const int result = rank_users(&rankings, scorer, data, LLMX_TEST, 10, 40, NULL, err);
    rankings_release(&rankings);
    return result;
}

static void test_rank_tiles__every_allocation_may_fail(void **state)
{
    (void)state;
    static struct made_up m;
    make_up(&m, 50, 0);
    assert_true(failing_alloc_each(rank_by_tiles, &m) > 15);
}

static int set_up(void **state)
{
    (void)state;
    data = test_data("tiles.inter", USERS, ITEMS, 24, 8);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rank_tiles__equal_whole_rows),
        cmocka_unit_test(test_rank_tiles__every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
