/* Views: all that a person is to see of an explanation, the same from memory and from a file. */
#include "llmxrec/llmxrec.h"
#include "support/failing_alloc.h"
#include "support/test.h"

static struct llmx_data *data;
static struct llmx_gate *gate;
static struct llmx_viewer *viewer;

static const char text[] = "You liked The Harbour Clock and Seven Lanterns, so try Copper Rain.";

static llmx_id item(const char *token)
{
    return llmx_data_item(data, token);
}

static struct llmx_evidence evidence[4];
static const struct llmx_recommendation *copper_rain(void)
{
    static struct llmx_recommendation recommendation;
    evidence[0] = (struct llmx_evidence){item("1"), 2.0f};
    evidence[1] = (struct llmx_evidence){item("2"), 1.0f};
    evidence[2] = (struct llmx_evidence){item("3"), 0.5f};
    evidence[3] = (struct llmx_evidence){item("5"), 0.5f};
    recommendation = (struct llmx_recommendation){
        .item = item("4"), .rank = 2, .score = 7.5f, .n_evidence = 4, .evidence = evidence};
    return &recommendation;
}

/* What an explainer gives; its texts belong to the test. */
static struct llmx_explanation explanation_of(const struct llmx_person *person)
{
    static struct llmx_rejected rejected[] = {
        {"It is famous.", 1u << LLMX_CHECK_CLAIM | 1u << LLMX_CHECK_EVIDENCE}};
    static char copy[sizeof text];
    memcpy(copy, text, sizeof text);
    struct llmx_explanation x = {.text = copy,
                                 .has_passed = 1,
                                 .tries = 2,
                                 .failed = rejected[0].failed,
                                 .rejected = rejected,
                                 .n_rejected = 1};
    const llmx_id known[] = {item("1"), item("2")};
    const struct llmx_given given = {
        .user = person->user, .item = item("4"), .evidence = known, .n_evidence = 2, .prompt = ""};
    struct llmx_checker *checker;
    assert_int_equal(llmx_checker_create(&checker, gate, NULL), 0);
    assert_int_equal(llmx_gate_check(checker, &given, text, strlen(text), &x.verdict, NULL), 0);
    llmx_checker_destroy(checker);
    return x;
}

static void make(struct llmx_view *view, const struct llmx_person *person)
{
    struct llmx_error err;
    const struct llmx_explanation x = explanation_of(person);
    if (llmx_view_make(view, viewer, person, copper_rain(), &x, &err) != 0)
        fail_msg("%s", err.message);
}

static void hold_field(const struct llmx_view_field *field, const char *name, const char *value)
{
    assert_string_equal(field->name, name);
    assert_string_equal(field->value, value);
    assert_int_equal(field->is_long, 0);
}

static void test_view__shows_who_and_what(void **state)
{
    (void)state;
    const struct llmx_person person = {.user = llmx_data_user(data, "1")};
    struct llmx_view view;
    int n;
    make(&view, &person);
    const llmx_id *history = llmx_data_history(data, person.user, LLMX_ALL, &n);
    assert_string_equal(view.user, "1");
    assert_int_equal(view.n_profile, 3);
    hold_field(&view.profile[0], "age", "38");
    hold_field(&view.profile[1], "gender", "male");
    hold_field(&view.profile[2], "occupation", "writer");
    assert_string_equal(view.taken, "watched");
    assert_true(view.n_history > 0 && view.n_history <= 10);
    assert_int_equal(view.history[0].item, history[n - 1]);
    assert_int_equal(view.item, item("4"));
    assert_string_equal(view.item_token, "4");
    assert_string_equal(view.title, "Copper Rain");
    assert_int_equal(view.n_features, 2);
    hold_field(&view.features[0], "release_year", "1995");
    hold_field(&view.features[1], "class", "Action, Thriller");
    assert_int_equal(view.rank, 2);
    assert_near(view.score, 7.5, 0);
    llmx_view_release(&view);
}

static void test_view__shares_of_evidence_count_what_is_not_shown(void **state)
{
    (void)state;
    const struct llmx_person person = {.user = 0};
    struct llmx_view view;
    make(&view, &person);
    assert_int_equal(view.n_evidence, 3);
    assert_string_equal(view.evidence[1].title, "Seven Lanterns");
    assert_near(view.evidence[1].contribution, 1, 0);
    assert_near(view.evidence[0].of_largest, 1, 0);
    assert_near(view.evidence[1].of_largest, 0.5, 0);
    assert_near(view.evidence[1].of_total, 0.25, 0);
    llmx_view_release(&view);
}

