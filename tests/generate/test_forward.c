/* The forward pass against scores of transformers and gguf-py, and against itself: whatever else is in a batch, and
 * however a team shares the work, an f32 sequence gets the same bits. */
#include "generate/forward.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "llm/model.h"

#include "support/test.h"

#include <jansson.h>
#include <unistd.h>

#define GOLDEN  "tests/golden/llm/"
#define SMOLLM2 "build/assets/smollm2-135m-instruct-q4_1.gguf"

static const char *const folders[] = {"llama-tied", "llama2-spm", "llama3-scaled",
                                      "mistral",    "qwen2",      "qwen3"};
static const char *const files[] = {"f16", "bf16", "q4_0", "q4_1", "q8_0"};

static struct llmx_model *open_model(const char *path, enum llmx_precision precision, int threads)
{
    struct llmx_error err;
    struct llmx_model *model = NULL;
    struct llmx_model_options options = {.precision = precision, .threads = threads};
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}

static int read_ids(int32_t *ids, const json_t *array)
{
    int n = (int)json_array_size(array);
    assert_true(n >= 1 && n <= 1024);
    for (int i = 0; i < n; i++)
        ids[i] = (int32_t)json_integer_value(json_array_get(array, (size_t)i));
    return n;
}

/* ---- against the reference ---- */

static void check_scores(const struct llmx_model *model, const json_t *one)
{
    int32_t ids[1024];
    float scores[1024];
    struct llmx_error err;
    const json_t *want = json_object_get(one, "next_logprob");
    int n = read_ids(ids, json_object_get(one, "ids"));
    assert_int_equal(json_array_size(want), n - 1);
    assert_int_equal(llmx_score(model, NULL, ids, n, scores, &err), 0);
    double sum = 0, worst = 0;
    for (int i = 0; i < n - 1; i++) {
        double off = fabs(scores[i] - json_number_value(json_array_get(want, (size_t)i)));
        worst = off <= worst ? worst : off;
        sum += off;
    }
    if (n > 1 && model->type == DTYPE_F32)
        assert_near(worst, 0, 2e-4);
    if (n > 1)
        assert_near(sum / (n - 1), 0, 0.05);
}

/* One step of one sequence, alone: logits (vocabulary) of the last token. */
static void step(const struct llmx_model *model, struct workspace *workspace,
                 struct sequence *sequence, const int32_t *ids, int n, float *logits)
{
    struct token_span span = {sequence, ids, n, 1};
    forward(model, workspace, &span, 1, 0);
    forward_logits(model, workspace, 0, 1, logits, 0);
}

static int highest(const float *logits, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        best = logits[i] > logits[best] ? i : best;
    return best;
}

/* Goes on as the reference did, whatever we would have said, and compares wherever its margin is clear. */
static void check_greedy(const struct llmx_model *model, const json_t *prompt, const json_t *then)
{
    int32_t ids[1024];
    int n = read_ids(ids, prompt);
    double clear = model->type == DTYPE_F32 ? 1e-3 : 0.2;
    struct workspace *workspace;
    struct sequence sequence = {0};
    struct llmx_error err;
    float *logits = malloc(sizeof *logits * (size_t)model->config.vocabulary);
    int steps = (int)json_array_size(then);
    assert_true(steps > 0);
    assert_int_equal(workspace_create(&workspace, model, n, 1, 1, &err), 0);
    assert_int_equal(kv_create(&sequence.own, model, n + steps, 0, &err), 0);
    step(model, workspace, &sequence, ids, n, logits);
    for (int i = 0; i < steps; i++) {
        const json_t *one = json_array_get(then, (size_t)i);
        int32_t want = (int32_t)json_integer_value(json_array_get(one, 0));
        if (json_number_value(json_array_get(one, 1)) > clear)
            assert_int_equal(highest(logits, model->config.vocabulary), want);
        step(model, workspace, &sequence, &want, 1, logits);
    }
    kv_destroy(sequence.own);
    workspace_destroy(workspace);
    free(logits);
}

static void check_last_logits(const struct llmx_model *model, const json_t *one)
{
    int32_t ids[1024];
    const json_t *want = json_object_get(one, "last_logits");
    int n = read_ids(ids, json_object_get(one, "ids")), vocabulary = model->config.vocabulary;
    if (!want)
        return;
    struct workspace *workspace;
    struct sequence sequence = {0};
    struct llmx_error err;
    float *logits = malloc(sizeof *logits * (size_t)vocabulary);
    assert_int_equal(json_array_size(want), vocabulary);
    assert_int_equal(workspace_create(&workspace, model, n, 1, 1, &err), 0);
    assert_int_equal(kv_create(&sequence.own, model, n, 0, &err), 0);
    step(model, workspace, &sequence, ids, n, logits);
    for (int i = 0; i < vocabulary; i++)
        assert_near(logits[i], json_number_value(json_array_get(want, (size_t)i)),
                    model->type == DTYPE_F32 ? 2e-4 : 0.2);
    kv_destroy(sequence.own);
    workspace_destroy(workspace);
    free(logits);
}

