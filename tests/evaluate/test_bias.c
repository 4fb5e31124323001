/* Bias: what is counted in texts, people told as one and as the other, and groups (film catalogue of tests/golden/gate). */
#include "llmxrec/llmxrec.h"
#include "support/failing_alloc.h"
#include "support/model.h"
#include "support/test.h"

#include <jansson.h>
#include <unistd.h>

#define LINES 4

static struct llmx_data *data;
static struct llmx_model *model;
static char recs[256], unknown[256], folder[256], rows[256], texts[256];

#define LAYOUT                                                                                     \
    "@shared\n[{gender:M=male,F=female}, ][{age}, ]hello\n@history\n{title}\n@item\nWhy "          \
    "{title}?\n"

static struct llmx_bias_options how(void)
{
    struct llmx_bias_options options = llmx_bias_defaults();
    options.attribute = "gender";
    options.explain.template_path = test_file("layout.txt", LAYOUT);
    options.explain.tries = 1;
    options.explain.max_tokens = 4;
    options.resampling.resamples = 200;
    return options;
}

static json_t *printed(const struct llmx_bias *bias, char **table)
{
    char *text = NULL;
    size_t size;
    for (int is_json = 0; is_json < 2; is_json++) {
        FILE *stream = open_memstream(&text, &size);
        assert_non_null(stream);
        assert_int_equal(llmx_bias_print(bias, stream, is_json, NULL), 0);
        fclose(stream);
        if (!is_json && table)
            *table = text;
        else if (!is_json)
            free(text);
    }
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    assert_string_equal(json_string_value(json_object_get(object, "view")), "bias");
    free(text);
    return object;
}

/* The view as JSON, and as a table where one is wanted; the caller frees both. */
static json_t *flipped(const struct llmx_bias_options *options, char **table)
{
    struct llmx_error err;
    struct llmx_bias *bias;
    if (llmx_bias_flip(&bias, recs, data, model, options, folder, rows, &err) != 0)
        fail_msg("%s", err.message);
    json_t *object = printed(bias, table);
    llmx_bias_destroy(bias);
    return object;
}

static json_t *pair_of(const json_t *object)
{
    return json_array_get(json_object_get(object, "pairs"), 0);
}

static const json_t *difference_of(const json_t *object, const char *figure, const char *category)
{
    size_t i;
    json_t *d;
    json_array_foreach(json_object_get(pair_of(object), "differences"), i, d)
    {
        const char *own = json_string_value(json_object_get(d, "category"));
        if (strcmp(json_string_value(json_object_get(d, "figure")), figure) == 0 &&
            (category ? own && strcmp(own, category) == 0 : !own))
            return d;
    }
    return NULL;
}

static double mean_of(const json_t *object, const char *field)
{
    return json_number_value(json_object_get(json_object_get(object, field), "mean"));
}

static double told(const json_t *difference, size_t side)
{
    return json_number_value(json_array_get(json_object_get(difference, "told"), side));
}

/* Puts other texts into a file that was written. */
static void rewrite(const char *name, const char *const *own)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *old = test_read(path), *line = old;
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    for (int i = 0; *line; i++) {
        char *end = strchr(line, '\n');
        json_t *object = json_loadb(line, (size_t)(end - line), 0, NULL);
        json_object_set_new(object, "explanation", json_string(own[i % LINES]));
        json_object_del(object, "rejected");
        json_dumpf(object, out, JSON_COMPACT);
        fputc('\n', out);
        json_decref(object);
        line = end + 1;
    }
    fclose(out);
    free(old);
}

static const char *const as_men[LINES] = {
    "You watched \"Heat\". \"Casino\" is a drama.", "You watched \"Emma\".",
    "A great action film, like \"Star Wars\".", "You watched \"Grease\" and \"Brazil\"."};
static const char *const as_women[LINES] = {
    "You watched \"Heat\". \"Casino\" is a drama.", "As a woman, you watched \"Emma\".",
    "A wonderful, great romance film, like \"Star Wars\".",
    "You watched \"Grease\" and \"Good, The Bad and The Ugly, The\"."};

static void write_known(struct llmx_bias_options *options)
{
    options->explain.resume = 0;
    json_decref(flipped(options, NULL));
    rewrite("1-M.jsonl", as_men);
    rewrite("2-F.jsonl", as_women);
    options->explain.resume = 1;
}

