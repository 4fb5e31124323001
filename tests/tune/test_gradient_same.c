/* What must not change a gradient: threads, memory, what else is in the batch; dropout and adapters of some layers alone
 * against finite differences; what is refused. */
#include "tune/gradient.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "format/safetensors.h"

#include "support/failing_alloc.h"
#include "support/test.h"

#define FOLDER "tests/golden/llm/"
#define TOKENS 400
#define ALL    ((1u << LINEARS) - 1)

struct batch {
    int32_t ids[TOKENS];
    float weight[TOKENS];
    int start[5];
    struct packed packed;
};

/* Four sequences of 150, 1, 200 and 49 tokens: some tiles, some shared. */
static void fill_batch(struct batch *batch, int vocabulary)
{
    struct rng rng = rng_stream(1, RNG_SHUFFLE, 0);
    *batch = (struct batch){.start = {0, 150, 151, 351, 400}};
    for (int t = 0; t < TOKENS; t++) {
        batch->ids[t] = (int32_t)rng_below(&rng, (uint32_t)vocabulary);
        batch->weight[t] = rng_below(&rng, 2) ? (float)rng_uniform(&rng) : 0.0f;
    }
    for (int s = 0; s < 4; s++)
        batch->weight[batch->start[s]] = 0;
    batch->packed =
        (struct packed){batch->ids, batch->weight, batch->start, TOKENS, 4, .dropout_seed = 77};
}

static struct llmx_model *open_path(const char *path, enum llmx_precision precision)
{
    struct llmx_error err;
    struct llmx_model *model = NULL;
    struct llmx_model_options options = {.precision = precision, .threads = 2};
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}

static struct llmx_model *open_model(const char *name, enum llmx_precision precision)
{
    char path[256];
    snprintf(path, sizeof path, FOLDER "%s", name);
    return open_path(path, precision);
}

static struct lora *random_lora(const struct llmx_model *model, int rank, unsigned targets)
{
    struct lora *lora;
    struct llmx_error err;
    struct rng rng = rng_stream(2, RNG_INIT, 0);
    assert_int_equal(lora_create(&lora, &model->config, rank, targets, &err), 0);
    lora->alpha = 2 * (float)rank;
    for (size_t i = 0; i < lora->n; i++)
        lora->values[i] = (float)(0.05 * rng_normal(&rng));
    return lora;
}

/* The gradient (n), free() it, by work of its own. */
static float *gradient_of(const struct llmx_model *model, const struct lora *lora,
                          const struct packed *batch, size_t memory, int threads, double *loss)
{
    struct gradient_work *work;
    struct llmx_error err;
    float *gradient = malloc(lora->n * sizeof *gradient);
    if (gradient_work_create(&work, model, lora->rank, batch->tokens, memory, threads, &err) != 0 ||
        gradient_compute(work, lora, batch, gradient, loss, NULL, NULL, &err) != 0)
        fail_msg("%s", err.message);
    gradient_work_destroy(work);
    return gradient;
}

/* The least memory that will do. */
static size_t least_memory(const struct llmx_model *model, const struct lora *lora,
                           const struct packed *batch)
{
    size_t too_little = 1, enough = (size_t)1 << 30;
    while (enough - too_little > 1) {
        size_t middle = too_little + (enough - too_little) / 2;
        struct gradient_work *work;
        struct llmx_error err;
        double loss;
        assert_int_equal(gradient_work_create(&work, model, 4, TOKENS, middle, 1, &err), 0);
        if (gradient_compute(work, lora, batch, NULL, &loss, NULL, NULL, &err) == 0) {
            enough = middle;
        } else {
            assert_int_equal(err.code, LLMX_TOO_LARGE);
            assert_contains(err.message, "MB");
            too_little = middle;
        }
        gradient_work_destroy(work);
    }
    return enough;
}

static void check_near(const float *have, const float *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_near(have[i], want[i], 1e-4 * fabs(want[i]) + 1e-4);
}

