/* Figures of verdicts: golden values of the field's packages, small cases by hand, and what is refused. */
#include "base/number.h"
#include "base/rng.h"
#include "format/json_file.h"
#include "judge/pairs.h"
#include "judge/verdicts.h"
#include "llmxrec/preferences.h"
#include "llmxrec/ratings.h"
#include "statistics/length_control.h"
#include "statistics/logistic.h"
#include "statistics/resample.h"
#include "statistics/strengths.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#define GOLDEN   "tests/golden/evaluate/"
#define CLOSE    1e-9
#define STRENGTH 1e-6 /* choix stops a little early */
#define MANY     400

static const struct llmx_resampling how = {.resamples = 1000, .seed = 1, .threads = 2};

/* A number of a table, whatever the locale. */
static double real(const char *s)
{
    double value;
    assert_true(number_read(s, &value));
    return value;
}

static json_t *golden(const char *name)
{
    struct llmx_error err;
    char path[128];
    snprintf(path, sizeof path, GOLDEN "%s", name);
    json_t *json = json_file_read(path, &err);
    if (!json)
        fail_msg("%s", err.message);
    return json;
}

/* The value at "a/b/c". */
static const json_t *at(const json_t *json, const char *path)
{
    char part[64];
    for (const char *p = path; *p; p += *p == '/') {
        const size_t n = strcspn(p, "/");
        snprintf(part, sizeof part, "%.*s", (int)n, p);
        json = json_object_get(json, part);
        if (!json)
            fail_msg("nothing at %s", path);
        p += n;
    }
    return json;
}

static double number_at(const json_t *json, const char *path)
{
    return json_number_value(at(json, path));
}

/* Rows of one table of a golden CSV, each cut at its commas into `columns` fields. */
struct rows {
    char *text, *field[MANY * 8];
    size_t n;
};

static struct rows rows_of(const char *name, const char *table, size_t columns)
{
    char path[128];
    snprintf(path, sizeof path, GOLDEN "%s", name);
    struct rows rows = {.text = test_read(path)};
    for (char *line = rows.text; *line;) {
        char *end = line + strcspn(line, "\n"), *next = end + (*end != '\0');
        *end = '\0';
        char *from = line;
        if (!table || (strncmp(line, table, strlen(table)) == 0 && line[strlen(table)] == ',')) {
            assert_true(rows.n < MANY);
            for (size_t c = 0; c < columns; c++) {
                rows.field[rows.n * columns + c] = from;
                from += strcspn(from, ",");
                if (*from)
                    *from++ = '\0';
            }
            rows.n++;
        }
        line = next;
    }
    return rows;
}

static double chance_of(const char *verdict)
{
    return *verdict == 'a' ? .9 : *verdict == 'b' ? .2 : .5;
}

/* Pairs as llmx_pairs_match makes them: fields table, item, a, b, verdict_a_first, verdict_b_first. */
static struct llmx_pairs *pairs_of(const struct rows *rows)
{
    struct llmx_pairs *pairs = pairs_create(NULL);
    for (size_t i = 0; i < rows->n; i++) {
        char *const *f = rows->field + 6 * i;
        const struct llmx_pair pair = {.prompt = "",
                                       .text = {"x", "y"},
                                       .system = {f[2], f[3]},
                                       .item = f[1],
                                       .p_a = {chance_of(f[4]), chance_of(f[5])}};
        assert_int_equal(pairs_add(pairs, &pair, NULL), 0);
    }
    return pairs;
}

static const struct llmx_system_preferences *system_of(const struct llmx_preferences *p,
                                                       const char *name)
{
    for (int s = 0; s < p->n; s++)
        if (strcmp(p->system[s].name, name) == 0)
            return &p->system[s];
    fail_msg("no system %s", name);
    return NULL;
}

