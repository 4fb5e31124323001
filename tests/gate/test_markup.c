/* What stands around an answer and is none of it - preambles, sign-offs, links, marks, roles - and hearsay: fame, prizes, ratings,
 * makers, borrowed names. Said of Casino to Tom, who took Fargo and Heat (data set tests/golden/gate/movies), and of "<Odd>
 * www.example.com" (tests/golden/gate/odd). */
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

struct row {
    const char *text;
    const char *failed; /* the first span that the check rejects; NULL: it rejects none */
};

static const struct llmx_failure *first(const struct llmx_verdict *v, enum llmx_check check)
{
    for (int i = 0; i < v->n_failures; i++)
        if (v->failure[i].check == check)
            return &v->failure[i];
    return NULL;
}

static void assert_agrees(const struct llmx_given *given, enum llmx_check check,
                          const struct row *rows, size_t n)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct llmx_error err;
        struct llmx_verdict v;
        const char *text = rows[i].text, *wanted = rows[i].failed;
        if (llmx_gate_check(checker, given, text, strlen(text), &v, &err) != 0)
            fail_msg("%s", err.message);
        const struct llmx_failure *f = first(&v, check);
        const size_t length = f ? f->end - f->start : 0;
        if (!f != !wanted ||
            (f && (strlen(wanted) != length || memcmp(text + f->start, wanted, length) != 0))) {
            wrong++;
            print_error("%s\n    wanted [%s], got [%.*s]\n", text, wanted ? wanted : "-",
                        (int)length, f ? text + f->start : "");
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
                               .words_max = 75};
    evidence[0] = llmx_data_item(data, "fargo");
    evidence[1] = llmx_data_item(data, "heat");
    given.history = llmx_data_history(data, given.user, LLMX_TRAIN_VALID, &given.n_history);
    return given;
}

static const struct row wrapped[] = {
    {"Sure! Here is your explanation: You watched \"Heat\".", "Sure"},
    {"Sure, you watched \"Heat\".", "Sure"},
    {"Certainly! You watched \"Heat\".", "Certainly"},
    {"Of course, you watched \"Heat\".", "Of course"},
    {"Absolutely. You watched \"Heat\".", "Absolutely"},
    {"Okay - you watched \"Heat\".", "Okay"},
    {"Hi there! You watched \"Heat\".", "Hi there"},
    {"Dear customer, you watched \"Heat\".", "Dear customer"},
    {"Great question! You watched \"Heat\".", "Great question"},
    {"Here's a short explanation for you:\n\nYou watched \"Heat\".", "Here's a short explanation"},
    {"Here is a personal and quite short reason why: you watched \"Heat\".",
     "Here is a personal and quite short reason"},
    {"Here's why: you watched \"Heat\".", "Here's why"},
    {"Below is the text. You watched \"Heat\".", "Below is the text"},
    {"The following is a recommendation for you. You watched \"Heat\".",
     "The following is a recommendation"},
    {"Here's something for you:\nYou watched \"Heat\".", "Here's something for you"},
    {"Your explanation: You watched \"Heat\".", "Your explanation"},
    {"You watched \"Heat\".\nExplanation: it is a drama.", "Explanation"},
    {"You watched \"Heat\". I hope this helps!", "I hope this helps"},
    {"You watched \"Heat\". Hope you enjoy it!", "Hope you enjoy"},
    {"You watched \"Heat\". Let me know if you have any questions.", "Let me know"},
    {"You watched \"Heat\". Please let me know what you think.", "Please let me know"},
    {"You watched \"Heat\". Feel free to ask.", "Feel free"},
    {"You watched \"Heat\". Happy watching!", "Happy watching"},
    {"You watched \"Heat\". Enjoy!", "Enjoy"},
    {"You watched \"Heat\". Is there anything else?", "Is there anything else"},
    {"You watched \"Heat\". (Word count: 12)", "Word count"},
    {"Based on the information provided, you may like it.", "Based on the information"},
    {"Here you go: you watched \"Heat\".", "Here you go"},
    {"After \"Heat\", here is why: you watched it.", "here is why"},
    {"You watched \"Heat\". Does this help?", "Does this help"},
    {"I would be glad to explain: you watched \"Heat\".", "I would be glad to"},
    {"Final answer: you watched \"Heat\".", "Final answer"},
    {"Surely you remember \"Heat\".", NULL},
    {"Sure to be known to you: \"Heat\".", NULL},
    {"Certainly a drama, like \"Casino\", may fit.", NULL},
    {"Of course you watched \"Heat\".", NULL},
    {"Here is another drama for you, like \"Heat\".", NULL},
    {"Here's \"Casino\": a drama like \"Heat\".", NULL},
    {"Here is one more drama: \"Casino\", after \"Heat\".", NULL},
    {"The reason is simple: you watched \"Heat\".", NULL},
    {"The reason: you watched \"Heat\".", NULL},
    {"You may feel free with \"Casino\" after \"Heat\".", NULL},
    {"You enjoy dramas, and \"Casino\" is one.", NULL},
    {"Enjoy \"Casino\" as you did \"Heat\".", NULL},
    {"If you hope for a drama, this helps: \"Casino\".", NULL},
    {"Great for you, as you watched \"Heat\": \"Casino\".", NULL},
    {"Right after \"Heat\", you may like this one.", NULL},
    {"Thanks to \"Heat\", this one is here for you.", NULL},
    {"Below the surface of \"Heat\", you may say, is \"Casino\".", NULL},
    {"You watched \"Heat\", so let this one be next.", NULL},
    {"Perfect strangers watched \"Heat\", as you did.", NULL},
    {"Yes men and no men watched \"Heat\" like you.", NULL},
    {"You know it: the text of \"Heat\".", NULL},
    {"Happy people watched \"Heat\", as you did.", NULL},
};