static void hold_spans(const struct llmx_view *view)
{
    static const struct {
        enum llmx_span kind;
        const char *text, *item;
    } want[] = {{LLMX_SPAN_PLAIN, "You liked ", NULL}, {LLMX_SPAN_CITED, "The Harbour Clock", "1"},
                {LLMX_SPAN_PLAIN, " and ", NULL},      {LLMX_SPAN_CITED, "Seven Lanterns", "2"},
                {LLMX_SPAN_PLAIN, ", so try ", NULL},  {LLMX_SPAN_ITEM, "Copper Rain", "4"},
                {LLMX_SPAN_PLAIN, ".", NULL}};
    assert_string_equal(view->text, text);
    assert_int_equal(view->n_spans, 7);
    for (uint32_t i = 0, at = 0; i < 7; i++) {
        const struct llmx_view_span *span = &view->spans[i];
        assert_int_equal(span->kind, want[i].kind);
        assert_int_equal(span->start, at);
        assert_int_equal(span->end - span->start, strlen(want[i].text));
        assert_memory_equal(view->text + at, want[i].text, strlen(want[i].text));
        assert_int_equal(span->item, want[i].item ? item(want[i].item) : -1);
        at = span->end;
    }
}

static void hold_outcome(const struct llmx_view *view)
{
    assert_int_equal(view->outcome, LLMX_OUTCOME_PASSED);
    assert_int_equal(view->tries, 2);
    assert_int_equal(view->n_failures, 2);
    assert_string_equal(view->failure[0].check, "claim");
    assert_string_equal(view->failure[1].check, "evidence");
    assert_null(view->failure[0].text);
    assert_int_equal(view->n_rejected, 1);
    assert_string_equal(view->rejected[0].text, "It is famous.");
    assert_int_equal(view->rejected[0].n_failures, 2);
    assert_string_equal(view->rejected[0].failure[1].check, "evidence");
}

static void test_view__cuts_the_text_at_its_titles(void **state)
{
    (void)state;
    const llmx_id history[] = {item("7"), item("4"), item("9")};
    const struct llmx_person person = {.user = -1, .history = history, .n = 3};
    struct llmx_view view;
    make(&view, &person);
    hold_spans(&view);
    hold_outcome(&view);
    assert_null(view.user);
    assert_int_equal(view.n_profile, 0);
    assert_int_equal(view.n_history, 2); /* without the item itself */
    assert_int_equal(view.history[0].item, history[2]);
    assert_int_equal(view.history[1].item, history[0]);
    llmx_view_release(&view);
    assert_null(view.storage);
}

/* ---- of files ---- */

#define LINE                                                                                       \
    "{\"user\":\"1\",\"item\":\"4\",\"explanation\":\"You liked The Harbour Clock and Seven "      \
    "Lanterns, so try Copper Rain.\",\"gate\":"
#define REC "{\"user\":\"1\",\"item\":\"4\",\"evidence\":["

static const char *recs_file(void)
{
    return test_file("recs.jsonl",
                     REC "{\"item\":\"1\",\"contribution\":2},{\"item\":\"2\",\"contribution\":1}],"
                         "\"history\":[\"2\",\"1\",\"9\"],\"rank\":2,\"score\":7.5}\n");
}

static const char *explanations_file(void)
{
    return test_file("explanations.jsonl", LINE
                     "{\"verdict\":\"pass\",\"failed\":[\"claim\",\"evidence\"]},\"tries\":2,"
                     "\"rejected\":[{\"text\":\"It is famous.\",\"failed\":[\"claim\","
                     "\"evidence\"]}]}\n" LINE
                     "{\"verdict\":\"reject\",\"failed\":[{\"check\":\"year\",\"span\":\"1990\"},"
                     "{\"span\":\"x\"}]}}\n" LINE "null}\n");
}

static void test_views__a_file_gives_the_same(void **state)
{
    (void)state;
    struct llmx_views *views;
    struct llmx_view view;
    assert_int_equal(llmx_views_open(&views, explanations_file(), recs_file(), data, NULL, NULL),
                     0);
    assert_int_equal(llmx_views_next(views, &view, NULL), 1);
    hold_spans(&view);
    hold_outcome(&view);
    assert_string_equal(view.user, "1");
    assert_int_equal(view.rank, 2);
    assert_near(view.score, 7.5, 0);
    assert_int_equal(view.n_evidence, 2);
    llmx_view_release(&view);
    assert_int_equal(llmx_views_next(views, &view, NULL), 1);
    assert_int_equal(view.outcome, LLMX_OUTCOME_REJECTED);
    assert_int_equal(view.n_failures, 2);
    assert_string_equal(view.failure[0].check, "year");
    assert_string_equal(view.failure[0].text, "1990");
    assert_string_equal(view.failure[1].check, "?");
    llmx_view_release(&view);
    assert_int_equal(llmx_views_next(views, &view, NULL), 1);
    assert_int_equal(view.outcome, LLMX_OUTCOME_UNCHECKED);
    llmx_view_release(&view);
    assert_int_equal(llmx_views_next(views, &view, NULL), 0);
    llmx_views_close(views);
}

