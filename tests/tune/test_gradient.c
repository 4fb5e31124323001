/* Losses and gradients of ten tuning steps of every family against PEFT's, and what must not change them: threads,
 * memory, what else is in the batch. It is too slow under TSan, where test_gradient_same stands for it. */
#include "tune/gradient.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "format/safetensors.h"

#include "support/test.h"

#include <jansson.h>
#include <unistd.h>

#define GOLDEN     "tests/golden/llm/"
#define SMOLLM2    "build/assets/smollm2-135m-instruct-q4_1.gguf"
#define TOKENS_MAX 8192
#define ALL        ((1u << LINEARS) - 1)

static const char *const folders[] = {"llama-tied", "llama2-spm", "llama3-scaled",
                                      "mistral",    "qwen2",      "qwen3"};
static const char *const linears[] = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                                      "self_attn.o_proj", "mlp.gate_proj",    "mlp.up_proj",
                                      "mlp.down_proj"};

static struct llmx_model *open_model(const char *path, enum llmx_precision precision)
{
    struct llmx_error err;
    struct llmx_model *model = NULL;
    struct llmx_model_options options = {.precision = precision, .threads = 2};
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}

/* ---- adapters ---- */

static const char *tensor_name(int layer, int linear, char matrix)
{
    static char name[128];
    snprintf(name, sizeof name, "base_model.model.model.layers.%d.%s.lora_%c.weight", layer,
             linears[linear], matrix);
    return name;
}

/* The documented start of lora_A: a hash of its name and place. */
static void fill_documented(float *values, size_t n, const char *name)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    for (size_t i = 0; i < n; i++) {
        uint64_t z = h + (i + 1) * 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        z = z ^ z >> 31;
        values[i] = (float)(((double)(z >> 40) / 0x1p24 - 0.5) * 0.08);
    }
}

static struct lora *documented_lora(const struct llmx_model *model, int rank, float alpha)
{
    struct lora *lora;
    struct llmx_error err;
    assert_int_equal(lora_create(&lora, &model->config, rank, ALL, &err), 0);
    lora->alpha = alpha;
    for (int i = 0; i < lora->layers * LINEARS; i++) {
        const struct lora_pair *pair = &lora->pairs[i];
        fill_documented(lora->values + pair->a, (size_t)(pair->rank * pair->in),
                        tensor_name(i / LINEARS, i % LINEARS, 'A'));
    }
    return lora;
}

struct adam {
    float *m, *v;
    int t;
};

static void adam_step(struct adam *adam, struct lora *lora, const float *g, double rate)
{
    adam->t++;
    double m_share = 1 - pow(0.9, adam->t), v_share = 1 - pow(0.999, adam->t);
    for (size_t i = 0; i < lora->n; i++) {
        adam->m[i] = 0.9f * adam->m[i] + 0.1f * g[i];
        adam->v[i] = 0.999f * adam->v[i] + 0.001f * g[i] * g[i];
        lora->values[i] -=
            (float)(rate * adam->m[i] / m_share / (sqrt(adam->v[i] / v_share) + 1e-8));
    }
}

/* ---- batches ---- */

struct batch {
    int32_t ids[TOKENS_MAX];
    float weight[TOKENS_MAX];
    int start[65];
    struct packed packed;
};

static void batch_add(struct batch *batch, const json_t *ids, int learnt_from)
{
    struct packed *p = &batch->packed;
    int n = (int)json_array_size(ids);
    assert_true(n > 0 && p->tokens + n <= TOKENS_MAX && p->sequences < 64);
    for (int i = 0; i < n; i++) {
        batch->ids[p->tokens] = (int32_t)json_integer_value(json_array_get(ids, (size_t)i));
        batch->weight[p->tokens++] = i >= learnt_from ? 1.0f : 0.0f;
    }
    batch->start[++p->sequences] = p->tokens;
}

/* The mean over what is learnt. */
static void batch_close(struct batch *batch)
{
    float n = 0;
    for (int i = 0; i < batch->packed.tokens; i++)
        n += batch->weight[i];
    for (int i = 0; i < batch->packed.tokens; i++)
        batch->weight[i] /= n;
    batch->packed.ids = batch->ids;
    batch->packed.weight = batch->weight;
    batch->packed.start = batch->start;
}

