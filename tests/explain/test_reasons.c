/* test_reasons.c - prompts of facts: those that an independent program made of the same recommendations, and what a person's
 * history, other domains and items of one title make of them. */
#include "llmxrec/explain_file.h"
#include "support/data.h"
#include "support/test.h"

#include "format/jsonl.h"

#include <unistd.h>

#define GOLDEN  "tests/golden/explain/reasons.jsonl"
#define ML_100K "build/assets/ml-100k"
#define PROMPTS 20

/* What `examples make` writes of the recommendations, line by line. */
static char *make(const char *recs, const struct llmx_data *data,
                  const struct llmx_explain_options *options)
{
    const char *out = test_path("made.jsonl");
    struct llmx_error err;
    if (llmx_examples_make(recs, data, options, out, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return test_read(out);
}

static const char *field(const json_t *line, const char *name)
{
    return json_string_value(json_object_get(line, name));
}

/* The line of the same user and item. */
static json_t *find_line(const char *lines, const json_t *wanted)
{
    for (const char *s = lines, *end; (end = strchr(s, '\n')) != NULL; s = end + 1) {
        json_t *line = json_loadb(s, (size_t)(end - s), 0, NULL);
        assert_non_null(line);
        if (strcmp(field(line, "user"), field(wanted, "user")) == 0 &&
            strcmp(field(line, "item"), field(wanted, "item")) == 0)
            return line;
        json_decref(line);
    }
    return NULL;
}

static void test_reasons__are_those_of_the_reference(void **state)
{
    (void)state;
    const struct llmx_data_options how = {.split_by = "none"};
    const struct llmx_explain_options options = llmx_explain_defaults();
    struct llmx_data *data;
    struct llmx_error err;
    struct jsonl file;
    json_t *wanted;
    int same = 0;
    if (access(ML_100K, R_OK) != 0)
        skip();
    assert_int_equal(llmx_data_open(&data, ML_100K, &how, &err), 0);
    char *made = make(GOLDEN, data, &options);
    assert_int_equal(jsonl_open(&file, GOLDEN, &err), 0);
    while (jsonl_read(&file, &wanted, &err) == 1) {
        json_t *line = find_line(made, wanted);
        assert_non_null(line);
        assert_string_equal(field(line, "prompt"), field(wanted, "prompt"));
        assert_true(
            json_equal(json_object_get(line, "evidence"), json_object_get(wanted, "evidence")));
        same++;
        json_decref(line);
        json_decref(wanted);
    }
    assert_int_equal(same, PROMPTS);
    jsonl_close(&file);
    free(made);
    llmx_data_destroy(data);
}

#define INTER                                                                                      \
    "user_id:token\titem_id:token\ttimestamp:float\n"                                              \
    "u\ta\t1\nu\tb\t2\nu\tc\t3\nv\ta\t1\nv\td\t2\nv\te\t3\n"
#define ITEM                                                                                       \
    "item_id:token\tname:token_seq\tkind:token\tmade:token\n"                                      \
    "a\tOak Shelf\tShelves\t2019-05-01\nb\tWall_Anchor\tSmall_Parts\t\nc\toak  SHELF\tShelves\t"   \
    "2020\nd\tOak Shelf\tShelves\t2021\ne\tScrew\tSmall_Parts\t\n"

/* The prompt of item `item` for u, by the options. */
static char *prompt_of(const char *item, const struct llmx_explain_options *options)
{
    const struct llmx_data_options how = {.split_by = "none", .roles = "categories=kind,year=made"};
    struct llmx_data *data;
    struct llmx_error err;
    char recs[256];
    test_file("shop.item", ITEM);
    if (llmx_data_open(&data, test_file("shop.inter", INTER), &how, &err) != 0)
        fail_msg("%s", err.message);
    snprintf(recs, sizeof recs,
             "{\"user\":\"u\",\"item\":\"%s\",\"evidence\":[{\"item\":\"a\",\"contribution\":2},{"
             "\"item\":\"c\",\"contribution\":1},{\"item\":\"b\",\"contribution\":1}]}\n",
             item);
    char *made = make(test_file("recs.jsonl", recs), data, options);
    json_t *line = json_loads(made, 0, NULL);
    char *prompt = strdup(field(line, "prompt"));
    json_decref(line);
    free(made);
    llmx_data_destroy(data);
    return prompt;
}

#define INSTRUCTION                                                                                \
    "Tell the customer (\"you\") why, in one to three plain sentences, from these facts alone."

static void test_reasons__speak_of_roles_in_the_words_of_the_domain(void **state)
{
    (void)state;
    struct llmx_explain_options options = llmx_explain_defaults();
    char *prompt = prompt_of("e", &options);
    assert_contains(prompt, "Recommended: \"Screw\": small parts\n");
    assert_contains(prompt, "You chose: \"Wall_Anchor\": small parts\n");
    assert_contains(prompt, "\"Wall_Anchor\" and this one share: small parts.\n");
    assert_contains(prompt, "\n" INSTRUCTION);
    assert_null(strstr(prompt, "Earlier"));
    free(prompt);
    options.domain = "products";
    options.history_max = 1;
    prompt = prompt_of("e", &options);
    assert_contains(prompt, "Earlier you bought: \"oak  SHELF\" (2020): shelves\n");
    assert_contains(prompt, "You bought: \"Wall_Anchor\": small parts\n");
    free(prompt);
}

static void test_reasons__never_rest_on_an_item_of_the_same_title(void **state)
{
    (void)state;
    struct llmx_explain_options options = llmx_explain_defaults();
    options.history_max = 5;
    char *prompt = prompt_of("d", &options);
    assert_contains(prompt, "Recommended: \"Oak Shelf\" (2021): shelves\n");
    assert_contains(prompt, "Earlier you chose: \"Wall_Anchor\"");
    assert_contains(prompt, "You chose: \"Wall_Anchor\"");
    assert_null(strstr(prompt, "You chose: \"Oak"));
    assert_null(strstr(prompt, "you chose: \"Oak"));
    assert_null(strstr(prompt, "SHELF"));
    free(prompt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons__are_those_of_the_reference),
        cmocka_unit_test(test_reasons__speak_of_roles_in_the_words_of_the_domain),
        cmocka_unit_test(test_reasons__never_rest_on_an_item_of_the_same_title),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
