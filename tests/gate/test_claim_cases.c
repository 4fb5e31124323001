/* test_claim_cases.c - hand-written texts over hand-written facts, each with the verdict that a careful reader would give
 * (tests/golden/gate/claims.jsonl). What the reader knows of each is in situations.json beside it, the catalogues are in
 * claims/. A text may be said that follows from the facts and the features: "all but 15" of 128 of 143, "a third" of 19
 * of 57. To like a film is to rate it 4 or more. "checks" names those that may reject it, one of which must. Where "known" is true, or
 * the mode, the gate is known to judge otherwise than a reader; "known_why" says why. */
#include "support/test.h"

#include "format/jsonl.h"
#include "llmxrec/gate.h"

#define CASES "tests/golden/gate/claims.jsonl"
#define MOST  8 /* items or facts of a situation */
#define COUNT (sizeof catalogues / sizeof *catalogues)

static struct catalogue {
    const char *name;
    struct llmx_data *data;
    struct llmx_gate *gate;
    struct llmx_checker *checker;
} catalogues[] = {{.name = "films"}, {.name = "games"}, {.name = "news"}, {.name = "shop"}};
static json_t *situations;

static int open_all(void **state)
{
    (void)state;
    struct llmx_error err;
    json_error_t where;
    for (size_t i = 0; i < COUNT; i++) {
        struct catalogue *c = &catalogues[i];
        char path[64];
        snprintf(path, sizeof path, "tests/golden/gate/claims/%s", c->name);
        if (llmx_data_open(&c->data, path, NULL, &err) != 0 ||
            llmx_gate_open(&c->gate, c->data, &err) != 0 ||
            llmx_checker_create(&c->checker, c->gate, &err) != 0)
            fail_msg("%s", err.message);
    }
    situations = json_load_file("tests/golden/gate/situations.json", 0, &where);
    if (!situations)
        fail_msg("situations.json:%d: %s", where.line, where.text);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        llmx_checker_destroy(catalogues[i].checker);
        llmx_gate_destroy(catalogues[i].gate);
        llmx_data_destroy(catalogues[i].data);
    }
    json_decref(situations);
    return 0;
}

static const char *text_of(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    if (!text)
        fail_msg("no %s", field);
    return text;
}

static int whole(const json_t *object, const char *field)
{
    return (int)json_integer_value(json_object_get(object, field));
}

static llmx_id item(const struct llmx_data *data, const char *token)
{
    llmx_id id = llmx_data_item(data, token);
    if (id < 0)
        fail_msg("no item %s", token);
    return id;
}

static int items(const struct llmx_data *data, const json_t *list, llmx_id *ids)
{
    int n = (int)json_array_size(list);
    assert_true(n <= MOST);
    for (int i = 0; i < n; i++)
        ids[i] = item(data, json_string_value(json_array_get(list, (size_t)i)));
    return n;
}

static int kind_of(const char *name)
{
    static const char *const names[LLMX_FACT_KINDS] = {
        [LLMX_FACT_WEIGHT] = "weight",         [LLMX_FACT_COMPANY] = "company",
        [LLMX_FACT_LIKED] = "liked",           [LLMX_FACT_SHARED] = "shared",
        [LLMX_FACT_NOT_SHARED] = "not_shared", [LLMX_FACT_HABIT] = "habit",
        [LLMX_FACT_RECENT] = "recent",         [LLMX_FACT_REACH] = "reach",
    };
    int kind = 0;
    while (kind < LLMX_FACT_KINDS && strcmp(names[kind], name) != 0)
        kind++;
    if (kind == LLMX_FACT_KINDS)
        fail_msg("no kind of fact is called %s", name);
    return kind;
}

