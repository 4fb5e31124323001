/* What people's ratings show: golden values through a table, small cases by hand, and what is refused. */
#include "base/rng.h"
#include "base/text.h"
#include "format/json_file.h"
#include "llmxrec/ratings.h"
#include "statistics/resample.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#define GOLDEN "tests/golden/evaluate/"
#define CLOSE  1e-9
#define HEAD   "rater,item,system,aspect,value\n"

static const struct llmx_ratings_options how = {.resampling = {1000, 1, 2}};

/* What the program prints as JSON of those ratings, and figures if any; json_decref it. */
static json_t *found_in(const char *ratings, const char *figures,
                        const struct llmx_ratings_options *options)
{
    struct llmx_ratings *r;
    struct llmx_error err;
    char *path = strdup(test_path("found.json"));
    if (llmx_ratings_open(&r, test_file("ratings.csv", ratings), options, &err) != 0 ||
        (figures && llmx_ratings_figures(r, test_file("figures.csv", figures), &err) != 0))
        fail_msg("%s", err.message);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(llmx_ratings_print(r, f, 1, &err), 0);
    fclose(f);
    llmx_ratings_destroy(r);
    json_t *json = json_file_read(path, &err);
    if (!json)
        fail_msg("%s", err.message);
    free(path);
    return json;
}

/* The value at "a/b/c"; numbers are places in an array. */
static const json_t *at(const json_t *json, const char *path)
{
    char part[64];
    for (const char *p = path; *p; p += *p == '/') {
        const size_t n = strcspn(p, "/");
        snprintf(part, sizeof part, "%.*s", (int)n, p);
        json = json_is_array(json) ? json_array_get(json, (size_t)strtoul(part, NULL, 10))
                                   : json_object_get(json, part);
        if (!json)
            fail_msg("nothing at %s", path);
        p += n;
    }
    return json;
}

static double number_at(const json_t *json, const char *path)
{
    const json_t *value = at(json, path);
    return json_is_null(value) ? NAN : json_number_value(value);
}

static void assert_same(double value, const json_t *expected)
{
    if (json_is_null(expected))
        assert_true(isnan(value));
    else
        assert_near(value, json_number_value(expected), CLOSE);
}

/* Columns in another order, one more, and missing values in three ways. */
static void put_table(struct text *csv, const json_t *rows)
{
    static const char *const missing[] = {"", "NA", NULL};
    text_puts(csv, "value,note,aspect,item,rater,system\n");
    for (size_t r = 0; r < json_array_size(rows); r++) {
        const json_t *row = json_array_get(rows, r);
        for (size_t u = 0; u < json_array_size(row); u++) {
            const json_t *value = json_array_get(row, u);
            const char *said = missing[u % 3];
            if (json_is_number(value))
                text_printf(csv, "%d,\"a, b\",clarity,u%zu,r%zu,ours\n",
                            (int)json_number_value(value), u, r);
            else if (said)
                text_printf(csv, "%s,,clarity,u%zu,r%zu,ours\n", said, u, r);
        }
    }
}

static void test_ratings__agree_as_krippendorff_and_pingouin_say(void **state)
{
    (void)state;
    struct llmx_error err;
    json_t *tables = json_file_read(GOLDEN "agreement_tables.json", &err),
           *expected = json_file_read(GOLDEN "agreement_expected.json", &err), *table;
    size_t i;
    json_array_foreach(tables, i, table)
    {
        struct text csv = {0};
        const json_t *of = at(expected, json_string_value(at(table, "table")));
        put_table(&csv, at(table, "ratings"));
        json_t *found = found_in(csv.s, NULL, &how);
        const json_t *clarity = at(found, "aspects/clarity"), *icc = at(of, "icc");
        assert_same(number_at(clarity, "alpha/nominal"), at(of, "alpha/nominal"));
        assert_same(number_at(clarity, "alpha/ordinal"), at(of, "alpha/ordinal"));
        assert_same(number_at(clarity, "alpha/interval"), at(of, "alpha/interval"));
        assert_same(number_at(clarity, "icc_2_1"), json_is_null(icc) ? icc : at(icc, "icc_2_1"));
        assert_same(number_at(clarity, "icc_2_k"), json_is_null(icc) ? icc : at(icc, "icc_2_k"));
        json_decref(found);
        text_release(&csv);
    }
    json_decref(tables);
    json_decref(expected);
}

