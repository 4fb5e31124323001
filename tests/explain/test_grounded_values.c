/* Which values of a catalogue may be written while a text is: those of its prompt. */
#include "explain/grounding.h"

#include "gate/gate.h"
#include "support/model.h"
#include "support/test.h"

static const char items[] = "item_id:token\tmovie_title:token_seq\tclass:token_seq\n"
                            "1\tHarbour Clock, The\tDrama\n"
                            "2\tSeven Lanterns\tFilm-Noir\n"
                            "3\tGlass Canyon\tComedy Sci-Fi\n"
                            "4\tRed Kite\tMystery Western\n";
static const char inter[] = "user_id:token\titem_id:token\ttimestamp:float\n"
                            "u\t1\t1\nu\t2\t2\nv\t3\t1\nv\t4\t2\n";

static struct llmx_data *data;
static struct llmx_gate *gate;
static struct llmx_model *model;
static struct token_index tokens;

/* May each token of the text come, one after the other, where item 3 is recommended because of item 1? */
static bool may_be_written(const char *text, const struct value_words *words)
{
    const llmx_id evidence[] = {llmx_data_item(data, "1")};
    const struct llmx_given given = {.user = -1,
                                     .item = llmx_data_item(data, "3"),
                                     .evidence = evidence,
                                     .n_evidence = 1,
                                     .prompt = "\"Glass Canyon\": comedy, sci-fi",
                                     .columns = 1u << llmx_data_column(data, LLMX_ITEMS, "class")};
    const struct text begun = {0};
    const int vocabulary = llmx_model_vocabulary(model);
    float *logits = malloc((size_t)vocabulary * sizeof *logits);
    uint64_t *bits = calloc((size_t)vocabulary / 64 + 1, sizeof *bits);
    struct llmx_constraint *c;
    struct constraint_state at;
    struct llmx_error err;
    int32_t *ids;
    bool is_free = true;
    const int n = llmx_tokenize(llmx_model_tokenizer(model), text, strlen(text), 0, 0, &ids, &err);
    if (grounding_create(&c, &tokens, words, gate->catalogue, &given, &begun, &err) != 0)
        fail_msg("%s", err.message);
    constraint_start(c, &at);
    for (int i = 0; i < n && is_free; i++) {
        for (int id = 0; id < vocabulary; id++)
            logits[id] = 1;
        is_free = constraint_mask(c, &at, logits, vocabulary, bits) && logits[ids[i]] > 0;
        constraint_step(c, &at, ids[i]);
    }
    constraint_destroy(c);
    free(ids);
    free(bits);
    free(logits);
    return is_free;
}

static void test_grounding__lets_only_values_of_the_prompt_be_written(void **state)
{
    (void)state;
    static const char *const given[] = {"It is a comedy.", "Two comedies, one drama",
                                        "A sci-fi comedy and a science fiction drama",
                                        "Dramatic? No: DRAMA",
                                        "You watched \"The Harbour Clock\", a drama"},
                             *const other[] = {"It is a mystery.", "Mysteries", "Two westerns",
                                               "\"Glass Canyon\" is a WESTERN", "a film noir"};
    const struct value_words none = {0};
    struct value_words words;
    assert_int_equal(value_words_init(&words, gate->catalogue, NULL), 0);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (!may_be_written(given[i], &words))
            fail_msg("%s", given[i]);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        if (may_be_written(other[i], &words))
            fail_msg("%s", other[i]);
        assert_true(may_be_written(other[i], &none));
    }
    value_words_release(&words);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    test_file("films.item", items);
    test_file("films.inter", inter);
    model = test_model(2);
    if (llmx_data_open(&data, test_path("films"), NULL, &err) != 0 ||
        llmx_gate_open(&gate, data, &err) != 0 ||
        token_index_init(&tokens, llmx_model_tokenizer(model), GROUNDING_MARK, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    token_index_release(&tokens);
    llmx_model_destroy(model);
    llmx_gate_destroy(gate);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grounding__lets_only_values_of_the_prompt_be_written),
    };
    return cmocka_run_group_tests_name("grounded values", tests, set_up, tear_down);
}
