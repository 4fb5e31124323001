/* The statistics, against what the packages of the field give (tests/golden/evaluate/README.md) and by hand. */
#include "base/rng.h"
#include "format/json_file.h"
#include "llmxrec/agreement.h"
#include "llmxrec/statistics.h"
#include "statistics/resample.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#include <time.h>

#ifndef GOLDEN
#define GOLDEN "tests/golden/evaluate"
#endif
#define CLOSE 1e-9 /* relative to max(1, |value|), as the golden values promise */
#define MANY  1000

static const struct llmx_resampling how = {.resamples = 10000, .seed = 1, .threads = 2};

static json_t *golden(const char *name)
{
    struct llmx_error err;
    char path[200];
    snprintf(path, sizeof path, GOLDEN "/%s", name);
    json_t *json = json_file_read(path, &err);
    if (!json)
        fail_msg("%s", err.message);
    return json;
}

static void assert_golden(double value, const json_t *expected)
{
    const double number = json_number_value(expected), size = fabs(number) > 1 ? fabs(number) : 1;
    if (json_is_null(expected))
        assert_true(isnan(value));
    else
        assert_near(value, number, CLOSE * size);
}

/* Numbers of an array, null as NaN. */
static size_t numbers(const json_t *object, const char *key, double *out)
{
    const json_t *array = key ? json_object_get(object, key) : object;
    const size_t n = json_array_size(array);
    assert_in_range(n, 1, MANY);
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_array_get(array, i);
        out[i] = json_is_null(value) ? NAN : json_number_value(value);
    }
    return n;
}

/* b - a. */
static size_t differences(const json_t *object, const char *a, const char *b, double *out)
{
    double first[MANY];
    const size_t n = numbers(object, a, first);
    assert_int_equal(numbers(object, b, out), n);
    for (size_t i = 0; i < n; i++)
        out[i] -= first[i];
    return n;
}

static void check_table(const json_t *table, const json_t *expected)
{
    static const char *const scales[] = {"nominal", "ordinal", "interval"};
    const json_t *rows = json_object_get(table, "ratings"), *icc = json_object_get(expected, "icc"),
                 *pair;
    const size_t raters = json_array_size(rows);
    double ratings[10 * MANY];
    struct llmx_agreement agreement;
    struct llmx_error err;
    size_t units = 0;
    for (size_t r = 0; r < raters; r++)
        units = numbers(json_array_get(rows, r), NULL, ratings + r * units);
    assert_int_equal(llmx_agree(ratings, raters, units, &agreement, &err), 0);
    for (int s = 0; s < LLMX_SCALES; s++)
        assert_golden(agreement.alpha[s],
                      json_object_get(json_object_get(expected, "alpha"), scales[s]));
    if (json_is_null(icc)) {
        assert_true(isnan(agreement.icc_2_1) && isnan(agreement.icc_2_k));
    } else {
        assert_int_equal(agreement.complete,
                         json_integer_value(json_object_get(icc, "complete_units")));
        assert_golden(agreement.icc_2_1, json_object_get(icc, "icc_2_1"));
        assert_golden(agreement.icc_2_k, json_object_get(icc, "icc_2_k"));
    }
    const char *key;
    json_object_foreach(json_object_get(expected, "correlation"), key, pair)
    {
        const double *a = ratings + (size_t)(key[0] - '1') * units,
                     *b = ratings + (size_t)(key[2] - '1') * units;
        double x[MANY], y[MANY];
        size_t n = 0;
        struct llmx_correlation found;
        for (size_t u = 0; u < units; u++)
            if (!isnan(a[u]) && !isnan(b[u])) {
                x[n] = a[u];
                y[n++] = b[u];
            }
        assert_int_equal(llmx_correlate(x, y, n, &found, &err), 0);
        assert_golden(found.pearson, json_object_get(pair, "pearson"));
        assert_golden(found.spearman, json_object_get(pair, "spearman"));
        assert_golden(found.kendall, json_object_get(pair, "kendall_tau_b"));
    }
}