static void check_same(const char *name, enum llmx_precision precision)
{
    struct llmx_model *model = open_model(name, precision);
    struct lora *lora = random_lora(model, 4, ALL);
    struct batch batch;
    double loss, other;
    fill_batch(&batch, model->config.vocabulary);
    lora->dropout = 0.1f;
    float *one = gradient_of(model, lora, &batch.packed, 0, 1, &loss);
    for (int threads = 2; threads <= 5; threads++) {
        float *same = gradient_of(model, lora, &batch.packed, 0, threads, &other);
        assert_true(other == loss);
        assert_memory_equal(same, one, lora->n * sizeof *one);
        free(same);
    }
    free(one);
    /* One layer kept, the others computed again; then sequences one after the other, too. */
    int start[] = {0, 200};
    struct packed alone = batch.packed;
    alone.start = start;
    alone.sequences = 1;
    alone.tokens = 200;
    size_t least = least_memory(model, lora, &alone);
    one = gradient_of(model, lora, &alone, 0, 2, &loss);
    float *same = gradient_of(model, lora, &alone, least, 2, &other);
    assert_true(other == loss);
    assert_memory_equal(same, one, lora->n * sizeof *one);
    free(one);
    free(same);
    if (precision == LLMX_PRECISION_F32) {
        one = gradient_of(model, lora, &batch.packed, 0, 2, &loss);
        same = gradient_of(model, lora, &batch.packed, least, 2, &other);
        assert_near(other, loss, 1e-6 * loss);
        check_near(same, one, lora->n);
        free(one);
        free(same);
    }
    lora_destroy(lora);
    llmx_model_destroy(model);
}

static void test_gradient__is_the_same_at_any_threads_and_memory(void **state)
{
    (void)state;
    check_same("qwen3", LLMX_PRECISION_F32);
    check_same("mistral", LLMX_PRECISION_F32);
    if (cpu()->has_avx512_bf16)
        check_same("qwen2", LLMX_PRECISION_BF16);
}

static void test_gradient__of_a_batch_is_the_sum_over_its_sequences(void **state)
{
    (void)state;
    struct llmx_model *model = open_model("llama3-scaled", LLMX_PRECISION_F32);
    struct lora *lora = random_lora(model, 8, ALL);
    struct batch batch;
    fill_batch(&batch, model->config.vocabulary);
    double loss, sum = 0;
    float *whole = gradient_of(model, lora, &batch.packed, 0, 2, &loss);
    double *parts = calloc(lora->n, sizeof *parts);
    for (int s = 0; s < 4; s++) {
        double part;
        int first = batch.start[s], start[] = {0, batch.start[s + 1] - first};
        struct packed alone = {batch.ids + first, batch.weight + first, start, start[1], 1, 0};
        float *gradient = gradient_of(model, lora, &alone, 0, 2, &part);
        for (size_t i = 0; i < lora->n; i++)
            parts[i] += gradient[i];
        sum += part;
        free(gradient);
    }
    assert_near(sum, loss, 1e-5 * loss);
    for (size_t i = 0; i < lora->n; i++)
        assert_near(whole[i], parts[i], 1e-4 * fabs(parts[i]) + 1e-4);
    free(whole);
    free(parts);
    lora_destroy(lora);
    llmx_model_destroy(model);
}

/* ---- finite differences ---- */

static double loss_at(struct gradient_work *work, struct lora *lora, const struct packed *batch,
                      const float *direction, float step, float *gradient)
{
    struct llmx_error err;
    double loss;
    for (size_t i = 0; i < lora->n; i++)
        lora->values[i] += step * direction[i];
    assert_int_equal(gradient_compute(work, lora, batch, gradient, &loss, NULL, NULL, &err), 0);
    for (size_t i = 0; i < lora->n; i++)
        lora->values[i] -= step * direction[i];
    return loss;
}

/* Along the gradient of each linear layer by itself. The loss counts with dropout only when a gradient is asked
 * for. */
static void check_slopes(struct llmx_model *model, unsigned targets, float dropout)
{
    struct lora *lora = random_lora(model, 4, targets);
    struct batch batch;
    struct gradient_work *work;
    struct llmx_error err;
    double loss;
    fill_batch(&batch, model->config.vocabulary);
    lora->dropout = dropout;
    assert_int_equal(gradient_work_create(&work, model, 4, TOKENS, 0, 2, &err), 0);
    float *gradient = malloc(lora->n * sizeof *gradient), *other = malloc(lora->n * sizeof *other);
    float *direction = calloc(lora->n, sizeof *direction);
    assert_int_equal(gradient_compute(work, lora, &batch.packed, gradient, &loss, NULL, NULL, &err),
                     0);
    for (int i = 0; i < lora->layers * LINEARS; i++) {
        const struct lora_pair *pair = &lora->pairs[i];
        size_t from = pair->a, to = pair->b + (size_t)(pair->rank * pair->out);
        double squares = 0;
        for (size_t j = from; j < to; j++)
            squares += (double)gradient[j] * gradient[j];
        double length = sqrt(squares);
        if (pair->rank == 0)
            continue;
        assert_true(length > 1e-3);
        for (size_t j = from; j < to; j++)
            direction[j] = (float)(gradient[j] / length);
        double up = loss_at(work, lora, &batch.packed, direction, 0.02f, other);
        double down = loss_at(work, lora, &batch.packed, direction, -0.02f, other);
        assert_near((up - down) / 0.04, length, 0.01 * length + 2e-2);
        memset(direction + from, 0, (to - from) * sizeof *direction);
    }
    free(gradient);
    free(other);
    free(direction);
    gradient_work_destroy(work);
    lora_destroy(lora);
    llmx_model_destroy(model);
}

