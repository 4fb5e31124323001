/* Grounded texts of a model that knows nothing: whatever it puts in double quotes is a title of its prompt. */
#include "base/text.h"
#include "llmxrec/llmxrec.h"

#include "support/test.h"

#include <jansson.h>
#include <sys/stat.h>

/* Titles that begin alike, hold quotes, end in an article, and two that are not in the prompt: the
 * customer's last ones are held out. */
static const char items[] = "item_id:token\tmovie_title:token_seq\tclass:token_seq\n"
                            "1\tHarbour\tDrama\n"
                            "2\tHarbour Clock, The\tDrama\n"
                            "3\tHarbour Clock: Midnight\tDrama\n"
                            "4\t\"Crocodile\" Dun\tComedy\n"
                            "5\tAm\xc3\xa9lie\tComedy\n"
                            "6\tHarbour Lights\tDrama\n"
                            "7\tElsewhere\tDrama\n";
static const char inter[] =
    "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    "u\t1\t5\t1\nu\t2\t5\t2\nu\t4\t5\t3\nu\t5\t5\t4\nu\t6\t5\t5\nu\t7\t5\t6\n"
    "v\t6\t5\t1\nv\t7\t5\t2\nv\t3\t5\t3\n";
static const char *const given[] = {"Harbour", "The Harbour Clock", "\"Crocodile\" Dun",
                                    "Am\xc3\xa9lie", "Harbour Clock: Midnight"};
#define N_GIVEN (sizeof given / sizeof given[0])

static bool is_fine_inside(const char *s);

static bool is_fine(const char *s)
{
    const char *mark = strchr(s, '"');
    return !mark || is_fine_inside(mark + 1);
}

/* What stands after a mark: one of the titles and another mark, or the text's end within a title. */
static bool is_fine_inside(const char *s)
{
    for (size_t i = 0; i < N_GIVEN; i++) {
        size_t n = strlen(given[i]);
        bool is_whole = strncmp(s, given[i], n) == 0 && s[n] == '"' && is_fine(s + n + 1);
        if (is_whole || strncmp(s, given[i], strlen(s)) == 0)
            return true;
    }
    return false;
}

static char recs[256], layout[256];
static struct llmx_data *data;

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", test_path("films"));
    assert_int_equal(mkdir(folder, 0777), 0);
    test_file("films/films.item", items);
    test_file("films/films.inter", inter);
    snprintf(recs, sizeof recs, "%s",
             test_file("recs.jsonl",
                       "{\"user\":\"u\",\"item\":\"3\",\"rank\":1,\"as_of\":\"train\","
                       "\"evidence\":[{\"item\":\"1\",\"contribution\":1}]}\n"));
    snprintf(layout, sizeof layout, "%s",
             test_file("layout.txt", "@history\n{n}: \"{title}\"\n@item\nWhy \"{title}\"?\n"
                                     "@answer\nTake \"{title}\" because, like \"\n"));
    if (llmx_data_open(&data, folder, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

/* How many of the rejected texts keep to the rule, and how many there are. */
static void explain(const char *model_path, const char *chat, int grounded, int *fine, int *all)
{
    struct llmx_error err;
    struct llmx_model *model;
    const struct llmx_model_options how = {
        .precision = LLMX_PRECISION_F32, .threads = 1, .chat_template = chat};
    struct llmx_explain_options options = llmx_explain_defaults();
    options.template_path = layout;
    options.tries = 40;
    options.max_tokens = 30;
    options.sampling.temperature = 1.5f;
    options.keep_rejected = 1;
    options.grounded = grounded;
    *fine = *all = 0;
    if (llmx_model_open(&model, model_path, &how, &err) != 0 ||
        llmx_explain(recs, data, model, &options, test_path("out.jsonl"), NULL, &err) != 0)
        fail_msg("%s", err.message);
    json_t *line = json_load_file(test_path("out.jsonl"), 0, NULL);
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(line, "rejected"), i, one)
    {
        *fine += is_fine(json_string_value(json_object_get(one, "text")));
        ++*all;
    }
    json_decref(line);
    llmx_model_destroy(model);
}

static void test_grounding__lets_only_given_titles_stand_in_quotes(void **state)
{
    (void)state;
    static const char *const models[] = {"tests/golden/llm/qwen2", "tests/golden/llm/llama2-spm"};
    static const char *const chats[] = {"chatml", "llama2"};
    for (int m = 0; m < 2; m++) {
        int fine, all;
        explain(models[m], chats[m], 1, &fine, &all);
        assert_true(all > 20);
        assert_int_equal(fine, all);
        explain(models[m], chats[m], 0, &fine, &all);
        assert_true(all > 20);
        assert_true(fine < all / 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grounding__lets_only_given_titles_stand_in_quotes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