static void test_agreement__equals_krippendorff_pingouin_and_scipy(void **state)
{
    (void)state;
    json_t *tables = golden("agreement_tables.json"), *expected = golden("agreement_expected.json");
    size_t i;
    json_t *table;
    assert_in_range(json_array_size(tables), 10, 100);
    json_array_foreach(tables, i, table) check_table(
        table, json_object_get(expected, json_string_value(json_object_get(table, "table"))));
    json_decref(tables);
    json_decref(expected);
}

static void check_t(const struct llmx_t_test *found, const json_t *expected)
{
    const json_t *interval = json_object_get(expected, "interval95");
    assert_golden(found->difference, json_object_get(expected, "mean_difference"));
    assert_golden(found->t, json_object_get(expected, "t"));
    assert_golden(found->degrees, json_object_get(expected, "df"));
    assert_golden(found->p, json_object_get(expected, "p_two_sided"));
    assert_golden(found->low, json_array_get(interval, 0));
    assert_golden(found->high, json_array_get(interval, 1));
}

static void test_t__equals_scipy(void **state)
{
    (void)state;
    json_t *input = golden("statistics_input.json"), *expected = golden("statistics_expected.json"),
           *samples;
    double a[MANY], b[MANY];
    struct llmx_t_test found;
    struct llmx_error err;
    size_t i;
    json_array_foreach(json_object_get(input, "welch"), i, samples)
    {
        const size_t n_a = numbers(samples, "a", a), n_b = numbers(samples, "b", b);
        assert_int_equal(llmx_t_welch(a, n_a, b, n_b, &found, &err), 0);
        found.difference = -found.difference, found.t = -found.t; /* scipy takes a - b */
        const double low = found.low;
        found.low = -found.high, found.high = -low;
        check_t(&found, json_array_get(json_object_get(expected, "welch"), i));
    }
    json_array_foreach(json_object_get(input, "paired_t"), i, samples)
    {
        const size_t n = differences(samples, "a", "b", a);
        assert_int_equal(llmx_t_paired(a, n, &found, &err), 0);
        check_t(&found, json_array_get(json_object_get(expected, "paired_t"), i));
    }
    json_decref(input);
    json_decref(expected);
}

static void test_adjust__equals_statsmodels(void **state)
{
    (void)state;
    json_t *input = golden("statistics_input.json"), *expected = golden("statistics_expected.json"),
           *tests;
    double p[MANY], adjusted[MANY];
    struct llmx_error err;
    size_t i;
    json_array_foreach(json_object_get(input, "corrections"), i, tests)
    {
        const json_t *of = json_array_get(json_object_get(expected, "corrections"), i),
                     *holm = json_object_get(json_object_get(of, "holm"), "adjusted"),
                     *hochberg =
                         json_object_get(json_object_get(of, "benjamini_hochberg"), "adjusted");
        const size_t m = numbers(tests, "p", p);
        assert_int_equal(llmx_adjust_holm(p, m, adjusted, &err), 0);
        for (size_t t = 0; t < m; t++)
            assert_golden(adjusted[t], json_array_get(holm, t));
        assert_int_equal(llmx_adjust_hochberg(p, m, p, &err), 0);
        for (size_t t = 0; t < m; t++)
            assert_golden(p[t], json_array_get(hochberg, t));
    }
    json_decref(input);
    json_decref(expected);
}