static void test_gradient__is_the_slope_of_the_loss(void **state)
{
    (void)state;
    const enum llmx_precision f32 = LLMX_PRECISION_F32;
    check_slopes(open_model("mistral", f32), ALL, 0.2f);
    check_slopes(open_model("qwen3", f32), 1u << LINEAR_Q | 1u << LINEAR_V, 0);
    check_slopes(open_model("qwen2", f32), 1u << LINEAR_UP | 1u << LINEAR_O, 0.5f);
    check_slopes(open_model("llama-tied.q4_0.gguf", f32), ALL, 0); /* heads' rows permuted */
}

/* A model of one layer whose matrices are wide enough to be packed in several panels, in both directions. */
static const char *write_wide_model(void)
{
    enum { HIDDEN = 32, FFN = 2240, VOCABULARY = 512, LARGEST = FFN * HIDDEN };
    static const struct {
        const char *name;
        int rows, columns;
    } tensors[] = {{"model.embed_tokens.weight", VOCABULARY, HIDDEN},
                   {"model.norm.weight", 1, HIDDEN},
                   {"model.layers.0.input_layernorm.weight", 1, HIDDEN},
                   {"model.layers.0.post_attention_layernorm.weight", 1, HIDDEN},
                   {"model.layers.0.self_attn.q_proj.weight", 32, HIDDEN},
                   {"model.layers.0.self_attn.k_proj.weight", 16, HIDDEN},
                   {"model.layers.0.self_attn.v_proj.weight", 16, HIDDEN},
                   {"model.layers.0.self_attn.o_proj.weight", HIDDEN, 32},
                   {"model.layers.0.mlp.gate_proj.weight", FFN, HIDDEN},
                   {"model.layers.0.mlp.up_proj.weight", FFN, HIDDEN},
                   {"model.layers.0.mlp.down_proj.weight", HIDDEN, FFN}};
    enum { TENSORS = sizeof tensors / sizeof *tensors };
    struct st_entry entries[TENSORS];
    struct llmx_error err;
    struct rng rng = rng_stream(4, RNG_INIT, 0);
    float *values = malloc(sizeof *values * TENSORS * LARGEST);
    for (int i = 0; i < TENSORS; i++) {
        float *x = values + (size_t)i * LARGEST;
        bool is_norm = tensors[i].rows == 1;
        for (int j = 0; j < tensors[i].rows * tensors[i].columns; j++)
            x[j] = (float)((is_norm ? 1.0 : 0.0) + 0.2 * rng_normal(&rng));
        uint64_t rows = (uint64_t)tensors[i].rows, columns = (uint64_t)tensors[i].columns;
        entries[i] = (struct st_entry){
            tensors[i].name, DTYPE_F32, is_norm ? 1 : 2, {is_norm ? columns : rows, columns}, x};
    }
    test_file(
        "config.json",
        "{\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",\"hidden_size\":32,"
        "\"intermediate_size\":2240,\"num_attention_heads\":2,\"num_key_value_heads\":1,"
        "\"head_dim\":16,\"num_hidden_layers\":1,\"vocab_size\":512,\"rms_norm_eps\":1e-5,"
        "\"rope_theta\":10000.0,\"max_position_embeddings\":256,\"hidden_act\":\"silu\","
        "\"tie_word_embeddings\":true}");
    char *tokenizer = test_read(FOLDER "llama-tied/tokenizer.json");
    test_file("tokenizer.json", tokenizer);
    free(tokenizer);
    if (safetensors_write(test_path("model.safetensors"), entries, TENSORS, NULL, 0, &err) != 0)
        fail_msg("%s", err.message);
    free(values);
    return test_directory();
}

static void test_gradient__of_wide_matrices_is_the_slope(void **state)
{
    (void)state;
    const char *path = write_wide_model();
    check_slopes(open_path(path, LLMX_PRECISION_F32), ALL, 0);
}

/* ---- scores ---- */

