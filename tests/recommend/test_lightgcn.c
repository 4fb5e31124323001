/* LightGCN against RecBole's values (require_pow), against finite differences, and what every model promises. */
#include "recommend/lightgcn.h"

#include "base/memory.h"
#include "llmxrec/llmxrec.h"
#include "run/run.h"
#include "support/data.h"
#include "support/test.h"

#include <jansson.h>

#define USERS 6 /* RecBole's, the padding among them */
#define ITEMS 8
#define DIM   4
#define NODES (USERS + ITEMS)
#define N     (NODES * DIM)

struct tiny {
    json_t *golden;
    struct lightgcn_graph graph;
    struct batch batch;
    float base[N], final[N], hidden[N], gradient[N], touches[NODES], slope[8], loss[8];
    double l2;
};

static void read_tensor(const json_t *tensors, const char *name, float *values)
{
    const json_t *value, *list = json_object_get(json_object_get(tensors, name), "values");
    size_t i;
    assert_true(json_array_size(list) > 0);
    json_array_foreach(list, i, value)
    {
        values[i] = (float)json_number_value(value);
    }
}

static int pair_of(const json_t *list, size_t row, size_t place)
{
    return (int)json_integer_value(json_array_get(json_array_get(list, row), place));
}

static void make_graph(struct tiny *t)
{
    const json_t *edges = json_object_get(t->golden, "edges_user_item");
    struct incidence *in = mem_array(1, sizeof *in, NULL);
    const size_t n = json_array_size(edges);
    *in = (struct incidence){.users = USERS,
                             .items = ITEMS,
                             .n = n,
                             .user_start = mem_array(USERS + 1, sizeof(size_t), NULL),
                             .user_item = mem_array(n, sizeof(llmx_id), NULL),
                             .item_start = mem_array(ITEMS + 1, sizeof(size_t), NULL),
                             .item_user = mem_array(n, sizeof(llmx_id), NULL)};
    size_t users = 0, items = 0;
    for (int node = 0; node < NODES; node++) {
        for (size_t e = 0; e < n; e++) {
            if (node < USERS && pair_of(edges, e, 0) == node)
                in->user_item[users++] = pair_of(edges, e, 1);
            else if (node >= USERS && pair_of(edges, e, 1) == node - USERS)
                in->item_user[items++] = pair_of(edges, e, 0);
            else
                continue;
        }
        *(node < USERS ? &in->user_start[node + 1] : &in->item_start[node - USERS + 1]) =
            node < USERS ? users : items;
    }
    assert_int_equal(lightgcn_graph_create(
                         &t->graph, in, DIM,
                         (int)json_integer_value(json_object_get(t->golden, "n_layers")), NULL),
                     0);
}

static void make_batch(struct tiny *t)
{
    const json_t *triples = json_object_get(t->golden, "triples_user_pos_neg");
    const size_t n = json_array_size(triples);
    assert_int_equal(batch_create(&t->batch, (int)n, NULL), 0);
    for (int user = 0; user < USERS; user++)
        for (size_t e = 0; e < n; e++)
            if (pair_of(triples, e, 0) == user) {
                t->batch.slot[t->batch.n] = user;
                t->batch.positive[t->batch.n] = pair_of(triples, e, 1);
                t->batch.negative[t->batch.n++] = pair_of(triples, e, 2);
            }
    batch_group(&t->batch, ITEMS);
}

static void tiny_open(struct tiny *t)
{
    *t = (struct tiny){.golden =
                           json_load_file("tests/golden/recbole/lightgcn_tiny_pow.json", 0, NULL)};
    assert_non_null(t->golden);
    make_graph(t);
    make_batch(t);
    const json_t *params = json_object_get(t->golden, "params");
    read_tensor(params, "user_embedding.weight", t->base);
    read_tensor(params, "item_embedding.weight", t->base + USERS * DIM);
    t->l2 = json_number_value(json_object_get(t->golden, "reg_weight"));
}

static void tiny_close(struct tiny *t)
{
    lightgcn_graph_release(&t->graph);
    batch_release(&t->batch);
    json_decref(t->golden);
}

/* The whole loss at t->base, its gradient in t->final. */
static double loss_of(struct tiny *t)
{
    lightgcn_propagate(&t->graph, t->final, t->hidden, t->base, NULL, NULL);
    memset(t->gradient, 0xff, sizeof t->gradient); /* every row is to be written */
    memset(t->touches, 0xff, sizeof t->touches);
    const struct lightgcn_step step = {.batch = &t->batch,
                                       .final = t->final,
                                       .gradient = t->gradient,
                                       .touches = t->touches,
                                       .users = USERS,
                                       .items = ITEMS,
                                       .dim = DIM,
                                       .slope = t->slope,
                                       .loss = t->loss};
    double loss = lightgcn_gradient(&step, NULL);
    lightgcn_propagate(&t->graph, t->final, t->hidden, t->gradient, NULL, NULL);
    for (int node = 0; node < NODES; node++) /* as blocks of rows do, one after the other */
        loss += lightgcn_regularise(&step, t->base, t->l2, t->final, node, node + 1);
    return loss;
}

static void hold_table(const json_t *tensors, const float *values, double tolerance)
{
    float want[N];
    read_tensor(tensors, "user_embedding.weight", want);
    read_tensor(tensors, "item_embedding.weight", want + USERS * DIM);
    for (int i = 0; i < N; i++)
        assert_near(values[i], want[i], tolerance);
}