static void check_reference(const char *path, const char *reference, enum llmx_precision precision)
{
    struct llmx_model *model = open_model(path, precision, 2);
    json_t *golden = json_load_file(reference, 0, NULL);
    const json_t *one, *logits = json_object_get(golden, "logits");
    size_t i;
    assert_true(json_array_size(logits) > 0);
    json_array_foreach(logits, i, one)
    {
        check_scores(model, one);
        check_last_logits(model, one);
    }
    json_array_foreach(json_object_get(golden, "greedy"), i, one)
        check_greedy(model, json_object_get(one, "ids"), json_object_get(one, "then"));
    json_decref(golden);
    llmx_model_destroy(model);
}

static void check_all(enum llmx_precision precision)
{
    char path[256], reference[256];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, GOLDEN "%s", folders[i]);
        snprintf(reference, sizeof reference, GOLDEN "%s/reference.json", folders[i]);
        check_reference(path, reference, precision);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, GOLDEN "llama-tied.%s.gguf", files[i]);
        snprintf(reference, sizeof reference, GOLDEN "llama-tied.%s.json", files[i]);
        check_reference(path, reference, precision);
    }
}

static void test_forward__equals_transformers_in_f32(void **state)
{
    (void)state;
    check_all(LLMX_PRECISION_F32);
}

static void test_forward__is_near_transformers_in_bf16(void **state)
{
    (void)state;
    if (!cpu()->has_avx512_bf16)
        skip();
    check_all(LLMX_PRECISION_BF16);
}

static void check_smollm2(enum llmx_precision precision)
{
    struct llmx_model *model = open_model(SMOLLM2, precision, 2);
    json_t *golden = json_load_file(GOLDEN "smollm2.json", 0, NULL);
    const json_t *one, *cases = json_object_get(golden, "cases");
    size_t i;
    assert_true(json_array_size(cases) > 0);
    json_array_foreach(cases, i, one)
    {
        if (json_array_size(json_object_get(one, "ids")) > 400)
            continue; /* tests must stay short */
        check_scores(model, one);
        check_greedy(model, json_object_get(one, "ids"), json_object_get(one, "greedy"));
    }
    json_decref(golden);
    llmx_model_destroy(model);
}

static void test_forward__smollm2_equals_transformers(void **state)
{
    (void)state;
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    check_smollm2(LLMX_PRECISION_FLOAT);
}

/* ---- against itself ---- */

#define SEQUENCES 7
#define PREFIX    21
#define ROUNDS    3

/* Some sequences, most of them behind one prefix, each fed in ROUNDS pieces of its own lengths. */
struct batch {
    const struct llmx_model *model;
    struct workspace *workspace;
    struct sequence prefix_sequence;
    struct sequence sequences[SEQUENCES];
    int32_t prefix[PREFIX], ids[SEQUENCES][64];
    int n, team;
    const int *which; /* (n) numbers of the sequences, in order */
    float *logits;    /* (SEQUENCES, vocabulary) of the last round, by sequence */
    float *scratch;   /* the same, by place in the batch */
};

static int length_of(int sequence, int round)
{
    return round == 0 ? 3 + sequence * 5 : 1 + sequence % 2 * round;
}

static void batch_member(void *context, int member)
{
    struct batch *b = context;
    struct token_span prefix = {&b->prefix_sequence, b->prefix, PREFIX, 0};
    forward(b->model, b->workspace, &prefix, 1, member);
    for (int round = 0, done[SEQUENCES] = {0}; round < ROUNDS; round++) {
        struct token_span spans[SEQUENCES];
        for (int i = 0; i < b->n; i++) {
            int s = b->which[i], n = length_of(s, round);
            spans[i] = (struct token_span){&b->sequences[s], b->ids[s] + done[s], n, 1};
            done[s] += n;
        }
        forward(b->model, b->workspace, spans, b->n, member);
    }
    forward_logits(b->model, b->workspace, 0, b->n, b->scratch, member);
}