static void test_preamble__of_chat_models_is_rejected(void **state)
{
    (void)state;
    open_data("tests/golden/gate/movies");
    const struct llmx_given given = casino();
    assert_agrees(&given, LLMX_CHECK_PREAMBLE, wrapped, sizeof wrapped / sizeof *wrapped);
    close_data();
}

static const struct row marked[] = {
    {"You watched \"Heat\". See https://example.com/buy now.", "://"},
    {"You watched \"Heat\". Visit www.example.com for more.", "www."},
    {"You watched \"Heat\". Visit example.com for more.", ".com"},
    {"You watched \"Heat\". See Films.Example.ORG.", ".ORG"},
    {"You watched \"Heat\". Mail me@example.net.", "@"},
    {"You watched \"Heat\". <script>alert(1);</script>.", "<s"},
    {"You watched <b>\"Heat\"</b>.", "<b"},
    {"You watched \"Heat\".<br/>", "<b"},
    {"You watched &lt;i&gt;Heat.", "&lt;i"},
    {"<!-- you --> You watched \"Heat\".", "<!"},
    {"- You watched \"Heat\".", "- "},
    {"* You watched \"Heat\".", "* "},
    {"\xe2\x80\xa2 You watched \"Heat\".", "\xe2\x80\xa2 "},
    {"\xe2\x80\x93 You watched \"Heat\".", "\xe2\x80\x93 "},
    {"1. You watched \"Heat\".", "1."},
    {"You watched:\n  2) \"Heat\".", "2)"},
    {"b) You watched \"Heat\".", "b)"},
    {"(a) You watched \"Heat\".", "(a)"},
    {"# Why\nYou watched \"Heat\".", "#"},
    {"### Response\nYou watched \"Heat\".", "###"},
    {"**Why you:** you watched \"Heat\".", "**"},
    {"**Casino** is for you.", "**"},
    {"You watched \"Heat\", a **dark** one.", "**"},
    {"> You watched \"Heat\".", "> "},
    {"```\nYou watched \"Heat\".\n```", "`"},
    {"You watched `Heat`.", "`"},
    {"assistant\nYou watched \"Heat\".", "assistant"},
    {"Assistant: You watched \"Heat\".", "Assistant"},
    {"assistant You watched \"Heat\".", "assistant"},
    {"You watched \"Heat\".\nUser: and then?", "User"},
    {"user:\nYou watched \"Heat\".", "user"},
    {"You watched \"Heat\".<|im_end|>", "<|"},
    {"[INST] You watched \"Heat\". [/INST]", "["},
    {"<<SYS>> You watched \"Heat\".", "<<"},
    {"You watched {title}.", "{"},
    {"You watched [Heat](link).", "["},
    {"You watched \"Heat\".\\nThis one is next.", "\\n"},
    {"You watched \"Heat\". #drama", "#"},
    {"---\nYou watched \"Heat\".", "--"},
    {"\xe2\x9e\xa4 You watched \"Heat\".", "\xe2\x9e\xa4"},
    {"You watched ~~Fargo~~ \"Heat\".", "~~"},
    {"You watched \"Heat\" - this one is a drama too.", NULL},
    {"You watched \"Heat\" \xe2\x80\x93 and \"Fargo\" \xe2\x80\x94 so this one is next.", NULL},
    {"You watched \"Heat\"; 47 of 70 people did.", NULL},
    {"You watched \"Heat\".This one is next.", NULL},
    {"You watched \"Heat\" (1995), so **Casino** is for you.", NULL},
    {"*Heat* is what you watched.", NULL},
    {"You watched _Heat_ and *Fargo*.", NULL},
    {"You watched \"Heat\" & \"Fargo\".", NULL},
    {"You watched &quot;Heat&quot; &amp; Fargo.", NULL},
    {"You watched \"Heat\": 3 < 5, you say.", NULL},
    {"12 people watched \"Heat\", like you.", NULL},
    {"1995. You watched \"Heat\" then.", NULL},
    {"You watched \"Heat\".\n\nThis one is a drama, too.", NULL},
    {"Users like you watched \"Heat\".", NULL},
    {"User numbers say it: you watched \"Heat\".", NULL},
    {"The assistant in \"Heat\" is known to you.", NULL},
    {"You watched \"Heat\"... and this one is next.", NULL},
    {"You watched \"Heat\" at 3.5 times the usual share.", NULL},
    {"You watched Heat`s and Fargo's kind.", NULL},
    {"Self-made, you watched \"Heat\".", NULL},
    {"You watched \"Heat\" and/or \"Fargo\".", NULL},
    {"+1 for \"Heat\", you say.", NULL},
    {"You watched \"Heat\" (a thriller); this one is $5.", NULL},
    {"You watched \"Heat\", e.g. last week, i.e. lately.", NULL},
    {"www is no word; you watched \"Heat\".", NULL},
    {"Com is no word; you watched \"Heat\".", NULL},
    {"You watched \"Heat\": C# is no tag.", NULL},
};

