/* test_study_plan.c - who rates what: balanced, each in an order of their own, the same for the same seed. */
#include "serve/study_plan.h"
#include "support/test.h"

#define MOST 64

static void make_plan(const struct study_plan *plan, struct study_task task[][MOST])
{
    struct llmx_error err;
    for (int r = 0; r < plan->raters; r++)
        assert_int_equal(study_plan_rater(plan, r, task[r], &err), 0);
}

static void test_study_plan__is_balanced(void **state)
{
    (void)state;
    static const struct study_plan plans[] = {
        {12, 2, 7, 5, 0, 1}, {12, 3, 4, 12, 2, 2}, {5, 1, 20, 3, 1, 3}, {1, 2, 3, 1, 0, 4}};
    static struct study_task task[MOST][MOST];
    for (size_t p = 0; p < sizeof plans / sizeof *plans; p++) {
        const struct study_plan *plan = &plans[p];
        int seen[MOST] = {0}, least = 1000, most = 0;
        make_plan(plan, task);
        for (int r = 0; r < plan->raters; r++) {
            int own[MOST] = {0}, checks = 0;
            for (int t = 0; t < plan->tasks + plan->checks; t++) {
                if (task[r][t].unit == STUDY_CHECK)
                    checks++;
                else
                    seen[task[r][t].unit]++, own[task[r][t].unit]++;
            }
            for (int u = 0; u < plan->units; u++)
                assert_in_range(own[u], 0, 1);
            assert_int_equal(checks, plan->checks);
            assert_int_not_equal(task[r][0].unit, STUDY_CHECK);
        }
        for (int u = 0; u < plan->units; u++) {
            least = seen[u] < least ? seen[u] : least;
            most = seen[u] > most ? seen[u] : most;
        }
        assert_in_range(most - least, 0, 1);
    }
}

static void test_study_plan__shows_each_system_in_each_place(void **state)
{
    (void)state;
    const struct study_plan plan = {20, 3, 30, 20, 0, 5};
    static struct study_task task[MOST][MOST];
    int in_place[3][3] = {{0}};
    make_plan(&plan, task);
    for (int r = 0; r < plan.raters; r++)
        for (int t = 0; t < plan.tasks; t++) {
            int all = 0;
            for (int k = 0; k < 3; k++) {
                in_place[k][task[r][t].places[k]]++;
                all |= 1 << task[r][t].places[k];
            }
            assert_int_equal(all, 7);
        }
    /* 600 tasks: a third each, within five standard deviations (11.5) */
    for (int k = 0; k < 3; k++)
        for (int s = 0; s < 3; s++)
            assert_in_range(in_place[k][s], 142, 258);
}

static void test_study_plan__depends_on_the_seed_alone(void **state)
{
    (void)state;
    struct study_plan plan = {30, 2, 2, 20, 1, 7};
    static struct study_task first[MOST][MOST], again[MOST][MOST];
    make_plan(&plan, first);
    make_plan(&plan, again);
    assert_memory_equal(first, again, sizeof first);
    plan.seed = 8;
    make_plan(&plan, again);
    assert_memory_not_equal(first, again, sizeof first);
    assert_memory_not_equal(first[0], first[1], sizeof first[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_study_plan__is_balanced),
        cmocka_unit_test(test_study_plan__shows_each_system_in_each_place),
        cmocka_unit_test(test_study_plan__depends_on_the_seed_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