static void hold_tallies(const struct llmx_preferences *p, const json_t *expected)
{
    static const char *const counting[] = {"merged", "two_orders", "one_order"};
    const char *name;
    json_t *of;
    json_object_foreach((json_t *)at(expected, "by_system"), name, of)
    {
        for (int k = 0; k < LLMX_COUNTINGS; k++) {
            const json_t *e = at(of, counting[k]);
            const struct llmx_tally *t = &system_of(p, name)->tally[k];
            assert_int_equal(t->comparisons, number_at(e, "comparisons"));
            assert_int_equal(t->wins, number_at(e, "wins"));
            assert_int_equal(t->ties, number_at(e, "ties"));
            assert_int_equal(t->losses, number_at(e, "losses"));
            assert_near(llmx_win_ratio(t), number_at(e, "win_ratio"), CLOSE);
            assert_near(llmx_win_score(t), number_at(e, "win_score"), CLOSE);
        }
    }
}

static void hold_strength(double found, const json_t *expected, const char *name)
{
    if (json_is_null(expected))
        assert_true(isnan(found));
    else
        assert_near(found, number_at(expected, name), STRENGTH);
}

static void hold_strengths(const struct llmx_preferences *p, const json_t *expected)
{
    const json_t *of = at(expected, "bradley_terry");
    const size_t n = (size_t)p->n;
    for (size_t s = 0; s < n; s++) {
        const char *name = p->system[s].name;
        hold_strength(p->system[s].bradley_terry, at(of, "merged_mle"), name);
        hold_strength(p->system[s].bradley_terry_ridge, at(of, "merged_ridge"), name);
        for (size_t t = 0; t < n; t++) {
            const double score = llmx_win_score(&p->against[s * n + t]);
            const json_t *met =
                json_object_get(at(at(expected, "win_score_matrix"), name), p->system[t].name);
            if (met)
                assert_near(score, json_number_value(met), CLOSE);
            else
                assert_true(isnan(score));
        }
    }
}

static void hold_places(const struct llmx_position *p, const json_t *expected)
{
    const json_t *of = at(expected, "position");
    assert_int_equal(p->pairs, number_at(of, "pairs"));
    assert_int_equal(p->consistent, number_at(of, "consistent"));
    assert_int_equal(p->decisive_pairs, number_at(of, "decisive_pairs"));
    assert_int_equal(p->decisive_consistent, number_at(of, "decisive_consistent"));
    assert_int_equal(p->first_wins, number_at(of, "first_wins"));
    assert_int_equal(p->second_wins, number_at(of, "second_wins"));
    assert_int_equal(p->both_first, number_at(of, "both_first"));
    assert_int_equal(p->both_second, number_at(of, "both_second"));
    assert_near(p->consistency.mean, number_at(of, "consistency"), CLOSE);
    if (!json_is_null(at(of, "first_share")))
        assert_near(p->first_share.mean, number_at(of, "first_share"), CLOSE);
    else
        assert_true(isnan(p->first_share.mean));
}

static void hold_interval(double *figures, int n, const json_t *expected)
{
    const struct resampled found = resample_summarise(figures, n);
    assert_near(found.low, json_number_value(json_array_get(expected, 0)), CLOSE);
    assert_near(found.high, json_number_value(json_array_get(expected, 1)), CLOSE);
}