static void test_permutation__tries_all_patterns_where_they_are_few(void **state)
{
    (void)state;
    json_t *input = golden("statistics_input.json"), *expected = golden("statistics_expected.json");
    double d[MANY], p;
    struct llmx_error err;
    const size_t n =
        differences(json_object_get(input, "permutation_exact"), "system_a", "system_b", d);
    assert_int_equal(llmx_permutation(d, NULL, n, &how, &p, &err), 0);
    assert_golden(p,
                  json_object_get(json_object_get(expected, "permutation_exact"), "p_two_sided"));
    /* few patterns at random come near */
    const struct llmx_resampling fewer = {.resamples = 2000, .seed = 4, .threads = 2};
    double drawn;
    assert_int_equal(llmx_permutation(d, NULL, n, &fewer, &drawn, &err), 0);
    assert_true(drawn != p);
    assert_near(drawn, p, 0.04);
    /* an effect that no pattern reaches: the observed one is the only one */
    for (size_t i = 0; i < 40; i++)
        d[i] = 1;
    assert_int_equal(llmx_permutation(d, NULL, 40, &how, &p, &err), 0);
    assert_near(p, 1.0 / 10001, 1e-15);
    /* of one person there are two patterns, both as large */
    assert_int_equal(llmx_permutation(d, (int32_t[40]){0}, 40, &how, &p, &err), 0);
    assert_near(p, 1, 0);
    json_decref(input);
    json_decref(expected);
}

/* The share of all ways of choosing n_a of n values whose mean is as far from the others' as that of the first n_a. */
static double all_ways(const double *values, unsigned n_a, unsigned n)
{
    double total = 0, first = 0;
    int ways = 0, as_far = 0;
    for (unsigned i = 0; i < n; i++) {
        total += values[i];
        first += i < n_a ? values[i] : 0;
    }
    const double expected = total / n * n_a;
    for (unsigned set = 0; set < 1u << n; set++) {
        unsigned size = 0;
        double sum = 0;
        for (unsigned i = 0; i < n; i++)
            if (set >> i & 1) {
                size++;
                sum += values[i];
            }
        if (size == n_a) {
            ways++;
            as_far += fabs(sum - expected) >= fabs(first - expected) - 1e-9;
        }
    }
    return (double)as_far / ways;
}

static void test_permutation_between__comes_near_all_ways_of_dealing(void **state)
{
    (void)state;
    double value[14], p, other;
    struct llmx_error err;
    const struct llmx_resampling many = {.resamples = 100000, .seed = 3, .threads = 1},
                                 threads = {.resamples = 100000, .seed = 3, .threads = 3};
    for (int i = 0; i < 14; i++)
        value[i] = (double)(i * i * 7 % 23) - (i < 5);
    const double exact = all_ways(value, 5, 14);
    assert_true(exact > 0.01 && exact < 0.5);
    assert_int_equal(llmx_permutation_between(value, 5, value + 5, 9, &many, &p, &err), 0);
    assert_near(p, exact, 0.005); /* three standard errors */
    assert_int_equal(llmx_permutation_between(value, 5, value + 5, 9, &threads, &other, &err), 0);
    assert_near(other, p, 0);
    assert_int_equal(llmx_permutation_between(value + 5, 9, value, 5, &many, &other, &err), 0);
    assert_near(other, exact, 0.005);
}

static void test_permutation_between__is_not_fooled_by_a_sample_that_does_not_vary(void **state)
{
    (void)state;
    double all[10], some[46], p;
    struct llmx_error err;
    struct llmx_t_test welch;
    for (int i = 0; i < 46; i++)
        some[i] = i < 26;
    for (int i = 0; i < 10; i++)
        all[i] = 1;
    /* ten of ten, and 26 of 46: Fisher's exact test has .0095 by its definition, Welch's is sure */
    assert_int_equal(llmx_permutation_between(all, 10, some, 46, &how, &p, &err), 0);
    assert_near(p, 0.0095, 0.003);
    assert_int_equal(llmx_t_welch(all, 10, some, 46, &welch, &err), 0);
    assert_true(welch.p < 1e-6);
    assert_int_equal(llmx_permutation_between(all, 5, all, 5, &how, &p, &err), 0);
    assert_near(p, 1, 0);
}

