/* What sets have in common, of items that few or many took, against a table of all. */
#include "base/rng.h"
#include "facts/user_sets.h"
#include "support/test.h"

enum { USERS = 5000, ITEMS = 24 };

static bool has[USERS][ITEMS];

/* Item i is taken by one in 1.6^i or so. */
static struct llmx_data *open_data(void)
{
    struct llmx_data *data;
    struct llmx_error err;
    FILE *f = fopen(test_path("sets.inter"), "w");
    assert_non_null(f);
    fputs("user_id:token\titem_id:token\trating:float\n", f);
    for (int i = 0; i < ITEMS; i++) /* so that rows are numbers */
        fprintf(f, "0\t%d\t%d\n", i, 1 + 4 * (i % 2)), has[0][i] = true;
    for (int u = 1; u < USERS; u++) {
        struct rng rng = rng_stream(3, RNG_SAMPLING, (uint64_t)u);
        fprintf(f, "%d\t0\t5\n", u);
        has[u][0] = true;
        for (int i = 1; i < ITEMS; i++)
            if (rng_uniform(&rng) < pow(1.6, -i)) {
                fprintf(f, "%d\t%d\t%d\n%d\t%d\t5\n", u, i, u % 2 ? 5 : 1, u, 0);
                has[u][i] = true;
            }
    }
    fclose(f);
    if (llmx_data_open(&data, test_path("sets.inter"),
                       &(struct llmx_data_options){.split_by = "none"}, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

static struct common count(int a, int b, int c)
{
    struct common common = {0, 0};
    for (int u = 0; u < USERS; u++) {
        common.in_two += has[u][a] && has[u][b];
        common.in_three += has[u][a] && has[u][b] && has[u][c];
    }
    return common;
}

static void test_user_sets__have_in_common_what_a_table_says(void **state)
{
    (void)state;
    struct llmx_data *data = open_data();
    struct user_sets sets;
    struct user_set set[ITEMS];
    struct llmx_error err;
    int bitmaps = 0;
    assert_int_equal(user_sets_make(&sets, data, OPINION_NONE, &err), 0);
    for (int i = 0; i < ITEMS; i++) {
        set[i] = user_sets_of(&sets, i);
        bitmaps += set[i].bits != NULL;
        for (int u = 0; u < USERS; u++)
            assert_int_equal(user_set_has(&set[i], u), has[u][i]);
    }
    assert_in_range(bitmaps, 5, ITEMS - 5);
    for (int a = 0; a < ITEMS; a++)
        for (int b = 0; b < ITEMS; b++)
            for (int c = 0; c < ITEMS; c++) {
                const struct common found = user_set_common(&set[a], &set[b], &set[c]),
                                    two = user_set_common(&set[a], &set[b], NULL),
                                    right = count(a, b, c);
                assert_int_equal(found.in_two, right.in_two);
                assert_int_equal(found.in_three, right.in_three);
                assert_int_equal(two.in_two, right.in_two);
            }
    user_sets_release(&sets);
    llmx_data_destroy(data);
}

static void test_user_sets__know_who_liked_what(void **state)
{
    (void)state;
    struct llmx_data *data = open_data();
    struct user_sets rated, liked;
    struct llmx_error err;
    assert_int_equal(user_sets_make(&rated, data, OPINION_RATED, &err), 0);
    assert_int_equal(user_sets_make(&liked, data, OPINION_LIKED, &err), 0);
    for (int i = 1; i < ITEMS; i++) {
        const struct user_set of_rated = user_sets_of(&rated, i),
                              of_liked = user_sets_of(&liked, i);
        for (int u = 0; u < USERS; u++) {
            assert_int_equal(user_set_has(&of_rated, u), has[u][i]);
            assert_int_equal(user_set_has(&of_liked, u), has[u][i] && (u ? u % 2 : i % 2));
        }
    }
    user_sets_release(&rated);
    user_sets_release(&liked);
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user_sets__have_in_common_what_a_table_says),
        cmocka_unit_test(test_user_sets__know_who_liked_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
