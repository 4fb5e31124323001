#include "token/tokenizer.h"

#include "format/jsonl.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

#define GOLDEN "tests/golden/tokenizer/"
#define MODEL  "build/assets/smollm2-135m-instruct-q4_1.gguf"

static struct llmx_tokenizer *open_tokenizer(const char *path)
{
    struct llmx_tokenizer *t;
    struct llmx_error err;
    if (llmx_tokenizer_open(&t, path, &err) != 0)
        fail_msg("%s", err.message);
    return t;
}

/* Every line of a table: the same ids, and back to the same text (composed, where the tokenizer composes). */
static void hold_against(const struct llmx_tokenizer *t, const char *table, bool composes)
{
    struct jsonl jsonl;
    json_t *line;
    struct llmx_error err;
    assert_int_equal(jsonl_open(&jsonl, table, &err), 0);
    jsonl.allows_nul = true;
    while (jsonl_read(&jsonl, &line, &err) == 1) {
        const char *text = json_string_value(json_object_get(line, "text"));
        size_t length = json_string_length(json_object_get(line, "text"));
        const json_t *expected = json_object_get(line, "ids");
        int32_t *ids;
        char *back;
        int n = llmx_tokenize(t, text, length, 0, 1, &ids, &err);
        bool is_same = n == (int)json_array_size(expected);
        for (int i = 0; is_same && i < n; i++)
            is_same = ids[i] == json_integer_value(json_array_get(expected, (size_t)i));
        if (!is_same)
            fail_msg("%s:%ld: other ids for \"%s\"", table, jsonl.lines.number, text);
        free(ids);

        n = llmx_tokenize(t, text, length, 0, 0, &ids, &err);
        assert_true(n >= 0);
        assert_int_equal(llmx_detokenize(t, ids, n, &back, &err), 0);
        char *composed = composes && strlen(text) == length
                             ? (char *)utf8proc_NFC((const utf8proc_uint8_t *)text)
                             : NULL;
        if (composed)
            assert_string_equal(back, composed);
        else
            assert_memory_equal(back, text, length + 1);
        free(composed);
        free(back);
        free(ids);
        json_decref(line);
    }
    assert_int_equal(jsonl.lines.number, 235);
    jsonl_close(&jsonl);
}

static void test_tokenizer__smollm2_of_a_gguf_file(void **state)
{
    (void)state;
    if (access(MODEL, R_OK) != 0)
        skip();
    struct llmx_tokenizer *t = open_tokenizer(MODEL);
    assert_int_equal(tokenizer_vocabulary(t), 49152);
    hold_against(t, GOLDEN "smollm2.jsonl", false);
    llmx_tokenizer_destroy(t);
}

static void test_tokenizer__equals_golden_smollm(void **state)
{
    (void)state;
    struct llmx_tokenizer *t = open_tokenizer(GOLDEN "smollm");
    hold_against(t, GOLDEN "smollm/ids.jsonl", false);
    llmx_tokenizer_destroy(t);
}

static void test_tokenizer__equals_golden_llama3(void **state)
{
    (void)state;
    struct llmx_tokenizer *t = open_tokenizer(GOLDEN "llama3");
    hold_against(t, GOLDEN "llama3/ids.jsonl", false);
    llmx_tokenizer_destroy(t);
}

static void test_tokenizer__equals_golden_qwen2(void **state)
{
    (void)state;
    struct llmx_tokenizer *t = open_tokenizer(GOLDEN "qwen2");
    hold_against(t, GOLDEN "qwen2/ids.jsonl", true);
    llmx_tokenizer_destroy(t);
}

static void test_tokenizer__equals_golden_llama2_spm(void **state)
{
    (void)state;
    struct llmx_tokenizer *t = open_tokenizer(GOLDEN "llama2-spm");
    hold_against(t, GOLDEN "llama2-spm/ids.jsonl", false);
    llmx_tokenizer_destroy(t);
}

/* A tokenizer.json of our own; `model` and `rest` are inserted as they are. */
static int parse(struct llmx_tokenizer **t, const char *model, const char *rest,
                 struct llmx_error *err)
{
    char text[2048];
    snprintf(text, sizeof text, "{\"model\":{%s}%s%s}", model, *rest ? "," : "", rest);
    return tokenizer_parse(t, (const unsigned char *)text, strlen(text), "tokenizer.json", err);
}

#define MODEL_AB                                                                                   \
    "\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"\xe2\x96\x81\":3,"                     \
    "\"\xe2\x96\x81\x61\":4},"                                                                     \
    "\"merges\":[\"a b\",[\"\xe2\x96\x81\",\"a\"]]"