static void test_ratings__miss_no_rater_where_they_rated_nothing(void **state)
{
    (void)state;
    json_t *found =
        found_in(HEAD "c,1,s,style,2\na,1,s,clarity,1\na,2,s,clarity,2\na,3,s,clarity,5\n"
                      "b,1,s,clarity,2\nb,2,s,clarity,3\nb,3,s,clarity,4\n",
                 NULL, &how);
    assert_int_equal(json_integer_value(at(found, "aspects/clarity/units_complete")), 3);
    /* mean squares: of units 14 / 3, of raters 1 / 6, the rest 2 / 3 */
    assert_near(number_at(found, "aspects/clarity/icc_2_1"), 4.0 / 5, CLOSE);
    assert_true(json_is_null(at(found, "aspects/style/icc_2_1")));
    json_decref(found);
}

/* Three systems, `raters` people who rate the same items, whose second system is better and third like the first. */
static void put_systems(struct text *csv, int raters, int items)
{
    struct rng rng = rng_stream(3, RNG_SAMPLING, 0);
    text_puts(csv, HEAD);
    for (int r = 0; r < raters; r++)
        for (int i = 0; i < items; i++)
            for (int s = 0; s < 3; s++)
                text_printf(csv, "r%d,i%d,s%d,clarity,%u\n", r, i, s,
                            1 + rng_below(&rng, 3) + (s == 1 ? 2 : 0));
}

static void test_ratings__draw_from_people_where_there_are_enough(void **state)
{
    (void)state;
    struct text csv = {0};
    put_systems(&csv, 20, 2);
    json_t *found = found_in(csv.s, NULL, &how);
    assert_string_equal(json_string_value(at(found, "intervals_over")), "raters");
    assert_int_equal(json_array_size(at(found, "notes")), 0);
    json_decref(found);
    text_clear(&csv);
    put_systems(&csv, 2, 30);
    found = found_in(csv.s, NULL, &how);
    assert_string_equal(json_string_value(at(found, "intervals_over")), "items");
    assert_int_equal(json_integer_value(at(found, "groups")), 30);
    json_decref(found);
    text_release(&csv);
}

/* The figures of the tests are those of llmx_bootstrap, llmx_permutation and llmx_adjust_holm. */
static void test_ratings__test_systems_in_pairs(void **state)
{
    (void)state;
    struct text csv = {0};
    struct rng rng = rng_stream(3, RNG_SAMPLING, 0);
    struct llmx_bootstrap drawn;
    struct llmx_error err;
    double rating[60][3], difference[60], p[3], holm[3];
    int32_t item[60];
    put_systems(&csv, 2, 30);
    json_t *found = found_in(csv.s, NULL, &how);
    for (int i = 0; i < 60; i++)
        for (int s = 0; s < 3; s++)
            rating[i][s] = 1 + rng_below(&rng, 3) + (s == 1 ? 2 : 0);
    assert_int_equal(json_array_size(at(found, "tests")), 3);
    for (size_t t = 0; t < 3; t++) {
        const json_t *test = json_array_get(at(found, "tests"), t);
        const int first = t == 2, second = t == 0 ? 1 : 2;
        for (int i = 0; i < 60; i++) {
            difference[i] = rating[i][second] - rating[i][first];
            item[i] = i % 30;
        }
        assert_int_equal(llmx_bootstrap(difference, item, 60, &how.resampling, &drawn, &err), 0);
        assert_int_equal(llmx_permutation(difference, item, 60, &how.resampling, &p[t], &err), 0);
        assert_int_equal(json_integer_value(at(test, "n")), 60);
        assert_near(number_at(test, "difference"), drawn.interval.mean, CLOSE);
        assert_near(number_at(test, "low"), drawn.interval.low, CLOSE);
        assert_near(number_at(test, "high"), drawn.interval.high, CLOSE);
        assert_near(number_at(test, "p"), p[t], CLOSE);
    }
    assert_int_equal(llmx_adjust_holm(p, 3, holm, &err), 0);
    for (size_t t = 0; t < 3; t++)
        assert_near(number_at(json_array_get(at(found, "tests"), t), "p_holm"), holm[t], CLOSE);
    assert_true(holm[0] < 0.01 && holm[1] > 0.05);
    json_decref(found);
    text_release(&csv);
}

