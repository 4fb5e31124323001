/* Opening models: what is refused, with which message, and that nothing is lost when memory runs out. */
#include "llm/model.h"

#include "generate/forward.h"

#include "support/failing_alloc.h"
#include "support/test.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOLDEN "tests/golden/llm/"

static const char *absolute(const char *path)
{
    static char full[4096];
    assert_non_null(realpath(path, full));
    return full;
}

/* A copy of tiny model `name` in which every `from` of its config.json reads `to`, with the tokenizer of another. */
static const char *altered(const char *name, const char *from, const char *to,
                           const char *tokenizer)
{
    static char folder[256];
    char path[512], text[4096], *at;
    snprintf(folder, sizeof folder, "%s/model-%d", test_directory(), rand());
    assert_int_equal(mkdir(folder, 0777), 0);
    snprintf(path, sizeof path, GOLDEN "%s/config.json", name);
    char *config = test_read(path);
    assert_non_null(at = strstr(config, from));
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - config), config, to, at + strlen(from));
    free(config);
    snprintf(path, sizeof path, "%s/config.json", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
    const char *const files[][2] = {{name, "model.safetensors"}, {tokenizer, "tokenizer.json"}};
    for (int i = 0; i < 2; i++) {
        char source[512];
        snprintf(source, sizeof source, GOLDEN "%s/%s", files[i][0], files[i][1]);
        snprintf(path, sizeof path, "%s/%s", folder, files[i][1]);
        assert_int_equal(symlink(absolute(source), path), 0);
    }
    return folder;
}

static void check_refused(const char *path, enum llmx_code code, const char *says)
{
    struct llmx_error err = {0};
    struct llmx_model *model = NULL;
    assert_int_equal(llmx_model_open(&model, path, NULL, &err), -1);
    assert_null(model);
    assert_contains(err.message, says);
    assert_int_equal(err.code, code);
}

static void test_model__refuses_what_it_would_compute_wrongly(void **state)
{
    (void)state;
    const struct {
        const char *model, *from, *to;
        enum llmx_code code;
        const char *says;
    } cases[] = {
        {"llama-tied", "\"llama\"", "\"gpt_neox\"", LLMX_UNSUPPORTED, "'gpt_neox'"},
        {"llama-tied", "\"silu\"", "\"gelu\"", LLMX_UNSUPPORTED, "\"hidden_act\" is \"gelu\""},
        {"llama-tied", "\"default\"", "\"yarn\"", LLMX_UNSUPPORTED, "'yarn'"},
        {"llama-tied", "\"mlp_bias\": false", "\"mlp_bias\": true", LLMX_UNSUPPORTED, "mlp_bias"},
        {"qwen2", "\"use_sliding_window\": false", "\"use_sliding_window\": true", LLMX_UNSUPPORTED,
         "use_sliding_window"},
        {"llama-tied", "\"head_dim\": 16", "\"head_dim\": 24", LLMX_UNSUPPORTED,
         "size of a head of 24"},
        {"llama-tied", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", LLMX_UNSUPPORTED,
         "3 key-value heads"},
        {"llama-tied", "\"hidden_size\": 64", "\"hidden_size\": 0", LLMX_UNSUPPORTED,
         "hidden size of 0"},
        {"llama-tied", "\"hidden_size\": 64", "\"hidden_size\": -1", LLMX_BAD_INPUT,
         "'hidden_size'"},
        {"llama-tied", "\"hidden_size\"", "\"hidden_sizes\"", LLMX_BAD_INPUT, "'hidden_size'"},
        {"llama-tied", "\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 0", LLMX_BAD_INPUT, "epsilon"},
        {"llama3-scaled", "\"factor\": 8.0", "\"factor\": -8.0", LLMX_BAD_INPUT, "rope scaling"},
        {"llama-tied", "{", "[", LLMX_BAD_INPUT, "config.json:"},
        {"llama-tied", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", LLMX_BAD_INPUT,
         "'model.layers.2."},
        {"llama-tied", "\"hidden_size\": 64", "\"hidden_size\": 128", LLMX_BAD_INPUT,
         "(512, 64) and must be (512, 128)"},
        {"llama-tied", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false",
         LLMX_BAD_INPUT, "'lm_head.weight' is missing"},
        {"llama-tied", "\"llama\"", "\"qwen2\"", LLMX_BAD_INPUT, "q_proj.bias' is missing"},
        {"qwen2", "\"qwen2\"", "\"qwen3\"", LLMX_BAD_INPUT, "q_norm.weight' is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_refused(altered(cases[i].model, cases[i].from, cases[i].to, cases[i].model),
                      cases[i].code, cases[i].says);
}

static void test_model__and_tokenizer_must_agree(void **state)
{
    (void)state;
    check_refused(altered("llama-tied", "\"llama\"", "\"llama\"", "llama2-spm"), LLMX_MISMATCH,
                  "the tokenizer knows 640 tokens and the model 512");
}

static void test_model__names_what_is_not_there(void **state)
{
    (void)state;
    check_refused("/nowhere/model.gguf", LLMX_NOT_FOUND, "/nowhere/model.gguf");
    check_refused(test_directory(), LLMX_NOT_FOUND, test_directory());
}

/* A GGUF file in which one text of the same length was changed. */
static const char *patched(const char *from, const char *to)
{
    static char path[512];
    struct mapping file;
    assert_int_equal(mapping_open(&file, GOLDEN "llama-tied.q8_0.gguf", NULL), 0);
    char *copy = malloc(file.size);
    memcpy(copy, file.data, file.size);
    for (size_t i = 0; i + strlen(from) <= file.size; i++)
        if (memcmp(copy + i, from, strlen(from)) == 0)
            memcpy(copy + i, to, strlen(to));
    snprintf(path, sizeof path, "%s/patched.gguf", test_directory());
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(copy, 1, file.size, f), file.size);
    fclose(f);
    free(copy);
    mapping_release(&file);
    return path;
}