static void test_gradient__log_probabilities_are_those_of_scoring(void **state)
{
    (void)state;
    struct llmx_model *model = open_model("llama-tied", LLMX_PRECISION_F32);
    struct lora *lora = random_lora(model, 4, ALL);
    struct batch batch;
    struct gradient_work *work;
    struct llmx_error err;
    double loss, sum = 0;
    float logprob[TOKENS], scores[TOKENS];
    unsigned char best[TOKENS];
    fill_batch(&batch, model->config.vocabulary);
    memset(lora->values, 0, lora->n * sizeof *lora->values); /* an adapter that does nothing */
    lora->dropout = 0.5f;                                    /* nor does dropout in validation */
    assert_int_equal(gradient_work_create(&work, model, 4, TOKENS, 0, 2, &err), 0);
    assert_int_equal(gradient_compute(work, lora, &batch.packed, NULL, &loss, logprob, best, &err),
                     0);
    for (int s = 0; s < 4; s++) {
        int first = batch.start[s], n = batch.start[s + 1] - first;
        assert_int_equal(llmx_score(model, NULL, batch.ids + first, n, scores, &err), 0);
        for (int i = 1; i < n; i++)
            if (batch.weight[first + i] > 0) {
                assert_near(logprob[first + i], scores[i - 1], 2e-4);
                sum -= batch.weight[first + i] * (double)scores[i - 1];
                if (best[first + i])
                    assert_true(logprob[first + i] > -log(model->config.vocabulary));
                if (logprob[first + i] > -log(2))
                    assert_true(best[first + i]);
            }
    }
    assert_near(loss, sum, 1e-4 * sum);
    gradient_work_destroy(work);
    lora_destroy(lora);
    llmx_model_destroy(model);
}

/* ---- refusals ---- */

static struct llmx_model *shared_model;
static struct lora *shared_lora;
static struct batch shared_batch;

static int compute_once(void *context, struct llmx_error *err)
{
    struct gradient_work *work;
    double loss;
    (void)context;
    if (gradient_work_create(&work, shared_model, 4, TOKENS, 0, 2, err) != 0)
        return -1;
    int result =
        gradient_compute(work, shared_lora, &shared_batch.packed, NULL, &loss, NULL, NULL, err);
    gradient_work_destroy(work);
    return result;
}

static void check_allocations(enum llmx_precision precision)
{
    shared_model = open_model("qwen3", precision);
    shared_lora = random_lora(shared_model, 4, ALL);
    fill_batch(&shared_batch, shared_model->config.vocabulary);
    assert_true(failing_alloc_each(compute_once, NULL) > 40);
    lora_destroy(shared_lora);
    llmx_model_destroy(shared_model);
}

static void test_gradient__survives_every_failed_allocation(void **state)
{
    (void)state;
    check_allocations(LLMX_PRECISION_F32);
    if (cpu()->has_avx512_bf16)
        check_allocations(LLMX_PRECISION_BF16);
}

static void test_gradient__refuses_what_was_not_prepared(void **state)
{
    (void)state;
    struct llmx_model *model = open_model("qwen2", LLMX_PRECISION_F32);
    struct lora *lora = random_lora(model, 4, ALL), *other = random_lora(model, 8, ALL);
    struct batch batch;
    struct gradient_work *work;
    struct llmx_error err;
    double loss;
    fill_batch(&batch, model->config.vocabulary);
    assert_int_equal(gradient_work_create(&work, model, 4, TOKENS - 1, 0, 1, &err), 0);
    assert_int_equal(gradient_compute(work, lora, &batch.packed, NULL, &loss, NULL, NULL, &err),
                     -1);
    assert_int_equal(err.code, LLMX_TOO_LARGE);
    batch.packed.tokens = batch.start[3];
    batch.packed.sequences = 3;
    assert_int_equal(gradient_compute(work, lora, &batch.packed, NULL, &loss, NULL, NULL, &err), 0);
    assert_int_equal(gradient_compute(work, other, &batch.packed, NULL, &loss, NULL, NULL, &err),
                     -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    gradient_work_destroy(work);
    lora_destroy(lora);
    lora_destroy(other);
    llmx_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient__is_the_same_at_any_threads_and_memory),
        cmocka_unit_test(test_gradient__of_a_batch_is_the_sum_over_its_sequences),
        cmocka_unit_test(test_gradient__is_the_slope_of_the_loss),
        cmocka_unit_test(test_gradient__of_wide_matrices_is_the_slope),
        cmocka_unit_test(test_gradient__log_probabilities_are_those_of_scoring),
        cmocka_unit_test(test_gradient__survives_every_failed_allocation),
        cmocka_unit_test(test_gradient__refuses_what_was_not_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