/* Systems that nobody rated for one item are not compared; what is missing names nothing. */
static void test_ratings__compare_no_system_with_what_nobody_rated_beside_it(void **state)
{
    (void)state;
    json_t *found = found_in(HEAD "q,3,d,c,\nq,4,d,c,\nr,1,a,c,4\nr,2,b,c,3\n",
                             "item,length\n1,4\n2,3\n", &how);
    assert_int_equal(json_array_size(at(found, "tests")), 0);
    assert_int_equal(json_integer_value(at(found, "missing")), 2);
    assert_int_equal(json_object_size(at(found, "systems")), 2);
    assert_int_equal(json_object_size(at(found, "by_rater")), 1);
    assert_near(number_at(found, "figures/length/c/person/pearson/value"), 1, CLOSE);
    assert_near(number_at(found, "systems/a/c/mean"), 4, CLOSE);
    json_decref(found);
}

static void test_ratings__tell_who_is_out_of_line_or_answers_alike(void **state)
{
    (void)state;
    struct text csv = {0};
    struct rng rng = rng_stream(8, RNG_SAMPLING, 0);
    text_puts(&csv, HEAD);
    for (int i = 0; i < 40; i++) {
        const unsigned truth = 2 + rng_below(&rng, 3);
        for (int r = 0; r < 4; r++)
            text_printf(&csv, "fair%d,i%d,s,c,%u\n", r, i, truth + rng_below(&rng, 2));
        text_printf(&csv, "random,i%d,s,c,%u\n", i, 2 + rng_below(&rng, 4));
        text_printf(&csv, "harsh,i%d,s,c,%u\n", i, truth > 3 ? 2 : 1);
        text_printf(&csv, "always,i%d,s,c,%d\n", i, i == 3 ? 5 : 4);
    }
    json_t *found = found_in(csv.s, NULL, &how);
    const json_t *raters = at(found, "by_rater");
    assert_true(json_is_false(at(raters, "fair0/out_of_line")));
    assert_true(json_is_false(at(raters, "fair3/answers_alike")));
    assert_true(json_is_true(at(raters, "random/out_of_line")));
    assert_true(json_is_true(at(raters, "harsh/out_of_line")));
    assert_true(number_at(raters, "harsh/with_others") > 0.5);
    assert_true(number_at(raters, "harsh/difference") < -1);
    assert_true(json_is_true(at(raters, "always/answers_alike")));
    assert_near(number_at(raters, "always/common_share"), 39.0 / 40, CLOSE);
    json_decref(found);
    text_release(&csv);
}

static void check_level(const json_t *level, const double *x, const double *y, const int *part,
                        int parts)
{
    double sum = 0;
    int used = 0;
    for (int g = 0; g < parts; g++) {
        double in_x[60], in_y[60];
        size_t n = 0;
        struct llmx_correlation found;
        struct llmx_error err;
        for (int i = 0; i < 60; i++)
            if (part[i] == g) {
                in_x[n] = x[i];
                in_y[n++] = y[i];
            }
        assert_int_equal(llmx_correlate(in_x, in_y, n, &found, &err), 0);
        if (!isnan(found.kendall)) {
            sum += found.kendall;
            used++;
        }
    }
    assert_int_equal(json_integer_value(at(level, "used")), parts == 1 ? 60 : used);
    assert_near(number_at(level, "kendall_tau_b/value"), sum / used, CLOSE);
    assert_true(number_at(level, "kendall_tau_b/low") <= sum / used);
    assert_true(number_at(level, "kendall_tau_b/high") >= sum / used);
}

