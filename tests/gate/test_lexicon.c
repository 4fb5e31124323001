/* The closed world (is_strict): what is said of Casino to Tom, who took Fargo and Heat (data set tests/golden/gate/movies) and
 * Strudel, a dish with a value written together (tests/golden/gate/dishes); and which words nothing licenses. */
#include "llmxrec/gate.h"
#include "support/test.h"

static struct llmx_data *data;
static struct llmx_gate *gate;
static struct llmx_checker *checker;

static void open_data(const char *path)
{
    struct llmx_error err;
    if (llmx_data_open(&data, path, NULL, &err) != 0 || llmx_gate_open(&gate, data, &err) != 0 ||
        llmx_checker_create(&checker, gate, &err) != 0)
        fail_msg("%s", err.message);
}

static void close_data(void)
{
    llmx_checker_destroy(checker);
    llmx_gate_destroy(gate);
    llmx_data_destroy(data);
}

/* The spans that the check of words rejects, one behind the other. */
static void judge(const struct llmx_given *given, const char *text, char *out, size_t size)
{
    struct llmx_error err;
    struct llmx_verdict v;
    size_t used = 0;
    if (llmx_gate_check(checker, given, text, strlen(text), &v, &err) != 0)
        fail_msg("%s", err.message);
    out[0] = '\0';
    for (int i = 0; i < v.n_failures; i++)
        if (v.failure[i].check == LLMX_CHECK_WORD)
            used += (size_t)snprintf(out + used, size - used, "%s%.*s", used ? " " : "",
                                     (int)(v.failure[i].end - v.failure[i].start),
                                     text + v.failure[i].start);
}

struct row {
    const char *text, *unlicensed;
};

static void assert_agrees(const struct llmx_given *given, const struct row *rows, size_t n)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        char got[512];
        judge(given, rows[i].text, got, sizeof got);
        if (strcmp(got, rows[i].unlicensed) != 0) {
            wrong++;
            print_error("%s\n    wanted [%s], got [%s]\n", rows[i].text, rows[i].unlicensed, got);
        }
    }
    assert_int_equal(wrong, 0);
}

static struct llmx_given casino(void)
{
    static llmx_id evidence[2];
    struct llmx_given given = {.user = llmx_data_user(data, "tom"),
                               .item = llmx_data_item(data, "casino"),
                               .evidence = evidence,
                               .n_evidence = 2,
                               .prompt = "\"Fargo\", \"Heat\". The film: \"Casino\" (1995), drama.",
                               .columns = 1u << llmx_data_column(data, LLMX_ITEMS, "class"),
                               .words_max = 75,
                               .is_strict = 1};
    evidence[0] = llmx_data_item(data, "fargo");
    evidence[1] = llmx_data_item(data, "heat");
    given.history = llmx_data_history(data, given.user, LLMX_TRAIN_VALID, &given.n_history);
    return given;
}

static const struct row films[] = {
    /* as good reasons read */
    {"You watched \"Fargo\" and \"Heat\". 47 of the 70 other people who saw both also watched "
     "\"Casino\", a drama like \"Fargo\".",
     ""},
    {"Nine of your last 20 films are crime films, and \"Fargo\" is one too.", ""},
    {"Of the 180 people who rated \"Fargo\" 4 or more and know this one, 154 liked it as well.",
     ""},
    {"128 have seen \"Casino\". You haven't yet.", ""},
    {"Nearly everyone who watched \"Fargo\" has also seen it: 254 of 283 people.", ""},
    {"All three are crime thrillers.", ""},
    {"\"Fargo\" is what brought this one up: 32 of the 36 other people who watched it also watched "
     "\"Casino\".",
     ""},
    {"\"Casino\" has no genre in common with \"Heat\". The link is the audience.", ""},
    {"If \"Fargo\" worked for you, this is about as safe as it gets.", ""},
    {"You watch a lot of drama, 15 of your last twenty films.", ""},
    {"Few people know \"Casino\": 85 have watched it, and most of them chose \"Fargo\", as you "
     "did.",
     ""},
    {"A less obvious pick: it's here because of \"Heat\".", ""},
    {"You've seen \"Heat\"; the people who've watched it mostly picked \"Casino\" next.", ""},
    {"It'll fit: you couldn't stop at \"Fargo\", and they didn't either.", "stop"},
    {"That isn't the reason. The readers', viewers' and players' choice is.", ""},
    {"One reader's pick is another viewer's reason.", ""},
    {"More than thirty people in a hundred chose it; twice the usual share.", ""},
    {"It is a film of the nineties, from the 1990s, from 1995.", ""},
    {"The first and the third of them share a genre with it.", ""},
    /* values that are shown, in all forms */
    {"\"Fargo\" is a thriller and a crime drama; dramas and thrillers are what you pick.", ""},
    {"You took two dramas and an action-thriller.", ""},
    {"A dramatic film, like a criminal one.", ""},
    /* column names */
    {"Both are of the same class, and of the release year that you saw most.", ""},
    /* titles and parts of titles */
    {"You watched \"fargo\" and HEAT.", ""},
    {"\"Casino\", \"Fargo\" and \"Heat\" share this.", ""},
    /* praise, mood, plot, hype */
    {"\"Casino\" is a gripping drama.", "gripping"},
    {"\"Casino\" is a good drama.", "good"},
    {"This one is well-crafted and heart-warming.", "crafted heart warming"},
    {"It has a twisted plot and a dark mood.", "twisted plot dark mood"},
    {"You'll love it.", "love"},
    {"A perfect pick for your evening.", "perfect evening"},
    {"A great choice that fans adore.", "great fans adore"},
    {"It follows a gambler in Vegas.", "follows gambler Vegas"},
    {"It's the best there is.", "best"},
    {"It is a stylish, tense film.", "stylish tense"},
    {"You watched \"Heat\", so get ready for a wild ride.", "ready wild ride"},
    {"It is a \"gripping tale\" that you could pick.", "gripping tale"},
    {"Immerse yourself in it.", "Immerse"},
    {"A masterful blend of both.", "masterful blend"},
    {"The chemistry of it is what they liked.", "chemistry"},
    {"Because you watched \"Fargo\", its snowy landscape may fit.", "snowy landscape"},
    {"Critics praised it.", "Critics praised"},
    {"It won an award.", "won award"},
    {"Your heart will race.", "heart race"},
    {"It went on to be popular.", "went popular"},
    {"You're in for a treat!", "treat"},
    {"It's un-put-downable.", "un downable"},
    {"It isn't boring.", "boring"},
    {"Drama filled your screen.", "filled screen"},
    {"Buckle up, it's a rollercoaster.", "Buckle rollercoaster"},
    {"People with your sensibilities chose it.", "sensibilities"},
    {"Its soundtrack is loud.", "soundtrack loud"},
    /* values of the vocabulary that are not shown */
    {"\"Casino\" is a western.", "western"},
    {"A romance, a musical and a mystery.", "romance musical mystery"},
    {"As a technician, you may like it.", "technician"},
    {"Every man of your age watched it.", "man age"},
    {"Un film que vous pouvez aimer.", "Un que vous pouvez aimer"},
};