/* numpy's intervals of the very items that it drew; an item's number in the file is its place less one. */
static void hold_intervals(const struct llmx_pairs *pairs, const json_t *expected,
                           const json_t *resamples)
{
    struct verdicts v;
    static double figures[2 * 8][MANY], difference[MANY];
    const size_t n = json_array_size(resamples);
    assert_int_equal(verdicts_open(&v, pairs, NULL), 0);
    assert_string_equal(v.drawn, "items");
    const struct ratios ratios = verdicts_ratios(&v);
    for (size_t r = 0; r < n; r++) {
        const json_t *items = json_array_get(resamples, r);
        uint32_t drawn[64];
        assert_int_equal(json_array_size(items), v.groups);
        for (uint32_t i = 0; i < v.groups; i++)
            drawn[i] = (uint32_t)json_integer_value(json_array_get(items, i)) - 1;
        double values[2 + 2 * 8];
        ratios_values(&ratios, drawn, values);
        for (int k = 2; k < ratios.n; k++)
            figures[k - 2][r] = values[k];
    }
    const json_t *names = at(expected, "systems");
    const size_t last = json_array_size(names) - 1;
    double *score[2];
    for (size_t s = 0; s <= last; s++) {
        const char *name = json_string_value(json_array_get(names, s));
        const int64_t system = names_find(&v.systems, name, strlen(name));
        if (s == 0 || s == last)
            score[s > 0] = figures[2 * system + 1];
    }
    for (size_t r = 0; r < n; r++)
        difference[r] = score[0][r] - score[1][r];
    hold_interval(difference, (int)n, at(expected, "difference_first_last/interval95"));
    for (size_t s = 0; s <= last; s++) {
        const char *name = json_string_value(json_array_get(names, s));
        const int64_t system = names_find(&v.systems, name, strlen(name));
        const json_t *of = at(at(expected, "bootstrap95"), name);
        hold_interval(figures[2 * system], (int)n, at(of, "win_ratio"));
        hold_interval(figures[2 * system + 1], (int)n, at(of, "win_score"));
    }
    verdicts_close(&v);
}

static void test_preferences__equal_the_golden_tables(void **state)
{
    (void)state;
    json_t *all = golden("pairwise_expected.json"), *drawn = golden("pairwise_resamples.json");
    const char *name;
    json_t *expected;
    int tables = 0;
    json_object_foreach((json_t *)at(all, "tables"), name, expected)
    {
        struct rows rows = rows_of("pairwise_verdicts.csv", name, 6);
        struct llmx_pairs *pairs = pairs_of(&rows);
        struct llmx_preferences p;
        struct llmx_error err;
        if (llmx_preferences_measure(pairs, &how, &p, &err) != 0)
            fail_msg("%s: %s", name, err.message);
        assert_int_equal(p.groups, number_at(expected, "items"));
        hold_tallies(&p, expected);
        hold_strengths(&p, expected);
        hold_places(&p.position, expected);
        hold_intervals(pairs, expected, at(drawn, name));
        llmx_preferences_release(&p);
        llmx_pairs_close(pairs);
        free(rows.text);
        tables++;
    }
    assert_int_equal(tables, 12);
    json_decref(all);
    json_decref(drawn);
}

/* ---- strengths of each order by itself ---- */

static void test_strengths__equal_the_golden_ones_of_both_orders(void **state)
{
    (void)state;
    json_t *all = golden("pairwise_expected.json");
    const char *name;
    json_t *expected;
    json_object_foreach((json_t *)at(all, "tables"), name, expected)
    {
        struct rows rows = rows_of("pairwise_verdicts.csv", name, 6);
        const json_t *names = at(expected, "systems");
        const int n = (int)json_array_size(names);
        double wins[64] = {0}, mle[8], ridge[8];
        for (size_t i = 0; i < rows.n; i++) {
            int system[2] = {0};
            for (int k = 0; k < 2; k++)
                while (strcmp(json_string_value(json_array_get(names, (size_t)system[k])),
                              rows.field[6 * i + 2 + (size_t)k]) != 0)
                    system[k]++;
            for (size_t order = 4; order < 6; order++) {
                const double p = chance_of(rows.field[6 * i + order]), won = p > .5   ? 1
                                                                             : p < .5 ? 0
                                                                                      : .5;
                wins[system[0] * n + system[1]] += won;
                wins[system[1] * n + system[0]] += 1 - won;
            }
        }
        assert_int_equal(strengths_fit(wins, n, 0, mle, NULL), 0);
        assert_int_equal(strengths_fit(wins, n, .1, ridge, NULL), 0);
        for (int s = 0; s < n; s++) {
            const char *system = json_string_value(json_array_get(names, (size_t)s));
            hold_strength(mle[s], at(expected, "bradley_terry/two_orders_mle"), system);
            hold_strength(ridge[s], at(expected, "bradley_terry/two_orders_ridge"), system);
        }
        free(rows.text);
    }
    json_decref(all);
}

/* ---- length ---- */

