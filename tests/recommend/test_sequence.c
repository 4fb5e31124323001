/* What the sequence models share: windows, losses, training from end to end. */
#include "llmxrec/llmxrec.h"

#include "base/rng.h"
#include "recommend/item_loss.h"
#include "recommend/windows.h"
#include "support/data.h"
#include "support/test.h"

#define ITEMS 24

/* Users walk through the items in a circle: whoever knows the last item knows the next. */
static struct llmx_data *circles(const char *name, int users, int each)
{
    char path[4096];
    snprintf(path, sizeof path, "%s",
             test_file(name, "user_id:token\titem_id:token\ttimestamp:float\n"));
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    for (int u = 0; u < users; u++)
        for (int t = 0; t < each; t++)
            fprintf(f, "u%d\ti%d\t%d\n", u, (u * 7 + t) % ITEMS, t);
    fclose(f);
    struct llmx_data *data;
    struct llmx_error err;
    if (llmx_data_open(&data, path, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

static struct llmx_train_options quick(const char *model)
{
    struct llmx_train_options options = llmx_train_defaults(model);
    options.dim = options.inner = 16;
    options.max_length = 5;
    options.dropout = 0.1;
    options.batch = 100;
    options.negatives = 8;
    options.learning_rate = 0.01;
    options.epochs = 30;
    options.min_epochs = 0;
    options.patience = 0;
    options.threads = 2;
    return options;
}

static void train(const struct llmx_data *data, const struct llmx_train_options *options,
                  const char *run)
{
    struct llmx_error err;
    if (llmx_train(data, options, run, &err) != 0)
        fail_msg("%s", err.message);
}

static const char *const models[] = {"sasrec", "gru4rec"}, *const losses[] = {"ce", "sampled",
                                                                              "gbce", "bpr"};

static void test_windows__learn_every_target_once(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("windows.inter", 30, 60, 40, 1);
    for (int max_length = 1; max_length <= 60; max_length = max_length * 2 + 1) {
        struct windows w;
        int cuts[2] = {0};
        assert_int_equal(windows_create(&w, data, max_length, NULL), 0);
        assert_int_equal(w.targets, 30 * 37);
        for (int epoch = 1; epoch <= 2; epoch++) {
            unsigned char learnt[30][40] = {{0}};
            windows_draw(&w, 7, epoch);
            assert_true(w.n <= w.capacity);
            for (int i = 0; i < w.n; i++) {
                const struct window *x = &w.window[i];
                llmx_id user = 0;
                int n;
                while (llmx_data_history(data, user, LLMX_TRAIN, &n) != x->history)
                    user++;
                assert_true(x->first >= 0 && x->end - x->first <= max_length && x->end < n);
                for (int t = x->learnt; t < x->end; t++) {
                    learnt[user][t + 1]++;
                    assert_true(x->first == 0 || t - x->first >= max_length / 2);
                }
                cuts[epoch - 1] += x->end * (i + 1);
            }
            for (int u = 0; u < 30; u++)
                for (int t = 1; t < 38; t++)
                    assert_int_equal(learnt[u][t], 1);
        }
        assert_true(cuts[0] != cuts[1]);
        windows_release(&w);
    }
    llmx_data_destroy(data);
}

static void test_windows__need_two_items(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("short.inter", 10, 20, 3, 1);
    struct windows w;
    struct llmx_error err;
    assert_int_equal(windows_create(&w, data, 5, &err), -1);
    assert_contains(err.message, "no user has two items to learn from");
    windows_release(&w);
    llmx_data_destroy(data);
}

/* Every loss by its formula in double precision, at two blocks of states and three tiles of items. */
static double formula(const struct item_loss *l, const double *score, llmx_id target,
                      const llmx_id *negative)
{
    const double p = score[target], k = l->negatives, others = l->items - 1;
    double sum = 0;
    if (l->kind == LOSS_CE) {
        for (llmx_id i = 0; i < l->items; i++)
            sum += exp(score[i]);
        return log(sum) - p;
    }
    for (int j = 0; j < l->negatives; j++) {
        const double s = score[negative[j]];
        if (negative[j] == target)
            continue;
        if (l->kind == LOSS_SAMPLED)
            sum += exp(s) * others / k;
        else if (l->kind == LOSS_GBCE)
            sum += log1p(exp(s)) / (1 + k);
        else
            sum -= log(1e-10 + 1 / (1 + exp(s - p))) / k;
    }
    if (l->kind == LOSS_SAMPLED)
        return log(sum + exp(p)) - p;
    const double a = k / others, t = l->calibration, b = a * (t * (1 - 1 / a) + 1 / a);
    return l->kind == LOSS_GBCE ? sum + b * log1p(exp(-p)) / (1 + k) : sum;
}

#define STATES     300
#define MANY_ITEMS 1100
#define WIDTH      3
#define NEGATIVES  5

static void test_item_loss__is_the_formula(void **state)
{
    (void)state;
    static float item[MANY_ITEMS * WIDTH], states[STATES * WIDTH], dstate[STATES * WIDTH],
        ditem[MANY_ITEMS * WIDTH];
    static double score[MANY_ITEMS];
    static unsigned char touched[MANY_ITEMS];
    static llmx_id target[STATES];
    const llmx_id negative[NEGATIVES] = {3, 1000, 3, 600, 77};
    struct rng rng = rng_stream(4, RNG_INIT, 0);
    for (int i = 0; i < MANY_ITEMS * WIDTH; i++)
        item[i] = (float)rng_normal(&rng);
    for (int i = 0; i < STATES * WIDTH; i++)
        states[i] = (float)rng_normal(&rng);
    for (int i = 0; i < STATES; i++)
        target[i] = i == 9 ? 77 : (llmx_id)rng_below(&rng, MANY_ITEMS);
    for (int kind = 0; kind < 4; kind++) {
        const struct item_loss loss = {loss_kind(losses[kind]), WIDTH, MANY_ITEMS, NEGATIVES, 0.6};
        struct loss_scratch scratch = {0};
        double expected = 0;
        memset(ditem, 0, sizeof ditem);
        memset(touched, 0, sizeof touched);
        assert_int_equal(loss_scratch_create(&scratch, &loss, NULL), 0);
        for (int r = 0; r < STATES; r++) {
            for (int i = 0; i < MANY_ITEMS; i++) {
                score[i] = 0;
                for (int d = 0; d < WIDTH; d++)
                    score[i] += (double)item[i * WIDTH + d] * (double)states[r * WIDTH + d];
            }
            expected += formula(&loss, score, target[r], negative);
        }
        assert_near(item_loss(&loss, item, states, target, STATES, negative, 1, dstate, ditem,
                              touched, &scratch),
                    expected, 2e-6 * expected);
        assert_true(touched[77] && touched[target[0]]);
        assert_int_equal(touched[5], loss.kind == LOSS_CE);
        loss_scratch_release(&scratch);
    }
}

static void test_sequence__learns_what_follows_what(void **state)
{
    (void)state;
    struct llmx_data *data = circles("circles.inter", 40, 12);
    for (int m = 0; m < 2; m++) {
        for (int l = 0; l < 4; l++) {
            struct llmx_train_options options = quick(models[m]);
            struct llmx_train_report report;
            options.loss = losses[l];
            options.epochs = l == 3 ? 60 : 40;
            options.force = 1;
            options.report = &report;
            train(data, &options, test_path("circles"));
            assert_true(report.test.at[0].recall > 0.9); /* five at random of 13: .38 */
            assert_true(report.test.at[0].ndcg > 0.6);
        }
    }
    llmx_data_destroy(data);
}

/* New interactions: what was learnt of the items that stay goes on. */
static void test_sequence__takes_up_a_finished_run_with_new_data(void **state)
{
    (void)state;
    struct llmx_data *some = circles("some.inter", 20, 10), *all = circles("all.inter", 40, 12);
    for (int m = 0; m < 2; m++) {
        struct llmx_train_options options = quick(models[m]);
        struct llmx_train_report report;
        options.report = &report;
        options.force = 1;
        options.epochs = 40;
        train(some, &options, test_path("warm"));
        options.epochs = 1;
        options.learning_rate = 1e-4; /* too little to learn it anew */
        train(all, &options, test_path("cold"));
        const double cold = report.test.at[0].ndcg;
        options.force = 0;
        options.resume = 1;
        train(all, &options, test_path("warm"));
        assert_int_equal(report.was_finished, 0);
        assert_true(report.test.at[0].ndcg > cold + 0.1);
    }
    llmx_data_destroy(some);
    llmx_data_destroy(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows__learn_every_target_once),
        cmocka_unit_test(test_windows__need_two_items),
        cmocka_unit_test(test_item_loss__is_the_formula),
        cmocka_unit_test(test_sequence__learns_what_follows_what),
        cmocka_unit_test(test_sequence__takes_up_a_finished_run_with_new_data),
    };
    return cmocka_run_group_tests_name("sequence", tests, NULL, NULL);
}