static void test_lexicon__licenses_plain_words_values_and_titles(void **state)
{
    (void)state;
    open_data("tests/golden/gate/movies");
    const struct llmx_given given = casino();
    assert_agrees(&given, films, sizeof films / sizeof *films);
    close_data();
}

static void test_lexicon__is_asked_only_when_strict(void **state)
{
    (void)state;
    char got[512];
    open_data("tests/golden/gate/movies");
    struct llmx_given given = casino();
    given.is_strict = 0;
    judge(&given, "It is a gripping drama.", got, sizeof got);
    assert_string_equal(got, "");
    close_data();
}

static void test_lexicon__licenses_the_profile_where_it_may_be_said(void **state)
{
    (void)state;
    char got[512];
    open_data("tests/golden/gate/movies");
    struct llmx_given given = casino();
    given.allow_profile = 1;
    judge(&given, "As a technician and a man of your age, you may like it.", got, sizeof got);
    assert_string_equal(got, "");
    close_data();
}

static const struct row dishes[] = {
    {"\"Strudel\" is food and drink, like \"Goulash\".", ""},
    {"Both are foodanddrink.", ""},
    {"You took \"Cook Slams Chef for Saying 'the Soup' in Paris\", as 12 did.", ""},
    {"You took \"Soups That Will Make You Say \"Awww\"\", as 12 did.", ""},
    {"You took \"The Seventh Stew (Det Gryta)\", as 12 did.", ""},
    {"You took \"Gripping Soups\", as 12 did.", "Gripping Soups"},
    {"You chose two slow recipes, and \"Goulash\" is a stew.", ""},
    {"It is made by Austria's Huber & Sons, like \"Goulash\".", ""},
    {"Strategies and sci-fi: no, science fiction.", ""},
    {"It is a drink.", "drink"},
    {"It tastes of winter.", "winter"},
    {"It is a cake.", "cake"},
    {"It is made by Bauer.", "Bauer"},
};

static void test_lexicon__licenses_what_columns_hold(void **state)
{
    (void)state;
    open_data("tests/golden/gate/dishes");
    const llmx_id history[] = {llmx_data_item(data, "goulash"), llmx_data_item(data, "roll"),
                               llmx_data_item(data, "news"), llmx_data_item(data, "awww"),
                               llmx_data_item(data, "det")};
    const struct llmx_given given = {.user = -1,
                                     .item = llmx_data_item(data, "strudel"),
                                     .history = history,
                                     .n_history = 5,
                                     .evidence = history,
                                     .n_evidence = 1,
                                     .prompt = "\"Goulash\", \"Strudel\"",
                                     .columns = ~UINT64_C(0),
                                     .words_max = 75,
                                     .is_strict = 1};
    assert_agrees(&given, dishes, sizeof dishes / sizeof *dishes);
    close_data();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lexicon__licenses_plain_words_values_and_titles),
        cmocka_unit_test(test_lexicon__is_asked_only_when_strict),
        cmocka_unit_test(test_lexicon__licenses_the_profile_where_it_may_be_said),
        cmocka_unit_test(test_lexicon__licenses_what_columns_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