static struct length_rows lengths_of(const struct rows *rows)
{
    static double shorter_by[MANY], preference[MANY];
    static int32_t group[MANY];
    for (size_t i = 0; i < rows->n; i++) {
        char *const *f = rows->field + 6 * i;
        shorter_by[i] = real(f[2]) - real(f[3]);
        preference[i] = real(f[4]);
        group[i] = (int32_t)i;
    }
    return (struct length_rows){shorter_by, preference, group, rows->n, (uint32_t)rows->n};
}

static void hold_control(const struct length_rows *rows, double ridge, const json_t *expected,
                         double tolerance)
{
    struct length_control found;
    assert_int_equal(length_control_fit(rows, ridge, &found, NULL), 0);
    assert_near(100 * found.win_rate, number_at(expected, "length_controlled_win_rate"),
                100 * tolerance);
    assert_near(found.w_length, number_at(expected, "weight_length"), 10 * tolerance);
    assert_near(found.w_system, number_at(expected, "weight_system"), 10 * tolerance);
}

static void test_length_control__equals_the_golden_fits(void **state)
{
    (void)state;
    json_t *all = golden("length_expected.json");
    const char *name;
    json_t *expected;
    json_object_foreach(all, name, expected)
    {
        struct rows rows = rows_of("length_rows.csv", name, 6);
        const struct length_rows lengths = lengths_of(&rows);
        assert_int_equal(rows.n, number_at(expected, "rows"));
        hold_control(&lengths, 0, at(expected, "minimal"), CLOSE);
        hold_control(&lengths, 1 / number_at(expected, "minimal_ridge/C"),
                     at(expected, "minimal_ridge"), CLOSE);
        free(rows.text);
    }
    json_decref(all);
}

/* It varies with who is drawn, and the same draws give the same interval, whatever the threads. */
static void test_length_control__has_an_interval_over_groups(void **state)
{
    (void)state;
    struct rows rows = rows_of("length_rows.csv", "likes_length", 6);
    const struct length_rows lengths = lengths_of(&rows);
    struct llmx_interval found[2];
    for (int threads = 1; threads <= 2; threads++) {
        struct threads *pool = threads_create(threads, NULL);
        assert_int_equal(length_control_measure(&lengths, &how, pool, &found[threads - 1], NULL),
                         0);
        threads_destroy(pool);
    }
    assert_memory_equal(&found[0], &found[1], sizeof *found);
    assert_near(found->mean, .388587775734541, CLOSE);
    assert_true(found->low > .08 && found->low < .18);
    assert_true(found->high > .54 && found->high < .64);
    free(rows.text);
}

/* A third column, the difficulty of the item: the solver alone. */
static void test_logistic__equals_the_golden_fit_of_three_columns(void **state)
{
    (void)state;
    json_t *all = golden("length_expected.json");
    const json_t *expected = at(all, "hard_items/with_difficulty");
    struct rows rows = rows_of("length_rows.csv", "hard_items", 6);
    const struct length_rows lengths = lengths_of(&rows);
    const double sd = number_at(all, "hard_items/sd_length_difference");
    static size_t start[MANY + 1];
    static int column[3 * MANY];
    static double value[3 * MANY];
    for (size_t i = 0; i < rows.n; i++) {
        const double of[] = {tanh(lengths.shorter_by[i] / sd), real(rows.field[6 * i + 5]), 1};
        for (size_t k = 0; k < 3; k++) {
            column[3 * i + k] = (int)k;
            value[3 * i + k] = of[k];
        }
        start[i + 1] = 3 * (i + 1);
    }
    const struct logistic l = {start, column, value, lengths.preference, NULL, rows.n, 3, 0};
    double w[3] = {0}, *work = calloc(logistic_work(rows.n, 3), sizeof *work);
    assert_true(logistic_fit(&l, w, work));
    assert_near(w[0], number_at(expected, "weight_length"), CLOSE);
    assert_near(w[1], number_at(expected, "weight_difficulty"), CLOSE);
    assert_near(w[2], number_at(expected, "weight_system"), CLOSE);
    free(work);
    free(rows.text);
    json_decref(all);
}