/* The interval over the whole data set: people are drawn with all of their ratings. */
static void check_interval(const json_t *level, const double *x, const double *y, const int *person)
{
    static const char *const names[] = {"pearson", "spearman", "kendall_tau_b"};
    double drawn[3][1000], in_x[60], in_y[60];
    struct llmx_correlation found;
    struct llmx_error err;
    for (int r = 0; r < 1000; r++) {
        struct rng rng = rng_stream(how.resampling.seed, RNG_BOOTSTRAP, (uint64_t)r);
        size_t n = 0;
        for (int g = 0; g < 5; g++) {
            const int who = (int)rng_below(&rng, 5);
            for (int i = 0; i < 60; i++)
                if (person[i] == who) {
                    in_x[n] = x[i];
                    in_y[n++] = y[i];
                }
        }
        assert_int_equal(llmx_correlate(in_x, in_y, n, &found, &err), 0);
        drawn[0][r] = found.pearson;
        drawn[1][r] = found.spearman;
        drawn[2][r] = found.kendall;
    }
    for (int c = 0; c < 3; c++) {
        const struct resampled expected = resample_summarise(drawn[c], 1000);
        assert_near(number_at(at(level, names[c]), "low"), expected.low, CLOSE);
        assert_near(number_at(at(level, names[c]), "high"), expected.high, CLOSE);
    }
}

/* What the other four people said of each rating's system, on average. */
static void mean_of_others(double *x, const double *y, const int *person)
{
    for (int i = 0; i < 60; i++) {
        double sum = 0, n = 0;
        for (int k = 0; k < 60; k++)
            if (k % 3 == i % 3 && person[k] != person[i]) {
                sum += y[k];
                n++;
            }
        x[i] = sum / n;
    }
}

/* Five people rate three systems of four items each; a figure goes with what they say. */
static void test_ratings__hold_figures_to_people_at_three_levels(void **state)
{
    (void)state;
    struct text csv = {0}, figures = {0};
    struct rng rng = rng_stream(5, RNG_SAMPLING, 0);
    double x[60], y[60];
    int person[60], sheet[60];
    text_puts(&csv, "person," HEAD);
    text_puts(&figures, "length,item,person,note,system,user\n");
    for (int i = 0; i < 60; i++) {
        const int p = i / 12, item = i / 3 % 4, s = i % 3;
        y[i] = 1 + rng_below(&rng, 5);
        x[i] = y[i] + rng_below(&rng, 6);
        person[i] = p;
        sheet[i] = i / 3;
        text_printf(&csv, "p%d,p%d,i%d,s%d,c,%d\n", p, p, item, s, (int)y[i]);
        text_printf(&figures, "%d,i%d,p%d,long,s%d,%d\n", (int)x[i], item, p, s, p);
    }
    text_puts(&figures, "9,i0,nobody,long,s0,1\n");
    struct llmx_ratings_options of_people = how;
    of_people.user = "person";
    json_t *found = found_in(csv.s, figures.s, &of_people);
    assert_int_equal(json_object_size(at(found, "figures")), 2);
    const json_t *length = at(found, "figures/length/c");
    check_level(at(length, "dataset"), x, y, (int[60]){0}, 1);
    check_interval(at(length, "dataset"), x, y, person);
    check_level(at(length, "person"), x, y, person, 5);
    check_level(at(length, "item"), x, y, sheet, 20);
    const json_t *alone = at(found, "figures/system alone/c");
    mean_of_others(x, y, person);
    check_level(at(alone, "dataset"), x, y, (int[60]){0}, 1);
    check_level(at(alone, "item"), x, y, sheet, 20);
    assert_string_equal(json_string_value(at(found, "intervals_over")), "users");
    json_decref(found);
    text_release(&csv);
    text_release(&figures);
}

/* One figure of an item goes for all its systems and people. */
static void test_ratings__take_figures_of_items_alone(void **state)
{
    (void)state;
    json_t *found = found_in(HEAD "a,1,s,c,1\na,2,s,c,3\na,3,s,c,4\nb,1,t,c,2\n",
                             "item\tgain\n1\t0.5\n2\t1\n3\t2\n4\t9\n", &how);
    assert_int_equal(json_integer_value(at(found, "figures/gain/c/dataset/n")), 4);
    assert_near(number_at(found, "figures/gain/c/person/spearman/value"), 1, CLOSE);
    assert_true(json_is_null(at(found, "figures/gain/c/item/pearson/value")));
    json_decref(found);
}

