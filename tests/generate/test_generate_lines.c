/* JSON Lines in, texts out, with a fake model whose tokens are bytes. */
#include "fake_model.h"

#include "support/failing_alloc.h"
#include "support/test.h"

#include <jansson.h>

#define FIRST_BYTE 32 /* a token is a byte from here on */

int llmx_tokenize(const struct llmx_tokenizer *tokenizer, const char *text, size_t n,
                  int add_special, int parse_special, int32_t **ids, struct llmx_error *err)
{
    (void)tokenizer, (void)add_special;
    assert_int_equal(0, parse_special);
    *ids = mem_array(n, sizeof **ids, err);
    for (size_t i = 0; *ids && i < n; i++)
        (*ids)[i] = text[i] - FIRST_BYTE;
    return *ids ? (int)n : -1;
}

int llmx_detokenize(const struct llmx_tokenizer *tokenizer, const int32_t *ids, int n, char **text,
                    struct llmx_error *err)
{
    (void)tokenizer;
    *text = mem_array((size_t)n + 1, 1, err);
    for (int i = 0; *text && i < n; i++)
        (*text)[i] = (char)(ids[i] % 90 + FIRST_BYTE);
    return *text ? 0 : -1;
}

int llmx_chat_prompt(const struct llmx_model *model, const char *system, const char *text, size_t n,
                     int32_t **ids, struct llmx_error *err)
{
    (void)model, (void)system;
    int count = llmx_tokenize(NULL, text, n, 0, 0, ids, err);
    for (int i = 0; i < count; i++)
        (*ids)[i] ^= 1; /* not what the bare prompt has */
    return count;
}

static void put(const char *text)
{
    test_file("in.jsonl", text);
}

static char *get(void)
{
    return test_read(test_path("out.jsonl"));
}

static int generate(struct llmx_model *model, struct llmx_lines_options options,
                    struct llmx_error *err)
{
    remove(test_path("out.jsonl"));
    options.max_tokens = options.max_tokens ? options.max_tokens : 10;
    int status =
        llmx_generate_lines(model, test_path("in.jsonl"), &options, test_path("out.jsonl"), err);
    assert_int_equal(0, model->kvs);
    return status;
}

#define LONG_A "user one likes films about the sea and old ships, item "
#define LONG_B "user two reads only news of the day, each and every morning, item "

static void test_generate_lines__keeps_order_and_fields(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 2, .context = 1000};
    put("{\"id\": 7, \"prompt\": \"" LONG_A "a\"}\n\n{\"prompt\": \"" LONG_A "bb\", \"x\": [1]}\n"
        "{\"prompt\": \"short\"}\n{\"prompt\": \"" LONG_B "c\"}\n{\"prompt\": \"" LONG_B "d\"}\n");
    assert_int_equal(0, generate(&model, (struct llmx_lines_options){0}, NULL));
    const char *const prompts[] = {LONG_A "a", LONG_A "bb", "short", LONG_B "c", LONG_B "d"};
    char *all = get(), *line = all;
    for (int i = 0; i < 5; i++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        json_t *object = json_loadb(line, (size_t)(end - line), 0, NULL);
        assert_non_null(object);
        assert_string_equal(prompts[i], json_string_value(json_object_get(object, "prompt")));
        const char *finish = json_string_value(json_object_get(object, "finish"));
        int n = (int)json_integer_value(json_object_get(object, "tokens"));
        assert_int_equal(n, json_string_length(json_object_get(object, "text")));
        assert_true(strcmp(finish, n == 10 ? "length" : "stop") == 0);
        assert_int_equal(i == 0 ? 7 : 0, json_integer_value(json_object_get(object, "id")));
        json_decref(object);
        line = end + 1;
    }
    assert_string_equal("", line);
    free(all);
}