/* ---- small cases by hand ---- */

static struct llmx_preferences measured(const char *lines)
{
    struct llmx_pairs *pairs;
    struct llmx_preferences p;
    struct llmx_error err;
    if (llmx_pairs_read(&pairs, test_file("pairs.jsonl", lines), &err) != 0 ||
        llmx_preferences_measure(pairs, &how, &p, &err) != 0)
        fail_msg("%s", err.message);
    llmx_pairs_close(pairs);
    return p;
}

#define PAIR(USER, A, B, FIRST, SECOND)                                                            \
    "{\"prompt\":\"\",\"item\":1,\"user\":\"" USER "\",\"a\":\"" A "\",\"b\":\"" B                 \
    "\",\"system_a\":\"x\",\"system_b\":\"y\",\"p_a_first\":" FIRST ",\"p_a_second\":" SECOND      \
    "}\n"

/* A judge that looks at places alone: half for everybody, and it is said that it likes a place. */
static void test_preferences__a_constant_judge_says_nothing(void **state)
{
    (void)state;
    struct llmx_preferences p = measured(PAIR("1", "a", "bb", "0.1", "0.9") PAIR(
        "2", "aa", "b", "0.2", "0.8") PAIR("2", "a", "b", "0.3", "0.7"));
    for (int s = 0; s < 2; s++) {
        assert_int_equal(p.system[s].tally[LLMX_MERGED].ties, 3);
        assert_near(p.system[s].win_score.mean, .5, 0);
        assert_near(p.system[s].win_score.high, .5, 0);
        assert_near(p.system[s].win_ratio.mean, 0, 0);
        assert_near(p.system[s].bradley_terry, 0, 0);
        assert_near(p.system[s].length_controlled.mean, .5, CLOSE);
    }
    assert_near(p.position.consistency.mean, 0, 0);
    assert_near(p.position.first_share.mean, 0, 0);
    assert_int_equal(p.position.both_second, 3);
    FILE *f = fopen(test_path("table"), "w");
    assert_int_equal(llmx_preferences_print(&p, f, 0, NULL), 0);
    fclose(f);
    char *table = test_read(test_path("table"));
    assert_contains(table, "Note: the judge likes what is shown second: 100 % of its verdicts.");
    assert_contains(table, "Note: fewer than 20 users to draw from");
    free(table);
    llmx_preferences_release(&p);
}

/* As many wins however long the texts: control changes nothing. All of one length: neither. */
static void test_length_control__leaves_what_length_does_not_explain(void **state)
{
    (void)state;
    struct llmx_preferences p =
        measured(PAIR("1", "aaaa", "b", "0.9", "0.9") PAIR("2", "aaaa", "b", "0.1", "0.1")
                     PAIR("3", "a", "bbbb", "0.9", "0.9") PAIR("4", "a", "bbbb", "0.1", "0.1"));
    assert_near(p.system[0].length_controlled.mean, .5, CLOSE);
    assert_near(p.system[0].longer_by, 0, 0);
    assert_near(p.system[0].characters, 2.5, 0);
    llmx_preferences_release(&p);
    p = measured(PAIR("1", "é", "b", "0.9", "0.9") PAIR("2", "a", "b", "0.9", "0.9")
                     PAIR("3", "a", "b", "0.1", "0.1") PAIR("4", "a", "b", "0.9", "0.4"));
    assert_near(p.system[0].length_controlled.mean, .625, CLOSE);
    assert_near(p.system[0].win_score.mean, .625, 0);
    llmx_preferences_release(&p);
}

