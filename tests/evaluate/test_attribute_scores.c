/* Scores of attributes and what guesses them by counting, against scikit-learn (tests/golden/evaluate/README.md), and a probe
 * where the answer is known. */
#include "base/rng.h"
#include "evaluate/attribute_guesses.h"
#include "format/json_file.h"
#include "support/test.h"

#define GOLDEN "tests/golden/evaluate/"
#define CLOSE  1e-9 /* relative to max(1, |value|), as the golden values promise */
#define MANY   128
#define BITS   64

static json_t *tables, *expected;

/* One table: rows learnt from come first, rows asked follow. */
struct table {
    const json_t *in, *out, *classes;
    struct guessing guessing;
    struct answered truth, answers, majority;
    size_t chosen[MANY], start[MANY + 1];
    int32_t bit[MANY * BITS], groups[MANY];
    struct bit_rows bits;
    enum attribute_kind kind;
    int unknown;
};

static json_t *golden(const char *name)
{
    struct llmx_error err;
    char path[200];
    snprintf(path, sizeof path, GOLDEN "%s", name);
    json_t *json = json_file_read(path, &err);
    if (!json)
        fail_msg("%s", err.message);
    return json;
}

static void assert_golden(double value, const json_t *object, const char *key)
{
    const json_t *figure = json_object_get(object, key);
    const double number = json_number_value(figure), size = fabs(number) > 1 ? fabs(number) : 1;
    assert_true(json_is_number(figure));
    if (!(fabs(value - number) <= CLOSE * size))
        fail_msg("%s = %.15g, expected %.15g", key, value, number);
}

static int class_of(const struct table *t, const json_t *value)
{
    for (size_t k = 0; k < json_array_size(t->classes); k++)
        if (json_equal(json_array_get(t->classes, k), value))
            return (int)k;
    return -1;
}

/* What the file says in the place of one answer: a value, a list, or null. */
static void put_answer(struct table *t, struct answered *to, size_t row, const json_t *answer)
{
    if (!json_is_array(answer)) {
        answered_set(to, t->guessing.n_classes, row, class_of(t, answer));
        return;
    }
    to->is_parsed[row] = 1;
    for (size_t i = 0; i < json_array_size(answer); i++) {
        const int k = class_of(t, json_array_get(answer, i));
        if (k >= 0)
            to->has[row * (size_t)t->guessing.n_classes + (size_t)k] = 1;
        t->unknown += k < 0;
    }
}

static void put_bits(struct table *t, size_t row, const char *bits)
{
    size_t n = t->start[row];
    t->bits.n_bits = (int)strlen(bits);
    for (int i = 0; bits[i]; i++)
        if (bits[i] == '1')
            t->bit[n++] = i;
    t->start[row + 1] = n;
}

static void put_rows(struct table *t, const char *truths, const char *histories, size_t from)
{
    const json_t *truth = json_object_get(t->in, truths),
                 *history = json_object_get(t->in, histories);
    for (size_t i = 0; i < json_array_size(truth); i++) {
        put_answer(t, &t->truth, from + i, json_array_get(truth, i));
        put_bits(t, from + i, json_string_value(json_array_get(history, i)));
        t->chosen[from + i] = from + i;
        t->groups[i] = (int32_t)i;
    }
}

static void table_make(struct table *t, const char *name)
{
    memset(t, 0, sizeof *t);
    t->in = json_object_get(tables, name);
    t->out = json_object_get(expected, name);
    t->classes = json_object_get(t->in, "classes");
    const char *kind = json_string_value(json_object_get(t->in, "kind"));
    t->kind = kind[0] == 's'   ? ATTRIBUTE_SINGLE
              : kind[0] == 'o' ? ATTRIBUTE_ORDINAL
                               : ATTRIBUTE_MULTI;
    const size_t learnt = json_array_size(json_object_get(t->in, "train_truth")),
                 asked = json_array_size(json_object_get(t->in, "test_truth"));
    const int n_classes = (int)json_array_size(t->classes);
    assert_in_range(learnt + asked, 1, MANY);
    assert_int_equal(answered_make(&t->truth, MANY, n_classes, NULL), 0);
    assert_int_equal(answered_make(&t->answers, MANY, n_classes, NULL), 0);
    assert_int_equal(answered_make(&t->majority, MANY, n_classes, NULL), 0);
    t->bits = (struct bit_rows){t->start, t->bit, 0};
    t->guessing = (struct guessing){t->kind == ATTRIBUTE_MULTI, n_classes, &t->truth, t->chosen,
                                    t->chosen + learnt,         learnt,    asked};
    put_rows(t, "train_truth", "train_history", 0);
    put_rows(t, "test_truth", "test_history", learnt);
    t->unknown = 0;
    assert_int_equal(guess_majority(&t->majority, &t->guessing, NULL), 0);
}