static struct llmx_fact fact_of(const struct llmx_data *data, const json_t *object, int place)
{
    const char *column = json_string_value(json_object_get(object, "column"));
    const json_t *values = json_object_get(object, "values");
    struct llmx_fact fact = {
        .kind = (enum llmx_fact_kind)kind_of(text_of(object, "kind")),
        .m = whole(object, "m"),
        .n = whole(object, "n"),
        .column = column ? llmx_data_column(data, LLMX_ITEMS, column) : -1,
        .n_values = (int)json_array_size(values),
        .place = place,
    };
    assert_true(!column || fact.column >= 0);
    fact.n_items = items(data, json_object_get(object, "items"), fact.items);
    for (int i = 0; i < fact.n_values; i++)
        fact.value[i] = json_string_value(json_array_get(values, (size_t)i));
    return fact;
}

/* The verdict on the text of a case. */
static void judge(const json_t *object, bool is_strict, struct llmx_verdict *verdict)
{
    const char *text = text_of(object, "text");
    const json_t *situation = json_object_get(situations, text_of(object, "situation"));
    const json_t *list = json_object_get(situation, "facts");
    const struct catalogue *c = catalogues;
    llmx_id evidence[MOST], history[MOST];
    struct llmx_fact facts[MOST];
    struct llmx_error err;
    while (strcmp(c->name, text_of(situation, "data")) != 0)
        c++;
    struct llmx_given given = {
        .user = llmx_data_user(c->data, "ann"),
        .item = item(c->data, text_of(situation, "item")),
        .evidence = evidence,
        .n_evidence = items(c->data, json_object_get(situation, "evidence"), evidence),
        .history = history,
        .n_history = items(c->data, json_object_get(situation, "history"), history),
        .prompt = text_of(situation, "prompt"),
        .sentences = text_of(situation, "prompt"),
        .columns = ((uint64_t)1 << llmx_data_columns(c->data, LLMX_ITEMS)) - 1,
        .words_max = 75,
        .facts = facts,
        .n_facts = (int)json_array_size(list),
        .is_strict = is_strict,
    };
    assert_true(given.n_facts <= MOST);
    for (int i = 0; i < given.n_facts; i++)
        facts[i] = fact_of(c->data, json_array_get(list, (size_t)i), i + 1);
    if (llmx_gate_check(c->checker, &given, text, strlen(text), verdict, &err) != 0)
        fail_msg("%s", err.message);
}

/* Does one of the checks that the case names reject it? In the closed world it may be a word that nothing licenses. */
static bool is_rejected_for_it(const json_t *object, const struct llmx_verdict *verdict)
{
    const json_t *checks = json_object_get(object, "checks");
    for (int i = 0; i < verdict->n_failures; i++) {
        enum llmx_check check = verdict->failure[i].check;
        if (check == LLMX_CHECK_WORD)
            return true;
        for (size_t k = 0; k < json_array_size(checks); k++)
            if (strcmp(json_string_value(json_array_get(checks, k)), llmx_check_name(check)) == 0)
                return true;
    }
    return false;
}

static void tell(long line, const json_t *object, const struct llmx_verdict *verdict)
{
    const char *text = text_of(object, "text");
    char *checks = json_dumps(json_object_get(object, "checks"), 0);
    print_error("line %ld: wanted %s %s (%s)\n    %s\n", line, text_of(object, "verdict"), checks,
                text_of(object, "why"), text);
    for (int i = 0; i < verdict->n_failures; i++)
        print_error("    %s: \"%.*s\"\n", llmx_check_name((int)verdict->failure[i].check),
                    (int)(verdict->failure[i].end - verdict->failure[i].start),
                    text + verdict->failure[i].start);
    free(checks);
}

struct tally {
    int n[2][2];       /* [is to be rejected][is rejected] */
    int n_other_check; /* rejected rightly, but by none of the checks that the case names */
    int n_known;       /* wrong, as the case says ("known": true) */
    int n_no_longer;   /* right, where the case says it is known to be wrong */
};

