/* What a model is told and asked, and how its answers are read. */
#include "evaluate/attribute_ask.h"
#include "evaluate/attribute_context.h"
#include "support/test.h"

static struct llmx_data *data;
static const struct domain films = {"films", "watched", "film", "films", "genre", "genres"};

#define USERS                                                                                      \
    "user_id:token\tage:float\tgender:token\tjob_title:token\n"                                    \
    "a\t17\tM\tactor\nb\t18\tF\ttrue crime writer\nc\t24\tM\twriter\nd\t25\tM\tactor\n"            \
    "e\t54\tF\tactor\nf\t55\tF\tactor\ng\t90\tM\tactor\nh\t33\tM\tactor\ni\t34\tM\tactor\n"
#define ITEMS                                                                                      \
    "item_id:token\ttitle:token_seq\tyear:token\tclass:token_seq\n"                                \
    "1\tHeat\t1995\tCrime|Drama\n2\tFargo\t1996\tCrime\n3\tAlien\t1979\tHorror\n4\tBabe\t1995\t\n"
#define LOG                                                                                        \
    "user_id:token\titem_id:token\ttimestamp:float\n"                                              \
    "a\t1\t1\na\t2\t2\na\t3\t3\nb\t1\t1\nb\t2\t2\nc\t1\t1\nc\t2\t2\nc\t4\t3\nd\t3\t1\ne\t3\t1\n"   \
    "f\t3\t1\ng\t3\t1\nh\t3\t1\ni\t3\t1\n"

static struct attribute opened(const char *name)
{
    struct attribute a;
    struct llmx_error err;
    if (attribute_open(&a, name, data, &err) != 0)
        fail_msg("%s", err.message);
    return a;
}

static void assert_question(const char *name, int value, const char *expected)
{
    struct attribute a = opened(name);
    struct text text = {0};
    attribute_question(&text, &a, &films, value);
    assert_string_equal(text.s, expected);
    text_release(&text);
    attribute_release(&a);
}

static void test_attribute_question__in_the_words_of_the_domain(void **state)
{
    (void)state;
    assert_question("gender", -1,
                    "What is the gender of this person? Answer with one of these, and nothing "
                    "else: male or female.");
    assert_question("job_title", -1,
                    "What is the job title of this person? Answer with one of these, and nothing "
                    "else: actor, true crime writer or writer.");
    assert_question("year", -1,
                    "From which decade is this film? Answer with one of these, and nothing else: "
                    "1970s, 1980s or 1990s.");
    assert_question("popularity", -1,
                    "How many people watched this film, compared with other films? Answer with "
                    "one of these, and nothing else: low, middle or high.");
    assert_question("categories", -1,
                    "What genre is this film? Answer with all that fit of these, and nothing "
                    "else: Crime, Drama or Horror.");
    assert_question("categories", 2,
                    "Is the genre of this film \"Horror\"? Answer with yes or no.");
}

/* Reads a text; the classes found as a string of bits, "" where it cannot be read. */
static const char *read_answer(const char *name, const char *text)
{
    static char bits[ATTRIBUTE_CLASSES_MAX + 1];
    struct attribute a = opened(name);
    struct answered answers;
    const int n = attribute_classes(&a);
    assert_int_equal(answered_make(&answers, 1, n, NULL), 0);
    assert_int_equal(attribute_read_answer(&answers, 0, &a, text, NULL), 0);
    for (int k = 0; k < n; k++)
        bits[k] = answers.has[k] ? '1' : '0';
    bits[n] = '\0';
    if (!answers.is_parsed[0]) {
        assert_null(strchr(bits, '1'));
        bits[0] = '\0';
    }
    answered_release(&answers);
    attribute_release(&a);
    return bits;
}

static void test_attribute_read__names_one_whole_word_of_any_case(void **state)
{
    (void)state;
    assert_string_equal(read_answer("gender", "Male."), "10");
    assert_string_equal(read_answer("gender", "This person is FEMALE, I think: female"), "01");
    assert_string_equal(read_answer("age", "**18-24** years"), "0100000");
    assert_string_equal(read_answer("age", "Under 18"), "1000000");
    assert_string_equal(read_answer("age", "56+"), "0000001");
    assert_string_equal(read_answer("year", "the 1970s"), "100");
}

static void test_attribute_read__takes_the_longest_name(void **state)
{
    (void)state;
    assert_string_equal(read_answer("job_title", "A true crime writer."), "010");
    assert_string_equal(read_answer("job_title", "a crime writer"), "001");
}

static void test_attribute_read__refuses_none_and_several(void **state)
{
    (void)state;
    assert_string_equal(read_answer("gender", ""), "");
    assert_string_equal(read_answer("gender", "A woman"), "");
    assert_string_equal(read_answer("gender", "male or female"), "");
    assert_string_equal(read_answer("age", "20"), "");
    assert_string_equal(read_answer("year", "1975"), "");
}