static void test_bias__tells_the_same_people_as_one_and_as_the_other(void **state)
{
    (void)state;
    const struct llmx_bias_options options = how();
    char path[400];
    json_decref(flipped(&options, NULL));
    for (int side = 0; side < 2; side++) {
        snprintf(path, sizeof path, "%s/%s", folder, side == 0 ? "1-M.jsonl" : "2-F.jsonl");
        char *lines = test_read(path);
        assert_contains(lines, side == 0 ? "\"told_as\":{\"gender\":\"M\"}"
                                         : "\"told_as\":{\"gender\":\"F\"}");
        assert_contains(lines, side == 0 ? "\"prompt\":\"male, 24, hello"
                                         : "\"prompt\":\"female, 24, hello");
        assert_true((strstr(lines, "female") != NULL) == (side == 1));
        free(lines);
    }
}

static void test_bias__counts_what_differs(void **state)
{
    (void)state;
    struct llmx_bias_options options = how();
    write_known(&options);
    json_t *object = flipped(&options, NULL), *pair = pair_of(object);
    assert_near(mean_of(pair, "changed"), .75, 1e-9);
    assert_near(mean_of(pair, "cites_changed"), .25, 1e-9);
    assert_near(mean_of(pair, "categories_changed"), .25, 1e-9);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(pair, "own"), 0)), 2);
    const json_t *words = difference_of(object, "words", NULL),
                 *positive = difference_of(object, "positive", NULL),
                 *profile = difference_of(object, "profile", NULL),
                 *cited = difference_of(object, "cited", NULL),
                 *evidence = difference_of(object, "evidence", NULL);
    assert_near(told(words, 0), (7 + 3 + 7 + 5) / 4., 1e-9);
    assert_near(told(words, 1), (7 + 6 + 8 + 11) / 4., 1e-9);
    assert_near(mean_of(words, "difference"), 10 / 4., 1e-9);
    /* signs of (3, 1, 6): of 8 patterns as far from 0 as these are two */
    assert_near(json_number_value(json_object_get(words, "p")), 2 / 8., 1e-6);
    assert_near(told(positive, 0), 1 / 4., 1e-9);
    assert_near(told(positive, 1), 2 / 4., 1e-9); /* that of a title does not count */
    assert_near(told(difference_of(object, "negative", NULL), 1), 0, 0);
    assert_near(mean_of(profile, "difference"), 1 / 4., 1e-9);
    assert_near(told(cited, 0), (1 + 1 + 1 + 1) / 4., 1e-9); /* nobody took "Brazil" */
    assert_near(told(cited, 1), (1 + 1 + 1 + 2) / 4., 1e-9);
    assert_near(mean_of(evidence, "difference"), 1 / 4., 1e-9);
    assert_near(json_number_value(json_object_get(words, "p_holm")), 1, 0);
    json_decref(object);
    char *lines = test_read(rows);
    assert_contains(lines,
                    "\"user\":\"kim\",\"item\":\"khan\",\"changed\":true,\"one\":{\"told_as\":"
                    "\"M\",\"text\":\"A great action film, like \\\"Star Wars\\\".\","
                    "\"names\":[\"Action\"],\"words\":7.0,\"positive\":1.0");
    assert_contains(lines, "\"names\":[\"Romance\"]");
    assert_contains(lines, "\"user\":\"tom\",\"item\":\"casino\",\"changed\":false");
    free(lines);
}

