/* How texts are cut into statements: "|" stands where one ends. */
#include "evaluate/statements.h"
#include "support/test.h"

#define ITEM 7

static const char *const cases[] = {
    "You watched \"Heat\".|\"Casino\" is a crime film.",
    "You watched \"Heat\". |It is a drama!| Is it?",
    "You watched \"Heat\", a crime drama,| and it has action.",
    "You watched \"Heat\";| it is a drama.",
    "You watched \"Heat\", a drama; a comedy too.",
    "You watched \"Heat\" and \"Fargo\".",
    "31 of the 60 people who watched \"Heat\" and \"Fargo\" watched this one.",
    "You watched \"Heat\" (1995) and \"Fargo\" has crime.",
    "You watched \"Heat\" |and \"Casino\" is a crime film.",
    "\"Casino\" is drama and romance from 1995, so romance is back.",
    "It is a crime and action film.",
    "People who watched and liked \"Heat\" took it.",
    "It's a drama| and you've seen \"Heat\".",
    "\"What's Up, Doc?\" and \"Mr. Holland's Opus\" share comedy.",
    "You watched \"What's Up, Doc?\"\n|\"Casino\" is by no Mr. Smith.",
    "8 of your last 20 films are action| and 9 are drama| and \"Casino\" is both.",
    "Both are \"And it is, and it was\" films.",
    "",
    " ... ",
};

/* Titles as the gate names them: only "Casino" matters, as the recommended item. */
static struct llmx_verdict naming(const char *text)
{
    struct llmx_verdict v = {0};
    const char *at = strstr(text, "Casino");
    if (at) {
        v.named[0] = (struct llmx_mention){ITEM, (uint32_t)(at - text), (uint32_t)(at - text) + 6};
        v.n_named = 1;
    }
    return v;
}

static void hold(struct statements *s, const char *marked)
{
    char text[400], found[400];
    size_t n = 0, m = 0;
    for (const char *c = marked; *c; c++)
        if (*c != '|')
            text[n++] = *c;
    text[n] = '\0';
    const struct llmx_verdict named = naming(text);
    assert_int_equal(statements_cut(s, text, n, &named, ITEM, NULL), 0);
    size_t at = 0;
    for (int i = 0; i < s->n; i++) { /* the marks put back where statements end */
        assert_true(s->list[i].start >= at && s->list[i].end > s->list[i].start);
        assert_true(s->list[i].end <= n);
        for (; at < s->list[i].end; at++)
            found[m++] = text[at];
        if (i + 1 < s->n)
            found[m++] = '|';
    }
    for (; at < n; at++)
        found[m++] = text[at];
    found[m] = '\0';
    /* blanks, commas and semicolons stand on either side of a mark */
    char want[400], got[400];
    size_t w = 0, g = 0;
    for (const char *c = marked; *c; c++)
        if (!strchr(" \n,;", *c))
            want[w++] = *c;
    for (const char *c = found; *c; c++)
        if (!strchr(" \n,;", *c))
            got[g++] = *c;
    want[w] = got[g] = '\0';
    assert_string_equal(got, want);
}

static void test_statements__are_sentences_and_clauses_with_a_verb(void **state)
{
    (void)state;
    struct statements s = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        hold(&s, cases[i]);
    statements_release(&s);
}

static void test_statements__leave_the_and_out(void **state)
{
    (void)state;
    static const char text[] = "It's a drama, and you've seen \"Heat\".";
    struct statements s = {0};
    assert_int_equal(statements_cut(&s, text, strlen(text), &(struct llmx_verdict){0}, ITEM, NULL),
                     0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.list[0].start, 0);
    assert_int_equal(s.list[0].end, 12);
    assert_memory_equal(text + s.list[1].start, "you've", 6);
    assert_int_equal(s.list[1].end, strlen(text));
    statements_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements__are_sentences_and_clauses_with_a_verb),
        cmocka_unit_test(test_statements__leave_the_and_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
