/* The gate in memory, through its public header alone (data set tests/golden/gate/movies). */
#include "llmxrec/gate.h"
#include "support/failing_alloc.h"
#include "support/test.h"

static struct llmx_data *data;
static struct llmx_gate *gate;

/* What a writer was told of Casino for Tom. */
static struct llmx_given casino(void)
{
    static llmx_id evidence[2];
    struct llmx_given given = {
        .user = llmx_data_user(data, "tom"),
        .item = llmx_data_item(data, "casino"),
        .evidence = evidence,
        .n_evidence = 2,
        .prompt = "History: \"Fargo\" (1996), \"Heat\" (1995), \"Alien\" (1979). The film: "
                  "\"Casino\" (1995), drama. Why will it suit?",
        .columns = 1u << llmx_data_column(data, LLMX_ITEMS, "class"),
        .words_max = 75,
    };
    evidence[0] = llmx_data_item(data, "fargo");
    evidence[1] = llmx_data_item(data, "heat");
    given.history = llmx_data_history(data, given.user, LLMX_TRAIN_VALID, &given.n_history);
    return given;
}

static int open_all(void **state)
{
    (void)state;
    struct llmx_error err;
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0 ||
        llmx_gate_open(&gate, data, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    llmx_gate_destroy(gate);
    llmx_gate_destroy(NULL);
    llmx_checker_destroy(NULL);
    llmx_data_destroy(data);
    return 0;
}

static struct llmx_checker *new_checker(void)
{
    struct llmx_checker *checker;
    assert_int_equal(llmx_checker_create(&checker, gate, NULL), 0);
    return checker;
}

static void assert_span(const char *text, uint32_t start, uint32_t end, const char *wanted)
{
    assert_int_equal(end - start, strlen(wanted));
    assert_memory_equal(text + start, wanted, end - start);
}

static void test_gate__says_what_a_text_names_and_cites(void **state)
{
    (void)state;
    static const char text[] = "You liked \"Heat\" and \"Fargo\", and \"Heat\" most: \"Casino\" is "
                               "a drama from 1995.";
    struct llmx_checker *checker = new_checker();
    const struct llmx_given given = casino();
    struct llmx_verdict v;
    assert_int_equal(llmx_gate_check(checker, &given, text, strlen(text), &v, NULL), 0);
    assert_int_equal(v.n_failures, 0);
    assert_int_equal(v.n_named, 4);
    assert_span(text, v.named[0].start, v.named[0].end, "Heat");
    assert_span(text, v.named[3].start, v.named[3].end, "Casino");
    assert_int_equal(v.named[3].item, given.item);
    assert_int_equal(v.n_cited, 2); /* Heat once, and not what is recommended */
    assert_int_equal(v.cited[0].item, given.evidence[1]);
    assert_int_equal(v.cited[0].start, v.named[0].start);
    assert_int_equal(v.cited[1].item, given.evidence[0]);
    assert_span(text, v.cited[1].start, v.cited[1].end, "Fargo");
    llmx_checker_destroy(checker);
}

static void test_gate__says_what_fails_and_where(void **state)
{
    (void)state;
    static const char text[] = "You liked \"Heat\", so \"Casino\", a comedy from 2007, will do.";
    struct llmx_checker *checker = new_checker();
    const struct llmx_given given = casino();
    struct llmx_verdict v;
    assert_int_equal(llmx_gate_check(checker, &given, text, strlen(text), &v, NULL), 0);
    assert_int_equal(v.n_failures, 2);
    assert_string_equal(llmx_check_name((int)v.failure[0].check), "genre");
    assert_span(text, v.failure[0].start, v.failure[0].end, "comedy");
    assert_int_equal(v.failure[1].check, LLMX_CHECK_YEAR);
    assert_span(text, v.failure[1].start, v.failure[1].end, "2007");
    llmx_checker_destroy(checker);
}

/* What was given before, a comedy and a name, is given no more. */
static void test_gate__remembers_nothing(void **state)
{
    (void)state;
    static const char text[] =
        "You liked \"Heat\", so a comedy film by Scorsese, \"Casino\", will do.";
    const llmx_id toy_story = llmx_data_item(data, "toystory");
    struct llmx_checker *checker = new_checker();
    struct llmx_given given = casino(), other = casino();
    struct llmx_verdict before, between, after;
    given.n_history = 0;
    other.history = &toy_story;
    other.n_history = 1;
    other.prompt = "\"Toy Story\", a comedy. Scorsese made another film.";
    assert_int_equal(llmx_gate_check(checker, &given, text, strlen(text), &before, NULL), 0);
    assert_int_equal(before.n_failures, 2);
    assert_int_equal(llmx_gate_check(checker, &other, text, strlen(text), &between, NULL), 0);
    assert_int_equal(between.n_failures, 0);
    assert_int_equal(llmx_gate_check(checker, &given, text, strlen(text), &after, NULL), 0);
    assert_memory_equal(&before, &after, sizeof before);
    llmx_checker_destroy(checker);
}

static void test_gate__refuses_rows_that_are_none(void **state)
{
    (void)state;
    const llmx_id unknown[] = {0, llmx_data_items(data)}, negative[] = {-1};
    struct llmx_checker *checker = new_checker();
    for (int k = 0; k < 5; k++) {
        struct llmx_given given = casino();
        struct llmx_verdict v;
        struct llmx_error err;
        if (k == 0)
            given.item = -1;
        else if (k == 1)
            given.item = llmx_data_items(data);
        else if (k == 2)
            given.user = llmx_data_users(data);
        else if (k == 3)
            given.history = unknown, given.n_history = 2;
        else
            given.evidence = negative, given.n_evidence = 1;
        assert_int_equal(llmx_gate_check(checker, &given, "You.", 4, &v, &err), -1);
        assert_int_equal(err.code, LLMX_BAD_OPTION);
        assert_contains(err.message, k == 2 ? "user" : "item");
        assert_int_equal(llmx_gate_check(checker, &given, "You.", 4, &v, NULL), -1);
    }
    llmx_checker_destroy(checker);
}

static void test_gate__every_check_has_a_name(void **state)
{
    (void)state;
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        assert_non_null(llmx_check_name(k));
    assert_null(llmx_check_name(-1));
    assert_null(llmx_check_name(LLMX_CHECK_COUNT));
    assert_true(LLMX_CHECK_COUNT <= LLMX_CHECKS_MAX);
}

/* Opens a gate and checks a text that every comparison with the data is needed for. */
static int check_once(void *context, struct llmx_error *err)
{
    static const char text[] = "As a technician of 24 years old who liked \"The Heat of Night\" "
                               "and \"Fargo\", you will like \"Casino\", Comedy by Scorsese.";
    struct llmx_given given = casino();
    struct llmx_gate *own = NULL;
    struct llmx_checker *checker = NULL;
    struct llmx_verdict verdict;
    (void)context;
    given.allow_profile = 1;
    int status = llmx_gate_open(&own, data, err);
    if (status == 0)
        status = llmx_checker_create(&checker, own, err);
    if (status == 0)
        status = llmx_gate_check(checker, &given, text, strlen(text), &verdict, err);
    if (status == 0)
        assert_int_equal(verdict.n_failures, 2); /* the title and the name */
    llmx_checker_destroy(checker);
    llmx_gate_destroy(own);
    return status;
}

static void test_gate__says_when_memory_is_out(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(check_once, NULL) > 20);
}

