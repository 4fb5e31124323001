/* test_wording.c - the sentence of each kind of fact, and the domain whose words it has. */
#include "support/test.h"

#include "explain/wording.h"

static struct llmx_data *data;
static struct catalogue *catalogue;
static llmx_id fargo, apartment;

static int open_all(void **state)
{
    (void)state;
    struct llmx_error err;
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0 ||
        !(catalogue = catalogue_create(data, &err)))
        fail_msg("%s", err.message);
    fargo = llmx_data_item(data, "fargo");
    apartment = llmx_data_item(data, "apartment");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    catalogue_destroy(catalogue);
    llmx_data_destroy(data);
    return 0;
}

static struct domain domain_of(const char *name)
{
    struct domain domain;
    struct llmx_error err;
    if (domain_find(&domain, name, data, &err) != 0)
        fail_msg("%s", err.message);
    return domain;
}

static void check(struct llmx_fact fact, const char *domain_name, const char *expected)
{
    const struct domain domain = domain_of(domain_name);
    struct text out = {0};
    wording_fact(&out, &fact, catalogue, &domain);
    assert_string_equal(out.s, expected);
    text_release(&out);
}

static struct llmx_fact fact_of(enum llmx_fact_kind kind, int n_items, int m, int n)
{
    return (struct llmx_fact){.kind = kind,
                              .items = {fargo, apartment},
                              .n_items = n_items,
                              .m = m,
                              .n = n,
                              .column = -1};
}

static void test_wording_fact__says_what_people_did(void **state)
{
    (void)state;
    check(fact_of(LLMX_FACT_COMPANY, 1, 31, 60), NULL,
          "31 of the 60 other people who watched \"Fargo\" watched this one.");
    check(fact_of(LLMX_FACT_COMPANY, 2, 31, 60), "games",
          "31 of the 60 other people who played \"Fargo\" and \"The Apartment\" played this one.");
    check(fact_of(LLMX_FACT_LIKED, 1, 62, 68), NULL,
          "Of the 68 people who liked \"Fargo\" and watched this one, 62 liked it.");
    check(fact_of(LLMX_FACT_REACH, 0, 94, 942), NULL, "Few people watched this one: 94 of 942.");
    check(fact_of(LLMX_FACT_REACH, 0, 236, 942), "news", "Many people read this one: 236 of 942.");
}

static void test_wording_fact__says_what_items_share(void **state)
{
    (void)state;
    struct llmx_fact fact = fact_of(LLMX_FACT_SHARED, 1, 0, 0);
    fact.value[0] = "Sci-Fi";
    fact.value[1] = "Free_to_Play";
    fact.n_values = 2;
    check(fact, NULL, "\"Fargo\" and this one share: sci-fi, free to play.");
    fact.n_items = 2;
    fact.n_values = 1;
    check(fact, NULL, "\"Fargo\", \"The Apartment\" and this one share: sci-fi.");
    fact.value[0] = "\xc3\x89pouvante";
    check(fact, NULL, "\"Fargo\", \"The Apartment\" and this one share: \xc3\xa9pouvante.");
    check(fact_of(LLMX_FACT_NOT_SHARED, 1, 0, 0), "news",
          "\"Fargo\" has no topic in common with this one.");
    check(fact_of(LLMX_FACT_NOT_SHARED, 2, 0, 0), NULL,
          "\"Fargo\" and \"The Apartment\" have no genre in common with this one.");
}

static void test_wording_fact__says_what_the_person_does(void **state)
{
    (void)state;
    struct llmx_fact habit = fact_of(LLMX_FACT_HABIT, 0, 8, 20);
    habit.value[0] = "Action";
    habit.n_values = 1;
    check(habit, NULL, "8 of your last 20 films: action.");
    check(fact_of(LLMX_FACT_RECENT, 1, 0, 1), NULL, "\"Fargo\" is the last film you watched.");
    check(fact_of(LLMX_FACT_RECENT, 1, 0, 2), "items",
          "\"Fargo\" is one of the last 3 items you chose.");
    check(fact_of(LLMX_FACT_WEIGHT, 1, 0, 0), NULL,
          "\"Fargo\" is the main reason this one came up.");
}