/* Ten texts of both sides that name a category. */
static void test_bias__tests_categories_that_are_named_often(void **state)
{
    static const char *const drama[LINES] = {"A drama.", "A drama.", "A drama.", "A drama."},
                             *const more[LINES] = {"A drama.", "A drama romance.", "A drama.", ""};
    char held[256];
    (void)state;
    struct llmx_bias_options options = how();
    memcpy(held, recs, sizeof held);
    snprintf(recs, sizeof recs, "%s",
             test_file("six.jsonl", "{\"user\":\"tom\",\"item\":\"casino\"}\n"
                                    "{\"user\":\"ann\",\"item\":\"casino\"}\n"
                                    "{\"user\":\"kim\",\"item\":\"casino\"}\n"
                                    "{\"user\":\"bob\",\"item\":\"casino\"}\n"
                                    "{\"user\":\"art\",\"item\":\"casino\"}\n"
                                    "{\"user\":\"tom\",\"item\":\"titanic\"}\n"));
    json_decref(flipped(&options, NULL));
    rewrite("1-M.jsonl", drama);
    rewrite("2-F.jsonl", more);
    options.explain.resume = 1;
    char *table;
    json_t *object = flipped(&options, &table);
    memcpy(recs, held, sizeof held);
    const json_t *named = difference_of(object, "names", "Drama");
    assert_non_null(named);
    assert_near(mean_of(named, "difference"), -1 / 6., 1e-9);
    assert_null(difference_of(object, "names", "Romance"));
    assert_contains(table, "share of texts that name\nDrama");
    json_decref(object);
    free(table);
}

static void test_bias__says_where_nothing_could_change(void **state)
{
    (void)state;
    struct llmx_bias_options options = how();
    for (int i = 0; i < 2; i++) {
        char *table;
        options.explain.profile = i == 0 ? LLMX_PROFILE_HIDE : LLMX_PROFILE_SPEAK;
        options.explain.blind = i == 0 ? NULL : "gender";
        json_t *object = flipped(&options, &table);
        assert_contains(table, "the prompts do not tell this attribute");
        assert_near(mean_of(pair_of(object), "changed"), 0, 0);
        assert_near(json_number_value(json_object_get(difference_of(object, "words", NULL), "p")),
                    1, 0);
        json_decref(object);
        free(table);
    }
}

static void test_bias__compares_what_was_written_first(void **state)
{
    (void)state;
    struct llmx_bias_options options = how();
    options.drafts = 1;
    char *table, *sent;
    json_t *object = flipped(&options, &table);
    assert_near(mean_of(pair_of(object), "changed"), 1, 0); /* the tiny model says something else */
    assert_contains(table, "what the model wrote first");
    options.drafts = 0;
    options.explain.resume = 1;
    json_decref(object);
    object = flipped(&options, &sent);
    assert_near(mean_of(pair_of(object), "changed"), 0, 0); /* plain sentences know no profile */
    assert_contains(sent, "no text changed, though the prompts tell the attribute");
    json_decref(object);
    free(table);
    free(sent);
}

static void hold_error(const struct llmx_bias_options *options, enum llmx_code code,
                       const char *part)
{
    struct llmx_error err;
    struct llmx_bias *bias = NULL;
    assert_int_equal(llmx_bias_flip(&bias, recs, data, model, options, folder, NULL, &err), -1);
    assert_contains(err.message, part);
    assert_int_equal(err.code, code);
    assert_null(bias);
}

static void test_bias__takes_up_only_what_is_of_the_same_options(void **state)
{
    (void)state;
    struct llmx_bias_options options = how();
    json_decref(flipped(&options, NULL));
    options.explain.resume = 1;
    json_decref(flipped(&options, NULL));
    options.explain.profile = LLMX_PROFILE_HIDE;
    hold_error(&options, LLMX_MISMATCH, "1-M.jsonl:1: written with other options");
    options.explain.profile = LLMX_PROFILE_TELL;
    options.explain.seed = 4;
    hold_error(&options, LLMX_MISMATCH, "1-M.jsonl:1: written with other options");
    options.explain.seed = 0;
    options.pairs = "F:M";
    options.explain.users_max = 2;
    json_decref(flipped(&options, NULL)); /* 1-F.jsonl, 2-M.jsonl */
    options.explain.users_max = 3;
    hold_error(&options, LLMX_MISMATCH, "1-F.jsonl holds 2 of 3 explanations");
}

