/* SASRec against RecBole: loss, scores, every gradient; and that one causal pass is all prefixes. */
#include "sequence_fixture.h"

#include "base/rng.h"

#include <jansson.h>

#define ITEMS                                                                                      \
    11 /* RecBole's, [PAD] among them: its ids are ours here, so that its softmax has as many columns */
#define DIM       8
#define SEQUENCES 4

/* RecBole's name of a block of a layer (L = its number), or of the whole; ours holds all layers. */
static const struct {
    const char *ours, *theirs;
    int third; /* of qkv: which of three; -1: not split */
} names[] = {
    {"position_embedding", "position_embedding.weight", -1},
    {"norm.gain", "LayerNorm.weight", -1},
    {"norm.bias", "LayerNorm.bias", -1},
    {"attention.qkv", "multi_head_attention.query.weight", 0},
    {"attention.qkv", "multi_head_attention.key.weight", 1},
    {"attention.qkv", "multi_head_attention.value.weight", 2},
    {"attention.qkv_bias", "multi_head_attention.query.bias", 0},
    {"attention.qkv_bias", "multi_head_attention.key.bias", 1},
    {"attention.qkv_bias", "multi_head_attention.value.bias", 2},
    {"attention.out", "multi_head_attention.dense.weight", -1},
    {"attention.out_bias", "multi_head_attention.dense.bias", -1},
    {"attention.norm.gain", "multi_head_attention.LayerNorm.weight", -1},
    {"attention.norm.bias", "multi_head_attention.LayerNorm.bias", -1},
    {"feed_forward.in", "feed_forward.dense_1.weight", -1},
    {"feed_forward.in_bias", "feed_forward.dense_1.bias", -1},
    {"feed_forward.out", "feed_forward.dense_2.weight", -1},
    {"feed_forward.out_bias", "feed_forward.dense_2.bias", -1},
    {"feed_forward.norm.gain", "feed_forward.LayerNorm.weight", -1},
    {"feed_forward.norm.bias", "feed_forward.LayerNorm.bias", -1},
};
#define NAMES  (sizeof names / sizeof *names)
#define LAYERS 2

static json_t *golden(const char *loss)
{
    char path[100];
    snprintf(path, sizeof path, "tests/golden/recbole/sasrec_tiny_%s.json", loss);
    json_t *all = json_load_file(path, 0, NULL);
    assert_non_null(all);
    return all;
}

static double element(const json_t *tensor, size_t i)
{
    const json_t *values = json_object_get(tensor, "values");
    assert_true(i < json_array_size(values));
    return json_number_value(json_array_get(values, i));
}

static struct llmx_train_options tiny(const char *loss)
{
    struct llmx_train_options options = llmx_train_defaults("sasrec");
    options.dim = DIM;
    options.inner = 16;
    options.layers = LAYERS;
    options.heads = 2;
    options.max_length = 6;
    options.dropout = 0;
    options.loss = loss;
    options.negatives = 1;
    options.threads = 1;
    return options;
}

/* Calls each(ours, theirs, n) for every tensor: our floats (in `base`, laid out as the weights) and RecBole's. */
static void each_tensor(const struct sequence_model *m, float *item, float *base,
                        const json_t *theirs, void (*each)(float *, const json_t *, size_t))
{
    char name[120];
    each(item, json_object_get(theirs, "item_embedding.weight"), ITEMS * DIM);
    for (size_t k = 0; k < NAMES; k++) {
        size_t at = 0;
        int b = 0;
        while (strcmp(m->blocks[b].name, names[k].ours) != 0)
            at += block_floats(&m->blocks[b++]);
        if (k < 3) {
            each(base + at, json_object_get(theirs, names[k].theirs), block_floats(&m->blocks[b]));
            continue;
        }
        const size_t whole = block_floats(&m->blocks[b]) / LAYERS,
                     n = names[k].third < 0 ? whole : whole / 3;
        for (size_t layer = 0; layer < LAYERS; layer++) {
            snprintf(name, sizeof name, "trm_encoder.layer.%zu.%s", layer, names[k].theirs);
            each(base + at + layer * whole + (names[k].third > 0 ? (size_t)names[k].third * n : 0),
                 json_object_get(theirs, name), n);
        }
    }
}

static void load(float *ours, const json_t *theirs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ours[i] = (float)element(theirs, i);
}

static void compare(float *ours, const json_t *theirs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_near((double)ours[i], element(theirs, i), 2e-6);
}

struct sequences {
    llmx_id history[SEQUENCES][8]; /* the items, then the target */
    struct window window[SEQUENCES];
};

static void read_sequences(struct sequences *s, const json_t *all)
{
    for (size_t i = 0; i < SEQUENCES; i++) {
        const json_t *items = json_array_get(json_object_get(all, "item_id_list"), i);
        const int n =
            (int)json_integer_value(json_array_get(json_object_get(all, "item_length"), i));
        for (int j = 0; j < n; j++)
            s->history[i][j] = (llmx_id)json_integer_value(json_array_get(items, (size_t)j));
        s->history[i][n] =
            (llmx_id)json_integer_value(json_array_get(json_object_get(all, "target"), i));
        s->window[i] = (struct window){s->history[i], 0, n, n - 1};
    }
}