/* A value and the fact in the next line of a prompt are no echo where a sentence ends between them. */
static void test_gate_check__an_echo_lies_in_one_sentence(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "It is a drama. 47 of the 70 other people who saw \"Heat\".",
        "It is a drama, 47 of the 70 other people who saw \"Heat\"."};
    struct llmx_checker *checker = new_checker();
    struct llmx_given given = casino();
    given.prompt =
        "The film: \"Casino\", drama\n47 of the 70 other people who saw \"Heat\" saw this.";
    given.sentences = "47 of the 70 other people who saw \"Heat\" saw this.";
    for (int i = 0; i < 2; i++) {
        struct llmx_verdict verdict;
        bool is_echo = false;
        assert_int_equal(
            llmx_gate_check(checker, &given, texts[i], strlen(texts[i]), &verdict, NULL), 0);
        for (int k = 0; k < verdict.n_failures; k++)
            is_echo = is_echo || verdict.failure[k].check == LLMX_CHECK_ECHO;
        assert_int_equal(is_echo, i);
    }
    llmx_checker_destroy(checker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gate__says_what_a_text_names_and_cites),
        cmocka_unit_test(test_gate__says_what_fails_and_where),
        cmocka_unit_test(test_gate__remembers_nothing),
        cmocka_unit_test(test_gate__refuses_rows_that_are_none),
        cmocka_unit_test(test_gate__every_check_has_a_name),
        cmocka_unit_test(test_gate_check__an_echo_lies_in_one_sentence),
        cmocka_unit_test(test_gate__says_when_memory_is_out),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