static void test_markup__is_rejected(void **state)
{
    (void)state;
    open_data("tests/golden/gate/movies");
    const struct llmx_given given = casino();
    assert_agrees(&given, LLMX_CHECK_MARKUP, marked, sizeof marked / sizeof *marked);
    close_data();
}

static const struct row titled[] = {
    {"You took \"[REC] #1: {Set}\", so \"<Odd> www.example.com\" is for you.", NULL},
    {"You took \"[REC] #1: {Set}\", so this one is for you.", NULL},
    {"You took \"[REC] #1: {Set}\"; see www.example.org.", "www."},
    {"You took \"[REC] #1: {Set}\" and \"<b>Set</b>\".", "<b"},
};

static void test_markup__stands_in_titles(void **state)
{
    (void)state;
    open_data("tests/golden/gate/odd");
    const llmx_id rec = llmx_data_item(data, "rec");
    const struct llmx_given given = {.user = -1,
                                     .item = llmx_data_item(data, "odd"),
                                     .history = &rec,
                                     .n_history = 1,
                                     .prompt = "",
                                     .words_max = 75};
    assert_agrees(&given, LLMX_CHECK_MARKUP, titled, sizeof titled / sizeof *titled);
    close_data();
}

static const struct row famed[] = {
    {"\"Casino\" is the best film ever made.", "is the best"},
    {"It is one of the best ever.", "one of the best"},
    {"It won many prizes.", "won"},
    {"It is a masterpiece.", "masterpiece"},
    {"\"Casino\" is rated 9 out of 10.", "9 out of 10"},
    {"\"Casino\" is rated 8.5.", "8.5"},
    {"It has a score of 90.", "90"},
    {"It gets 9/10 from you.", "9/10"},
    {"It has a five-star rating.", "five-star"},
    {"It gets 4 stars.", "4 stars"},
    {"It has a great cast.", "cast"},
    {"It stars Tom Hanks.", "stars"},
    {"It is directed by one of you.", "directed"},
    {"An award-winning drama.", "award"},
    {"A must-see drama.", "must-see"},
    {"It is unmissable.", "unmissable"},
    {"A beloved drama.", "beloved"},
    {"It is a classic.", "classic"},
    {"An Oscar winner, no less.", "Oscar"},
    {"A box-office hit.", "box-office"},
    {"Critics loved it.", "Critics"},
    {"See it on IMDb.", "IMDb"},
    {"It is based on the novel.", "based on the novel"},
    {"It is well-known.", "well-known"},
    {"A timeless, iconic drama.", "timeless"},
    {"A world-class drama.", "world-class"},
    {"Made by a legendary team.", "Made by"},
    {"With an 8.6 rating, it is next.", "8.6 rating"},
    {"An average rating of 4.2, you see.", "average rating"},
    {"The number one drama.", "number one"},
    {"A cult favourite from the author of more.", "cult"},
    {"They rated 4 or more of them.", NULL},
    {"You liked it best of the three.", NULL},
    {"9 out of 10 people who watched \"Heat\" watched this one.", NULL},
    {"9 of the 10 people who watched \"Heat\" liked it.", NULL},
    {"Of the 62 people who rated \"Heat\" 4 or more, 41 liked it.", NULL},
    {"47 out of 70 people watched it.", NULL},
    {"It counts most.", NULL},
    {"\"Casino\" is well placed after \"Heat\".", NULL},
    {"It is a drama, and so is \"Heat\".", NULL},
    {"The people who saw it saw \"Heat\".", NULL},
    {"They chose it 3 times as often.", NULL},
    {"This pick made sense to 40 people.", NULL},
    {"It is known to few.", NULL},
    {"They rated it 4 or more.", NULL},
    {"You rated \"Heat\" highly enough.", NULL},
    {"5 of your last 10 are dramas.", NULL},
    {"Half of the 100 people chose it.", NULL},
    {"You must see why: \"Heat\".", "must see"},
    {"It hits the same note as \"Heat\".", NULL},
    {"You play it by ear.", NULL},
    {"You never saw it; 10 others did.", NULL},
    {"Most of them, 10 in 12, liked it.", NULL},
    {"It comes from 1995.", NULL},
    {"People like you watched it, 8 in all.", NULL},
    {"Your first pick, \"Heat\", leads to it.", NULL},
    {"More people than you think chose it.", NULL},
    {"You know why.", NULL},
};

