/* llmxrec facts: a line a recommendation, each fact with its numbers and its sentence. */
#include "support/data.h"
#include "support/test.h"

#include <jansson.h>

/* Twelve took a and b, ten of others c: "of the 11 others who took a, 11 took b". */
static void write_data(void)
{
    FILE *log = fopen(test_path("few.inter"), "w");
    assert_non_null(log);
    fputs("user_id:token\titem_id:token\n", log);
    for (int u = 0; u < 12; u++)
        fprintf(log, "u%d\ta\nu%d\tb\n", u, u);
    for (int u = 12; u < 90; u++)
        fprintf(log, "u%d\tc\n", u);
    fclose(log);
    test_file("few.item", "item_id:token\tmovie_title:token\tgenres:token_seq\n"
                          "a\tHeat\tcrime|drama\nb\tFargo\tcrime\nc\tUp\tanimation\n");
    test_file(
        "recs.jsonl",
        "{\"user\":\"u0\",\"item\":\"b\",\"evidence\":[{\"item\":\"a\",\"contribution\":1}]}\n"
        "{\"user\":\"u20\",\"item\":\"b\",\"evidence\":[{\"item\":\"c\",\"contribution\":1}]}\n");
}

static json_t *line_of(const char *name, int number)
{
    char *text = test_read(test_path(name)), *line = text;
    while (number-- > 0)
        line = strchr(line, '\n') + 1;
    line[strcspn(line, "\n")] = '\0';
    json_t *json = json_loads(line, 0, NULL);
    free(text);
    assert_non_null(json);
    return json;
}

/* The first fact of that kind; NULL: there is none. */
static const json_t *find(const json_t *line, const char *kind)
{
    size_t i;
    const json_t *fact;
    json_array_foreach(json_object_get(line, "facts"), i,
                       fact) if (strcmp(json_string_value(json_object_get(fact, "kind")), kind) ==
                                 0) return fact;
    return NULL;
}

static void test_cmd_facts__writes_numbers_and_sentences(void **state)
{
    (void)state;
    test_needs_program();
    write_data();
    test_command("$LLMXREC facts $T/recs.jsonl --data $T/few --split-by none --out $T/facts.jsonl",
                 0, "2 recommendations");
    json_t *line = line_of("facts.jsonl", 0);
    const json_t *company = find(line, "company"), *shared = find(line, "shared");
    assert_string_equal(json_string_value(json_object_get(line, "user")), "u0");
    assert_string_equal(json_string_value(json_object_get(line, "item")), "b");
    assert_int_equal(json_integer_value(json_object_get(company, "n")), 11);
    assert_int_equal(json_integer_value(json_object_get(company, "m")), 11);
    assert_true(json_is_true(json_object_get(company, "chosen")));
    assert_string_equal(json_string_value(json_object_get(company, "text")),
                        "11 of the 11 other people who watched \"Heat\" watched this one.");
    assert_string_equal(json_string_value(json_array_get(json_object_get(shared, "items"), 0)),
                        "a");
    assert_string_equal(json_string_value(json_object_get(shared, "column")), "genres");
    assert_string_equal(json_string_value(json_array_get(json_object_get(shared, "values"), 0)),
                        "crime");
    assert_null(json_object_get(shared, "n"));
    json_decref(line);
}

/* All: also that none of the others who took c took b, which is no reason. */
static void test_cmd_facts__writes_all_that_is_true(void **state)
{
    (void)state;
    test_needs_program();
    write_data();
    test_command("$LLMXREC facts $T/recs.jsonl --data $T/few --split-by none --out $T/chosen", 0,
                 "");
    test_command("$LLMXREC facts $T/recs.jsonl --data $T/few --split-by none --all --out $T/all", 0,
                 "");
    json_t *line = line_of("chosen", 1), *all = line_of("all", 1);
    assert_null(find(line, "company"));
    const json_t *company = find(all, "company");
    assert_int_equal(json_integer_value(json_object_get(company, "n")), 77);
    assert_int_equal(json_integer_value(json_object_get(company, "m")), 0);
    assert_true(json_is_false(json_object_get(company, "chosen")));
    json_decref(line);
    json_decref(all);
}

static void test_cmd_facts__goes_on_past_what_it_does_not_know(void **state)
{
    (void)state;
    test_needs_program();
    write_data();
    test_file("recs.jsonl", "{\"user\":\"u0\",\"item\":\"z\",\"evidence\":[]}\n"
                            "{\"user\":\"u0\",\"item\":\"b\",\"evidence\":[]}\n");
    test_command("$LLMXREC facts $T/recs.jsonl --data $T/few --split-by none --out $T/some", 3,
                 "recs.jsonl:1: item 'z' is not in the data");
    json_t *line = line_of("some", 0);
    assert_string_equal(json_string_value(json_object_get(line, "item")), "b");
    json_decref(line);
    test_command("$LLMXREC facts $T/none.jsonl --data $T/few --out $T/none", 1, "none.jsonl");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_facts__writes_numbers_and_sentences),
        cmocka_unit_test(test_cmd_facts__writes_all_that_is_true),
        cmocka_unit_test(test_cmd_facts__goes_on_past_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
