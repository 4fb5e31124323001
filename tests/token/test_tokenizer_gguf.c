#include "format/gguf.h"
#include "support/gguf_file.h"
#include "support/test.h"
#include "token/tokenizer.h"

enum { UNKNOWN = 2, CONTROL = 3, USER = 4, BYTE = 6 };

static void put_types(const uint32_t *types, uint64_t n)
{
    gguf_put_name("tokenizer.ggml.token_type");
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u32(GGUF_I32);
    gguf_put_u64(n);
    gguf_put(types, n * sizeof *types);
}

static void put_scores(const float *scores, uint64_t n)
{
    gguf_put_name("tokenizer.ggml.scores");
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u32(GGUF_F32);
    gguf_put_u64(n);
    gguf_put(scores, n * sizeof *scores);
}

static int parse(struct llmx_tokenizer **t, struct llmx_error *err)
{
    struct gguf gguf;
    if (gguf_parse(&gguf, (const unsigned char *)gguf_file.s, gguf_file.n, "m.gguf", err) != 0)
        return -1;
    int result = tokenizer_from_gguf(t, &gguf, err);
    gguf_release(&gguf);
    return result;
}

static void expect_ids(const struct llmx_tokenizer *t, const char *text, int special, int n,
                       const int32_t *want)
{
    int32_t *ids;
    struct llmx_error err;
    int got = llmx_tokenize(t, text, strlen(text), special, special, &ids, &err);
    if (got != n || memcmp(ids, want, (size_t)n * sizeof *want) != 0)
        fail_msg("\"%s\" gives %d ids, the first %d", text, got, got > 0 ? ids[0] : -1);
    free(ids);
}

#define MARK "\xe2\x96\x81"

static const char *const pieces[] = {"<unk>", "<s>",    "</s>", MARK,     "a",     "b",
                                     "ab",    MARK "a", "bb",   "<0xC3>", "<0xA9>"};
static const uint32_t piece_types[] = {UNKNOWN, CONTROL, CONTROL, 1, 1, 1, 1, 1, 1, BYTE, BYTE};
static const float scores[] = {0, 0, 0, -9, -9, -9, -2, -1, -2, 0, 0};
#define N_PIECES 11

static void put_sentencepiece(uint64_t n_values)
{
    gguf_begin(0, n_values);
    gguf_put_text_key("tokenizer.ggml.model", "llama");
    gguf_put_texts("tokenizer.ggml.tokens", pieces, N_PIECES);
    put_types(piece_types, N_PIECES);
    put_scores(scores, N_PIECES);
    gguf_put_u32_key("tokenizer.ggml.bos_token_id", 1);
    gguf_put_u32_key("tokenizer.ggml.eos_token_id", 2);
    gguf_put_u32_key("tokenizer.ggml.unknown_token_id", 0);
}

static void test_tokenizer_gguf__sentencepiece_merges_by_score(void **state)
{
    (void)state;
    struct llmx_tokenizer *t;
    struct llmx_error err;
    char *back;
    put_sentencepiece(7);
    if (parse(&t, &err) != 0)
        fail_msg("%s", err.message);
    expect_ids(t, "a", 0, 1, (int32_t[]){7});
    expect_ids(t, "ab", 0, 2, (int32_t[]){7, 5});         /* mark + a scores above a + b */
    expect_ids(t, "bab", 0, 3, (int32_t[]){3, 5, 6});     /* the mark stays alone */
    expect_ids(t, "babb", 0, 4, (int32_t[]){3, 5, 6, 5}); /* equal scores: the leftmost first */
    expect_ids(t, "b\xc3\xa9", 0, 4, (int32_t[]){3, 5, 9, 10});
    expect_ids(t, "bz", 0, 3, (int32_t[]){3, 5, 0}); /* z has no bytes here */
    expect_ids(t, "b</s>a", 1, 5, (int32_t[]){1, 3, 5, 2, 7});
    assert_true(tokenizer_is_stop(t, 2) && tokenizer_begin(t) == 1);
    assert_int_equal(llmx_detokenize(t, (int32_t[]){1, 7, 5, 3, 9, 10, 2}, 7, &back, &err), 0);
    assert_string_equal(back, "ab \xc3\xa9");
    free(back);
    llmx_tokenizer_destroy(t);

    put_sentencepiece(8);
    gguf_put_name("tokenizer.ggml.add_space_prefix");
    gguf_put_u32(GGUF_BOOL);
    gguf_put("", 1);
    assert_int_equal(parse(&t, &err), 0);
    expect_ids(t, "ab", 0, 1, (int32_t[]){6});
    llmx_tokenizer_destroy(t);
}

