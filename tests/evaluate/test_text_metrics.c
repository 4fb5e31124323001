/* Text metrics, against sacrebleu, rouge-score, nltk and PETER (tests/golden/evaluate/README.md) and by hand. */
#include "format/json_file.h"
#include "format/jsonl.h"
#include "llmxrec/text_metrics.h"
#include "support/failing_alloc.h"
#include "support/test.h"
#include "token/text_tokens.h"

#define GOLDEN "tests/golden/evaluate/"
#define CLOSE  1e-9
#define MODEL  "tests/golden/llm/llama-tied"

static const struct llmx_text_options how = {.features = GOLDEN "text_features.txt",
                                             .resampling = {100, 1, 2}};

static json_t *golden(void)
{
    struct llmx_error err;
    json_t *json = json_file_read(GOLDEN "text_expected.json", &err);
    if (!json)
        fail_msg("%s", err.message);
    return json;
}

static int figure(const char *name)
{
    for (int f = 0; llmx_text_figure_name(f); f++)
        if (strcmp(llmx_text_figure_name(f), name) == 0)
            return f;
    fail_msg("there is no figure %s", name);
    return -1;
}

static struct llmx_text_metrics measure(const struct llmx_text *texts, size_t n)
{
    struct llmx_text_metrics metrics;
    struct llmx_error err;
    if (llmx_text_metrics(texts, n, &how, NULL, &metrics, &err) != 0)
        fail_msg("%s", err.message);
    return metrics;
}

static void test_text_metrics__equal_sacrebleu_rouge_score_and_peter(void **state)
{
    (void)state;
    json_t *expected = golden(), *value, *line, *row;
    struct llmx_text_metrics metrics;
    struct llmx_error err;
    const char *name, *out = test_path("rows.jsonl");
    size_t t;
    assert_int_equal(llmx_text_metrics_file(GOLDEN "text_pairs.jsonl", &how, out, &metrics, &err),
                     0);
    assert_int_equal(metrics.rows, 24);
    assert_int_equal(metrics.references, 24);
    assert_int_equal(metrics.features, 32);
    json_object_foreach(json_object_get(expected, "all"), name, value)
        assert_near(metrics.figures[figure(name)].mean, json_number_value(value), 100 * CLOSE);
    struct jsonl lines;
    assert_int_equal(jsonl_open(&lines, out, &err), 0);
    json_array_foreach(json_object_get(expected, "rows"), t, row)
    {
        assert_int_equal(jsonl_read(&lines, &line, &err), 1);
        json_object_foreach(row, name, value)
            assert_near(json_number_value(json_object_get(line, name)), json_number_value(value),
                        1e-6); /* nine digits are written */
        json_decref(line);
    }
    assert_int_equal(jsonl_read(&lines, &line, &err), 0);
    jsonl_close(&lines);
    json_decref(expected);
}

/* A corpus without a common run of four words, where smoothing decides. */
static void test_text_metrics__smooth_as_sacrebleu(void **state)
{
    (void)state;
    json_t *expected = golden(), *lines[24];
    const json_t *ids = json_object_get(expected, "no_4gram_ids"),
                 *figures = json_object_get(expected, "no_4gram");
    struct llmx_text texts[24] = {0};
    struct llmx_error err;
    struct jsonl jsonl;
    size_t n = 0;
    assert_int_equal(jsonl_open(&jsonl, GOLDEN "text_pairs.jsonl", &err), 0);
    for (int i = 0; i < 24; i++) {
        assert_int_equal(jsonl_read(&jsonl, &lines[i], &err), 1);
        const json_int_t id = json_integer_value(json_object_get(lines[i], "id"));
        if (n < json_array_size(ids) && json_integer_value(json_array_get(ids, n)) == id) {
            texts[n].text = json_string_value(json_object_get(lines[i], "explanation"));
            texts[n].group = (int32_t)n;
            texts[n++].reference = json_string_value(json_object_get(lines[i], "reference"));
        }
    }
    const struct llmx_text_metrics metrics = measure(texts, n);
    assert_int_equal(n, json_array_size(ids));
    assert_near(metrics.figures[LLMX_TEXT_BLEU_1].mean,
                json_number_value(json_object_get(figures, "bleu_1")), 100 * CLOSE);
    assert_near(metrics.figures[LLMX_TEXT_BLEU_4].mean,
                json_number_value(json_object_get(figures, "bleu_4")), 100 * CLOSE);
    for (int i = 0; i < 24; i++)
        json_decref(lines[i]);
    jsonl_close(&jsonl);
    json_decref(expected);
}

static void assert_words(int (*cut)(struct tokens *, struct names *, const char *, size_t,
                                    struct llmx_error *),
                         const char *text, const char *expected)
{
    struct tokens tokens = {0};
    struct names names = {0};
    struct text joined = {0};
    struct llmx_error err;
    assert_int_equal(cut(&tokens, &names, text, strlen(text), &err), 0);
    for (size_t i = 0; i < tokens.n; i++)
        text_printf(&joined, "%s|", names_get(&names, tokens.ids[i], NULL));
    assert_string_equal(joined.n > 0 ? joined.s : "", expected);
    text_release(&joined);
    names_release(&names);
    tokens_release(&tokens);
}