static void test_generate_lines__neighbours_share_their_beginning(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 1, .context = 1000};
    put("{\"prompt\": \"" LONG_A "a\"}\n{\"prompt\": \"" LONG_A "bb\"}\n{\"prompt\": \"" LONG_B
        "c\"}\n{\"prompt\": \"" LONG_B "d\"}\n{\"prompt\": \"" LONG_B "d\"}\n");
    assert_int_equal(0, generate(&model, (struct llmx_lines_options){.max_tokens = 1}, NULL));
    assert_int_equal(strlen(LONG_A) + 1 + 2 + strlen(LONG_B) + 1 + 1 + 1, model.rows);
}

static void test_generate_lines__same_seed_same_bytes(void **state)
{
    (void)state;
    char *first[2];
    put("{\"prompt\": \"one\"}\n{\"prompt\": \"one\"}\n{\"prompt\": \"two\"}\n");
    for (int threads = 1; threads <= 2; threads++) {
        for (uint64_t seed = 0; seed < 2; seed++) {
            struct llmx_model model = {.threads = threads, .context = 1000};
            struct llmx_lines_options sampled = {.sampling = {.temperature = 1}, .seed = seed};
            assert_int_equal(0, generate(&model, sampled, NULL));
            char *text = get();
            if (threads == 1) {
                first[seed] = text;
                continue;
            }
            assert_string_equal(first[seed], text);
            free(text);
        }
    }
    assert_string_not_equal(first[0], first[1]);
    char *second_line = strchr(first[0], '\n') + 1; /* equal prompts, each a stream of its own */
    assert_memory_not_equal(first[0], second_line, (size_t)(second_line - first[0]));
    free(first[0]);
    free(first[1]);
}

static void test_generate_lines__chat_goes_through_the_template(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 1, .context = 1000};
    put("{\"prompt\": \"hello\"}\n");
    assert_int_equal(0, generate(&model, (struct llmx_lines_options){0}, NULL));
    char *bare = get();
    assert_int_equal(0, generate(&model, (struct llmx_lines_options){.is_chat = 1}, NULL));
    char *chat = get();
    assert_string_not_equal(bare, chat);
    free(bare);
    free(chat);
}

static void test_generate_lines__bad_input_names_the_line(void **state)
{
    (void)state;
    const struct {
        const char *text, *message;
        enum llmx_code code;
    } bad[] = {
        {"{\"prompt\": \"a\"}\n{\"promt\": \"b\"}\n", ":2: the field \"prompt\"", LLMX_BAD_INPUT},
        {"{\"prompt\": \"\"}\n", ":1: the prompt is empty", LLMX_BAD_INPUT},
        {"{\"prompt\": \"a\"}\n\n{\"prompt\": \"a long one\"}\n", ":3: the prompt has 10 tokens",
         LLMX_TOO_LARGE},
        {"{\"prompt\": \"a\"}\n{\"prompt\": 3}\n", ":2: ", LLMX_BAD_INPUT},
    };
    struct llmx_model model = {.threads = 1, .context = 10};
    struct llmx_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(bad[i].text);
        assert_int_equal(-1, generate(&model, (struct llmx_lines_options){0}, &err));
        assert_int_equal(bad[i].code, err.code);
        assert_contains(err.message, bad[i].message);
        assert_int_not_equal(0,
                             access(test_path("out.jsonl"), F_OK)); /* nothing half done is left */
    }
}

/* Stops after every fifth text. */
static int stop_at_five(void *context, const char *stage, double done, double total,
                        const char *note)
{
    (void)context, (void)stage, (void)note;
    return (int)done % 5 == 0 && done < total;
}