static void expect_note(const char *csv, const char *part)
{
    json_t *found = found_in(csv, NULL, &how);
    char *notes = json_dumps(at(found, "notes"), 0);
    assert_contains(notes, part);
    free(notes);
    json_decref(found);
}

static void test_ratings__say_what_a_reader_must_know(void **state)
{
    (void)state;
    struct text csv = {0};
    expect_note(HEAD "r,1,s,c,4\nr,2,s,c,5\n", "only 2 ratings: the intervals are wide");
    text_puts(&csv, HEAD);
    for (int i = 0; i < 30; i++)
        text_printf(&csv, "r%d,%d,s,c,%d\n", i % 3, i / 3, 1 + i % 5);
    expect_note(csv.s, "only 10 items to draw from");
    text_puts(&csv, "r0,x,s,c,44\n");
    expect_note(csv.s, "the rating 44 in line 32 lies far from all others");
    text_clear(&csv);
    text_puts(&csv, HEAD);
    for (int i = 0; i < 24; i++)
        for (int s = 0; s < 6; s++)
            text_printf(&csv, "r,%d,s%d,c,%d\n", i, s, 1 + (s + i % 3) % 5);
    expect_note(csv.s, "only 3 of 24 sheets");
    expect_note(csv.s, "stands 8 times");
    text_release(&csv);
}

static void expect_refusal(const char *csv, const struct llmx_ratings_options *options, int code,
                           const char *part)
{
    struct llmx_ratings *r;
    struct llmx_error err = {0};
    assert_int_equal(llmx_ratings_open(&r, test_file("ratings.csv", csv), options, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, part);
}

static void test_ratings__refuse_what_is_no_rating(void **state)
{
    (void)state;
    const struct llmx_ratings_options scale = {.has_scale = 1,
                                               .least = 1,
                                               .most = 5,
                                               .resampling = {100, 1, 1}},
                                      user = {.user = "person", .resampling = {100, 1, 1}},
                                      few = {.resampling = {1, 1, 1}};
    expect_refusal("rater,item,aspect,value\nr,1,c,4\n", &how, LLMX_BAD_INPUT,
                   "has no column 'system' (it has rater, item, aspect, value)");
    expect_refusal("{\"rater\": \"r\", \"item\": 1, \"system\": \"s\", \"value\": 3}\n", &how,
                   LLMX_BAD_INPUT, "no key 'aspect'");
    expect_refusal(HEAD "r,1,s,c,4\n", &user, LLMX_BAD_OPTION, "no column 'person'");
    expect_refusal(HEAD "r,1,s,c,4\nr,2,s,c,nan\n", &how, LLMX_BAD_INPUT,
                   "ratings.csv:3: 'value' is not a number: \"nan\"");
    expect_refusal("{\"rater\":1,\"item\":1,\"system\":1,\"aspect\":1,\"value\":NaN}\n", &how,
                   LLMX_BAD_INPUT, ":1:");
    expect_refusal(HEAD "r,1,s,c,inf\n", &how, LLMX_BAD_INPUT, "is not a number");
    expect_refusal(HEAD "r,1,s,c,4\nr,2,s,c,6\n", &scale, LLMX_BAD_INPUT,
                   "ratings.csv:3: 'value' is out of scale");
    expect_refusal(HEAD "r,1,s,c,0.9\n", &scale, LLMX_BAD_INPUT, "is out of scale");
    expect_refusal(
        HEAD "r,1,s,c,4\nq,1,s,c,4\nr,1,s,c,5\n", &how, LLMX_BAD_INPUT,
        "ratings.csv:4: rater 'r' rated item '1' of system 's' for 'c' in line 2 already");
    expect_refusal(HEAD "r,1,s,,4\n", &how, LLMX_BAD_INPUT, "'aspect' is empty");
    expect_refusal(HEAD, &how, LLMX_BAD_INPUT, "holds no ratings");
    expect_refusal(HEAD "r,1,s,c,\n", &how, LLMX_BAD_INPUT, "holds no ratings");
    expect_refusal(HEAD "r,1,s,c,3\n", &few, LLMX_BAD_OPTION, "1 resamples");
}

static void expect_no_figures(const char *figures, const char *part)
{
    struct llmx_ratings *r;
    struct llmx_error err = {0};
    assert_int_equal(
        llmx_ratings_open(&r, test_file("ratings.csv", HEAD "r,1,s,c,4\nr,2,s,c,5\n"), &how, &err),
        0);
    assert_int_equal(llmx_ratings_figures(r, test_file("figures.csv", figures), &err), -1);
    assert_int_not_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, part);
    llmx_ratings_destroy(r);
}