/* The domain of a catalogue of such a file and header. */
static const char *guessed(const char *name, const char *header)
{
    static struct domain domain;
    const char *inter = test_file("d.inter", "user_id:token\titem_id:token\nu\ti\n"),
               *item = test_file(name, header);
    struct llmx_data_options how = {.item_path = item};
    struct llmx_data *other;
    struct llmx_error err;
    if (llmx_data_open(&other, inter, &how, &err) != 0 || domain_find(&domain, NULL, other, &err))
        fail_msg("%s", err.message);
    llmx_data_destroy(other);
    return domain.name;
}

static void test_domain_find__guesses_from_the_names_of_a_catalogue(void **state)
{
    (void)state;
    assert_string_equal(guessed("a.csv", "movieId,title,genres\ni,A,b\n"), "films");
    assert_string_equal(guessed("a.csv", "ISBN,Book-Title,x\ni,A,b\n"), "books");
    assert_string_equal(guessed("steam_games.csv", "id,title,tags\ni,A,b\n"), "games");
    assert_string_equal(guessed("a.csv", "id,title,headline\ni,A,b\n"), "news");
    assert_string_equal(guessed("a.csv", "track_id,title,artist\ni,A,b\n"), "music");
}

static void test_domain_find__is_neutral_when_unsure(void **state)
{
    (void)state;
    assert_string_equal(guessed("a.csv", "id,title,category\ni,A,b\n"), "items");
    assert_string_equal(guessed("a.csv", "id,title,brand,price\ni,A,b,1\n"), "items");
    assert_string_equal(guessed("a.csv", "id,title,games,movies\ni,A,b,c\n"), "items");
    assert_string_equal(guessed("a.csv", "id,title,gamete,newsletter\ni,A,b,c\n"), "items");
}

static void test_domain_find__names_the_domains_for_one_it_does_not_know(void **state)
{
    (void)state;
    struct domain domain;
    struct llmx_error err;
    assert_int_equal(domain_find(&domain, "film", data, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_string_equal(err.message,
                        "there is no domain 'film'; choose one of: films, games, news, "
                        "books, music, products, items");
    domain = domain_of("products");
    assert_string_equal(domain.taken, "bought");
    assert_string_equal(domain.categories, "categories");
}

/* Five facts, four of them chosen; the first n_long have long sentences. */
static int choose(struct text *sentences, int n_long, struct llmx_fact fact[static 5])
{
    const struct domain domain = domain_of("films");
    for (int i = 0; i < 5; i++) {
        fact[i] = i < n_long ? fact_of(LLMX_FACT_COMPANY, 2, 31, 60)
                             : fact_of(LLMX_FACT_REACH, 0, 480, 943);
        fact[i].place = i < 4 ? i + 1 : 0;
    }
    return wording_choose(sentences, fact, 5, catalogue, &domain);
}

static int count_lines(const struct text *text)
{
    int n = text->n > 0;
    for (size_t i = 0; i < text->n; i++)
        n += text->s[i] == '\n';
    return n;
}

static void test_wording_choose__takes_a_fourth_fact_where_all_are_short(void **state)
{
    (void)state;
    struct text sentences = {0};
    struct llmx_fact fact[5];
    assert_int_equal(choose(&sentences, 0, fact), 4);
    assert_in_range(sentences.n, 1, 290);
    assert_int_equal(count_lines(&sentences), 4);
    assert_int_equal(fact[3].place, 4);
    assert_int_equal(choose(&sentences, 4, fact), 3);
    assert_int_equal(count_lines(&sentences), 3);
    assert_int_equal(fact[2].place, 3);
    assert_int_equal(fact[3].place, 0);
    text_release(&sentences);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wording_fact__says_what_people_did),
        cmocka_unit_test(test_wording_fact__says_what_items_share),
        cmocka_unit_test(test_wording_fact__says_what_the_person_does),
        cmocka_unit_test(test_domain_find__guesses_from_the_names_of_a_catalogue),
        cmocka_unit_test(test_domain_find__is_neutral_when_unsure),
        cmocka_unit_test(test_domain_find__names_the_domains_for_one_it_does_not_know),
        cmocka_unit_test(test_wording_choose__takes_a_fourth_fact_where_all_are_short),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