static void table_release(struct table *t)
{
    answered_release(&t->truth);
    answered_release(&t->answers);
    answered_release(&t->majority);
}

static struct attribute_scores score(struct table *t, const struct answered *answers)
{
    struct attribute_scores scores;
    const struct scoring scoring = {t->kind,
                                    t->guessing.n_classes,
                                    t->guessing.asked,
                                    t->groups,
                                    t->guessing.n_asked,
                                    &t->truth,
                                    &t->majority,
                                    {.resamples = 200, .seed = 1, .threads = 1}};
    assert_int_equal(attribute_score(&scores, &scoring, answers, NULL), 0);
    return scores;
}

static void assert_classes(const struct table *t, const struct attribute_scores *s,
                           const json_t *figures)
{
    const json_t *f1 = json_object_get(figures, "f1");
    for (size_t k = 0; k < json_array_size(t->classes); k++)
        assert_golden(s->f1[k], f1, json_string_value(json_array_get(t->classes, k)));
    assert_golden(s->macro_f1.mean, figures, "macro_f1");
}

static void assert_single(struct table *t, const struct answered *answers, const char *guesser)
{
    const json_t *figures = json_object_get(t->out, guesser);
    const struct attribute_scores s = score(t, answers);
    assert_classes(t, &s, figures);
    assert_golden(s.accuracy.mean, figures, "accuracy");
    if (t->kind != ATTRIBUTE_ORDINAL)
        return;
    assert_golden(s.error.mean, figures, "mean_absolute_error");
    assert_golden(s.within_one, figures, "within_one");
    if (json_object_get(figures, "parsable_rows")) {
        assert_golden(s.parsable, figures, "parsable_rows");
        assert_golden(s.parsable_error, figures, "parsable_mean_absolute_error");
        assert_golden(s.parsable_kappa, figures, "parsable_quadratic_kappa");
        assert_golden(s.parsable_tau, figures, "parsable_kendall_tau_b");
    }
}

static void assert_multi(struct table *t, const struct answered *answers, const char *guesser)
{
    const json_t *figures = json_object_get(t->out, guesser);
    const struct attribute_scores s = score(t, answers);
    assert_classes(t, &s, figures);
    assert_golden(s.accuracy.mean, figures, "exact_match");
    assert_golden(s.micro_f1, figures, "micro_f1");
    assert_golden(s.micro_precision, figures, "micro_precision");
    assert_golden(s.micro_recall, figures, "micro_recall");
    assert_golden(s.row_f1.mean, figures, "mean_row_f1");
    assert_golden(s.row_jaccard, figures, "mean_row_jaccard");
}

/* The answers of a guesser, row by row, where the file has them. */
static void assert_answers(struct table *t, const char *guesser)
{
    const json_t *answers = json_object_get(json_object_get(t->out, guesser), "answers");
    struct answered right;
    const size_t n_classes = (size_t)t->guessing.n_classes;
    assert_int_equal(answered_make(&right, MANY, (int)n_classes, NULL), 0);
    for (size_t i = 0; i < t->guessing.n_asked; i++) {
        const size_t row = t->guessing.asked[i];
        put_answer(t, &right, row, json_array_get(answers, i));
        assert_memory_equal(right.has + row * n_classes, t->answers.has + row * n_classes,
                            n_classes);
    }
    answered_release(&right);
}

static void put_predictions(struct table *t)
{
    const json_t *answers = json_object_get(t->in, "test_predictions");
    for (size_t i = 0; i < t->guessing.n_asked; i++)
        put_answer(t, &t->answers, t->guessing.asked[i], json_array_get(answers, i));
    assert_golden(score(t, &t->answers).unparsable, t->out, "unparsable");
}

static void assert_posteriors(const struct table *t)
{
    int32_t label[MANY];
    double logprob[ATTRIBUTE_CLASSES_MAX];
    struct naive_bayes model;
    const json_t *rows =
        json_object_get(json_object_get(t->out, "naive_bayes"), "log_posterior_first5");
    for (size_t i = 0; i < t->guessing.n_learnt; i++)
        label[i] = answered_first(&t->truth, t->guessing.n_classes, i);
    assert_int_equal(naive_bayes_fit(&model, &t->bits, t->chosen, label, t->guessing.n_learnt,
                                     t->guessing.n_classes, NULL),
                     0);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        naive_bayes_predict(&model, &t->bits, t->guessing.asked[i], logprob);
        for (size_t k = 0; k < json_array_size(t->classes); k++)
            if (json_object_get(row, json_string_value(json_array_get(t->classes, k))))
                assert_golden(logprob[k], row, json_string_value(json_array_get(t->classes, k)));
    }
    naive_bayes_release(&model);
}