/* numpy's interval of the very resamples that it drew. */
static void test_bootstrap__summarises_as_numpy_does(void **state)
{
    (void)state;
    json_t *input = golden("statistics_input.json"), *expected = golden("statistics_expected.json");
    const json_t *of = json_object_get(input, "clustered_bootstrap"),
                 *figures = json_object_get(expected, "clustered_bootstrap"),
                 *resamples = json_object_get(of, "resampled_users");
    double d[MANY], users[MANY], drawn[MANY], means[MANY];
    const size_t n = differences(of, "system_a", "system_b", d), all = json_array_size(resamples);
    numbers(of, "user", users);
    for (size_t r = 0; r < all; r++) {
        double sum = 0, rows = 0;
        const size_t groups = numbers(json_array_get(resamples, r), NULL, drawn);
        for (size_t g = 0; g < groups; g++)
            for (size_t i = 0; i < n; i++)
                if (users[i] == drawn[g]) {
                    sum += d[i];
                    rows++;
                }
        means[r] = sum / rows;
    }
    const struct resampled found = resample_summarise(means, (int)all);
    const json_t *interval = json_object_get(figures, "interval95");
    assert_golden(found.low, json_array_get(interval, 0));
    assert_golden(found.high, json_array_get(interval, 1));
    /* golden p: the share on the rarer side, twice; ours counts the sample as one more */
    const double share = json_number_value(json_object_get(figures, "p_two_sided"));
    assert_near(found.p, (share * (double)all + 2) / ((double)all + 1), 1e-9);
    json_decref(input);
    json_decref(expected);
}

/* A second computation of what is drawn, row by row. */
static void test_bootstrap__draws_people_with_all_their_rows(void **state)
{
    (void)state;
    static const int32_t person[] = {2, 2, 2, 0, 4, 4};
    static const double value[] = {1, 2, 4, -3, 0.5, 7};
    static const int32_t people[] = {0, 2, 4};
    double means[100];
    struct llmx_bootstrap found;
    struct llmx_error err;
    const struct llmx_resampling few = {.resamples = 100, .seed = 9, .threads = 1};
    for (int r = 0; r < 100; r++) {
        struct rng rng = rng_stream(9, RNG_BOOTSTRAP, (uint64_t)r);
        double sum = 0, rows = 0;
        for (int g = 0; g < 3; g++) {
            const int32_t who = people[rng_below(&rng, 3)];
            for (int i = 0; i < 6; i++)
                if (person[i] == who) {
                    sum += value[i];
                    rows++;
                }
        }
        means[r] = sum / rows;
    }
    const struct resampled expected = resample_summarise(means, 100);
    assert_int_equal(llmx_bootstrap(value, person, 6, &few, &found, &err), 0);
    assert_int_equal(found.groups, 3);
    assert_near(found.interval.mean, 11.5 / 6, 1e-12);
    assert_near(found.interval.low, expected.low, 1e-12);
    assert_near(found.interval.high, expected.high, 1e-12);
    assert_near(found.p, expected.p, 1e-12);
}

static void test_bootstrap__depends_on_the_seed_alone(void **state)
{
    (void)state;
    double value[300], p, p_other;
    struct llmx_bootstrap one, three, other;
    struct llmx_error err;
    struct rng rng = rng_stream(1, RNG_SAMPLING, 0);
    for (int i = 0; i < 300; i++)
        value[i] = rng_normal(&rng);
    struct llmx_resampling with = {.resamples = 1000, .seed = 5, .threads = 1};
    assert_int_equal(llmx_bootstrap(value, NULL, 300, &with, &one, &err), 0);
    assert_int_equal(llmx_permutation(value, NULL, 300, &with, &p, &err), 0);
    with.threads = 3;
    assert_int_equal(llmx_bootstrap(value, NULL, 300, &with, &three, &err), 0);
    assert_int_equal(llmx_permutation(value, NULL, 300, &with, &p_other, &err), 0);
    assert_true(one.interval.low == three.interval.low && one.p == three.p && p == p_other);
    with.seed = 6;
    assert_int_equal(llmx_bootstrap(value, NULL, 300, &with, &other, &err), 0);
    assert_true(one.interval.low != other.interval.low);
}

