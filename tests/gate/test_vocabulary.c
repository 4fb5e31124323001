/* Which columns hold a vocabulary, and what of it a text may say: long lists, entities, one word in two columns, titles with
 * quotation marks of their own. */
#include "base/text.h"
#include "llmxrec/gate.h"
#include "support/test.h"

static struct llmx_data *data;
static struct llmx_gate *gate;
static struct llmx_checker *checker;

static int open_all(void **state)
{
    (void)state;
    struct llmx_error err;
    static const char *const rows[] = {
        "far\tFar Shore\tAction Adventure Casual Free_to_Play Indie Massively_Multiplayer "
        "Simulation\tsport\tlocal",
        "near\tNear Shore\tAction Adventure Casual Free_to_Play Indie Simulation\tlocal\tlocal",
        "deep\tThe 'Deep' Shore\tAction Adventure Casual Free_to_Play Indie Massively_Multiplayer "
        "Simulation\tweather\tstorms",
        "draw\tInk\tDesign_&amp;_Illustration Casual Indie\tsport\tsport",
    };
    struct text inter = {0}, item = {0};
    text_puts(&inter, "user_id:token\titem_id:token\ttimestamp:float\n");
    text_puts(&item, "item_id:token\ttitle:token_seq\ttags:token_seq\tsection:token\tpart:token\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        text_printf(&inter, "ann\t%.*s\t%zu\n", (int)strcspn(rows[i], "\t"), rows[i], i);
        text_printf(&item, "%s\n", rows[i]);
    }
    for (int i = 0; i < 40; i++) {
        text_printf(&inter, "ann\tmore%d\t%d\n", i, 100 + i);
        text_printf(&item, "more%d\tMore Of It %d\tIndie%s%s%s%s\tsport\tsport\n", i, i,
                    i & 1 ? " Casual" : "", i & 2 ? " Action" : "", i & 4 ? " Adventure" : "",
                    i & 8 ? " Simulation" : "");
    }
    test_file("tags.inter", inter.s);
    test_file("tags.item", item.s);
    text_release(&inter);
    text_release(&item);
    if (llmx_data_open(&data, test_path("tags"), NULL, &err) != 0 ||
        llmx_gate_open(&gate, data, &err) != 0 || llmx_checker_create(&checker, gate, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    llmx_checker_destroy(checker);
    llmx_gate_destroy(gate);
    llmx_data_destroy(data);
    return 0;
}

static int count(const char *item, const char *known, const char *text, enum llmx_check check)
{
    struct llmx_error err;
    struct llmx_verdict verdict;
    const llmx_id evidence = llmx_data_item(data, known);
    const struct llmx_given given = {.user = -1,
                                     .item = llmx_data_item(data, item),
                                     .evidence = &evidence,
                                     .n_evidence = 1,
                                     .columns = ~UINT64_C(0),
                                     .words_max = 75};
    int n = 0;
    if (llmx_gate_check(checker, &given, text, strlen(text), &verdict, &err) != 0)
        fail_msg("%s", err.message);
    for (int i = 0; i < verdict.n_failures; i++)
        n += verdict.failure[i].check == check;
    return n;
}

static void test_vocabulary__is_found_in_long_lists_with_entities(void **state)
{
    (void)state;
    const char *const said =
        "You played \"Near Shore\". \"Far Shore\" is a massively multiplayer game.";
    assert_int_equal(count("far", "near", said, LLMX_CHECK_GENRE), 0);
    assert_int_equal(
        count("near", "far",
              "You played \"Far Shore\". \"Near Shore\" is a massively multiplayer game.",
              LLMX_CHECK_GENRE),
        1);
    assert_int_equal(count("near", "draw",
                           "You played \"Ink\". \"Near Shore\" is a Design & Illustration game.",
                           LLMX_CHECK_GENRE),
                     1);
}

static void test_vocabulary__knows_a_word_of_two_columns(void **state)
{
    (void)state;
    assert_int_equal(count("far", "near",
                           "You read \"Near Shore\". \"Far Shore\" is a sport story.",
                           LLMX_CHECK_GENRE),
                     0);
    assert_int_equal(count("near", "deep",
                           "You read \"The 'Deep' Shore\". \"Near Shore\" is a sport story.",
                           LLMX_CHECK_GENRE),
                     1);
}

static void test_vocabulary__titles_may_hold_quotation_marks(void **state)
{
    (void)state;
    const char *const said = "You read \"The 'Deep' Shore\". Try \"Far Shore\".";
    assert_int_equal(count("far", "deep", said, LLMX_CHECK_EVIDENCE), 0);
    assert_int_equal(count("far", "near", said, LLMX_CHECK_TITLE), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vocabulary__is_found_in_long_lists_with_entities),
        cmocka_unit_test(test_vocabulary__knows_a_word_of_two_columns),
        cmocka_unit_test(test_vocabulary__titles_may_hold_quotation_marks),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