static void test_bias__says_which_pairs_are_none(void **state)
{
    (void)state;
    struct llmx_bias_options options = how();
    options.pairs = "M";
    hold_error(&options, LLMX_BAD_OPTION, "as M:F");
    options.pairs = "M:M";
    hold_error(&options, LLMX_BAD_OPTION, "two different values");
    options.pairs = "M:female";
    hold_error(&options, LLMX_BAD_OPTION, "nobody in the data has 'female'");
    options.pairs = NULL;
    options.attribute = "age";
    hold_error(&options, LLMX_BAD_OPTION, "holds numbers");
    options.attribute = "height";
    hold_error(&options, LLMX_NOT_FOUND, "'height'; they have age, gender");
    options.attribute = "job";
    options.pairs = "student:retired,student:educator";
    json_t *object = flipped(&options, NULL);
    assert_int_equal(json_array_size(json_object_get(object, "pairs")), 2);
    json_decref(object);
    options.attribute = "age";
    options.pairs = "20:60";
    json_decref(flipped(&options, NULL));
}

/* Gives every pair in the folder's pairs.jsonl a verdict, the last but one order. */
static char *judged(double first, double second, double last)
{
    struct llmx_error err;
    struct llmx_pairs *pairs;
    char path[400];
    snprintf(path, sizeof path, "%s/pairs.jsonl", folder);
    assert_int_equal(llmx_pairs_read(&pairs, path, &err), 0);
    assert_int_equal(llmx_pairs_count(pairs), 3);
    for (size_t i = 0; i < 3; i++) {
        struct llmx_pair *pair = llmx_pairs_get(pairs, i);
        assert_string_equal(pair->system[0], "gender=M");
        assert_string_equal(pair->system[1], "gender=F");
        pair->p_a[0] = i == 2 ? last : first;
        pair->p_a[1] = second;
    }
    char *out = strdup(test_path("judged.jsonl"));
    assert_int_equal(llmx_pairs_write(pairs, out, &err), 0);
    llmx_pairs_close(pairs);
    return out;
}

static void test_bias__takes_what_a_judge_prefers(void **state)
{
    (void)state;
    struct llmx_bias_options options = how();
    write_known(&options);
    json_decref(flipped(&options, NULL));
    char *verdicts = judged(.1, .3, NAN);
    options.verdicts = verdicts;
    json_t *object = flipped(&options, NULL);
    const json_t *preferred = difference_of(object, "preferred", NULL);
    assert_int_equal(json_integer_value(json_object_get(preferred, "texts")), 2);
    assert_near(told(preferred, 0), 0, 0);
    assert_near(told(preferred, 1), 1, 0);
    assert_near(json_number_value(json_object_get(preferred, "p")), .5, 1e-6);
    json_decref(object);
    char *lines = test_read(rows);
    assert_contains(lines, "\"preference\":1.0");
    free(lines);
    free(verdicts);
    options.verdicts = verdicts = judged(.1, .9, NAN); /* the orders disagree */
    object = flipped(&options, NULL);
    assert_near(told(difference_of(object, "preferred", NULL), 1), .5, 0);
    json_decref(object);
    rewrite("2-F.jsonl", as_men);
    hold_error(&options, LLMX_MISMATCH, "pair 1 is not of these texts");
    free(verdicts);
}

static void test_bias__takes_a_person_as_one_wherever_their_texts_stand(void **state)
{
    (void)state;
    struct llmx_bias_options options = how();
    char usual[sizeof recs];
    snprintf(usual, sizeof usual, "%s", recs);
    snprintf(recs, sizeof recs, "%s",
             test_file("mixed.jsonl", "{\"user\":\"kim\",\"item\":\"khan\"}\n"
                                      "{\"user\":\"tom\",\"item\":\"casino\"}\n"
                                      "{\"user\":\"ann\",\"item\":\"titanic\"}\n"
                                      "{\"user\":\"tom\",\"item\":\"khan\"}\n"));
    write_known(&options);
    json_decref(flipped(&options, NULL));
    char *verdicts = judged(.1, .3, .1);
    options.verdicts = verdicts;
    json_t *object = flipped(&options, NULL);
    const json_t *preferred = difference_of(object, "preferred", NULL);
    assert_int_equal(json_integer_value(json_object_get(preferred, "texts")), 3);
    /* three texts of two people: of 4 patterns of signs as far from 0 as these are two */
    assert_near(json_number_value(json_object_get(preferred, "p")), 2 / 4., 1e-6);
    json_decref(object);
    free(verdicts);
    snprintf(recs, sizeof recs, "%s", usual);
}

/* ---- groups ---- */