static void test_text_tokens__cut_as_their_models_do(void **state)
{
    (void)state;
    assert_words(tokens_split,
                 " a\tb\xc2\xa0"
                 "c\xe3\x80\x80\xe6\x83\x85 ",
                 "a|b|c|\xe6\x83\x85|");
    assert_words(tokens_split, "", "");
    assert_words(tokens_13a, "It's 1,000.5 (or 3-4), e.g. here...",
                 "It's|1,000.5|(|or|3|-|4|)|,|e|.|g|.|here|.|.|.|");
    assert_words(tokens_13a, "&quot;A&amp;B&quot; &amp;lt; well-known x-\ny",
                 "\"|A|&|B|\"|<|well-known|xy|");
    assert_words(tokens_13a, "\xc3\xa9.\xc3\xa9 <skipped>z-\n ", "\xc3\xa9|.|\xc3\xa9|z-|");
    assert_words(tokens_rouge, "It's 1,000 \xc3\x89t\xc3\xa9 K\xe2\x84\xaa", "it|s|1|000|t|kk|");
    assert_words(tokens_rouge, "\xc4\xb0zmir", "i|zmir|");
}

static void test_text_metrics__count_features_and_repeats(void **state)
{
    (void)state;
    const struct llmx_text texts[] = {
        {.text = "acting and music", .feature = "music", .group = 0},
        {.text = "music music", .feature = "story", .group = 0},
        {.text = "acting and music", .group = 2},
        {.text = "", .group = 3},
    };
    struct llmx_text_options own = how;
    struct llmx_text_metrics metrics;
    struct llmx_error err;
    double by_text[4][LLMX_TEXT_FIGURES];
    own.features = NULL; /* music, story */
    assert_int_equal(llmx_text_metrics(texts, 4, &own, by_text, &metrics, &err), 0);
    assert_int_equal(metrics.groups, 3);
    assert_int_equal(metrics.features, 2);
    assert_near(metrics.figures[LLMX_TEXT_USR].mean, 3.0 / 4, CLOSE);
    assert_near(metrics.figures[LLMX_TEXT_FMR].mean, 1.0 / 2, CLOSE);
    assert_near(metrics.figures[LLMX_TEXT_FCR].mean, 1.0 / 2, CLOSE);
    assert_near(metrics.figures[LLMX_TEXT_DIV].mean, 3.0 / 6, CLOSE);
    assert_near(metrics.figures[LLMX_TEXT_DISTINCT_1].mean, 3.0 / 8, CLOSE);
    assert_near(metrics.figures[LLMX_TEXT_DISTINCT_2].mean, 3.0 / 5, CLOSE);
    assert_near(metrics.figures[LLMX_TEXT_WORDS].mean, 2, CLOSE);
    assert_near(metrics.figures[LLMX_TEXT_SELF_BLEU].mean, (200 + 50 * exp(-0.5)) / 4, CLOSE);
    assert_near(by_text[0][LLMX_TEXT_SELF_BLEU], 100, CLOSE);
    assert_near(by_text[3][LLMX_TEXT_SELF_BLEU], 0, 0);
    assert_near(by_text[1][LLMX_TEXT_DISTINCT_1], 1.0 / 2, CLOSE);
    assert_near(by_text[1][LLMX_TEXT_FMR], 0, 0);
    assert_true(isnan(by_text[2][LLMX_TEXT_FMR]) && isnan(by_text[3][LLMX_TEXT_DISTINCT_1]));
    assert_true(isnan(metrics.figures[LLMX_TEXT_BLEU_4].mean));
    assert_true(isnan(metrics.figures[LLMX_TEXT_PERPLEXITY].mean));
    assert_true(isnan(metrics.figures[LLMX_TEXT_USR].low));
    assert_true(metrics.figures[LLMX_TEXT_WORDS].low < 2);
}

static void test_text_metrics__weigh_perplexity_by_tokens(void **state)
{
    (void)state;
    struct llmx_model *model;
    struct llmx_error err;
    if (llmx_model_open(&model, MODEL, NULL, &err) != 0)
        fail_msg("%s", err.message);
    const struct llmx_text texts[] = {{.text = "A quiet drama.", .group = 0},
                                      {.text = "Because you watched it.", .group = 1}};
    struct llmx_text_options with = how;
    struct llmx_text_metrics metrics;
    double by_text[2][LLMX_TEXT_FIGURES], loss = 0, tokens = 0;
    with.model = model;
    for (int t = 0; t < 2; t++) {
        int32_t *ids;
        float logprob[100];
        const int n = llmx_tokenize(llmx_model_tokenizer(model), texts[t].text,
                                    strlen(texts[t].text), 1, 0, &ids, &err);
        assert_in_range(n, 2, 100);
        assert_int_equal(llmx_score(model, NULL, ids, n, logprob, &err), 0);
        for (int i = 0; i + 1 < n; i++, tokens++)
            loss -= (double)logprob[i];
        free(ids);
    }
    assert_int_equal(llmx_text_metrics(texts, 2, &with, by_text, &metrics, &err), 0);
    assert_near(metrics.figures[LLMX_TEXT_PERPLEXITY].mean, exp(loss / tokens), 1e-6);
    assert_true(by_text[0][LLMX_TEXT_PERPLEXITY] != by_text[1][LLMX_TEXT_PERPLEXITY]);
    llmx_model_destroy(model);
}