static void expect_failure(const char *model, const char *rest, enum llmx_code code,
                           const char *part)
{
    struct llmx_tokenizer *t;
    struct llmx_error err = {0};
    assert_int_equal(parse(&t, model, rest, &err), -1);
    if (err.code != code || !strstr(err.message, part))
        fail_msg("code %d, \"%s\"; expected code %d, \"%s\"", (int)err.code, err.message, (int)code,
                 part);
}

static void test_tokenizer__names_what_it_cannot_do(void **state)
{
    (void)state;
    const enum llmx_code no = LLMX_UNSUPPORTED;
    expect_failure("\"type\":\"Unigram\"", "", no, "model type 'Unigram'");
    expect_failure("\"type\":\"BPE\",\"dropout\":0.1", "", no, "model option 'dropout'");
    expect_failure("\"type\":\"BPE\",\"end_of_word_suffix\":\"</w>\"", "", no,
                   "'end_of_word_suffix'");
    expect_failure(MODEL_AB, "\"normalizer\":{\"type\":\"Lowercase\"}", no,
                   "normalizer 'Lowercase'");
    expect_failure(MODEL_AB, "\"normalizer\":{\"type\":\"Prepend\",\"prepend\":\"x\"}", no,
                   "normalizer 'Prepend'");
    expect_failure(MODEL_AB, "\"pre_tokenizer\":{\"type\":\"Punctuation\"}", no,
                   "pre-tokenizer 'Punctuation'");
    expect_failure(MODEL_AB, "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true}",
                   no, "ByteLevel with add_prefix_space");
    expect_failure(MODEL_AB,
                   "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},"
                   "\"behavior\":\"Removed\"}",
                   no, "behaviour 'Removed'");
    expect_failure(MODEL_AB,
                   "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},"
                   "\"behavior\":\"Isolated\"}",
                   no, "cannot use the splitting rule");
    expect_failure(MODEL_AB, "\"decoder\":{\"type\":\"WordPiece\"}", no, "decoder 'WordPiece'");
    expect_failure(MODEL_AB, "\"post_processor\":{\"type\":\"BertProcessing\"}", no,
                   "post-processor 'BertProcessing'");
    expect_failure(MODEL_AB, "\"added_tokens\":[{\"id\":9,\"content\":\"<m>\",\"lstrip\":true}]",
                   no, "added token '<m>' with lstrip");
}