static void test_attribute_read__lists_may_name_several(void **state)
{
    (void)state;
    assert_string_equal(read_answer("categories", "crime, horror, western"), "101");
    assert_string_equal(read_answer("categories", "none"), "");
}

static void test_attribute_likeliest__takes_off_what_all_get(void **state)
{
    (void)state;
    double logprob[] = {-1, -3};
    const double nothing[] = {0, 0}, mean[] = {-0.5, -2.9};
    struct attribute a = opened("gender");
    const struct ask ask = {&a, NULL, logprob, NULL};
    struct answered answers;
    assert_int_equal(answered_make(&answers, 1, 2, NULL), 0);
    attribute_take_likeliest(&answers, 0, &ask, nothing);
    assert_int_equal(answered_first(&answers, 2, 0), 0);
    attribute_take_likeliest(&answers, 0, &ask, mean);
    assert_int_equal(answered_first(&answers, 2, 0), 1);
    answered_release(&answers);
    attribute_release(&a);
}

static void assert_text(struct text *text, const char *expected)
{
    assert_string_equal(text->s, expected);
    text_clear(text);
}

static void test_attribute_context__hides_what_is_asked(void **state)
{
    (void)state;
    struct text text = {0};
    struct bits users, items;
    struct company company;
    assert_int_equal(bits_of_users(&users, data, NULL), 0);
    assert_int_equal(bits_turn(&items, &users, NULL), 0);
    assert_int_equal(company_open(&company, &users, &items, NULL), 0);
    context_put_user(&text, data, &films, llmx_data_user(data, "a"), 2);
    assert_text(&text, "A person watched these films, the latest last:\n"
                       "- \"Fargo\" (1996): Crime\n- \"Alien\" (1979): Horror");
    const llmx_id heat = llmx_data_item(data, "1");
    context_put_item(&text, data, &films, heat, llmx_data_role_column(data, LLMX_ROLE_YEAR), NULL);
    assert_text(&text, "A film: \"Heat\"\nclass: Crime|Drama");
    /* All three who took Heat took Fargo; one of one Babe, one of seven Alien. */
    context_put_item(&text, data, &films, heat, -1, &company);
    assert_text(&text, "A film: \"Heat\"\nyear: 1995\nclass: Crime|Drama\n"
                       "People who watched it also watched \"Fargo\", \"Babe\", \"Alien\"");
    llmx_id alike[2];
    assert_int_equal(company_find(&company, heat, alike, 2), 2);
    assert_int_equal(alike[0], llmx_data_item(data, "2"));
    assert_int_equal(alike[1], llmx_data_item(data, "4"));
    company_release(&company);
    bits_release(&users);
    bits_release(&items);
    text_release(&text);
}

static void test_attribute_bits__words_once_a_text(void **state)
{
    (void)state;
    const char *const texts[] = {"One, two; one!", "", "TWO three"};
    struct bits words, turned;
    assert_int_equal(bits_of_words(&words, texts, 3, NULL), 0);
    assert_int_equal(words.rows.n_bits, 3);
    static const size_t start[] = {0, 2, 2, 4};
    static const int32_t bit[] = {0, 1, 1, 2}, row[] = {0, 0, 2, 2};
    assert_memory_equal(words.start, start, sizeof start);
    assert_memory_equal(words.bit, bit, sizeof bit);
    assert_int_equal(bits_turn(&turned, &words, NULL), 0);
    static const size_t turned_start[] = {0, 1, 3, 4};
    assert_memory_equal(turned.start, turned_start, sizeof turned_start);
    assert_memory_equal(turned.bit, row, sizeof row);
    bits_release(&words);
    bits_release(&turned);
}

static int setup(void **state)
{
    (void)state;
    struct llmx_error err;
    const struct llmx_data_options how = {.split_by = "none"};
    test_file("d.inter", LOG);
    test_file("d.user", USERS);
    test_file("d.item", ITEMS);
    if (llmx_data_open(&data, test_path("d.inter"), &how, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attribute_question__in_the_words_of_the_domain),
        cmocka_unit_test(test_attribute_read__names_one_whole_word_of_any_case),
        cmocka_unit_test(test_attribute_read__takes_the_longest_name),
        cmocka_unit_test(test_attribute_read__refuses_none_and_several),
        cmocka_unit_test(test_attribute_read__lists_may_name_several),
        cmocka_unit_test(test_attribute_likeliest__takes_off_what_all_get),
        cmocka_unit_test(test_attribute_context__hides_what_is_asked),
        cmocka_unit_test(test_attribute_bits__words_once_a_text),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
