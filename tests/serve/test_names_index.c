/* test_names_index.c - searching as one types, against looking at every name. */
#include "serve/names_index.h"
#include "support/test.h"

#include <ctype.h>
#include <strings.h>

static void open_index(struct names_index *index, const char *const *names, int n)
{
    struct llmx_error err;
    const char **copy = calloc((size_t)n + 1, sizeof *copy);
    for (int i = 0; i < n; i++)
        copy[i] = names[i];
    assert_int_equal(names_index_open(index, copy, n, &err), 0);
}

static void assert_found(const struct names_index *index, const char *query, int skip, int max,
                         const char *expected)
{
    llmx_id rows[16];
    char found[64] = "";
    struct llmx_error err;
    const int n = names_index_find(index, query, skip, max, rows, &err);
    for (int i = 0; i < n; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%d ", (int)rows[i]);
    if (strcmp(found, expected) != 0)
        fail_msg("\"%s\": found %s, expected %s", query, found, expected);
}

static void test_names_index__finds_what_begins_so(void **state)
{
    (void)state;
    static const char *const names[] = {"Star Wars",
                                        "The Empire Strikes Back",
                                        "Star Trek IV",
                                        "L\xc3\xa9on",
                                        "12 Monkeys",
                                        "Wars of the Stars",
                                        "\xe4\xb8\x83\xe4\xba\xba",
                                        "..."};
    struct names_index index;
    open_index(&index, names, 8);
    assert_found(&index, "star", 0, 9, "0 2 5 ");
    assert_found(&index, "STAR w", 0, 9, "0 5 ");
    assert_found(&index, "wars star", 0, 9, "0 5 ");
    assert_found(&index, "tar", 0, 9, "");
    assert_found(&index, "12", 0, 9, "4 ");
    assert_found(&index, "L\xc3\xa9", 0, 9, "3 ");
    assert_found(&index, "\xe4\xb8\x83", 0, 9, "6 ");
    assert_found(&index, "", 0, 3, "0 1 2 ");
    assert_found(&index, " ,. ", 6, 3, "6 7 ");
    assert_found(&index, "star", 1, 1, "2 ");
    assert_found(&index, "zzz", 0, 9, "");
    names_index_close(&index);
}

static void test_names_index__of_nothing_finds_nothing(void **state)
{
    (void)state;
    struct names_index index;
    open_index(&index, NULL, 0);
    assert_found(&index, "a", 0, 9, "");
    assert_found(&index, "", 0, 9, "");
    names_index_close(&index);
}

/* A name of a few words that often begin alike, up to twelve letters each. */
static void write_name(char *out, size_t size, unsigned *seed)
{
    size_t n = 0;
    for (int word = (int)(rand_r(seed) % 4); word >= 0 && n + 14 < size; word--) {
        for (int k = (int)(rand_r(seed) % 12); k >= 0; k--)
            out[n++] = "aaaabB"[rand_r(seed) % 6];
        out[n++] = " -"[rand_r(seed) % 2];
    }
    out[n] = '\0';
}

static bool begins_so(const char *name, const char *query)
{
    const size_t n = strlen(query);
    for (const char *s = name; *s; s++)
        if ((s == name || !isalpha((unsigned char)s[-1])) && strncasecmp(s, query, n) == 0)
            return true;
    return false;
}

static void test_names_index__finds_what_looking_at_all_finds(void **state)
{
    (void)state;
    enum { NAMES = 500 };
    static char text[NAMES][64];
    const char *names[NAMES];
    struct names_index index;
    struct llmx_error err;
    unsigned seed = 5;
    for (int i = 0; i < NAMES; i++) {
        write_name(text[i], sizeof text[i], &seed);
        names[i] = text[i];
    }
    open_index(&index, names, NAMES);
    for (int trial = 0; trial < 300; trial++) {
        char query[16];
        llmx_id rows[NAMES];
        int n = 0;
        for (int k = 0; k <= trial % 11; k++, query[k] = '\0')
            query[k] = "abaA"[rand_r(&seed) % 4];
        const int found = names_index_find(&index, query, 0, NAMES, rows, &err);
        for (int i = 0; i < NAMES; i++)
            if (begins_so(names[i], query) && (n >= found || rows[n++] != i))
                fail_msg("\"%s\": \"%s\" is not found", query, names[i]);
        assert_int_equal(found, n);
    }
    names_index_close(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_index__finds_what_begins_so),
        cmocka_unit_test(test_names_index__finds_what_looking_at_all_finds),
        cmocka_unit_test(test_names_index__of_nothing_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