static struct fixture recbole(const char *loss, const json_t *all)
{
    const struct llmx_train_options options = tiny(loss);
    struct fixture f = fixture(&recommender_sasrec, &options, ITEMS);
    each_tensor(f.model, f.model->training->item.row, f.model->training->weights.row,
                json_object_get(all, "params"), load);
    fixture_keep(&f);
    return f;
}

static void test_sasrec__loss_and_every_gradient_equal_recbole(void **state)
{
    (void)state;
    json_t *all = golden("ce");
    struct fixture f = recbole("ce", all);
    struct sequences s;
    read_sequences(&s, all);
    assert_near(fixture_loss(&f, s.window, SEQUENCES, 0.25f),
                json_number_value(json_object_get(all, "loss")), 1e-6);
    const struct batch_share *share = &f.model->training->share[0];
    each_tensor(f.model, share->item, share->weights, json_object_get(all, "grads"), compare);
    fixture_release(&f);
    json_decref(all);
}

/* The negatives are RecBole's, so the parts are called one by one. */
static void test_sasrec__pairwise_loss_and_gradients_equal_recbole(void **state)
{
    (void)state;
    json_t *all = golden("bpr");
    struct fixture f = recbole("bpr", all);
    struct sequence_training *t = f.model->training;
    struct batch_share *share = &t->share[0];
    struct sequence_scratch *scratch = &t->scratch[0];
    struct sequences s;
    float dstate[SEQUENCES * 6 * DIM] = {0}, dinput[SEQUENCES * 6 * DIM];
    llmx_id item[SEQUENCES * 6];
    int start[SEQUENCES + 1] = {0};
    double loss = 0;
    read_sequences(&s, all);
    for (int i = 0; i < SEQUENCES; i++) {
        memcpy(item + start[i], s.history[i], (size_t)s.window[i].end * sizeof *item);
        start[i + 1] = start[i] + s.window[i].end;
    }
    const struct packed_histories pack = {
        .item = item, .start = start, .segments = SEQUENCES, .rows = start[SEQUENCES]};
    const float *states = sasrec_encoder.forward(&f.model->options, t->weights.row, t->item.row,
                                                 &pack, scratch->work);
    for (int i = 0; i < SEQUENCES; i++) {
        const llmx_id negative = (llmx_id)json_integer_value(
            json_array_get(json_object_get(all, "negative"), (size_t)i));
        const int last = (start[i + 1] - 1) * DIM;
        loss +=
            item_loss(&t->loss, t->item.row, states + last, &s.history[i][s.window[i].end], 1,
                      &negative, 0.25f, dstate + last, share->item, share->touched, &scratch->loss);
    }
    sasrec_encoder.backward(&f.model->options, t->weights.row, &pack, dstate, share->weights,
                            dinput, scratch->work);
    for (int i = 0; i < pack.rows * DIM; i++)
        share->item[item[i / DIM] * DIM + i % DIM] += dinput[i];
    assert_near(loss / SEQUENCES, json_number_value(json_object_get(all, "loss")), 1e-6);
    each_tensor(f.model, share->item, share->weights, json_object_get(all, "grads"), compare);
    fixture_release(&f);
    json_decref(all);
}

static void test_sasrec__scores_equal_recbole(void **state)
{
    (void)state;
    json_t *all = golden("ce");
    struct fixture f = recbole("ce", all);
    struct sequences s;
    struct llmx_person people[SEQUENCES];
    float scores[SEQUENCES * ITEMS];
    read_sequences(&s, all);
    for (int i = 0; i < SEQUENCES; i++)
        people[i] = (struct llmx_person){.user = -1, .history = s.history[i], .n = s.window[i].end};
    assert_int_equal(sequence_score(f.model, people, SEQUENCES, scores, NULL), 0);
    for (size_t i = 0; i < SEQUENCES * ITEMS; i++)
        assert_near((double)scores[i], element(json_object_get(all, "logits"), i), 3e-6);
    fixture_release(&f);
    json_decref(all);
}

/* What RecBole learns from 5 prefixes one by one, one causal pass learns at once: the same loss, the same gradients. */
static void test_sasrec__one_causal_pass_is_every_prefix(void **state)
{
    (void)state;
    json_t *all = golden("ce");
    struct fixture f = recbole("ce", all);
    const struct sequence_model *m = f.model;
    const struct batch_share *share = &m->training->share[0];
    const llmx_id history[] = {2, 9, 5, 10, 6, 8, 3};
    struct window whole = {history, 0, 6, 0}, prefix[6];
    for (int i = 0; i < 6; i++)
        prefix[i] = (struct window){history, 0, i + 1, i};
    const double one_by_one = fixture_loss(&f, prefix, 6, 0.1f);
    float *gradient = calloc(m->n_weights, sizeof *gradient), item[ITEMS * DIM];
    assert_non_null(gradient);
    memcpy(gradient, share->weights, m->n_weights * sizeof *gradient);
    memcpy(item, share->item, sizeof item);
    assert_near(fixture_loss(&f, &whole, 1, 0.1f), one_by_one, 1e-6);
    for (size_t i = 0; i < m->n_weights; i++)
        assert_near((double)share->weights[i], (double)gradient[i], 2e-6);
    for (size_t i = 0; i < ITEMS * DIM; i++)
        assert_near((double)share->item[i], (double)item[i], 2e-6);
    free(gradient);
    fixture_release(&f);
    json_decref(all);
}