static void test_model__refuses_gguf_by_key_and_tensor(void **state)
{
    (void)state;
    check_refused(patched("llama.block_count", "llama.block_cOunt"), LLMX_BAD_INPUT, "block_count");
    check_refused(patched("blk.1.ffn_up", "blk.1.ffn_xx"), LLMX_UNSUPPORTED,
                  "'blk.1.ffn_xx.weight' has no place");
    check_refused(patched("token_embd.weight", "token_embd.weighs"), LLMX_BAD_INPUT,
                  "token_embd.weight");
}

static void test_model__bf16_needs_a_processor_that_has_it(void **state)
{
    (void)state;
    char *out;
    test_needs_program();
    int status = test_shell("echo '{\"ids\":[1,2]}' | LLMX_CPU=avx2 $LLMXREC score --base " GOLDEN
                            "qwen3 --precision bf16",
                            &out);
    assert_int_equal(status, 1);
    assert_contains(out, "--precision f32");
    free(out);
}

/* ---- scores ---- */

static void test_score__refuses_ids_and_lengths_that_cannot_be(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_model *model;
    int32_t ids[300] = {1, 2, 512};
    float scores[300];
    assert_int_equal(llmx_model_open(&model, GOLDEN "llama-tied", NULL, &err), 0);
    assert_int_equal(llmx_score(model, NULL, ids, 3, scores, &err), -1);
    assert_contains(err.message, "token id 512");
    ids[2] = -1;
    assert_int_equal(llmx_score(model, NULL, ids, 3, scores, &err), -1);
    ids[2] = 3;
    assert_int_equal(llmx_score(model, NULL, ids, 257, scores, &err), -1);
    assert_int_equal(err.code, LLMX_TOO_LARGE);
    assert_int_equal(llmx_score(model, NULL, ids, 256, scores, &err), 0);
    assert_int_equal(llmx_score(model, NULL, ids, 1, scores, &err), 0);
    assert_int_equal(llmx_score(model, NULL, ids, 0, scores, &err), 0);
    llmx_model_destroy(model);
}

static int open_and_score(void *context, struct llmx_error *err)
{
    struct llmx_model *model;
    struct llmx_model_options options = {.threads = 2};
    const int32_t ids[] = {1, 2, 3};
    float scores[2];
    if (llmx_model_open(&model, context, &options, err) != 0)
        return -1;
    int result = llmx_score(model, NULL, ids, 3, scores, err);
    llmx_model_destroy(model);
    return result;
}

static void test_model__survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(open_and_score, GOLDEN "llama-tied.q8_0.gguf") > 20);
}

static int stop_at_once(void *context, const char *stage, double done, double total,
                        const char *note)
{
    (void)stage, (void)done, (void)total, (void)note;
    return ++*(int *)context;
}

static void test_model__loading_can_be_interrupted(void **state)
{
    (void)state;
    int calls = 0;
    struct llmx_error err;
    struct llmx_model *model;
    struct llmx_model_options options = {.progress = {stop_at_once, &calls}};
    assert_int_equal(llmx_model_open(&model, GOLDEN "qwen2", &options, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
    assert_int_equal(calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model__refuses_what_it_would_compute_wrongly),
        cmocka_unit_test(test_model__and_tokenizer_must_agree),
        cmocka_unit_test(test_model__names_what_is_not_there),
        cmocka_unit_test(test_model__refuses_gguf_by_key_and_tensor),
        cmocka_unit_test(test_model__bf16_needs_a_processor_that_has_it),
        cmocka_unit_test(test_score__refuses_ids_and_lengths_that_cannot_be),
        cmocka_unit_test(test_model__survives_every_failed_allocation),
        cmocka_unit_test(test_model__loading_can_be_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