static void put_bytes_model(uint64_t n_values, const char *pre)
{
    static const char *const tokens[] = {"<s>", "1",  "2",        "a",      "b",
                                         "ab",  "12", "\xc4\xa0", "<think>"};
    static const uint32_t types[] = {CONTROL, 1, 1, 1, 1, 1, 1, 1, USER};
    static const char *const merges[] = {"a b", "1 2"};
    gguf_begin(0, n_values);
    gguf_put_text_key("tokenizer.ggml.model", "gpt2");
    gguf_put_text_key("tokenizer.ggml.pre", pre);
    gguf_put_texts("tokenizer.ggml.tokens", tokens, 9);
    put_types(types, 9);
    gguf_put_texts("tokenizer.ggml.merges", merges, 2);
}

static void test_tokenizer_gguf__splitting_rules_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *pre;
        int n; /* ids of "ab12 ab": digits together or apart, nothing else differs */
    } cases[] = {{"gpt-2", 4}, {"smollm", 5}, {"llama-bpe", 4},
                 {"qwen2", 5}, {"tekken", 5}, {"default", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct llmx_tokenizer *t;
        struct llmx_error err;
        int32_t *ids;
        put_bytes_model(5, cases[i].pre);
        assert_int_equal(parse(&t, &err), 0);
        int n = llmx_tokenize(t, "ab12 ab", 7, 0, 0, &ids, &err);
        if (n != cases[i].n)
            fail_msg("%s: %d ids", cases[i].pre, n);
        free(ids);
        expect_ids(t, "<think>a", 0, 2, (int32_t[]){8, 3}); /* user-defined: always whole */
        llmx_tokenizer_destroy(t);
    }
}

static void expect_failure(enum llmx_code code, const char *part)
{
    struct llmx_tokenizer *t;
    struct llmx_error err = {0};
    assert_int_equal(parse(&t, &err), -1);
    if (err.code != code || !strstr(err.message, part))
        fail_msg("code %d, \"%s\"; expected code %d, \"%s\"", (int)err.code, err.message, (int)code,
                 part);
}

static void test_tokenizer_gguf__bad_files(void **state)
{
    (void)state;
    gguf_begin(0, 0);
    expect_failure(LLMX_BAD_INPUT, "the key 'tokenizer.ggml.model' is missing or is not a text");
    gguf_begin(0, 1);
    gguf_put_text_key("tokenizer.ggml.model", "bert");
    expect_failure(LLMX_UNSUPPORTED, "tokenizers of kind 'bert'");
    gguf_begin(0, 1);
    gguf_put_text_key("tokenizer.ggml.model", "gpt2");
    expect_failure(LLMX_BAD_INPUT, "'tokenizer.ggml.tokens' is missing");
    put_bytes_model(5, "starcoder9");
    expect_failure(LLMX_UNSUPPORTED, "splitting rules 'starcoder9'");
    put_bytes_model(6, "gpt-2");
    gguf_put_u32_key("tokenizer.ggml.bos_token_id", 9);
    expect_failure(LLMX_BAD_INPUT, "past the vocabulary of 9");

    gguf_begin(0, 3);
    gguf_put_text_key("tokenizer.ggml.model", "llama");
    gguf_put_texts("tokenizer.ggml.tokens", pieces, N_PIECES);
    put_types(piece_types, N_PIECES - 1);
    expect_failure(LLMX_BAD_INPUT,
                   "'tokenizer.ggml.token_type' is missing or is not a list of as many");
    gguf_begin(0, 2);
    gguf_put_text_key("tokenizer.ggml.model", "llama");
    gguf_put_texts("tokenizer.ggml.tokens", pieces, N_PIECES);
    expect_failure(LLMX_BAD_INPUT, "'tokenizer.ggml.scores' is missing");
    float no_order[N_PIECES] = {[4] = NAN};
    gguf_begin(0, 3);
    gguf_put_text_key("tokenizer.ggml.model", "llama");
    gguf_put_texts("tokenizer.ggml.tokens", pieces, N_PIECES);
    put_scores(no_order, N_PIECES);
    expect_failure(LLMX_BAD_INPUT, "the score of token 4 in tokenizer.ggml.scores is no number");
    gguf_begin(0, 3);
    gguf_put_text_key("tokenizer.ggml.model", "gpt2");
    gguf_put_texts("tokenizer.ggml.tokens", (const char *const[]){"a", "b"}, 2);
    gguf_put_texts("tokenizer.ggml.merges", (const char *const[]){"ab"}, 1);
    expect_failure(LLMX_BAD_INPUT, "merge 1 has no space");
}

static int release_file(void **state)
{
    (void)state;
    text_release(&gguf_file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokenizer_gguf__sentencepiece_merges_by_score),
        cmocka_unit_test(test_tokenizer_gguf__splitting_rules_by_name),
        cmocka_unit_test(test_tokenizer_gguf__bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, release_file);
}