/* Where the longer text always wins, nothing can be said of equal lengths; nor where one system always wins. */
static void test_length_control__is_undefined_where_length_is_all(void **state)
{
    (void)state;
    struct llmx_preferences p =
        measured(PAIR("1", "aaaa", "b", "0.9", "0.9") PAIR("2", "a", "bb", "0.1", "0.1"));
    assert_true(isnan(p.system[0].length_controlled.mean));
    assert_true(isnan(p.system[0].length_controlled.low));
    llmx_preferences_release(&p);
    p = measured(PAIR("1", "aaaa", "b", "0.9", "0.9") PAIR("2", "a", "bb", "0.9", "0.9"));
    assert_true(isnan(p.system[0].length_controlled.mean));
    assert_true(isnan(p.system[0].bradley_terry));
    assert_true(p.system[0].bradley_terry_ridge > 0);
    llmx_preferences_release(&p);
}

static void test_preferences__count_what_was_judged_in_one_order(void **state)
{
    (void)state;
    struct llmx_preferences p =
        measured(PAIR("1", "a", "b", "0.9", "null") PAIR("2", "a", "b", "null", "0.1")
                     PAIR("3", "a", "b", "null", "null") PAIR("4", "a", "b", "0.9", "0.9"));
    assert_int_equal(p.pairs, 3);
    assert_int_equal(p.one_order, 2);
    assert_int_equal(p.unjudged, 1);
    assert_int_equal(p.system[0].tally[LLMX_MERGED].comparisons, 1);
    assert_int_equal(p.system[0].tally[LLMX_ONE_ORDER].wins, 2);
    assert_int_equal(p.system[1].tally[LLMX_TWO_ORDERS].wins, 1);
    assert_int_equal(p.position.pairs, 1);
    assert_int_equal(p.position.first_wins, 3);
    assert_int_equal(p.position.second_wins, 1);
    assert_near(p.position.first_share.mean, .75, 0);
    llmx_preferences_release(&p);
}

static json_t *printed(const struct llmx_preferences *p)
{
    struct llmx_error err;
    FILE *f = fopen(test_path("found.json"), "w");
    assert_int_equal(llmx_preferences_print(p, f, 1, &err), 0);
    fclose(f);
    json_t *json = json_file_read(test_path("found.json"), &err);
    if (!json)
        fail_msg("%s", err.message);
    return json;
}

static void test_preferences__print_what_others_rely_on(void **state)
{
    (void)state;
    static const char *const keys[] = {"comparisons",       "wins",         "ties", "losses",
                                       "win_ratio",         "win_score",    "low",  "high",
                                       "length_controlled", "bradley_terry"};
    struct llmx_preferences p =
        measured(PAIR("1", "aaaa", "b", "0.9", "0.9") PAIR("2", "a", "bb", "0.9", "0.9"));
    json_t *json = printed(&p);
    json_t *first;
    const char *key;
    json_object_foreach(json, key, first)
    {
        assert_string_equal(key, "view");
        assert_string_equal(json_string_value(first), "judge compare");
        break;
    }
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        at(at(json, "systems/x"), keys[k]);
    assert_near(number_at(json, "systems/x/low"), 1, 0);
    assert_true(json_is_null(at(json, "systems/x/bradley_terry")));
    assert_near(number_at(json, "position_consistency"), 1, 0);
    assert_near(number_at(json, "matrix/y/x/losses"), 2, 0);
    assert_string_equal(json_string_value(at(json, "drawn")), "users");
    json_decref(json);
    llmx_preferences_release(&p);
}