static void test_tokenizer__bad_files(void **state)
{
    (void)state;
    const enum llmx_code bad = LLMX_BAD_INPUT;
    expect_failure("\"type\":\"BPE\"", "", bad, "no \"vocab\"");
    expect_failure("\"type\":\"BPE\",\"vocab\":{\"a\":0}", "", bad, "no \"merges\"");
    expect_failure("\"type\":\"BPE\",\"vocab\":{\"a\":\"0\"},\"merges\":[]", "", bad,
                   "id of the token 'a'");
    expect_failure("\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]", "", bad,
                   "token id -1 is out of range");
    expect_failure("\"type\":\"BPE\",\"vocab\":{\"a\":2000000000},\"merges\":[]", "", bad,
                   "2000000000 is out of range");
    expect_failure("\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]", "", bad,
                   "token id 0 is given twice, the second time to 'b'");
    expect_failure("\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a x\"]", "", bad,
                   "merge 1 names 'x'");
    expect_failure("\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a a\"]", "", bad,
                   "leads to no token");
    expect_failure("\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[7]", "", bad,
                   "merge 1 is no pair");
    expect_failure("\"type\":\"BPE\",\"vocab\":{},\"merges\":[]", "", bad, "no tokens");
    expect_failure("\"type\":\"BPE\",\"unk_token\":\"?\",\"vocab\":{\"a\":0},\"merges\":[]", "",
                   bad, "unk_token '?'");
    expect_failure("\"type\":", "", bad, "not valid JSON");
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

static void test_tokenizer__metaspace(void **state)
{
    (void)state;
    struct llmx_tokenizer *t;
    struct llmx_error err;
    const char *always =
        "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\xe2\x96\x81\","
        "\"prepend_scheme\":\"always\",\"split\":true},\"decoder\":{\"type\":\"Metaspace\"}";
    const char *first =
        "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\xe2\x96\x81\","
        "\"prepend_scheme\":\"first\",\"split\":false},\"decoder\":{\"type\":\"Metaspace\"},"
        "\"added_tokens\":[{\"id\":5,\"content\":\"<s>\",\"special\":true}]";
    char *back;
    assert_int_equal(parse(&t, MODEL_AB, always, &err), 0);
    expect_ids(t, "ab", 0, 2, (int32_t[]){3, 2});
    expect_ids(t, " ab a", 0, 3, (int32_t[]){3, 2, 4});
    assert_int_equal(llmx_detokenize(t, (int32_t[]){4, 1, 4}, 3, &back, &err), 0);
    assert_string_equal(back, "ab a");
    free(back);
    llmx_tokenizer_destroy(t);
    assert_int_equal(parse(&t, MODEL_AB, first, &err), 0);
    expect_ids(t, "b<s>b", 1, 4, (int32_t[]){3, 1, 5, 1});
    llmx_tokenizer_destroy(t);
}

/* U+180E was a space once; to the reference tokenizers (and Unicode) it is none. */
static void test_tokenizer__spaces_are_those_of_unicode(void **state)
{
    (void)state;
    struct llmx_tokenizer *t = open_tokenizer(GOLDEN "smollm");
    expect_ids(t, "  \xe1\xa0\x8e", 0, 5, (int32_t[]){223, 223, 160, 257, 239});
    llmx_tokenizer_destroy(t);
    expect_failure(
        MODEL_AB,
        "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[^[:punct:]\\\\s]\"},"
        "\"behavior\":\"Isolated\"}",
        LLMX_UNSUPPORTED, "a bare bracket within a class");
}

static void test_tokenizer__begin_and_special_tokens(void **state)
{
    (void)state;
    struct llmx_tokenizer *t;
    struct llmx_error err;
    const char *rest =
        "\"added_tokens\":[{\"id\":5,\"content\":\"<s>\",\"special\":true},"
        "{\"id\":6,\"content\":\"</s>\",\"special\":true},{\"id\":7,\"content\":\"ba\"}],"
        "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":"
        "{\"id\":\"<s>\"}},{\"Sequence\":{\"id\":\"A\"}}]}";
    char *back;
    assert_int_equal(parse(&t, MODEL_AB, rest, &err), 0);
    assert_int_equal(tokenizer_begin(t), 5);
    assert_true(tokenizer_adds_begin(t) && tokenizer_is_stop(t, 6) && !tokenizer_is_stop(t, 5));
    expect_ids(t, "ab</s>b", 1, 4, (int32_t[]){5, 2, 6, 1});
    expect_ids(t, "ab</s>b", 0, 2,
               (int32_t[]){2, 1}); /* <, /, s, > are in no piece and there is no unknown token */
    expect_ids(t, "abab", 0, 3,
               (int32_t[]){0, 7, 1}); /* added, not special: always taken out whole */
    assert_int_equal(llmx_detokenize(t, (int32_t[]){5, 2, 7, 6, -1, 99}, 6, &back, &err), 0);
    assert_string_equal(back, "abba");
    free(back);
    llmx_tokenizer_destroy(t);
}

static void test_tokenizer__unknown_characters(void **state)
{
    (void)state;
    struct llmx_tokenizer *t;
    struct llmx_error err;
    const char *unknown = "\"added_tokens\":[{\"id\":9,\"content\":\"<u>\",\"special\":true}]";
    assert_int_equal(parse(&t, "\"unk_token\":\"<u>\",\"fuse_unk\":true," MODEL_AB, unknown, &err),
                     0);
    expect_ids(t, "axya", 0, 3, (int32_t[]){0, 9, 0});
    llmx_tokenizer_destroy(t);
    assert_int_equal(parse(&t, "\"unk_token\":\"<u>\"," MODEL_AB, unknown, &err), 0);
    expect_ids(t, "axya", 0, 4, (int32_t[]){0, 9, 9, 0});
    llmx_tokenizer_destroy(t);
}

static void test_tokenizer__text_that_is_not_utf8(void **state)
{
    (void)state;
    struct llmx_tokenizer *t = open_tokenizer(GOLDEN "smollm");
    struct llmx_error err;
    int32_t *ids;
    char *back;
    assert_int_equal(llmx_tokenize(t, "abc\xc3(", 5, 0, 0, &ids, &err), -1);
    assert_string_equal(err.message, "the text is not UTF-8 at byte 3 (0xc3)");
    assert_int_equal(err.code, LLMX_BAD_INPUT);

    int n =
        llmx_tokenize(t, "\xc3\xa9", 2, 0, 0, &ids, &err); /* cut in the middle of a character */
    assert_int_equal(n, 2);
    assert_int_equal(llmx_detokenize(t, ids, 1, &back, &err), 0);
    assert_string_equal(back, "\xef\xbf\xbd");
    free(back);
    free(ids);
    llmx_tokenizer_destroy(t);
}

/* A text that is one word throughout must not take time that grows with its square. */
/* In processor time: what else runs does not count. Squared in the length it would be hours. */
static void test_tokenizer__long_words_take_no_squared_time(void **state)
{
    (void)state;
    struct llmx_tokenizer *t = open_tokenizer(GOLDEN "llama2-spm");
    struct llmx_error err;
    size_t n = 2000000;
    char *text = malloc(n);
    int32_t *ids;
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        text[i] = "watched the film "[i % 17];
    const clock_t start = clock();
    assert_true(llmx_tokenize(t, text, n, 0, 0, &ids, &err) > 100000);
    assert_true(clock() - start < 60 * CLOCKS_PER_SEC);
    free(ids);
    free(text);
    llmx_tokenizer_destroy(t);
}

static void test_tokenizer__missing_files(void **state)
{
    (void)state;
    struct llmx_tokenizer *t;
    struct llmx_error err;
    assert_int_equal(llmx_tokenizer_open(&t, "no/such", &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_int_equal(llmx_tokenizer_open(&t, "tests/golden", &err), -1);
    assert_contains(err.message, "tokenizer.json");
    test_file("config.json", "{\"eos_token_id\": [1, 2]}");
    test_file("tokenizer_config.json", "{\"bos_token\": ");
    char *json = test_read(GOLDEN "smollm/tokenizer.json");
    test_file("tokenizer.json", json);
    free(json);
    assert_int_equal(llmx_tokenizer_open(&t, test_directory(), &err), -1);
    assert_contains(err.message, "tokenizer_config.json:1: not valid JSON");
    test_file("tokenizer_config.json",
              "{\"bos_token\": {\"content\": \"<|im_start|>\"}, \"add_bos_token\": true,"
              " \"chat_template\": [{\"name\": \"tool\", \"template\": \"x\"}, {\"name\": "
              "\"default\", \"template\": \"y\"}]}");
    assert_int_equal(llmx_tokenizer_open(&t, test_directory(), &err), 0);
    size_t n;
    assert_string_equal(tokenizer_template(t, &n), "y");
    assert_true(tokenizer_begin(t) == 1 && tokenizer_adds_begin(t) && tokenizer_is_stop(t, 2) &&
                tokenizer_is_stop(t, 1) && tokenizer_is_stop(t, 0));
    llmx_tokenizer_destroy(t);
}

static int open_and_tokenize(void *context, struct llmx_error *err)
{
    struct llmx_tokenizer *t = NULL;
    int32_t *ids;
    char *back;
    int result = -1, n;
    if (llmx_tokenizer_open(&t, context, err) == 0 &&
        (n = llmx_tokenize(t, "I'd like \xc3\xa9 2", 13, 1, 1, &ids, err)) >= 0) {
        result = llmx_detokenize(t, ids, n, &back, err);
        if (result == 0)
            free(back);
        free(ids);
    }
    llmx_tokenizer_destroy(t);
    return result;
}

static void test_tokenizer__survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(open_and_tokenize, GOLDEN "qwen2") > 20);
    assert_true(failing_alloc_each(open_and_tokenize, GOLDEN "llama2-spm") > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokenizer__smollm2_of_a_gguf_file),
        cmocka_unit_test(test_tokenizer__equals_golden_smollm),
        cmocka_unit_test(test_tokenizer__equals_golden_llama3),
        cmocka_unit_test(test_tokenizer__equals_golden_qwen2),
        cmocka_unit_test(test_tokenizer__equals_golden_llama2_spm),
        cmocka_unit_test(test_tokenizer__names_what_it_cannot_do),
        cmocka_unit_test(test_tokenizer__bad_files),
        cmocka_unit_test(test_tokenizer__metaspace),
        cmocka_unit_test(test_tokenizer__spaces_are_those_of_unicode),
        cmocka_unit_test(test_tokenizer__begin_and_special_tokens),
        cmocka_unit_test(test_tokenizer__unknown_characters),
        cmocka_unit_test(test_tokenizer__text_that_is_not_utf8),
        cmocka_unit_test(test_tokenizer__long_words_take_no_squared_time),
        cmocka_unit_test(test_tokenizer__missing_files),
        cmocka_unit_test(test_tokenizer__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