static struct batch *tiny_batch(const json_t *golden, int number)
{
    struct batch *batch = calloc(1, sizeof *batch);
    const json_t *one;
    size_t i;
    json_array_foreach(json_array_get(json_object_get(golden, "batches"), (size_t)number), i, one)
    {
        batch_add(batch, json_array_get(one, 0), (int)json_integer_value(json_array_get(one, 1)));
    }
    batch_close(batch);
    return batch;
}

static json_t *golden_of(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, GOLDEN "%s/lora.json", name);
    json_t *golden = json_load_file(path, 0, NULL);
    assert_non_null(golden);
    return golden;
}

static double compute(struct gradient_work *work, const struct lora *lora,
                      const struct packed *batch, float *gradient)
{
    struct llmx_error err;
    double loss;
    if (gradient_compute(work, lora, batch, gradient, &loss, NULL, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return loss;
}

static struct gradient_work *open_work(const struct llmx_model *model, int rank, int tokens,
                                       size_t memory, int threads)
{
    struct gradient_work *work;
    struct llmx_error err;
    if (gradient_work_create(&work, model, rank, tokens, memory, threads, &err) != 0)
        fail_msg("%s", err.message);
    return work;
}

/* ---- against PEFT ---- */

static double norm_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    return sqrt(sum);
}

static void check_tensor(const struct safetensors *st, const float *have, size_t n,
                         const char *name)
{
    const struct st_tensor *tensor = safetensors_find(st, name);
    assert_non_null(tensor);
    assert_int_equal(tensor->size, n * sizeof(float));
    float *want = malloc(tensor->size), *off = malloc(tensor->size);
    memcpy(want, tensor->data, tensor->size);
    for (size_t i = 0; i < n; i++)
        off[i] = have[i] - want[i];
    double norm = norm_of(want, n), distance = norm_of(off, n);
    if (!(distance <= 1e-3 * norm + 1e-9))
        fail_msg("%s is off by %g of its norm %g", name, distance, norm);
    free(want);
    free(off);
}

static void check_gradients(const struct lora *lora, const float *gradient, const char *folder,
                            int step)
{
    char path[256];
    struct safetensors st = {0};
    struct llmx_error err;
    snprintf(path, sizeof path, GOLDEN "%s/lora_grads_step%d.safetensors", folder, step);
    assert_int_equal(safetensors_open(&st, path, &err), 0);
    for (int i = 0; i < lora->layers * LINEARS; i++) {
        const struct lora_pair *pair = &lora->pairs[i];
        check_tensor(&st, gradient + pair->a, (size_t)(pair->rank * pair->in),
                     tensor_name(i / LINEARS, i % LINEARS, 'A'));
        check_tensor(&st, gradient + pair->b, (size_t)(pair->rank * pair->out),
                     tensor_name(i / LINEARS, i % LINEARS, 'B'));
    }
    safetensors_release(&st);
}

static void check_steps(const char *folder, enum llmx_precision precision)
{
    char path[256];
    snprintf(path, sizeof path, GOLDEN "%s", folder);
    struct llmx_model *model = open_model(path, precision);
    json_t *golden = golden_of(folder);
    const json_t *losses = json_object_get(golden, "losses");
    struct lora *lora = documented_lora(model, 4, 8);
    struct batch *batches[] = {tiny_batch(golden, 0), tiny_batch(golden, 1)};
    struct gradient_work *work = open_work(model, 4, 64, 0, 2);
    float *gradient = malloc(lora->n * sizeof *gradient);
    struct adam adam = {calloc(lora->n, sizeof(float)), calloc(lora->n, sizeof(float)), 0};
    double tolerance = model->type == DTYPE_F32 ? 1e-4 : 1e-2;
    assert_int_equal(json_array_size(losses), 10);
    for (int step = 0; step < 10; step++) {
        double want = json_number_value(json_array_get(losses, (size_t)step));
        double loss = compute(work, lora, &batches[step % 2]->packed, gradient);
        assert_near(loss, want, tolerance * want);
        if (model->type == DTYPE_F32 && (step == 0 || step == 3))
            check_gradients(lora, gradient, folder, step);
        adam_step(&adam, lora, gradient, 1e-2);
    }
    free(adam.m);
    free(adam.v);
    free(gradient);
    gradient_work_destroy(work);
    lora_destroy(lora);
    free(batches[0]);
    free(batches[1]);
    json_decref(golden);
    llmx_model_destroy(model);
}

static void test_gradient__equals_peft_in_f32(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        check_steps(folders[i], LLMX_PRECISION_F32);
}

static void test_gradient__losses_equal_peft_in_bf16(void **state)
{
    (void)state;
    if (!cpu()->has_avx512_bf16)
        skip();
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        check_steps(folders[i], LLMX_PRECISION_BF16);
}

static void check_norms(const struct lora *lora, const float *gradient, const json_t *norms)
{
    for (int i = 0; i < lora->layers * LINEARS; i++) {
        const struct lora_pair *pair = &lora->pairs[i];
        const json_t *want = json_object_get(norms, tensor_name(i / LINEARS, i % LINEARS, 'B'));
        double norm = norm_of(gradient + pair->b, (size_t)(pair->rank * pair->out));
        assert_non_null(want);
        assert_near(norm, json_number_value(want), 1e-3 * json_number_value(want));
    }
}

/* SmolLM2 (weights of a Q4_1 file), two batches of four of the paper's examples in turn. */
static void check_smollm2(enum llmx_precision precision, int steps)
{
    struct llmx_model *model = open_model(SMOLLM2, precision);
    json_t *golden = json_load_file(GOLDEN "smollm2_lora.json", 0, NULL);
    const json_t *one, *losses = json_object_get(golden, "losses");
    struct lora *lora = documented_lora(model, 8, 16);
    struct batch *batches[] = {calloc(1, sizeof(struct batch)), calloc(1, sizeof(struct batch))};
    size_t i;
    json_array_foreach(json_object_get(golden, "examples"), i, one)
    {
        batch_add(batches[i / 4], json_object_get(one, "ids"),
                  (int)json_integer_value(json_object_get(one, "start")));
    }
    batch_close(batches[0]);
    batch_close(batches[1]);
    struct gradient_work *work = open_work(model, 8, 3000, 0, 2);
    float *gradient = malloc(lora->n * sizeof *gradient);
    struct adam adam = {calloc(lora->n, sizeof(float)), calloc(lora->n, sizeof(float)), 0};
    for (int step = 0; step < steps; step++) {
        double want = json_number_value(json_array_get(losses, (size_t)step));
        bool is_last = step == steps - 1; /* the loss alone */
        double loss = compute(work, lora, &batches[step % 2]->packed, is_last ? NULL : gradient);
        assert_near(loss, want, (precision == LLMX_PRECISION_F32 ? 1e-4 : 1e-2) * want);
        if (is_last)
            break;
        if (precision == LLMX_PRECISION_F32 && step == 0)
            check_norms(lora, gradient,
                        json_object_get(json_object_get(golden, "grad_norms"), "0"));
        adam_step(&adam, lora, gradient, 3e-4);
    }
    free(adam.m);
    free(adam.v);
    free(gradient);
    gradient_work_destroy(work);
    lora_destroy(lora);
    free(batches[0]);
    free(batches[1]);
    json_decref(golden);
    llmx_model_destroy(model);
}

static void test_gradient__smollm2_equals_peft(void **state)
{
    (void)state;
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    check_smollm2(LLMX_PRECISION_F32, 2); /* all six agree; a step takes seconds */
    if (cpu()->has_avx512_bf16)
        check_smollm2(LLMX_PRECISION_BF16, 2);
    check_smollm2(LLMX_PRECISION_INT8, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient__equals_peft_in_f32),
        cmocka_unit_test(test_gradient__losses_equal_peft_in_bf16),
        cmocka_unit_test(test_gradient__smollm2_equals_peft),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