static void assert_refused(const char *lines, const char *said)
{
    struct llmx_pairs *pairs;
    struct llmx_preferences p;
    struct llmx_error err;
    assert_int_equal(llmx_pairs_read(&pairs, test_file("pairs.jsonl", lines), NULL), 0);
    assert_int_equal(llmx_preferences_measure(pairs, &how, &p, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, said);
    llmx_pairs_close(pairs);
}

static void test_preferences__refuse_what_says_nothing(void **state)
{
    (void)state;
    assert_refused(PAIR("1", "a", "b", "null", "null"), "none of the 1 pairs was judged");
    assert_refused("{\"prompt\":\"\",\"a\":\"\",\"b\":\"\",\"system_a\":\"x\",\"p_a_first\":1}\n",
                   "judged pair 1 lacks \"system_b\"");
    assert_refused("{\"prompt\":\"\",\"a\":\"\",\"b\":\"\",\"system_a\":\"x\",\"system_b\":\"x\","
                   "\"p_a_first\":1}\n",
                   "judged pair 1: both texts are of 'x'");
}

/* Verdicts beside people's ratings: what is written of each text can be held to them. */
static void test_preferences__are_figures_for_ratings(void **state)
{
    (void)state;
    struct llmx_pairs *pairs;
    const char *lines =
        "{\"prompt\":\"\",\"item\":7,\"user\":\"u\",\"a\":\"\",\"b\":\"\",\"system_a\":\"x\","
        "\"system_b\":\"y\",\"p_a_first\":0.75,\"p_a_second\":0.25}\n"
        "{\"prompt\":\"\",\"item\":7,\"user\":\"u\",\"a\":\"\",\"b\":\"\",\"system_a\":\"x\","
        "\"system_b\":\"z\",\"p_a_first\":1,\"p_a_second\":1}\n"
        "{\"prompt\":\"\",\"item\":7,\"user\":\"u\",\"a\":\"\",\"b\":\"\",\"system_a\":\"y\","
        "\"system_b\":\"z\",\"p_a_first\":0.75,\"p_a_second\":0.75}\n";
    assert_int_equal(llmx_pairs_read(&pairs, test_file("judged.jsonl", lines), NULL), 0);
    assert_int_equal(llmx_preferences_write(pairs, test_path("texts.jsonl"), NULL), 0);
    char *texts = test_read(test_path("texts.jsonl"));
    assert_string_equal(
        texts,
        "{\"user\":\"u\",\"item\":\"7\",\"system\":\"x\",\"win_score\":0.75,\"preference\":0.75}\n"
        "{\"user\":\"u\",\"item\":\"7\",\"system\":\"y\",\"win_score\":0.75,\"preference\":0.625}\n"
        "{\"user\":\"u\",\"item\":\"7\",\"system\":\"z\",\"win_score\":0.0,\"preference\":0.125}"
        "\n");
    free(texts);
    llmx_pairs_close(pairs);

    struct llmx_ratings *ratings;
    struct llmx_error err;
    const struct llmx_ratings_options of_users = {.user = "user", .resampling = how};
    const char *said = test_file("ratings.csv", "rater,user,item,system,aspect,value\nr,u,7,x,c,5\n"
                                                "r,u,7,y,c,4\nr,u,7,z,c,1\n");
    if (llmx_ratings_open(&ratings, said, &of_users, &err) != 0 ||
        llmx_ratings_figures(ratings, test_path("texts.jsonl"), &err) != 0)
        fail_msg("%s", err.message);
    FILE *f = fopen(test_path("ratings.json"), "w");
    assert_int_equal(llmx_ratings_print(ratings, f, 1, NULL), 0);
    fclose(f);
    llmx_ratings_destroy(ratings);
    json_t *found = json_file_read(test_path("ratings.json"), NULL);
    assert_near(number_at(found, "figures/preference/c/item/spearman/value"), 1, CLOSE);
    json_decref(found);
}

static int measure_again(void *context, struct llmx_error *err)
{
    struct llmx_preferences p;
    const struct llmx_resampling few = {.resamples = 100, .seed = 1, .threads = 1};
    if (llmx_preferences_measure(context, &few, &p, err) != 0)
        return -1;
    llmx_preferences_release(&p);
    return llmx_preferences_write(context, test_path("w"), err);
}

static void test_preferences__memory_that_runs_out(void **state)
{
    (void)state;
    struct llmx_pairs *pairs;
    const char *lines = PAIR("1", "aaaa", "b", "0.9", "0.9") PAIR("2", "a", "bb", "0.9", "0.9");
    assert_int_equal(llmx_pairs_read(&pairs, test_file("pairs.jsonl", lines), NULL), 0);
    assert_true(failing_alloc_each(measure_again, pairs) > 20);
    llmx_pairs_close(pairs);
}

/* ---- the paper's own verdicts ---- */

/* Pairs of one order, as the paper has them: recommender, dataset, first, second, wins of either, unreadable answers. */
static struct llmx_pairs *paper_pairs(const struct rows *rows, const char *recommender,
                                      const char *dataset, const char *says)
{
    struct llmx_pairs *pairs = pairs_create(NULL);
    for (size_t i = 0; i < rows->n; i++) {
        char *const *f = rows->field + 7 * i;
        static const double p_first[] = {1, 0,
                                         .5}; /* an answer that cannot be read: nobody's win */
        if (strcmp(f[0], recommender) != 0 || strcmp(f[1], dataset) != 0)
            continue;
        for (size_t k = 0; k < 3; k++)
            for (long n = strtol(f[4 + k], NULL, 10); n > 0; n--) {
                const struct llmx_pair pair = {.prompt = "",
                                               .text = {"", ""},
                                               .system = {f[2], f[3]},
                                               .p_a = {says ? 0 : p_first[k], says ? 1 : NAN}};
                assert_int_equal(pairs_add(pairs, &pair, NULL), 0);
            }
    }
    return pairs;
}

/* Its published table is wins / comparisons of one order; a judge that always says "2" gives nearly the same order of
 * systems there, and half for everybody when asked in both orders. */
static void test_preferences__equal_the_papers_table(void **state)
{
    (void)state;
    const struct llmx_resampling few = {.resamples = 100, .seed = 1};
    struct rows rows = rows_of("paper_win_counts.csv", NULL, 7);
    json_t *all = golden("paper_win_expected.json"), *by_set, *expected;
    const char *recommender, *dataset;
    json_object_foreach(all, recommender, by_set) json_object_foreach(by_set, dataset, expected)
    {
        struct llmx_pairs *pairs = paper_pairs(&rows, recommender, dataset, NULL),
                          *second = paper_pairs(&rows, recommender, dataset, "2");
        struct llmx_preferences p, q;
        assert_int_equal(llmx_preferences_measure(pairs, &few, &p, NULL), 0);
        assert_int_equal(llmx_preferences_measure(second, &few, &q, NULL), 0);
        assert_int_equal(p.n, 5);
        for (int s = 0; s < p.n; s++) {
            const struct llmx_tally *t = &p.system[s].tally[LLMX_ONE_ORDER];
            const char *name = p.system[s].name;
            assert_near(100 * llmx_win_ratio(t), number_at(at(expected, "win_ratio_percent"), name),
                        CLOSE * 100);
            assert_int_equal(t->comparisons, number_at(at(expected, "comparisons"), name));
            assert_near(
                100 * llmx_win_ratio(&system_of(&q, name)->tally[LLMX_ONE_ORDER]),
                number_at(at(expected, "win_ratio_percent_of_a_judge_that_always_says_second"),
                          name),
                CLOSE * 100);
            assert_near(system_of(&q, name)->win_score.mean, .5, 0);
        }
        llmx_preferences_release(&p);
        llmx_preferences_release(&q);
        llmx_pairs_close(pairs);
        llmx_pairs_close(second);
    }
    json_decref(all);
    free(rows.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preferences__equal_the_golden_tables),
        cmocka_unit_test(test_strengths__equal_the_golden_ones_of_both_orders),
        cmocka_unit_test(test_length_control__equals_the_golden_fits),
        cmocka_unit_test(test_length_control__has_an_interval_over_groups),
        cmocka_unit_test(test_logistic__equals_the_golden_fit_of_three_columns),
        cmocka_unit_test(test_preferences__a_constant_judge_says_nothing),
        cmocka_unit_test(test_length_control__leaves_what_length_does_not_explain),
        cmocka_unit_test(test_length_control__is_undefined_where_length_is_all),
        cmocka_unit_test(test_preferences__count_what_was_judged_in_one_order),
        cmocka_unit_test(test_preferences__print_what_others_rely_on),
        cmocka_unit_test(test_preferences__refuse_what_says_nothing),
        cmocka_unit_test(test_preferences__are_figures_for_ratings),
        cmocka_unit_test(test_preferences__memory_that_runs_out),
        cmocka_unit_test(test_preferences__equal_the_papers_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
