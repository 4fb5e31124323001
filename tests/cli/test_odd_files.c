/* Files that look like something else: what was meant is told, and never is one thing taken for another in silence. */
#include "support/test.h"

#define DATA "$LLMXREC data $T/file --json --columns user=1,item=2"

static int set_up(void **state)
{
    (void)state;
    test_needs_program();
    return 0;
}

static void test_spaces__leave_no_time_of_day_behind(void **state)
{
    (void)state;
    test_file("file", "1 a 2022-06-25 00:20:11\n1 b 2022-06-25 00:20:10\n");
    test_command(DATA ",time=3", 1, "file:1: 'column 3' is a date whose time of day stands in");
    test_file("file", "u i t x\n1 a 2022-06-25 9\n1 b 2022-06-26 00:20:10\n1 c 2022-06-27 7\n");
    test_command(DATA ",time=3", 1, "file:3: 't' is a date whose time of day");
    test_command(DATA ",time=3 --skip-bad", 0, "\"interactions\": 2");
    test_command(DATA ",time=4 --skip-bad", 0, "\"interactions\": 2");
    test_file("file", "1 a \"2022-06-25 00:20:11\" x\n1 b 2022-06-25 9:15 y\n");
    test_command(DATA ",time=3", 1, "file:2: the line has 5 columns");
    test_file("file", "1,a,2022-06-25,00:20:11\n1,b,2022-06-25,00:20:10\n");
    test_command(DATA ",time=3", 0,
                 "\"interactions\": 2"); /* who separates by commas has asked for it */
}

static void test_json__arrays_are_no_delimited_lines(void **state)
{
    (void)state;
    static const char *const arrays[] = {"[1,2]\n[1,3]\n", "[[1,2],[1,3]]\n", "[[1,2],\n[1,3]]\n",
                                         "[\"1\", \"2\"] \n"};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        test_file("file", arrays[i]);
        test_command(DATA, 1, "file:1: this is a JSON array");
        test_command(DATA " --separator ,", 0, "\"interactions\"");
    }
    test_file("file", "[x] a,b\n[y] c,d\n");
    test_command(DATA, 0, "\"interactions\": 2");
}

/* Whose first line is about something that nobody took: not to be lost as names of columns. */
static void test_items__begin_with_a_number_or_a_name(void **state)
{
    (void)state;
    test_file("file", "1,7\n1,8\n2,7\n");
    test_file("items", "5,Hill\n7,Boat\n8,Road\n");
    test_command(DATA " --item-file $T/items", 1, "begins with the item '5'");
    test_command(DATA " --item-file $T/items --item-columns item=1,title=2", 0, "Boat");
    test_file("items", "nan,name\n7,Boat\n8,Road\n");
    test_command(DATA " --item-file $T/items", 0, "Boat");
}

/* A key may be missing here and there, but not everywhere. */
static void test_items__have_the_keys_that_were_asked_for(void **state)
{
    (void)state;
    test_file("file", "1,7\n1,8\n2,7\n");
    test_file("items", "{\"id\":5}\n{\"id\":7,\"t\":null}\n{\"id\":8,\"t\":\"Boat\"}\n");
    test_command(DATA " --item-file $T/items --item-columns item=id,title=t", 0, "Boat");
    test_command(DATA " --item-file $T/items --item-columns item=id,title=name", 2,
                 "items has the key 'name'");
}

static void test_columns__user_and_item_are_two(void **state)
{
    (void)state;
    test_file("file", "u,i\n1,2\n");
    test_command("$LLMXREC data $T/file --columns user=u,item=u", 2, "both 'u'");
    test_file("file", "{\"u\":1,\"i\":2}\n");
    test_command("$LLMXREC data $T/file --columns user=u,item=u", 2, "both 'u'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spaces__leave_no_time_of_day_behind),
        cmocka_unit_test(test_json__arrays_are_no_delimited_lines),
        cmocka_unit_test(test_items__begin_with_a_number_or_a_name),
        cmocka_unit_test(test_items__have_the_keys_that_were_asked_for),
        cmocka_unit_test(test_columns__user_and_item_are_two),
    };
    return cmocka_run_group_tests_name("odd files", tests, set_up, NULL);
}