static void hold_single(const char *name)
{
    struct table t;
    table_make(&t, name);
    put_predictions(&t);
    assert_single(&t, &t.answers, "model");
    assert_single(&t, &t.majority, "majority");
    assert_int_equal(guess_naive_bayes(&t.answers, &t.guessing, &t.bits, NULL), 0);
    assert_answers(&t, "naive_bayes");
    assert_single(&t, &t.answers, "naive_bayes");
    assert_posteriors(&t);
    table_release(&t);
}

static void test_attribute_scores__of_single_values_are_scikit_learns(void **state)
{
    (void)state;
    hold_single("occupation");
}

static void test_attribute_scores__of_ordinal_values_are_scikit_learns(void **state)
{
    (void)state;
    hold_single("age_group");
}

static void test_attribute_scores__of_lists_are_scikit_learns(void **state)
{
    (void)state;
    struct table t;
    table_make(&t, "topics");
    put_predictions(&t);
    assert_golden(t.unknown, t.out, "unknown_values_dropped");
    assert_multi(&t, &t.answers, "model");
    assert_multi(&t, &t.majority, "majority_per_value");
    assert_int_equal(guess_majority_set(&t.answers, &t.guessing, NULL), 0);
    assert_multi(&t, &t.answers, "majority_set");
    assert_int_equal(guess_naive_bayes(&t.answers, &t.guessing, &t.bits, NULL), 0);
    assert_answers(&t, "naive_bayes");
    assert_multi(&t, &t.answers, "naive_bayes");
    table_release(&t);
}

/* The majority is no better than itself, in any resample; what is always right is by as much as is missing. */
static void test_attribute_scores__difference_from_the_majority(void **state)
{
    (void)state;
    struct table t;
    table_make(&t, "occupation");
    struct attribute_scores s = score(&t, &t.majority);
    assert_near(s.above_majority.mean, 0, 0);
    assert_near(s.above_majority.high, 0, 0);
    assert_near(s.commonest_share, 1, 0);
    assert_int_equal(s.commonest[3], 1);
    s = score(&t, &t.truth);
    assert_near(s.accuracy.low, 1, 0);
    assert_near(s.above_majority.mean, 1 - 0.325, 1e-12);
    assert_true(s.above_majority.low > 0.4 && s.above_majority.high < 0.9);
    table_release(&t);
}

/* One coordinate of three tells the class, with noise; the others tell nothing. */
static void test_attribute_guesses__probe_reads_what_an_embedding_holds(void **state)
{
    (void)state;
    enum { ROWS = 400, LEARNT = 300, DIM = 3 };
    static float embedding[ROWS * DIM];
    static size_t rows[ROWS];
    struct answered truth, answers;
    assert_int_equal(answered_make(&truth, ROWS, 2, NULL), 0);
    assert_int_equal(answered_make(&answers, ROWS, 2, NULL), 0);
    struct rng rng = rng_stream(5, RNG_INIT, 0);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = i;
        answered_set(&truth, 2, i, (int)rng_below(&rng, 2));
        for (int d = 0; d < DIM; d++)
            embedding[i * DIM + (size_t)d] = (float)(100 + 7 * rng_normal(&rng));
        embedding[i * DIM + 1] += 30 * truth.has[i * 2];
    }
    const struct guessing g = {false, 2, &truth, rows, rows + LEARNT, LEARNT, ROWS - LEARNT};
    assert_int_equal(guess_probe(&answers, &g, embedding, DIM, NULL), 0);
    int right = 0;
    for (size_t i = LEARNT; i < ROWS; i++)
        right += truth.has[i * 2] == answers.has[i * 2];
    assert_in_range(right, 95, 100);
    answered_release(&truth);
    answered_release(&answers);
}

static int setup(void **state)
{
    (void)state;
    tables = golden("attributes_tables.json");
    expected = golden("attributes_expected.json");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(tables);
    json_decref(expected);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attribute_scores__of_single_values_are_scikit_learns),
        cmocka_unit_test(test_attribute_scores__of_ordinal_values_are_scikit_learns),
        cmocka_unit_test(test_attribute_scores__of_lists_are_scikit_learns),
        cmocka_unit_test(test_attribute_scores__difference_from_the_majority),
        cmocka_unit_test(test_attribute_guesses__probe_reads_what_an_embedding_holds),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