static void test_ratings__refuse_what_are_no_figures(void **state)
{
    (void)state;
    expect_no_figures("id,length\n1,3\n", "has no column 'item'");
    expect_no_figures("item,text\n1,long\n2,5\n", "holds no figures");
    expect_no_figures("item,length\n1,nan\n", "holds no figures");
    expect_no_figures("item,length\n7,3\n", "none of its lines is of what was rated");
    expect_no_figures("item,length\n1,3\n2,4\n1,5\n", "figures.csv:4: line 2 is of the same thing");
}

static void test_ratings__are_a_command(void **state)
{
    (void)state;
    test_needs_program();
    test_file("few.csv", HEAD "r,1,s,c,4\nr,2,s,c,5\nq,1,s,c,4\n");
    test_command("$LLMXREC ratings $T/few.csv --scale 1-5", 0, "only 3 ratings");
    test_command("$LLMXREC ratings $T/few.csv --scale -2-4.5", 1, "out of scale");
    test_command("$LLMXREC ratings $T/few.csv --scale five", 2, "two numbers");
    test_command("$LLMXREC ratings $T/few.csv --out $T/few.jsonl && cat $T/few.jsonl", 0,
                 "{\"item\":\"1\",\"system\":\"s\",\"aspect\":\"c\",\"n\":2,\"mean\":4.0,"
                 "\"least\":4.0,\"most\":4.0}");
    test_command("$LLMXREC ratings $T/few.csv --json", 0, "\"icc_2_1\": null");
}

static int attempt(void *context, struct llmx_error *err)
{
    (void)context;
    struct llmx_ratings *r;
    if (llmx_ratings_open(&r,
                          test_file("few.csv", HEAD "r,1,s,c,4\nr,1,t,c,5\nq,1,s,c,4\nq,2,t,c,2\n"),
                          &(struct llmx_ratings_options){.resampling = {100, 1, 1}}, err) != 0)
        return -1;
    int status = llmx_ratings_figures(
        r, test_file("figures.csv", "item,system,long\n1,s,3\n1,t,4\n2,t,2\n"), err);
    if (status == 0)
        status = llmx_ratings_write(r, test_path("few.jsonl"), err);
    llmx_ratings_destroy(r);
    return status;
}

static void test_ratings__survive_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(attempt, NULL) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ratings__agree_as_krippendorff_and_pingouin_say),
        cmocka_unit_test(test_ratings__miss_no_rater_where_they_rated_nothing),
        cmocka_unit_test(test_ratings__draw_from_people_where_there_are_enough),
        cmocka_unit_test(test_ratings__test_systems_in_pairs),
        cmocka_unit_test(test_ratings__compare_no_system_with_what_nobody_rated_beside_it),
        cmocka_unit_test(test_ratings__tell_who_is_out_of_line_or_answers_alike),
        cmocka_unit_test(test_ratings__hold_figures_to_people_at_three_levels),
        cmocka_unit_test(test_ratings__take_figures_of_items_alone),
        cmocka_unit_test(test_ratings__say_what_a_reader_must_know),
        cmocka_unit_test(test_ratings__refuse_what_is_no_rating),
        cmocka_unit_test(test_ratings__refuse_what_are_no_figures),
        cmocka_unit_test(test_ratings__are_a_command),
        cmocka_unit_test(test_ratings__survive_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("ratings", tests, NULL, NULL);
}
