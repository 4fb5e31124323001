/* YAML maps: what comes out, and what is refused with its line. */
#include "support/test.h"

#include "format/yaml_map.h"

#include <string.h>

static int parse(struct yaml_map *map, const char *text, struct llmx_error *err)
{
    return yaml_map_parse(map, text, strlen(text), "a.yaml", LLMX_BAD_OPTION, err);
}

static void test_yaml_map__gives_words_lists_and_maps(void **state)
{
    (void)state;
    struct yaml_map map;
    struct llmx_error err;
    assert_int_equal(
        parse(&map, "# options\ndim: 64\nat: [5, '10']\nrate:\n  log: [1e-4, 1]\n", &err), 0);
    assert_int_equal(map.root.kind, YAML_MAP);
    assert_int_equal(map.root.n, 3);
    const struct yaml_value *dim = &map.root.items[0], *at = dim + 1, *rate = dim + 2;
    assert_string_equal(dim->key, "dim");
    assert_int_equal(dim->line, 2);
    assert_string_equal(dim->word, "64");
    assert_int_equal(at->kind, YAML_LIST);
    assert_int_equal(at->n, 2);
    assert_string_equal(at->items[1].word, "10");
    assert_null(at->items[1].key);
    assert_int_equal(rate->kind, YAML_MAP);
    assert_int_equal(rate->line, 4);
    assert_string_equal(rate->items[0].key, "log");
    assert_int_equal(rate->items[0].line, 5);
    assert_string_equal(rate->items[0].items[0].word, "1e-4");
    yaml_map_release(&map);
}

static void test_yaml_map__of_nothing_is_empty(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "# nothing\n", "{}\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct yaml_map map;
        struct llmx_error err;
        assert_int_equal(parse(&map, texts[i], &err), 0);
        assert_int_equal(map.root.kind, YAML_MAP);
        assert_int_equal(map.root.n, 0);
        yaml_map_release(&map);
    }
}

static void test_yaml_map__refuses_with_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a: 1\nb: [1\n", "a.yaml:3: "},
        {"- a\n- b\n", "a.yaml:1: expected lines of `name: value`"},
        {"just words\n", "a.yaml:1: expected lines of `name: value`"},
        {"a: 1\n[b]: 2\n", "a.yaml:2: expected a word before the colon"},
        {"a: 1\nb: &b [*b]\n", "a.yaml:2: lists and maps are nested too deep"},
        {"a: 1\nb: \"x\\0y\"\n", "a.yaml:2: a word may not hold the character NUL"},
        {"a: \xff\xfe\n", "a.yaml:1: "},
        {"a: 1\nb: 2\n\na: 3\n", "a.yaml:4: 'a' is there twice, first in line 1"},
        {"a:\n  b: 1\n  c: 2\n  'b': 1\n", "a.yaml:4: 'b' is there twice, first in line 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct yaml_map map;
        struct llmx_error err;
        assert_int_equal(parse(&map, cases[i].text, &err), -1);
        assert_int_equal(err.code, LLMX_BAD_OPTION);
        if (!strstr(err.message, cases[i].message))
            fail_msg("\"%s\" does not hold \"%s\"", err.message, cases[i].message);
    }
}

static void test_yaml_map__counts_what_aliases_repeat(void **state)
{
    (void)state;
    struct yaml_map map;
    struct llmx_error err;
    char text[1024] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 7; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    assert_int_equal(parse(&map, text, &err), -1);
    assert_non_null(strstr(err.message, "there are too many"));
}

static void test_yaml_put_quoted__reads_as_the_same(void **state)
{
    (void)state;
    static const char *const words[] = {"", "a b", "\"", "\\", "a: [b]", "#", "\t\n\x7f", "Amélie"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct yaml_map map;
        struct llmx_error err;
        struct text text = {0};
        text_puts(&text, "key: ");
        yaml_put_quoted(&text, words[i]);
        assert_int_equal(parse(&map, text.s, &err), 0);
        assert_string_equal(map.root.items[0].word, words[i]);
        yaml_map_release(&map);
        text_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yaml_map__gives_words_lists_and_maps),
        cmocka_unit_test(test_yaml_map__of_nothing_is_empty),
        cmocka_unit_test(test_yaml_map__refuses_with_the_line),
        cmocka_unit_test(test_yaml_map__counts_what_aliases_repeat),
        cmocka_unit_test(test_yaml_put_quoted__reads_as_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