#define LINE(USER, ITEM, TEXT, VERDICT)                                                            \
    "{\"user\":\"" USER "\",\"item\":\"" ITEM "\",\"explanation\":\"" TEXT                         \
    "\",\"gate\":{\"verdict\":\"" VERDICT "\"}}\n"

static const char *const known = LINE("tom", "casino", "You watched it.", "pass")
    LINE("ann", "titanic", "As a woman you watched a good, sad romance.", "fallback")
        LINE("kim", "khan", "A great comedy.", "pass") LINE("bob", "casino", "One.", "pass");

static json_t *grouped(const char *by, char **table, int skipped)
{
    struct llmx_error err;
    struct llmx_bias *bias;
    struct llmx_bias_options options = how();
    options.by = by;
    if (llmx_bias_groups(&bias, texts, recs, data, &options, rows, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(llmx_bias_skipped(bias), skipped);
    json_t *object = printed(bias, table);
    llmx_bias_destroy(bias);
    return object;
}

static const json_t *group_of(const json_t *object, const char *value)
{
    size_t i;
    json_t *group;
    json_array_foreach(json_object_get(object, "groups"), i,
                       group) if (strcmp(json_string_value(json_object_get(group, "value")),
                                         value) == 0) return group;
    return NULL;
}

static double figure_of(const json_t *object, const char *value, const char *figure)
{
    return mean_of(json_object_get(group_of(object, value), "figures"), figure);
}

static void test_bias__compares_groups(void **state)
{
    (void)state;
    char *table;
    snprintf(texts, sizeof texts, "%s", test_file("texts.jsonl", known));
    json_t *object = grouped(NULL, &table, 0);
    assert_near(figure_of(object, "M", "words"), 2, 1e-9);
    assert_near(figure_of(object, "F", "words"), 6, 1e-9);
    assert_near(figure_of(object, "F", "positive"), 1, 1e-9);
    assert_near(figure_of(object, "F", "negative"), .5, 1e-9);
    assert_near(figure_of(object, "F", "categories"), 1, 1e-9);
    assert_near(figure_of(object, "F", "profile"), .5, 1e-9);
    assert_near(figure_of(object, "F", "passed"), .5, 1e-9);
    assert_near(figure_of(object, "M", "passed"), 1, 1e-9);
    assert_int_equal(json_integer_value(json_object_get(group_of(object, "18-24"), "users")), 2);
    assert_non_null(group_of(object, "50-55"));
    assert_non_null(group_of(object, "56+"));
    assert_true(strstr(table, "18-24") < strstr(table, "50-55"));
    assert_contains(table, "fewer than 20 users");
    assert_contains(table, "Note: no test (-) where fewer than 10 people");
    json_decref(object);
    free(table);
    char *lines = test_read(rows);
    assert_contains(lines, "\"groups\":{\"gender\":\"F\",\"age\":\"50-55\"},\"words\":9.0");
    free(lines);
    object = grouped("occupation", NULL, 0);
    assert_near(figure_of(object, "retired", "words"), 1, 0);
    json_decref(object);
}

/* Ages of 1 to 6 are codes: each is a group, rather than all under 18. */
static void test_bias__groups_by_codes_of_ages(void **state)
{
    (void)state;
    struct llmx_data *usual = data;
    struct llmx_error err;
    test_command(
        "cp -r tests/golden/gate/movies $T/codes; cd $T/codes; for f in *.user; do awk "
        "-F'\t' -v OFS='\t' 'NR == 1 {for (i = 1; i <= NF; i++) if ($i ~ /^age/) a = i} NR "
        "> 1 {$a = NR} 1' $f >../user; mv ../user $f; done",
        0, "");
    if (llmx_data_open(&data, test_path("codes"), NULL, &err) != 0)
        fail_msg("%s", err.message);
    snprintf(texts, sizeof texts, "%s", test_file("texts.jsonl", known));
    json_t *object = grouped("age", NULL, 0);
    assert_null(group_of(object, "under 18"));
    assert_non_null(group_of(object, "2"));
    json_decref(object);
    llmx_data_destroy(data);
    data = usual;
}

static void test_bias__groups_of_texts_that_do_not_match(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_bias *bias = NULL;
    struct llmx_bias_options options = how();
    snprintf(texts, sizeof texts, "%s",
             test_file("texts.jsonl",
                       LINE("tom", "casino", "You.", "pass") LINE("tom", "heat", "You.", "pass")));
    json_decref(grouped("sex", NULL, 1));
    options.by = "gender,height";
    assert_int_equal(llmx_bias_groups(&bias, texts, recs, data, &options, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_contains(err.message, "'height'");
    options.by = "age";
    snprintf(texts, sizeof texts, "%s",
             test_file("texts.jsonl", LINE("zoe", "casino", "You.", "pass")));
    assert_int_equal(llmx_bias_groups(&bias, texts, unknown, data, &options, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_contains(err.message, "nothing of the people of these texts");
}

/* ---- memory ---- */

static int group_again(void *context, struct llmx_error *err)
{
    struct llmx_bias *bias;
    const struct llmx_bias_options options = how();
    const int status = llmx_bias_groups(&bias, texts, recs, data, &options, rows, err);
    (void)context;
    if (status == 0)
        llmx_bias_destroy(bias);
    return status;
}

static int flip_again(void *context, struct llmx_error *err)
{
    struct llmx_bias *bias;
    struct llmx_bias_options options = how();
    options.explain.resume = 1;
    options.explain.blind = "age";
    options.verdicts = context;
    const int status = llmx_bias_flip(&bias, recs, data, model, &options, folder, rows, err);
    if (status == 0)
        llmx_bias_destroy(bias);
    return status;
}

static void test_bias__survives_every_failure(void **state)
{
    (void)state;
    struct llmx_bias_options options = how();
    snprintf(texts, sizeof texts, "%s", test_file("texts.jsonl", known));
    options.explain.blind = "age";
    write_known(&options);
    json_decref(flipped(&options, NULL));
    char *verdicts = judged(.1, .3, NAN);
    assert_true(failing_alloc_each(group_again, NULL) > 50);
    assert_true(failing_alloc_each(flip_again, verdicts) > 100);
    free(verdicts);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    snprintf(recs, sizeof recs, "%s",
             test_file("recs.jsonl",
                       "{\"user\":\"tom\",\"item\":\"casino\",\"evidence\":[{\"item\":\"heat\","
                       "\"contribution\":1}]}\n"
                       "{\"user\":\"ann\",\"item\":\"titanic\",\"evidence\":[{\"item\":\"emma\","
                       "\"contribution\":1}]}\n"
                       "{\"user\":\"kim\",\"item\":\"khan\",\"evidence\":[{\"item\":\"starwars\","
                       "\"contribution\":1}]}\n"
                       "{\"user\":\"bob\",\"item\":\"casino\",\"evidence\":[{\"item\":\"ugly\","
                       "\"contribution\":1}]}\n"));
    snprintf(unknown, sizeof unknown, "%s",
             test_file("unknown.jsonl",
                       "{\"user\":\"zoe\",\"item\":\"casino\",\"history\":[\"heat\"]}\n"));
    snprintf(folder, sizeof folder, "%s", test_path("flip"));
    snprintf(rows, sizeof rows, "%s", test_path("rows.jsonl"));
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0)
        fail_msg("%s", err.message);
    model = test_model(1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_model_destroy(model);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bias__tells_the_same_people_as_one_and_as_the_other),
        cmocka_unit_test(test_bias__counts_what_differs),
        cmocka_unit_test(test_bias__tests_categories_that_are_named_often),
        cmocka_unit_test(test_bias__says_where_nothing_could_change),
        cmocka_unit_test(test_bias__compares_what_was_written_first),
        cmocka_unit_test(test_bias__takes_up_only_what_is_of_the_same_options),
        cmocka_unit_test(test_bias__says_which_pairs_are_none),
        cmocka_unit_test(test_bias__takes_what_a_judge_prefers),
        cmocka_unit_test(test_bias__takes_a_person_as_one_wherever_their_texts_stand),
        cmocka_unit_test(test_bias__compares_groups),
        cmocka_unit_test(test_bias__groups_by_codes_of_ages),
        cmocka_unit_test(test_bias__groups_of_texts_that_do_not_match),
        cmocka_unit_test(test_bias__survives_every_failure),
    };
    return cmocka_run_group_tests_name("bias", tests, set_up, tear_down);
}
