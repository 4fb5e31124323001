/* test_article.c - strict: "a" or "an", by how the next word sounds. */
#include "gate/scene.h"

static const struct scene scene = {
    "harbour", {"train"}, {{FACT(SHARED), {"train"}, 0, 0, {"Crime"}}}, 1};

/* Is the article in front of these words blamed? (Whether the words are licensed is not asked.) */
static bool is_blamed(const char *article, const char *words)
{
    char text[256];
    struct llmx_verdict verdict;
    snprintf(text, sizeof text, "You watched \"Night Train North\". This is %s %s.", article,
             words);
    const size_t at = (size_t)(strstr(text, "This is") - text) + strlen("This is ");
    judge(&scene, text, 1, &verdict);
    for (int i = 0; i < verdict.n_failures; i++)
        if (verdict.failure[i].check == LLMX_CHECK_WORD && verdict.failure[i].start == at)
            return true;
    return false;
}

static void test_article__agrees_with_the_sound_of_the_next_word(void **state)
{
    (void)state;
    static const char *const
        a[] = {"crime film",     "children's film", "horror film",   "European film", "euro more",
               "one-off",        "unique film",     "user's choice", "utopian film",  "UFO film",
               "ufo film",       "VR game",         "tv film",       "pc game",       "uk film",
               "PG film",        "young film",      "b-movie",       "u-turn",        "western",
               "unanimous vote", "usable map",      "ukulele",       "us film",       "ouija board",
               "usurper",        "utensil"},
        *const an[] =
            {"adventure",  "indie film",      "unusual film",  "hour",        "honest film",
             "NFL game",   "nfl story",       "MMO",           "mmorpg",      "RPG",
             "rpg's end",  "FPS game",        "fps",           "nba story",   "mlb story",
             "EU story",   "f-word",          "Xbox game",     "xbox game",   "X-ray",
             "urban film", "uninspired film", "unironic film", "onerous task"},
        *const either[] = {"historic film", "homage",  "Odyssey game",     "Mr. Smith",
                           "8-bit game",    "IO game", "\xe6\x9d\xb1 game"};
    for (size_t i = 0; i < sizeof a / sizeof *a; i++)
        if (is_blamed("a", a[i]) || !is_blamed("an", a[i]))
            fail_msg("a %s", a[i]);
    for (size_t i = 0; i < sizeof an / sizeof *an; i++)
        if (is_blamed("an", an[i]) || !is_blamed("a", an[i]))
            fail_msg("an %s", an[i]);
    for (size_t i = 0; i < sizeof either / sizeof *either; i++)
        if (is_blamed("a", either[i]) || is_blamed("an", either[i]))
            fail_msg("a or an %s", either[i]);
}

static void test_article__is_asked_of_no_open_list_and_no_title(void **state)
{
    (void)state;
    struct llmx_verdict verdict;
    judge(&scene, "You watched \"Night Train North\". This is an crime film.", 0, &verdict);
    assert_int_equal(verdict.n_failures, 0);
    assert_false(is_blamed("an", "\"Night Train North\" in many ways"));
    assert_true(is_blamed("a", "stories about crime"));
    assert_false(is_blamed("a", "movies story"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_article__agrees_with_the_sound_of_the_next_word),
        cmocka_unit_test(test_article__is_asked_of_no_open_list_and_no_title),
    };
    return cmocka_run_group_tests_name("article", tests, open_all, close_all);
}