/* Counts a verdict: is it other than the case says? */
static bool count(struct tally *t, const json_t *object, const struct llmx_verdict *verdict)
{
    const bool wanted = strcmp(text_of(object, "verdict"), "reject") == 0;
    const bool is_rejected = verdict->n_failures > 0;
    const bool is_other = wanted && is_rejected && !is_rejected_for_it(object, verdict);
    t->n[wanted][is_rejected]++;
    t->n_other_check += is_other;
    return wanted != is_rejected || is_other;
}

/* One case: tells where the verdict is another and the case does not say that this is known. */
static void hold(long line, const json_t *object, const char *mode, struct tally *t)
{
    const json_t *known = json_object_get(object, "known"); /* true, or the mode */
    struct llmx_verdict verdict;
    judge(object, strcmp(mode, "strict") == 0, &verdict);
    const bool is_wrong = count(t, object, &verdict);
    const bool is_known = json_is_true(known) ||
                          (json_is_string(known) && strcmp(json_string_value(known), mode) == 0);
    t->n_known += is_wrong && is_known;
    t->n_no_longer += !is_wrong && is_known;
    if (is_wrong != is_known)
        tell(line, object, &verdict);
}

/* halves[0]: the even lines, which nobody looked at while the gate was made to agree with the odd ones, halves[1]. */
static void judge_all(const char *mode, struct tally halves[static 2])
{
    struct jsonl file;
    struct llmx_error err;
    json_t *object;
    int rc;
    if (jsonl_open(&file, CASES, &err) != 0)
        fail_msg("%s", err.message);
    while ((rc = jsonl_read(&file, &object, &err)) == 1) {
        const char *modes = text_of(object, "mode");
        const long line = (long)file.lines.number;
        if (strcmp(modes, "both") == 0 || strcmp(modes, mode) == 0)
            hold(line, object, mode, &halves[line % 2]);
        json_decref(object);
    }
    if (rc < 0)
        fail_msg("%s", err.message);
    jsonl_close(&file);
}

static void print_tally(const char *mode, const char *part, const struct tally *t)
{
    const int n_reject = t->n[1][0] + t->n[1][1];
    print_message("%s, %s: %d to pass, %d to reject; of rejection, precision %.3f, recall %.3f; "
                  "%d rejected for another reason; %d known to be wrong\n",
                  mode, part, t->n[0][0] + t->n[0][1], n_reject,
                  (double)t->n[1][1] / fmax(1, t->n[0][1] + t->n[1][1]),
                  (double)t->n[1][1] / fmax(1, n_reject), t->n_other_check, t->n_known);
}

static struct tally sum(const struct tally *a, const struct tally *b)
{
    return (struct tally){
        .n = {{a->n[0][0] + b->n[0][0], a->n[0][1] + b->n[0][1]},
              {a->n[1][0] + b->n[1][0], a->n[1][1] + b->n[1][1]}},
        .n_other_check = a->n_other_check + b->n_other_check,
        .n_known = a->n_known + b->n_known,
        .n_no_longer = a->n_no_longer + b->n_no_longer,
    };
}

static void agrees(const char *mode)
{
    struct tally halves[2] = {{.n_known = 0}};
    judge_all(mode, halves);
    const struct tally all = sum(&halves[0], &halves[1]);
    print_tally(mode, "seen half", &halves[1]);
    print_tally(mode, "held half", &halves[0]);
    print_tally(mode, "all", &all);
    assert_true(all.n[0][0] + all.n[0][1] >= 250 && all.n[1][0] + all.n[1][1] >= 250);
    assert_int_equal(all.n[0][1] + all.n[1][0] + all.n_other_check, all.n_known);
    assert_int_equal(all.n_no_longer, 0);
}

static void test_gate__agrees_with_claim_cases_by_the_open_list(void **state)
{
    (void)state;
    agrees("standard");
}

static void test_gate__agrees_with_claim_cases_in_the_closed_world(void **state)
{
    (void)state;
    agrees("strict");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gate__agrees_with_claim_cases_by_the_open_list),
        cmocka_unit_test(test_gate__agrees_with_claim_cases_in_the_closed_world),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
