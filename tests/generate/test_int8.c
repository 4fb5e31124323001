/* The forward pass in int8: near the scores of transformers, and to the bit the same whatever else is in a batch and
 * however a team shares the work; all of it again as each lesser processor. */
#include "generate/forward.h"

#include "base/cpu.h"
#include "llm/model.h"

#include "support/test.h"

#include <jansson.h>
#include <unistd.h>

#define GOLDEN    "tests/golden/llm/"
#define SMOLLM2   "build/assets/smollm2-135m-instruct-q4_1.gguf"
#define IDS_MAX   1024
#define SEQUENCES 40 /* over what a call of few rows takes, together */

static const char *const folders[] = {"llama-tied", "llama2-spm", "llama3-scaled",
                                      "mistral",    "qwen2",      "qwen3"};
static const char *const files[] = {"f16", "bf16", "q4_0", "q4_1", "q8_0"};

static struct llmx_model *open_model(const char *path, int threads)
{
    struct llmx_error err;
    struct llmx_model *model = NULL;
    struct llmx_model_options options = {.precision = LLMX_PRECISION_INT8, .threads = threads};
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(model->weights, DTYPE_I8);
    return model;
}

/* ---- against the reference ---- */

/* How far off the scores of one text are, in the mean. */
static double mean_off(const struct llmx_model *model, const json_t *one)
{
    int32_t ids[IDS_MAX];
    float scores[IDS_MAX];
    const json_t *want = json_object_get(one, "next_logprob"),
                 *tokens = json_object_get(one, "ids");
    const int n = (int)json_array_size(tokens);
    double sum = 0;
    assert_in_range(n, 1, IDS_MAX);
    for (int i = 0; i < n; i++)
        ids[i] = (int32_t)json_integer_value(json_array_get(tokens, (size_t)i));
    assert_int_equal(llmx_score(model, NULL, ids, n, scores, NULL), 0);
    for (int i = 0; i < n - 1; i++)
        sum += fabs(scores[i] - json_number_value(json_array_get(want, (size_t)i)));
    return n > 1 ? sum / (n - 1) : 0;
}

static void check_reference(const char *path, const char *reference, const char *cases,
                            double bound)
{
    struct llmx_model *model = open_model(path, 2);
    json_t *golden = json_load_file(reference, 0, NULL);
    const json_t *one, *all = json_object_get(golden, cases);
    size_t i;
    assert_true(json_array_size(all) > 0);
    json_array_foreach(all, i, one)
    {
        if (json_array_size(json_object_get(one, "ids")) <= 400) /* tests must stay short */
            assert_near(mean_off(model, one), 0, bound);
    }
    json_decref(golden);
    llmx_model_destroy(model);
}

static void test_int8__is_near_transformers(void **state)
{
    (void)state;
    char path[256], reference[256];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, GOLDEN "%s", folders[i]);
        snprintf(reference, sizeof reference, GOLDEN "%s/reference.json", folders[i]);
        check_reference(path, reference, "logits", 0.1);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, GOLDEN "llama-tied.%s.gguf", files[i]);
        snprintf(reference, sizeof reference, GOLDEN "llama-tied.%s.json", files[i]);
        check_reference(path, reference, "logits", 0.1);
    }
}

static void test_int8__smollm2_is_near_transformers(void **state)
{
    (void)state;
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    check_reference(SMOLLM2, GOLDEN "smollm2.json", "cases", 0.15);
}

/* ---- against itself ---- */

/* Sequences of 1 to SEQUENCES tokens and then of one more, behind one prefix or, every fifth, without. */
struct batch {
    const struct llmx_model *model;
    struct workspace *workspace;
    struct sequence prefix, sequences[SEQUENCES];
    int32_t ids[SEQUENCES + 1];
    int first, n;  /* of the sequences, in this batch */
    float *logits; /* (n, vocabulary) */
};

static void batch_member(void *context, int member)
{
    struct batch *b = context;
    const struct token_span prefix = {&b->prefix, b->ids, SEQUENCES, 0};
    struct token_span spans[SEQUENCES];
    forward(b->model, b->workspace, &prefix, 1, member);
    for (int i = 0; i < b->n; i++)
        spans[i] = (struct token_span){&b->sequences[i], b->ids, 1 + b->first + i, 0};
    forward(b->model, b->workspace, spans, b->n, member);
    for (int i = 0; i < b->n; i++)
        spans[i] = (struct token_span){&b->sequences[i], b->ids + 7, 1, 1};
    forward(b->model, b->workspace, spans, b->n, member);
    forward_logits(b->model, b->workspace, 0, b->n, b->logits, member);
}