/* Weights that are not tiny, so that slopes can be seen in single precision. */
static void enlarge(struct fixture *f)
{
    const struct sequence_training *t = f->model->training;
    struct rng rng = rng_stream(9, RNG_INIT, 0);
    for (size_t i = 0; i < f->model->n_weights; i++)
        t->weights.row[i] += (float)(0.3 * rng_normal(&rng));
    for (int i = 0; i < f->model->items * f->model->options.dim; i++)
        t->item.row[i] = (float)(0.5 * rng_normal(&rng));
}

static const llmx_id one_history[] = {2, 9, 5, 10, 6, 8, 3}, other_history[] = {7, 1, 4};
static const struct window two_windows[] = {{one_history, 1, 6, 3}, {other_history, 0, 2, 0}};

static void test_sasrec__gradients_are_slopes_of_the_loss(void **state)
{
    (void)state;
    static const char *const losses[] = {"ce", "sampled", "gbce", "bpr"};
    for (size_t i = 0; i < 4; i++) {
        for (int pre = 0; pre < 2; pre++) {
            struct llmx_train_options options = tiny(losses[i]);
            options.norm = pre ? "pre" : "post";
            options.negatives = 5;
            options.dropout = 0.2;
            struct fixture f = fixture(&recommender_sasrec, &options, ITEMS);
            enlarge(&f);
            fixture_check_slopes(&f, two_windows, 2, 7, 1.5e-3);
            fixture_release(&f);
        }
    }
}

/* Evidence is scoring without the item and from it alone; what is too far back to be seen has no part. */
static void test_sasrec__evidence_is_the_score_without_the_item_and_of_it_alone(void **state)
{
    (void)state;
    const struct llmx_train_options options = tiny("ce");
    struct fixture f = fixture(&recommender_sasrec, &options, ITEMS);
    enlarge(&f);
    fixture_keep(&f);
    const llmx_id history[] = {1, 2, 9, 5, 10, 6, 8, 3}, items[] = {4, 7};
    const struct llmx_person person = {.user = -1, .history = history, .n = 8};
    float contributions[2 * 8], whole[ITEMS];
    double expected[8];
    assert_int_equal(sequence_evidence(f.model, &person, items, 2, contributions, NULL), 0);
    for (int i = 0; i < 2; i++) {
        fixture_contributions(&f, &person, 6, items[i], expected);
        for (int j = 0; j < 8; j++)
            assert_near((double)contributions[i * 8 + j], expected[j], 1e-5);
    }
    assert_true(contributions[0] == 0 && contributions[1] == 0); /* six are seen */
    assert_true(contributions[7] != 0);
    const struct llmx_person nobody = {.user = -1, .history = history, .n = 0},
                             single = {.user = -1, .history = history, .n = 1};
    assert_int_equal(sequence_score(f.model, &nobody, 1, whole, NULL), 0);
    assert_true(whole[3] == 0);
    assert_int_equal(sequence_score(f.model, &single, 1, whole, NULL), 0);
    assert_int_equal(sequence_evidence(f.model, &single, items, 2, contributions, NULL), 0);
    assert_near((double)contributions[1], (double)whole[7], 1e-6);
    fixture_release(&f);
}

static void test_sasrec__says_what_does_not_go_together(void **state)
{
    (void)state;
    struct llmx_train_options options = tiny("ce");
    struct llmx_error err;
    void *model;
    options.heads = 3;
    assert_int_equal(recommender_sasrec.create(&model, 2, ITEMS, &options, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "dim 8 is no multiple of heads 3");
    options.heads = 2;
    options.max_length = options.inner = 65536;
    assert_int_equal(recommender_sasrec.create(&model, 2, ITEMS, &options, &err), -1);
    assert_contains(err.message, "a history of 65536 items does not fit into one pass");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sasrec__loss_and_every_gradient_equal_recbole),
        cmocka_unit_test(test_sasrec__pairwise_loss_and_gradients_equal_recbole),
        cmocka_unit_test(test_sasrec__scores_equal_recbole),
        cmocka_unit_test(test_sasrec__one_causal_pass_is_every_prefix),
        cmocka_unit_test(test_sasrec__gradients_are_slopes_of_the_loss),
        cmocka_unit_test(test_sasrec__evidence_is_the_score_without_the_item_and_of_it_alone),
        cmocka_unit_test(test_sasrec__says_what_does_not_go_together),
    };
    return cmocka_run_group_tests_name("sasrec", tests, NULL, NULL);
}