static void test_lightgcn__propagates_as_recbole(void **state)
{
    (void)state;
    struct tiny t;
    float want[N];
    tiny_open(&t);
    lightgcn_propagate(&t.graph, t.final, t.hidden, t.base, NULL, NULL);
    read_tensor(t.golden, "final_user", want);
    read_tensor(t.golden, "final_item", want + USERS * DIM);
    for (int i = 0; i < N; i++)
        assert_near(t.final[i], want[i], 1e-6);
    tiny_close(&t);
}

static void test_lightgcn__loss_and_gradients_are_recboles(void **state)
{
    (void)state;
    struct tiny t;
    tiny_open(&t);
    assert_near(loss_of(&t), json_number_value(json_object_get(t.golden, "loss")), 1e-6);
    hold_table(json_object_get(t.golden, "grads"), t.final, 1e-6);
    tiny_close(&t);
}

static void test_lightgcn__gradients_are_finite_differences(void **state)
{
    (void)state;
    struct tiny t;
    float gradient[N];
    tiny_open(&t);
    t.l2 = 0.3;
    for (int layers = 1; layers <= 3; layers++) {
        t.graph.layers = layers;
        loss_of(&t);
        memcpy(gradient, t.final, sizeof gradient);
        for (int i = 0; i < N; i += 3) {
            const float was = t.base[i];
            t.base[i] = was + 1e-2f;
            const double above = loss_of(&t);
            t.base[i] = was - 1e-2f;
            const double below = loss_of(&t);
            t.base[i] = was;
            assert_near(gradient[i], (above - below) / 2e-2, 2e-5);
        }
    }
    tiny_close(&t);
}

/* ---- the model ---- */

static struct llmx_data *data;

static struct llmx_train_options quick(int threads)
{
    struct llmx_train_options options = llmx_train_defaults("lightgcn");
    options.dim = 24; /* no multiple of a vector's 16 */
    options.layers = 3;
    options.epochs = options.min_epochs = 30;
    options.batch = 200;
    options.learning_rate = 0.01;
    options.threads = threads;
    options.force = 1;
    return options;
}

static struct llmx_run *open_run(const char *name, int threads)
{
    const struct llmx_train_options options = quick(threads);
    struct llmx_run *run;
    struct llmx_error err;
    if (llmx_train(data, &options, test_path(name), &err) != 0 ||
        llmx_run_open(&run, test_path(name), data, &err) != 0)
        fail_msg("%s", err.message);
    return run;
}

static const float *array_of(const struct llmx_run *run, const char *name)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    const int n = run->row->arrays(run->model, arrays);
    for (int i = 0; i < n; i++)
        if (strcmp(arrays[i].name, name) == 0)
            return arrays[i].data;
    fail_msg("no array %s", name);
    return NULL;
}

/* What the history carries, and what the user's own E(0) does, make up the score. */
static void test_lightgcn__evidence_sums_to_the_score(void **state)
{
    (void)state;
    const struct llmx_train_options options = quick(2);
    struct llmx_run *run = open_run("sum", 2);
    const llmx_id items = llmx_data_items(data), asked[] = {0, 5, items - 1};
    const float *base = array_of(run, "user_base"), *final = array_of(run, "item_embedding");
    float *scores = calloc((size_t)items, sizeof *scores);
    for (llmx_id u = 0; u < 10; u++) {
        struct llmx_person person = run_person(run, u);
        float parts[3 * 100];
        for (int by_history = 0; by_history < 2; by_history++) {
            person.user = by_history ? -1 : u;
            assert_int_equal(run->row->score(run->model, &person, 1, scores, NULL), 0);
            assert_int_equal(run->row->evidence(run->model, &person, asked, 3, parts, NULL), 0);
            for (int i = 0; i < 3; i++) {
                double sum = 0, size = 1e-3;
                for (int d = 0; d < options.dim && !by_history; d++)
                    sum += (double)base[u * options.dim + d] *
                           (double) final[asked[i] * options.dim + d] / (options.layers + 1);
                for (int j = 0; j < person.n; j++) {
                    sum += (double)parts[i * person.n + j];
                    size += fabs((double)parts[i * person.n + j]);
                }
                assert_near(sum, scores[asked[i]], 1e-4 * size);
            }
        }
    }
    free(scores);
    llmx_run_destroy(run);
}

static void test_lightgcn__learns_who_likes_what(void **state)
{
    (void)state;
    struct llmx_train_options options = quick(2);
    struct llmx_train_report report, popular;
    options.report = &report;
    assert_int_equal(llmx_train(data, &options, test_path("learns"), NULL), 0);
    options = llmx_train_defaults("pop");
    options.report = &popular;
    assert_int_equal(llmx_train(data, &options, test_path("popular"), NULL), 0);
    assert_true(report.test.at[1].ndcg > popular.test.at[1].ndcg);
}

static int set_up(void **state)
{
    (void)state;
    data = test_data("lightgcn.inter", 80, 50, 14, 4);
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
        cmocka_unit_test(test_lightgcn__propagates_as_recbole),
        cmocka_unit_test(test_lightgcn__loss_and_gradients_are_recboles),
        cmocka_unit_test(test_lightgcn__gradients_are_finite_differences),
        cmocka_unit_test(test_lightgcn__evidence_sums_to_the_score),
        cmocka_unit_test(test_lightgcn__learns_who_likes_what),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