/* Logits (n, vocabulary) of sequences first .. first + n - 1, computed in one batch by a team. */
static void run_batch(const struct llmx_model *model, int first, int n, int team, float *logits)
{
    struct llmx_error err;
    struct batch b = {.model = model, .first = first, .n = n, .logits = logits};
    struct threads *threads = threads_create(team, &err);
    for (int i = 0; i <= SEQUENCES; i++)
        b.ids[i] = (i * 37 + 11) % model->config.vocabulary;
    assert_int_equal(kv_create(&b.prefix.own, model, SEQUENCES, 0, &err), 0);
    for (int i = 0; i < n; i++) {
        const bool has_prefix = (first + i) % 5 != 4;
        b.sequences[i].prefix = has_prefix ? b.prefix.own : NULL;
        assert_int_equal(
            kv_create(&b.sequences[i].own, model, SEQUENCES + 1, has_prefix ? SEQUENCES : 0, &err),
            0);
    }
    assert_int_equal(
        workspace_create(&b.workspace, model, SEQUENCES * SEQUENCES, SEQUENCES, team, &err), 0);
    threads_run(threads, batch_member, &b);
    for (int i = 0; i < n; i++)
        kv_destroy(b.sequences[i].own);
    kv_destroy(b.prefix.own);
    workspace_destroy(b.workspace);
    threads_destroy(threads);
}

static void check_batches(const char *path)
{
    struct llmx_model *const one = open_model(path, 1), *const three = open_model(path, 3);
    const size_t row = (size_t)one->config.vocabulary, bytes = SEQUENCES * row * sizeof(float);
    float *together = malloc(bytes), *apart = malloc(bytes);
    run_batch(one, 0, SEQUENCES, 1, together);
    for (int team = 1; team <= 3; team++)
        for (int first = 0, n = 1; first < SEQUENCES; first += n, n += team) {
            n = n < SEQUENCES - first ? n : SEQUENCES - first;
            run_batch(team == 3 ? three : one, first, n, team, apart + (size_t)first * row);
        }
    assert_memory_equal(together, apart, bytes);
    run_batch(three, 0, SEQUENCES, 3, apart);
    assert_memory_equal(together, apart, bytes);
    free(together);
    free(apart);
    llmx_model_destroy(one);
    llmx_model_destroy(three);
}

static void test_int8__does_not_depend_on_the_batch_or_team(void **state)
{
    (void)state;
    check_batches(GOLDEN "llama-tied.q4_1.gguf");
    check_batches(GOLDEN "mistral"); /* whose window of 16 hides part of the prefix */
    check_batches(GOLDEN "qwen3");
}

/* ---- what it is not for ---- */

static void test_int8__is_the_default(void **state)
{
    (void)state;
    struct llmx_model *model;
    assert_int_equal(llmx_model_open(&model, GOLDEN "qwen3", NULL, NULL), 0);
    assert_int_equal(model->weights, cpu()->has_amx_bf16 ? DTYPE_BF16 : DTYPE_I8);
    llmx_model_destroy(model);
}

/* Whoever asks for it is told why not; whoever does not gets floats, and here an error of another kind. */
static void test_int8__wants_whole_groups(void **state)
{
    (void)state;
    struct llmx_model *model;
    struct llmx_error err;
    struct llmx_model_options options = {.precision = LLMX_PRECISION_INT8};
    char *out;
    assert_int_equal(test_shell("cp -r " GOLDEN "llama-tied $T/odd && sed -i "
                                "'s/\"intermediate_size\": 96/\"intermediate_size\": 80/' "
                                "$T/odd/config.json",
                                &out),
                     0);
    free(out);
    assert_int_equal(llmx_model_open(&model, test_path("odd"), &options, &err), -1);
    assert_int_equal(err.code, LLMX_UNSUPPORTED);
    assert_contains(err.message, "rows of 80 weights, which make no whole groups of 32 for int8");
    options.precision = LLMX_PRECISION_AUTO;
    assert_int_equal(llmx_model_open(&model, test_path("odd"), &options, &err), -1);
    assert_contains(err.message, "80");
    assert_null(strstr(err.message, "int8"));
}

/* This program again, as every lesser processor. */
static void test_int8__holds_on_every_instruction_set(void **state)
{
    (void)state;
    static const char *const levels[] = {"sse2", "avx2", "avxvnni", "avx512", "avx512vnni"};
    char command[128], self[64];
    if (getenv("LLMX_CPU"))
        skip();
    snprintf(self, sizeof self, "/proc/%d/exe", (int)getpid());
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        char *out;
        snprintf(command, sizeof command, "LLMX_CPU=%s %s", levels[i], self);
        if (test_shell(command, &out) != 0)
            fail_msg("as %s: %s", levels[i], out);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int8__is_near_transformers),
        cmocka_unit_test(test_int8__smollm2_is_near_transformers),
        cmocka_unit_test(test_int8__does_not_depend_on_the_batch_or_team),
        cmocka_unit_test(test_int8__is_the_default),
        cmocka_unit_test(test_int8__wants_whole_groups),
        cmocka_unit_test(test_int8__holds_on_every_instruction_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