static void test_text_metrics__refuse_a_book(void **state)
{
    (void)state;
    struct text book = {0};
    struct llmx_text_metrics metrics;
    struct llmx_error err = {0};
    for (int i = 0; i < 20001; i++)
        text_puts(&book, "a ");
    const struct llmx_text text = {.text = "a", .reference = book.s};
    assert_int_equal(llmx_text_metrics(&text, 1, &how, NULL, &metrics, &err), -1);
    assert_int_equal(err.code, LLMX_TOO_LARGE);
    text_release(&book);
}

static void expect_refusal(const char *text, const char *part)
{
    struct llmx_text_metrics metrics;
    struct llmx_error err = {0};
    assert_int_equal(
        llmx_text_metrics_file(test_file("texts.jsonl", text), &how, NULL, &metrics, &err), -1);
    assert_contains(err.message, part);
}

static void test_text_metrics__refuse_what_is_no_text(void **state)
{
    (void)state;
    const struct llmx_text strange = {.text = "a", .group = 1};
    struct llmx_text_options few = how;
    struct llmx_text_metrics metrics;
    struct llmx_error err = {0};
    expect_refusal("", "holds no explanations");
    expect_refusal("{\"text\": \"a\"}\n", "texts.jsonl:1: the field \"explanation\" is missing");
    expect_refusal("{\"explanation\": \"a\"}\n{\"explanation\": NaN}\n",
                   "texts.jsonl:2: not valid");
    expect_refusal("{\"explanation\": \"a\", \"reference\": 3}\n", "\"reference\" must be a text");
    expect_refusal("{\"explanation\": \"a\", \"feature\": []}\n", "\"feature\" must be a text");
    assert_int_equal(llmx_text_metrics(&strange, 1, &how, NULL, &metrics, &err), -1);
    assert_contains(err.message, "group 1");
    assert_int_equal(llmx_text_metrics(&strange, 0, &how, NULL, &metrics, &err), -1);
    few.resampling.resamples = 1;
    assert_int_equal(llmx_text_metrics_file(GOLDEN "text_pairs.jsonl", &few, NULL, &metrics, &err),
                     -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    few = how;
    few.features = "/no/such/file";
    assert_int_equal(llmx_text_metrics_file(GOLDEN "text_pairs.jsonl", &few, NULL, &metrics, &err),
                     -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
}

static void test_text_metrics__say_that_few_rows_make_wide_intervals(void **state)
{
    (void)state;
    test_needs_program();
    test_command("printf '{\"explanation\": \"a b\", \"reference\": \"a c\"}\\n' |"
                 "    $LLMXREC text-metrics -",
                 0, "fewer than 20");
    test_command("printf '{\"explanation\": \"a b\"}\\n' | $LLMXREC text-metrics - --json", 0,
                 "\"bleu_4\": null");
    test_command("printf '{\"explanation\": \"a b\"}\\n' | $LLMXREC text-metrics - --adapter x", 2,
                 "--base");
}

static int attempt(void *context, struct llmx_error *err)
{
    (void)context;
    struct llmx_text_metrics metrics;
    return llmx_text_metrics_file(
        test_file("few.jsonl",
                  "{\"user\": 7, \"explanation\": \"a b c d\", \"reference\": \"a b, c\"}\n"
                  "{\"user\": \"u\", \"explanation\": \"b\", \"feature\": \"b\"}\n"),
        &(struct llmx_text_options){.resampling = {100, 1, 1}}, test_path("few-rows.jsonl"),
        &metrics, err);
}

static void test_text_metrics__survive_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(attempt, NULL) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_metrics__equal_sacrebleu_rouge_score_and_peter),
        cmocka_unit_test(test_text_metrics__smooth_as_sacrebleu),
        cmocka_unit_test(test_text_tokens__cut_as_their_models_do),
        cmocka_unit_test(test_text_metrics__count_features_and_repeats),
        cmocka_unit_test(test_text_metrics__weigh_perplexity_by_tokens),
        cmocka_unit_test(test_text_metrics__refuse_a_book),
        cmocka_unit_test(test_text_metrics__refuse_what_is_no_text),
        cmocka_unit_test(test_text_metrics__say_that_few_rows_make_wide_intervals),
        cmocka_unit_test(test_text_metrics__survive_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("text metrics", tests, NULL, NULL);
}
