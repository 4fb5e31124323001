/* Reading a file in shares gives what reading it in one go gives, and leaves what is odd to that. */
#include "support/test.h"

#include "data/dataset.h"
#include "data/interactions.h"

enum { LINES = 3000 };

/* Lines of many lengths, CRLF and blank ones among them; tokens short and long. */
static const char *write_lines(const char *bad_line)
{
    char *text = malloc(LINES * 80 + 200), *p = text;
    assert_non_null(text);
    p += snprintf(p, 80, "user_id:token\titem_id:token\trating:float\ttimestamp:float\n");
    for (int i = 0; i < LINES; i++) {
        p += snprintf(p, 80, i % 3 ? "%d\t%d\t%d\t%d%s" : "user-%d\titem number %d\t%d\t%d.5%s",
                      i * 7919 % 211, i * 104729 % 317, i % 5 + 1, i % 97, i % 7 ? "\n" : "\r\n\n");
        if (i == LINES - 10)
            p += snprintf(p, 80, "%s", bad_line);
    }
    const char *path = test_file("shares.inter", text);
    free(text);
    return path;
}

static size_t file_size(const char *path)
{
    char *text = test_read(path);
    size_t n = strlen(text);
    free(text);
    return n;
}

static void assert_same_names(const struct names *a, const struct names *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->pool_size, b->pool_size);
    assert_memory_equal(a->pool, b->pool, a->pool_size);
}

static void assert_same(const struct interactions *a, const struct interactions *b)
{
    assert_int_equal(a->n, b->n);
    assert_same_names(&a->users, &b->users);
    assert_same_names(&a->items, &b->items);
    assert_memory_equal(a->user, b->user, a->n * sizeof *a->user);
    assert_memory_equal(a->item, b->item, a->n * sizeof *a->item);
    assert_memory_equal(a->time, b->time, a->n * sizeof *a->time);
    assert_memory_equal(a->file_end, b->file_end, sizeof a->file_end);
}

static void test_shares__equal_reading_in_one_go(void **state)
{
    (void)state;
    const char *path = write_lines("");
    struct llmx_data_options options = {.min_rating = 3};
    struct llmx_error err;
    struct data_report report = {0};
    struct interactions once = {0};
    for (int file = 0; file < 2; file++)
        assert_int_equal(
            interactions_read_range(&once, file, path, 0, SIZE_MAX, &options, &report, &err), 0);
    assert_int_equal(once.n, 2 * LINES);
    for (int n = 1; n <= 8; n++) {
        struct interactions shared = {0};
        struct data_report shared_report = {0};
        for (int file = 0; file < 2; file++)
            assert_int_equal(interactions_read_shares(&shared, file, path, file_size(path), n,
                                                      &options, &shared_report, &err),
                             1);
        assert_same(&once, &shared);
        assert_int_equal(shared_report.lines, report.lines);
        interactions_release(&shared);
        free(shared_report.columns);
    }
    interactions_release(&once);
    free(report.columns);
}

static void test_shares__leave_bad_lines_to_reading_in_one_go(void **state)
{
    (void)state;
    const char *path = write_lines("7\t7\t7\tsoon\n");
    for (int skip_bad = 0; skip_bad < 2; skip_bad++) {
        struct llmx_data_options options = {.skip_bad = skip_bad};
        struct llmx_error err;
        struct data_report report = {0};
        struct interactions x = {0};
        assert_int_equal(
            interactions_read_shares(&x, 0, path, file_size(path), 4, &options, &report, &err), 0);
        assert_int_equal(x.n, 0);
        assert_int_equal(report.lines, 0);
    }
}

static void test_interactions__grow_without_times(void **state)
{
    (void)state;
    struct llmx_data_options options = {0};
    struct llmx_error err;
    struct data_report report = {0};
    struct interactions x = {0};
    const char *path = test_file("untimed.inter", "user_id:token\titem_id:token\nu\ta\nu\tb\n");
    assert_int_equal(interactions_read_range(&x, 0, path, 0, SIZE_MAX, &options, &report, &err), 0);
    assert_null(x.time);
    assert_true(x.capacity > x.n);
    interactions_release(&x);
    free(report.columns);
}

/* Past the size from which shares are used: 12 MB, one bad line near the end. */
static void test_shares__name_the_bad_line_of_a_large_file(void **state)
{
    (void)state;
    enum { MANY = 800000 };
    const char *path = test_path("large.inter");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("user_id:token\titem_id:token\n", f);
    for (int i = 0; i < MANY; i++)
        fprintf(f, "%d\titem-%d\n", i % 1000, i % 1009);
    fputs("only one\n", f);
    fclose(f);
    struct llmx_data *data = NULL;
    struct llmx_error err;
    assert_int_equal(llmx_data_open(&data, path, NULL, &err), -1);
    assert_contains(err.message, "large.inter:800002: 'item_id' is missing");
    struct llmx_data_options options = {.skip_bad = 1};
    assert_int_equal(llmx_data_open(&data, path, &options, &err), 0);
    assert_int_equal(llmx_data_interactions(data), MANY);
    assert_int_equal(data->report.bad_lines, 1);
    llmx_data_destroy(data);
}

/* From a million interactions on histories are sorted by all threads. */
static void test_histories__are_sorted_by_threads(void **state)
{
    (void)state;
    enum { USERS = 3000, EACH = 400 };
    const char *path = test_path("many.inter");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("user_id:token\titem_id:token\ttimestamp:float\n", f);
    for (int i = 0; i < EACH; i++)
        for (int u = 0; u < USERS; u++)
            fprintf(f, "%d\t%d\t%d\n", u, i, (i * 7919 + u) % EACH);
    fclose(f);
    struct llmx_data *data = NULL;
    struct llmx_error err;
    assert_int_equal(llmx_data_open(&data, path, NULL, &err), 0);
    assert_int_equal(llmx_data_users(data), USERS);
    for (llmx_id u = 0; u < USERS; u++) {
        int n;
        const llmx_id *items = llmx_data_history(data, u, LLMX_ALL, &n);
        assert_int_equal(n, EACH);
        for (int i = 0; i < n; i++)
            if ((items[i] * 7919 + u) % EACH != i)
                fail_msg("user %d: item %d stands at %d", u, items[i], i);
    }
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares__equal_reading_in_one_go),
        cmocka_unit_test(test_shares__leave_bad_lines_to_reading_in_one_go),
        cmocka_unit_test(test_interactions__grow_without_times),
        cmocka_unit_test(test_shares__name_the_bad_line_of_a_large_file),
        cmocka_unit_test(test_histories__are_sorted_by_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