/* 10,000 resamples over 10,000 rows: under a second on two quiet cores, far under ten on any. */
static void test_bootstrap__is_quick(void **state)
{
    (void)state;
    static double value[10000];
    struct llmx_bootstrap found;
    struct llmx_error err;
    struct timespec begin, end;
    for (int i = 0; i < 10000; i++)
        value[i] = i % 7;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    assert_int_equal(llmx_bootstrap(value, NULL, 10000, &how, &found, &err), 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double seconds =
        (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    print_message("10,000 resamples over 10,000 rows: %.2f s\n", seconds);
    assert_near(seconds, 0, 10);
    assert_near((found.interval.low + found.interval.high) / 2, found.interval.mean, 0.005);
}

/* Many ties, and few; against the definitions by pairs. */
static void test_correlation__counts_pairs_as_the_definition_does(void **state)
{
    (void)state;
    struct rng rng = rng_stream(2, RNG_SAMPLING, 0);
    for (uint32_t levels = 2; levels < 2000; levels *= 5) {
        double x[200], y[200], right = 0, wrong = 0, tied_x = 0, tied_y = 0;
        struct llmx_correlation found;
        struct llmx_error err;
        for (int i = 0; i < 200; i++) {
            x[i] = rng_below(&rng, levels);
            y[i] = x[i] + rng_below(&rng, levels);
        }
        for (int i = 0; i < 200; i++)
            for (int j = 0; j < i; j++) {
                const double sign = (x[i] - x[j]) * (y[i] - y[j]);
                right += sign > 0;
                wrong += sign < 0;
                tied_x += x[i] == x[j];
                tied_y += y[i] == y[j];
            }
        assert_int_equal(llmx_correlate(x, y, 200, &found, &err), 0);
        assert_near(found.kendall, (right - wrong) / sqrt((19900 - tied_x) * (19900 - tied_y)),
                    1e-12);
    }
}

static void expect_refusal(int status, const struct llmx_error *err, const char *part)
{
    assert_int_equal(status, -1);
    assert_contains(err->message, part);
}

static void test_statistics__refuse_what_is_no_number(void **state)
{
    (void)state;
    const double odd[] = {1, 2, NAN, 4}, fine[] = {1, 2, 3, 4}, p[] = {0.5, 1.5};
    struct llmx_bootstrap bootstrap;
    struct llmx_correlation correlation;
    struct llmx_t_test t;
    struct llmx_agreement agreement;
    struct llmx_error err;
    double out[4];
    const struct llmx_resampling few = {.resamples = 99};
    expect_refusal(llmx_bootstrap(odd, NULL, 4, &how, &bootstrap, &err), &err, "row 3");
    expect_refusal(llmx_bootstrap(fine, NULL, 0, &how, &bootstrap, &err), &err, "0 rows");
    expect_refusal(llmx_bootstrap(fine, (int32_t[]){0, 1, 4, 0}, 4, &how, &bootstrap, &err), &err,
                   "row 3 is of group 4");
    expect_refusal(llmx_bootstrap(fine, NULL, 4, &few, &bootstrap, &err), &err, "99 resamples");
    expect_refusal(llmx_permutation(odd, NULL, 4, &how, out, &err), &err, "row 3");
    expect_refusal(llmx_permutation_between(odd, 2, odd + 2, 2, &how, out, &err), &err, "value 1");
    expect_refusal(llmx_permutation_between(odd, 0, odd, 2, &how, out, &err), &err, "samples of 0");
    expect_refusal(llmx_permutation(fine, NULL, 4, &few, out, &err), &err, "99 resamples");
    expect_refusal(llmx_correlate(fine, odd, 4, &correlation, &err), &err, "pair 3");
    expect_refusal(llmx_t_paired(odd, 4, &t, &err), &err, "value 3");
    expect_refusal(llmx_t_welch(fine, 4, odd, 1, &t, &err), &err, "two values");
    expect_refusal(llmx_adjust_holm(p, 2, out, &err), &err, "p value 2");
    expect_refusal(llmx_adjust_hochberg(p, 2, out, &err), &err, "p value 2");
    expect_refusal(llmx_agree((double[]){1, INFINITY, 2, 2}, 2, 2, &agreement, &err), &err,
                   "rater 1's rating of unit 2");
}

static void test_statistics__say_what_is_not_defined(void **state)
{
    (void)state;
    const double same[] = {0.1, 0.1, 0.1}, rising[] = {1, 2, 3}, none[] = {NAN, NAN};
    struct llmx_correlation correlation;
    struct llmx_agreement agreement;
    struct llmx_t_test t;
    struct llmx_error err;
    assert_int_equal(llmx_correlate(same, rising, 3, &correlation, &err), 0);
    assert_true(isnan(correlation.pearson) && isnan(correlation.spearman));
    assert_int_equal(llmx_correlate(rising, rising, 1, &correlation, &err), 0);
    assert_true(isnan(correlation.kendall));
    assert_int_equal(llmx_correlate(rising, rising, 0, &correlation, &err), 0);
    assert_int_equal(llmx_t_paired(same, 3, &t, &err), 0);
    assert_near(t.difference, 0.1, 1e-15);
    assert_int_equal(llmx_agree(none, 1, 2, &agreement, &err), 0);
    assert_true(isnan(agreement.alpha[LLMX_NOMINAL]) && agreement.pairable == 0);
}

static int attempt(void *context, struct llmx_error *err)
{
    (void)context;
    const double x[] = {1, 2, 3, 5}, y[] = {2, 2, 4, 3};
    const struct llmx_resampling few = {.resamples = 100, .threads = 2};
    struct llmx_bootstrap bootstrap;
    struct llmx_correlation correlation;
    struct llmx_agreement agreement;
    double p[] = {0.1, 0.2};
    if (llmx_bootstrap(x, NULL, 4, &few, &bootstrap, err) != 0 ||
        llmx_permutation(x, NULL, 4, &few, p, err) != 0 ||
        llmx_permutation_between(x, 2, y, 4, &few, p, err) != 0 ||
        llmx_correlate(x, y, 4, &correlation, err) != 0 ||
        llmx_agree(x, 2, 2, &agreement, err) != 0 || llmx_adjust_holm(p, 2, p, err) != 0 ||
        llmx_adjust_hochberg(p, 2, p, err) != 0)
        return -1;
    return 0;
}

static void test_statistics__survive_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(attempt, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agreement__equals_krippendorff_pingouin_and_scipy),
        cmocka_unit_test(test_t__equals_scipy),
        cmocka_unit_test(test_adjust__equals_statsmodels),
        cmocka_unit_test(test_permutation__tries_all_patterns_where_they_are_few),
        cmocka_unit_test(test_permutation_between__comes_near_all_ways_of_dealing),
        cmocka_unit_test(test_permutation_between__is_not_fooled_by_a_sample_that_does_not_vary),
        cmocka_unit_test(test_bootstrap__summarises_as_numpy_does),
        cmocka_unit_test(test_bootstrap__draws_people_with_all_their_rows),
        cmocka_unit_test(test_bootstrap__depends_on_the_seed_alone),
        cmocka_unit_test(test_bootstrap__is_quick),
        cmocka_unit_test(test_correlation__counts_pairs_as_the_definition_does),
        cmocka_unit_test(test_statistics__refuse_what_is_no_number),
        cmocka_unit_test(test_statistics__say_what_is_not_defined),
        cmocka_unit_test(test_statistics__survive_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
