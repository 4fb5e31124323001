/* What a reasoning model thinks before it answers is no answer. */
#include "explain/thinking.h"
#include "support/test.h"

static const char good[] = "You liked it.";

static const struct {
    const char *text, *left;
} cases[] = {
    {"<think>\n\n</think>\n\nYou liked it.", good},
    {"<think>Okay, <b>why</b>?</think> You liked it.", good},
    {"<thinking>Two.</thinking> You liked it.", good},
    {"<THINK>Two.</Think>You liked it.\n", good},
    {"<think mode=\"short\">Two.</think>You liked it.", good},
    {"<think/>You liked it.", good},
    {"<think />\nYou liked it.", good},
    {"[THINK]Two.[/THINK]You liked it.", good},
    {"<reasoning>Two.</reasoning>You liked it.", good},
    {"</think>\nYou liked it.", good},
    {"Two films, so.\n</think>\n\nYou liked it.", good},
    {"You <think>which?</think>liked it.", good},
    {"You liked it. <think>Is that right?", good},
    {"You liked it.<thinking", good},
    {"<think>a<think>b</think>c</think>You liked it.", good},
    {"<think>a</think><think>b</think>You liked it.", good},
    {"<think>Two", ""},
    {"<think>", ""},
    {"", ""},
    {"  You liked it.\n", "  You liked it.\n"},
    {"You think it is <thin>.", "You think it is <thin>."},
    {"<thinker>You", "<thinker>You"},
    {"You [thinkers] < think>", "You [thinkers] < think>"},
};

static void test_thinking__is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s", cases[i].text);
        text[thinking_cut(text, strlen(text))] = '\0';
        if (strcmp(text, cases[i].left) != 0)
            fail_msg("%s\n    leaves [%s], not [%s]", cases[i].text, text, cases[i].left);
    }
}

/* Of a growing text what may become a mark is not told yet. */
static void test_thinking__holds_back_the_beginning_of_a_mark(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t settled;
    } grown[] = {{"You", 3}, {"You <", 4},       {"You <th", 4}, {"You </thin", 4},
                 {"<", 0},   {"You <thorn", 10}, {"", 0},        {"You <b", 6}};
    for (size_t i = 0; i < sizeof grown / sizeof *grown; i++)
        assert_int_equal(thinking_settled(grown[i].text, strlen(grown[i].text)), grown[i].settled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thinking__is_cut),
        cmocka_unit_test(test_thinking__holds_back_the_beginning_of_a_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