static int next_code(const char *line, struct llmx_error *err)
{
    struct llmx_views *views;
    struct llmx_view view;
    const char *path = test_file("bad.jsonl", line);
    assert_int_equal(llmx_views_open(&views, path, recs_file(), data, NULL, err), 0);
    assert_int_equal(llmx_views_next(views, &view, err), -1);
    llmx_views_close(views);
    return (int)err->code;
}

static void test_views__say_which_line_is_wrong(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_views *views;
    assert_int_equal(next_code("{\"user\":\"1\",\"item\":\"9\",\"explanation\":\"x\"}\n", &err),
                     LLMX_MISMATCH);
    assert_contains(err.message, "bad.jsonl:1:");
    assert_int_equal(next_code("{\"user\":\"1\",\"item\":\"4\"}\n", &err), LLMX_BAD_INPUT);
    assert_int_equal(llmx_views_open(&views, "nowhere.jsonl", recs_file(), data, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_int_equal(llmx_views_open(&views, "nowhere.jsonl", "nowhere", data, NULL, NULL), -1);
    llmx_views_close(NULL);
    const char *nobody = test_file("nobody.jsonl", "{\"item\":\"4\",\"history\":[\"2\"]}\n");
    assert_int_equal(llmx_views_open(&views, explanations_file(), nobody, data, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT); /* lines are matched by their user */
}

static void test_view__says_what_is_unknown(void **state)
{
    (void)state;
    const struct llmx_person nobody = {.user = llmx_data_users(data)}, person = {.user = 0};
    const struct llmx_explanation x = explanation_of(&person);
    struct llmx_explain_options options = llmx_explain_defaults();
    struct llmx_viewer *other;
    struct llmx_view view;
    struct llmx_error err;
    assert_int_equal(llmx_view_make(&view, viewer, &nobody, copper_rain(), &x, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    options.history_max = -1;
    assert_int_equal(llmx_viewer_open(&other, gate, &options, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_int_equal(llmx_viewer_open(&other, gate, &options, NULL), -1);
    llmx_viewer_close(NULL);
}

/* ---- */

static int view_once(void *context, struct llmx_error *err)
{
    const struct llmx_person person = {.user = 0};
    struct llmx_viewer *own;
    struct llmx_view view;
    if (llmx_viewer_open(&own, gate, NULL, err) != 0)
        return -1;
    const int status = llmx_view_make(&view, own, &person, copper_rain(), context, err);
    if (status == 0)
        llmx_view_release(&view);
    llmx_viewer_close(own);
    return status;
}

static char explanations[256], recs[256];

static int view_all(void *context, struct llmx_error *err)
{
    struct llmx_views *views;
    struct llmx_view view;
    int more;
    (void)context;
    if (llmx_views_open(&views, explanations, recs, data, NULL, err) != 0)
        return -1;
    while ((more = llmx_views_next(views, &view, err)) > 0)
        llmx_view_release(&view);
    llmx_views_close(views);
    return more;
}

static void test_view__every_failed_allocation_is_said(void **state)
{
    (void)state;
    const struct llmx_person person = {.user = 0};
    struct llmx_explanation x = explanation_of(&person);
    assert_true(failing_alloc_each(view_once, &x) > 5);
    snprintf(explanations, sizeof explanations, "%s", explanations_file());
    snprintf(recs, sizeof recs, "%s", recs_file());
    assert_true(failing_alloc_each(view_all, NULL) > 20);
    failing_alloc_each_json(view_all, NULL);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    if (llmx_data_open(&data, "tests/golden/tiny", NULL, &err) != 0 ||
        llmx_gate_open(&gate, data, &err) != 0 || llmx_viewer_open(&viewer, gate, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_viewer_close(viewer);
    llmx_gate_destroy(gate);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view__shows_who_and_what),
        cmocka_unit_test(test_view__shares_of_evidence_count_what_is_not_shown),
        cmocka_unit_test(test_view__cuts_the_text_at_its_titles),
        cmocka_unit_test(test_views__a_file_gives_the_same),
        cmocka_unit_test(test_views__say_which_line_is_wrong),
        cmocka_unit_test(test_view__says_what_is_unknown),
        cmocka_unit_test(test_view__every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests_name("view", tests, set_up, tear_down);
}