/* Groups, seeds and order are those of an undisturbed run, wherever it was stopped. */
static void test_generate_lines__goes_on_to_the_same_bytes(void **state)
{
    (void)state;
    char all[60 * 80] = "";
    for (int i = 0; i < 40; i++)
        sprintf(all + strlen(all), "{\"prompt\": \"%s%c\", \"x\": 0.1}\n",
                i % 10 < 5 ? LONG_A : "a", 'a' + i % 7);
    put(all);
    struct llmx_model model = {.threads = 1, .context = 1000};
    struct llmx_lines_options options = {.sequences_max = 4, .max_tokens = 6, .seed = 3};
    struct llmx_error err;
    options.sampling.temperature = 1;
    options.sampling.top_p = 1;
    assert_int_equal(0, generate(&model, options, &err));
    char *whole = get();
    int stops = 0;
    options.progress = (struct llmx_progress){stop_at_five, NULL};
    remove(test_path("out.jsonl"));
    while (generate(&model, options, &err) != 0) {
        assert_int_equal(LLMX_INTERRUPTED, err.code);
        assert_int_not_equal(0, access(test_path("out.jsonl"), F_OK));
        if (stops++ == 0) {
            assert_contains(err.message, " of 40 texts");
            assert_int_equal(-1, generate(&model, options, &err));
            assert_int_equal(LLMX_BAD_OPTION, err.code);
            assert_contains(err.message, "go on with --resume");
        }
        options.resume = 1;
    }
    assert_true(stops > 3);
    char *text = get();
    assert_string_equal(text, whole);
    free(text);
    free(whole);
    assert_int_not_equal(0, access(test_path("out.jsonl.partial"), F_OK));
}

static void test_generate_lines__refuses_the_lines_of_another_run(void **state)
{
    (void)state;
    static const struct {
        const char *partial, *message;
    } bad[] = {
        {"{\"prompt\":\"b\",\"text\":\"\",\"tokens\":0,\"finish\":\"stop\"}\n", "prompt 1"},
        {"{\"prompt\":\"a\",\"seed\":3}\n", "another seed"},
        {"{\"prompt\":\"a\"}\n{\"prompt\":\"a\"}\n", "prompt 2"},
        {"a letter\nto so", ":1: not valid JSON"},
    };
    struct llmx_model model = {.threads = 1, .context = 1000};
    struct llmx_error err;
    put("{\"prompt\": \"a\"}\n");
    remove(test_path("out.jsonl"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        test_file("out.jsonl.partial", bad[i].partial);
        assert_int_equal(-1, generate(&model, (struct llmx_lines_options){.resume = 1}, &err));
        assert_contains(err.message, bad[i].message);
        char *kept = test_read(test_path("out.jsonl.partial"));
        assert_string_equal(kept, bad[i].partial);
        free(kept);
    }
    remove(test_path("out.jsonl.partial"));
}

static void test_generate_lines__a_full_disk_is_told(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 1, .context = 1000};
    struct llmx_lines_options options = {.max_tokens = 3};
    struct llmx_error err;
    put("{\"prompt\": \"a\"}\n");
    assert_int_equal(
        -1, llmx_generate_lines(&model, test_path("in.jsonl"), &options, "/dev/full", &err));
    assert_int_equal(LLMX_IO, err.code);
    assert_contains(err.message, "/dev/full");
}

static int attempt(void *context, struct llmx_error *err)
{
    remove(test_path("out.jsonl.partial")); /* of the attempt before */
    return generate(context, (struct llmx_lines_options){.max_tokens = 2}, err);
}

static void test_generate_lines__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 1, .context = 1000};
    put("{\"prompt\": \"" LONG_A "a\"}\n{\"prompt\": \"" LONG_A "b\"}\n{\"prompt\": \"c\"}\n");
    assert_true(failing_alloc_each(attempt, &model) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generate_lines__keeps_order_and_fields),
        cmocka_unit_test(test_generate_lines__neighbours_share_their_beginning),
        cmocka_unit_test(test_generate_lines__same_seed_same_bytes),
        cmocka_unit_test(test_generate_lines__chat_goes_through_the_template),
        cmocka_unit_test(test_generate_lines__bad_input_names_the_line),
        cmocka_unit_test(test_generate_lines__goes_on_to_the_same_bytes),
        cmocka_unit_test(test_generate_lines__refuses_the_lines_of_another_run),
        cmocka_unit_test(test_generate_lines__a_full_disk_is_told),
        cmocka_unit_test(test_generate_lines__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