static void test_claims__are_hearsay(void **state)
{
    (void)state;
    open_data("tests/golden/gate/movies");
    const struct llmx_given given = casino();
    assert_agrees(&given, LLMX_CHECK_CLAIM, famed, sizeof famed / sizeof *famed);
    close_data();
}

static void test_claims__may_be_given(void **state)
{
    (void)state;
    static const struct row rows[] = {{"It was directed by Huber.", NULL},
                                      {"It won a prize.", "won"}};
    open_data("tests/golden/gate/movies");
    struct llmx_given given = casino();
    given.prompt = "The film: \"Casino\", directed by Huber; like \"He Won a Prize\".";
    assert_agrees(&given, LLMX_CHECK_CLAIM, rows, sizeof rows / sizeof *rows);
    close_data();
}

static const struct row borrowed[] = {
    {"You took \"Six Evenings with Steven Spielberg\". This one is a drama.", NULL},
    {"You took Six Evenings with Steven Spielberg.", NULL},
    {"This one is a drama by Steven Spielberg.", "Steven Spielberg"},
    {"You took \"Six Evenings with Steven Spielberg\". This is a Spielberg drama.", "Spielberg"},
    {"Spielberg's next drama is for you.", "Spielberg's"},
    {"You took it, so see more of Ace Ventura.", NULL},
    {"Directed by Meier, for you.", NULL},
    {"It is Ventura's kind of drama.", NULL},
    {"This one is a film by Six Evenings with Steven Spielberg.",
     "Six Evenings with Steven Spielberg"},
    {"It was followed by \"Six Evenings with Steven Spielberg\".", NULL},
};

static void test_name__of_another_title_licenses_nothing(void **state)
{
    (void)state;
    open_data("tests/golden/gate/odd");
    const llmx_id six = llmx_data_item(data, "six");
    const struct llmx_given given = {
        .user = -1,
        .item = llmx_data_item(data, "ace"),
        .history = &six,
        .n_history = 1,
        .prompt = "\"Six Evenings with Steven Spielberg\", \"Ace Ventura\"; director: Meier",
        .words_max = 75};
    assert_agrees(&given, LLMX_CHECK_NAME, borrowed, sizeof borrowed / sizeof *borrowed);
    close_data();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preamble__of_chat_models_is_rejected),
        cmocka_unit_test(test_markup__is_rejected),
        cmocka_unit_test(test_markup__stands_in_titles),
        cmocka_unit_test(test_claims__are_hearsay),
        cmocka_unit_test(test_claims__may_be_given),
        cmocka_unit_test(test_name__of_another_title_licenses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