/* Logits of each sequence's last token into `logits`, computed in one batch of `which` by a team. */
static void run_batch(const struct llmx_model *model, const int *which, int n, int team,
                      float *logits)
{
    struct llmx_error err;
    struct batch b = {.model = model, .n = n, .team = team, .which = which, .logits = logits};
    size_t vocabulary = (size_t)model->config.vocabulary;
    struct threads *threads = threads_create(team, &err);
    b.scratch = malloc(sizeof(float) * SEQUENCES * vocabulary);
    assert_int_equal(kv_create(&b.prefix_sequence.own, model, PREFIX, 0, &err), 0);
    for (int i = 0; i < PREFIX; i++)
        b.prefix[i] = (i * 31 + 5) % (int)vocabulary;
    for (int s = 0; s < SEQUENCES; s++) {
        bool has_prefix = s != 2;
        b.sequences[s].prefix = has_prefix ? b.prefix_sequence.own : NULL;
        assert_int_equal(kv_create(&b.sequences[s].own, model, 64, has_prefix ? PREFIX : 0, &err),
                         0);
        for (int i = 0; i < 64; i++)
            b.ids[s][i] = (i * 17 + s * 101 + 3) % (int)vocabulary;
    }
    assert_int_equal(workspace_create(&b.workspace, model, 200, SEQUENCES, team, &err), 0);
    threads_run(threads, batch_member, &b);
    for (int i = 0; i < n; i++)
        memcpy(logits + (size_t)which[i] * vocabulary, b.scratch + (size_t)i * vocabulary,
               vocabulary * sizeof *logits);
    for (int s = 0; s < SEQUENCES; s++)
        kv_destroy(b.sequences[s].own);
    kv_destroy(b.prefix_sequence.own);
    workspace_destroy(b.workspace);
    threads_destroy(threads);
    free(b.scratch);
}

static void check_batches(const char *path)
{
    static const int in_order[] = {0, 1, 2, 3, 4, 5, 6}, shuffled[] = {4, 2, 6, 0, 5, 1, 3};
    struct llmx_model *model = open_model(path, LLMX_PRECISION_F32, 2);
    size_t row = (size_t)model->config.vocabulary, all = row * SEQUENCES;
    float *together = malloc(all * sizeof *together), *other = malloc(all * sizeof *other);
    run_batch(model, in_order, SEQUENCES, 1, together);
    run_batch(model, shuffled, SEQUENCES, 1, other);
    assert_memory_equal(together, other, all * sizeof *other);
    for (int s = 0; s < SEQUENCES; s++)
        run_batch(model, &in_order[s], 1, 1, other);
    assert_memory_equal(together, other, all * sizeof *other);
    for (int team = 2; team <= 3; team++) {
        run_batch(model, in_order, SEQUENCES, team, other);
        assert_memory_equal(together, other, all * sizeof *other);
        run_batch(model, &in_order[5], 1, team, other);
        assert_memory_equal(together, other, all * sizeof *other);
    }
    free(together);
    free(other);
    llmx_model_destroy(model);
}

static void test_forward__f32_does_not_depend_on_the_batch_or_team(void **state)
{
    (void)state;
    check_batches(GOLDEN "llama-tied");
    check_batches(GOLDEN "mistral"); /* whose window of 16 hides part of the prefix */
    check_batches(GOLDEN "qwen3");
}

/* A prefix changes where blocks of keys begin, and with that the rounding, but no more. */
static void test_forward__a_prefix_is_as_if_the_text_began_with_it(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_model *model = open_model(GOLDEN "mistral", LLMX_PRECISION_F32, 1);
    int32_t ids[50];
    float split[640], whole[640];
    struct workspace *workspace;
    struct sequence prefix = {0}, rest = {0}, all = {0};
    for (int i = 0; i < 50; i++)
        ids[i] = (i * 13 + 1) % 640;
    assert_int_equal(workspace_create(&workspace, model, 50, 1, 1, &err), 0);
    assert_int_equal(kv_create(&prefix.own, model, 30, 0, &err), 0);
    assert_int_equal(kv_create(&rest.own, model, 20, 30, &err), 0);
    assert_int_equal(kv_create(&all.own, model, 50, 0, &err), 0);
    rest.prefix = prefix.own;
    step(model, workspace, &prefix, ids, 30, split);
    step(model, workspace, &rest, ids + 30, 20, split);
    step(model, workspace, &all, ids, 50, whole);
    for (int i = 0; i < 640; i++)
        assert_near(split[i], whole[i], 1e-5);
    kv_destroy(prefix.own);
    kv_destroy(rest.own);
    kv_destroy(all.own);
    workspace_destroy(workspace);
    llmx_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward__equals_transformers_in_f32),
        cmocka_unit_test(test_forward__is_near_transformers_in_bf16),
        cmocka_unit_test(test_forward__smollm2_equals_transformers),
        cmocka_unit_test(test_forward__f32_does_not_depend_on_the_batch_or_team),
        cmocka_unit_test(test_forward__a_prefix_is_as_if_the_text_began_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
