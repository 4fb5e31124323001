/* Facts are true: every number is counted anew by brute force, on made-up data and on ml-100k. */
#include "base/rng.h"
#include "llmxrec/facts.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/test.h"

enum { LEAST = 10, EVIDENCE = 5 };

/* Who took what in the training part, and what they gave it, as a table of people and items. */
struct world {
    struct llmx_data *data;
    struct llmx_facts *facts;
    llmx_id users, items;
    unsigned char *took; /* (users, items) */
    float *rating;       /* (users, items) 0: not rated; NULL: nobody rates */
    float liked_from;
    const char *separator; /* of categories */
};

static bool took(const struct world *w, llmx_id user, llmx_id item)
{
    return w->took[(size_t)user * (size_t)w->items + (size_t)item];
}

static float rated(const struct world *w, llmx_id user, llmx_id item)
{
    return took(w, user, item) ? w->rating[(size_t)user * (size_t)w->items + (size_t)item] : 0;
}

static void open_world(struct world *w, const char *path, const struct llmx_data_options *how)
{
    struct llmx_error err;
    if (llmx_data_open(&w->data, path, how, &err) != 0 ||
        llmx_facts_open(&w->facts, w->data, &err) != 0)
        fail_msg("%s", err.message);
    w->users = llmx_data_users(w->data);
    w->items = llmx_data_items(w->data);
    w->took = calloc((size_t)w->users * (size_t)w->items, 1);
    assert_non_null(w->took);
    for (llmx_id u = 0; u < w->users; u++) {
        int n;
        const llmx_id *items = llmx_data_history(w->data, u, LLMX_TRAIN, &n);
        for (int i = 0; i < n; i++)
            w->took[(size_t)u * (size_t)w->items + (size_t)items[i]] = 1;
    }
}

/* Ratings from an atomic file whose columns are user, item, rating, time; empty ones are none. */
static void read_ratings(struct world *w, const char *path, float liked_from)
{
    FILE *f = fopen(path, "r");
    char line[256];
    assert_non_null(f);
    w->liked_from = liked_from;
    w->rating = calloc((size_t)w->users * (size_t)w->items, sizeof *w->rating);
    assert_non_null(w->rating);
    while (fgets(line, sizeof line, f)) {
        char *item = strchr(line, '\t') + 1, *rating = strchr(item, '\t') + 1;
        item[-1] = rating[-1] = '\0';
        const llmx_id u = llmx_data_user(w->data, line), i = llmx_data_item(w->data, item);
        if (u >= 0 && i >= 0 && *rating != '\t')
            w->rating[(size_t)u * (size_t)w->items + (size_t)i] = strtof(rating, NULL);
    }
    fclose(f);
}

static void close_world(struct world *w)
{
    llmx_facts_close(w->facts);
    llmx_data_destroy(w->data);
    free(w->took);
    free(w->rating);
}

/* ---- counting ---- */

static bool took_all(const struct world *w, llmx_id user, const llmx_id *items, int n)
{
    for (int i = 0; i < n; i++)
        if (!took(w, user, items[i]))
            return false;
    return true;
}

struct counts {
    int n, m;
};

static struct counts company(const struct world *w, llmx_id person, llmx_id item,
                             const llmx_id *items, int n_items)
{
    struct counts c = {0, 0};
    for (llmx_id u = 0; u < w->users; u++) {
        const bool is_in = u != person && took_all(w, u, items, n_items);
        c.n += is_in;
        c.m += is_in && took(w, u, item);
    }
    return c;
}

static struct counts liked(const struct world *w, llmx_id person, llmx_id item, llmx_id a)
{
    struct counts c = {0, 0};
    for (llmx_id u = 0; u < w->users; u++) {
        const bool is_in = u != person && rated(w, u, a) >= w->liked_from && rated(w, u, item) > 0;
        c.n += is_in;
        c.m += is_in && rated(w, u, item) >= w->liked_from;
    }
    return c;
}

/* Is a value among those of a field? */
static bool field_has(const struct world *w, llmx_id item, int column, const char *value)
{
    char copy[512];
    snprintf(copy, sizeof copy, "%s", llmx_data_feature(w->data, LLMX_ITEMS, item, column));
    for (char *s = strtok(copy, w->separator); s; s = strtok(NULL, w->separator))
        if (strcmp(s, value) == 0)
            return true;
    return false;
}

static const llmx_id *history_of(const struct world *w, const struct llmx_person *person, int *n)
{
    *n = person->n;
    return person->history
               ? person->history
               : llmx_data_history(w->data, person->user, person->as_of ? LLMX_TRAIN : LLMX_ALL, n);
}

static int people(const struct world *w, llmx_id person)
{
    int n = 0;
    for (llmx_id u = 0; u < w->users; u++) {
        int taken;
        llmx_data_history(w->data, u, LLMX_TRAIN, &taken);
        n += u != person && taken > 0;
    }
    return n;
}

static void check_values(const struct world *w, llmx_id item, const struct llmx_fact *f)
{
    assert_true(f->n_values > 0);
    for (int v = 0; v < f->n_values; v++) {
        assert_true(field_has(w, item, f->column, f->value[v]));
        for (int i = 0; i < f->n_items; i++)
            assert_true(field_has(w, f->items[i], f->column, f->value[v]));
    }
}

static void check_not_shared(const struct world *w, llmx_id item, const struct llmx_fact *f)
{
    char copy[512];
    snprintf(copy, sizeof copy, "%s", llmx_data_feature(w->data, LLMX_ITEMS, item, f->column));
    char *values[32], *s = strtok(copy, w->separator);
    int n = 0;
    for (; s && n < 32; s = strtok(NULL, w->separator))
        values[n++] = s;
    assert_true(n > 0);
    for (int v = 0; v < n; v++)
        for (int i = 0; i < f->n_items; i++)
            assert_false(field_has(w, f->items[i], f->column, values[v]));
}

static void check_habit(const struct world *w, const struct llmx_person *person, llmx_id item,
                        const struct llmx_fact *f)
{
    int n, m = 0;
    const llmx_id *history = history_of(w, person, &n);
    assert_int_equal(f->n, n < 20 ? n : 20);
    for (int i = n - f->n; i < n; i++)
        m += field_has(w, history[i], f->column, f->value[0]);
    assert_int_equal(f->m, m);
    assert_true(field_has(w, item, f->column, f->value[0]));
    assert_true(m * 10 >= f->n * 3 && f->n >= 5);
}

static void check_counts(const struct llmx_fact *f, struct counts c)
{
    assert_int_equal(f->n, c.n);
    assert_int_equal(f->m, c.m);
    assert_true(f->n >= LEAST);
}

static void check_recent(const struct world *w, const struct llmx_person *person,
                         const struct llmx_fact *f)
{
    int n;
    const llmx_id *history = history_of(w, person, &n);
    assert_in_range(f->n, 1, 3);
    assert_int_equal(history[n - f->n], f->items[0]);
}

static void check_fact(const struct world *w, const struct llmx_person *person,
                       const struct llmx_recommendation *r, const struct llmx_fact *f)
{
    switch (f->kind) {
    case LLMX_FACT_WEIGHT:
        assert_int_equal(f->items[0], r->evidence[0].item);
        assert_true(r->evidence[0].contribution > r->evidence[1].contribution);
        break;
    case LLMX_FACT_COMPANY:
        check_counts(f, company(w, person->user, r->item, f->items, f->n_items));
        break;
    case LLMX_FACT_LIKED:
        check_counts(f, liked(w, person->user, r->item, f->items[0]));
        break;
    case LLMX_FACT_SHARED:
        check_values(w, r->item, f);
        break;
    case LLMX_FACT_NOT_SHARED:
        check_not_shared(w, r->item, f);
        break;
    case LLMX_FACT_HABIT:
        check_habit(w, person, r->item, f);
        break;
    case LLMX_FACT_RECENT:
        check_recent(w, person, f);
        break;
    case LLMX_FACT_REACH:
        assert_int_equal(f->n, people(w, person->user));
        assert_int_equal(f->m, company(w, person->user, r->item, &r->item, 1).n);
        assert_true(f->m >= LEAST);
        break;
    case LLMX_FACT_KINDS:
        fail();
    }
}

static int count_kind(const struct llmx_fact *fact, int n, enum llmx_fact_kind kind, llmx_id a,
                      llmx_id b)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += fact[i].kind == kind && fact[i].n_items == 1 + (b >= 0) && fact[i].items[0] == a &&
                 (b < 0 || fact[i].items[1] == b);
    return count;
}

/* None is missing: company of each and of the first two, liked of each. */
static void check_whole(const struct world *w, llmx_id person, const struct llmx_recommendation *r,
                        const struct llmx_fact *fact, int n)
{
    for (int e = 0; e < r->n_evidence; e++) {
        const llmx_id a = r->evidence[e].item;
        assert_int_equal(count_kind(fact, n, LLMX_FACT_COMPANY, a, -1),
                         company(w, person, r->item, &a, 1).n >= LEAST);
        if (w->rating)
            assert_int_equal(count_kind(fact, n, LLMX_FACT_LIKED, a, -1),
                             liked(w, person, r->item, a).n >= LEAST);
    }
    const llmx_id pair[] = {r->evidence[0].item, r->evidence[1].item};
    assert_int_equal(count_kind(fact, n, LLMX_FACT_COMPANY, pair[0], pair[1]),
                     company(w, person, r->item, pair, 2).n >= LEAST);
}

/* Those that are told stand first, in their order, and speak of what is told. */
static void check_places(const struct llmx_fact *fact, int n, const struct llmx_telling *told)
{
    assert_in_range(told->n_evidence, 1, 2);
    assert_in_range(told->n_facts, 0, 4);
    for (int i = 0; i < n; i++) {
        assert_int_equal(fact[i].place, i < told->n_facts ? i + 1 : 0);
        for (int k = 0; fact[i].place && k < fact[i].n_items; k++)
            assert_true(fact[i].items[k] == told->evidence[0] ||
                        (told->n_evidence == 2 && fact[i].items[k] == told->evidence[1]));
        assert_true(!fact[i].place || fact[i].worth > 0);
    }
}

static int check_recommendation(const struct world *w, const struct llmx_person *person,
                                const struct llmx_recommendation *r)
{
    struct llmx_fact fact[LLMX_FACTS_MAX];
    struct llmx_telling told;
    struct llmx_error err;
    const int n = llmx_facts_of(w->facts, person, r, fact, &told, &err);
    if (n < 0)
        fail_msg("%s", err.message);
    for (int i = 0; i < n; i++)
        check_fact(w, person, r, &fact[i]);
    check_whole(w, person->user, r, fact, n);
    check_places(fact, n, &told);
    return n;
}

/* Recommends something that the person has not taken, because of some of what they took. */
static int check_made_up(const struct world *w, const struct llmx_person *person, uint64_t number)
{
    struct rng rng = rng_stream(1, RNG_SAMPLING, number);
    struct llmx_evidence evidence[EVIDENCE];
    struct llmx_recommendation r = {.evidence = evidence};
    int n;
    const llmx_id *history = history_of(w, person, &n);
    do
        r.item = (llmx_id)(rng_below(&rng, (uint32_t)w->items) * rng_uniform(&rng));
    while (person->user >= 0 && took(w, person->user, r.item));
    for (int tries = 0; r.n_evidence < EVIDENCE && tries < 100; tries++) {
        const llmx_id item = history[rng_below(&rng, (uint32_t)n)];
        int k = 0;
        while (k < r.n_evidence && evidence[k].item != item)
            k++;
        if (k == r.n_evidence && item != r.item)
            evidence[r.n_evidence++] = (struct llmx_evidence){item, 1 - .12F * (float)k};
    }
    return r.n_evidence < 2 ? 0 : check_recommendation(w, person, &r);
}

/* ---- made-up data ---- */

/* 300 people, 40 items: the first are taken most. Some take an item again and think otherwise of it, some do not rate. */
static const char *write_log(const char *name, bool has_ratings)
{
    const char *path = test_path(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "user_id:token\titem_id:token\t%stimestamp:float\n",
            has_ratings ? "rating:float\t" : "");
    for (int u = 0; u < 300; u++) {
        struct rng rng = rng_stream(7, RNG_SAMPLING, (uint64_t)u);
        for (int t = 0; t < 8 + u % 17; t++) {
            const int item = (int)(40 * rng_uniform(&rng) * rng_uniform(&rng));
            fprintf(f, "u%d\ti%d\t", u, (item + (item > 20 ? u % 2 : 0)) % 40);
            if (has_ratings && rng_uniform(&rng) < .9)
                fprintf(f, "%d", 1 + (int)(5 * sqrt(rng_uniform(&rng))));
            fprintf(f, "%s%d\n", has_ratings ? "\t" : "", t);
        }
    }
    assert_int_equal(fclose(f), 0);
    return path;
}

static const char *write_items(const char *name)
{
    static const char *const words[] = {"drama", "comedy", "horror", "war", "noir"};
    const char *path = test_path(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("item_id:token\ttitle:token_seq\tgenres:token_seq\tdirector:token\n", f);
    for (int i = 0; i < 40; i++)
        fprintf(f, "i%d\tTitle %d\t%s%s%s\tDirector %c\n", i, i, i % 9 == 8 ? "" : words[i % 5],
                i % 3 ? "|" : "", i % 3 ? words[(i + i / 5 + 1) % 5] : "", 'A' + i % 7);
    assert_int_equal(fclose(f), 0);
    return path;
}

static void check_made_up_world(const char *log, bool has_ratings)
{
    struct world w = {.separator = "|"};
    const struct llmx_data_options how = {.item_path = write_items("made.item"),
                                          .split_by = "none"};
    const char *path = write_log(log, has_ratings);
    int facts = 0;
    open_world(&w, path, &how);
    if (has_ratings)
        read_ratings(&w, path, 4);
    for (llmx_id u = 0; u < w.users; u++)
        facts += check_made_up(
            &w, &(struct llmx_person){.user = u, .as_of = (enum llmx_as_of)(u % 2)}, (uint64_t)u);
    assert_true(facts > 10 * w.users);
    close_world(&w);
}

static void test_facts__are_counted_as_by_brute_force(void **state)
{
    (void)state;
    check_made_up_world("plain.inter", false);
}

static void test_facts__know_who_liked_what(void **state)
{
    (void)state;
    check_made_up_world("rated.inter", true);
}

static void test_facts__are_counted_on_ml100k(void **state)
{
    (void)state;
    struct world w = {.separator = " "};
    llmx_data_destroy(test_ml100k(LLMX_TIME_EXACT)); /* skips without it */
    open_world(&w, "build/assets/ml-100k", NULL);
    read_ratings(&w, "build/assets/ml-100k/ml-100k.inter", 4);
    for (llmx_id u = 0; u < w.users; u += 3)
        check_made_up(&w, &(struct llmx_person){.user = u, .as_of = (enum llmx_as_of)(u % 2)},
                      (uint64_t)u);
    int n;
    const llmx_id *history = llmx_data_history(w.data, 7, LLMX_ALL, &n);
    check_made_up(&w, &(struct llmx_person){.user = -1, .history = history, .n = n}, 1);
    close_world(&w);
}

/* ---- what is never told ---- */

/* Everybody took a, b and c; item t is called as c is. */
static void open_twins(struct world *w)
{
    FILE *log = fopen(test_path("twins.inter"), "w"), *items = fopen(test_path("twins.item"), "w");
    assert_non_null(log);
    assert_non_null(items);
    fputs("user_id:token\titem_id:token\n", log);
    for (int u = 0; u < 60; u++)
        fprintf(log, "u%d\ta\nu%d\tb\nu%d\tc\n%s", u, u, u, u % 2 ? "" : "u0\tt\n");
    fputs("item_id:token\ttitle:token\na\tAlpha\nb\tBeta\nc\tGamma\nt\tGAMMA\n", items);
    fclose(log);
    fclose(items);
    open_world(w, test_path("twins.inter"), &(struct llmx_data_options){.split_by = "none"});
}

static int facts_of(const struct world *w, const char *item, const char *const *evidence, int n,
                    struct llmx_fact *fact, struct llmx_telling *told)
{
    struct llmx_evidence of[8];
    struct llmx_error err;
    for (int e = 0; e < n; e++)
        of[e] = (struct llmx_evidence){llmx_data_item(w->data, evidence[e]), 1 - .1F * (float)e};
    const int found =
        llmx_facts_of(w->facts, &(struct llmx_person){.user = 0},
                      &(struct llmx_recommendation){
                          .item = llmx_data_item(w->data, item), .n_evidence = n, .evidence = of},
                      fact, told, &err);
    if (found < 0)
        fail_msg("%s", err.message);
    return found;
}

static void test_facts__never_tell_an_item_by_itself(void **state)
{
    (void)state;
    struct world w = {0};
    struct llmx_fact fact[LLMX_FACTS_MAX];
    struct llmx_telling told;
    open_twins(&w);
    const llmx_id a = llmx_data_item(w.data, "a"), c = llmx_data_item(w.data, "c");
    int n = facts_of(&w, "t", (const char *[]){"c", "a", "a"}, 3, fact, &told);
    assert_int_equal(told.n_evidence, 1);
    assert_int_equal(told.evidence[0], a);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < fact[i].n_items; k++)
            assert_int_equal(fact[i].items[k], a);
    facts_of(&w, "a", (const char *[]){"c", "t", "b"}, 3, fact, &told);
    assert_int_equal(told.evidence[0], c);
    assert_true(told.n_evidence == 1 || told.evidence[1] != llmx_data_item(w.data, "t"));
    facts_of(&w, "t", (const char *[]){"c"}, 1, fact, &told);
    assert_int_equal(told.n_evidence, 0);
    close_world(&w);
}

/* Ten people took a and b, of whom one is told: nine are too few. */
static void test_facts__are_about_ten_people_at_least(void **state)
{
    (void)state;
    for (int people = 10; people <= 11; people++) {
        struct world w = {0};
        struct llmx_fact fact[LLMX_FACTS_MAX];
        struct llmx_telling told;
        FILE *log = fopen(test_path("few.inter"), "w");
        assert_non_null(log);
        fputs("user_id:token\titem_id:token\n", log);
        for (int u = 0; u < people; u++)
            fprintf(log, "u%d\ta\nu%d\tb\n", u, u);
        for (int u = people; u < 200; u++)
            fprintf(log, "u%d\tc\n", u);
        fclose(log);
        open_world(&w, test_path("few.inter"), &(struct llmx_data_options){.split_by = "none"});
        const int n = facts_of(&w, "b", (const char *[]){"a"}, 1, fact, &told);
        assert_int_equal(count_kind(fact, n, LLMX_FACT_COMPANY, llmx_data_item(w.data, "a"), -1),
                         people == 11);
        for (int i = 0; i < n; i++)
            assert_true(fact[i].kind == LLMX_FACT_RECENT || people == 11);
        close_world(&w);
    }
}

/* What everybody takes is no reason: a share that is as large without the evidence. */
static void test_facts__are_more_than_chance(void **state)
{
    (void)state;
    struct world w = {0};
    struct llmx_fact fact[LLMX_FACTS_MAX];
    struct llmx_telling told;
    open_twins(&w);
    const int n = facts_of(&w, "b", (const char *[]){"a", "c"}, 2, fact, &told);
    for (int i = 0; i < n; i++)
        if (fact[i].kind == LLMX_FACT_COMPANY) {
            assert_int_equal(fact[i].m, fact[i].n);
            assert_int_equal(fact[i].place, 0);
            assert_true(fact[i].worth <= 0);
        }
    close_world(&w);
}

static void test_facts__refuse_rows_that_are_not_there(void **state)
{
    (void)state;
    struct world w = {0};
    struct llmx_fact fact[LLMX_FACTS_MAX];
    struct llmx_error err;
    open_twins(&w);
    const struct llmx_recommendation good = {.item = 1}, bad = {.item = 4};
    assert_int_equal(
        llmx_facts_of(w.facts, &(struct llmx_person){.user = 0}, &bad, fact, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_string_equal(err.message, "the data have no item 4: 0 to 3");
    assert_int_equal(
        llmx_facts_of(w.facts, &(struct llmx_person){.user = 60}, &good, fact, NULL, &err), -1);
    assert_string_equal(err.message, "the data have no user 60: 0 to 59");
    assert_true(
        llmx_facts_of(w.facts, &(struct llmx_person){.user = -1}, &good, fact, NULL, &err) >= 0);
    close_world(&w);
}

static void test_facts__have_names(void **state)
{
    (void)state;
    assert_string_equal(llmx_fact_name(LLMX_FACT_WEIGHT), "weight");
    assert_string_equal(llmx_fact_name(LLMX_FACT_NOT_SHARED), "not_shared");
    assert_string_equal(llmx_fact_name(LLMX_FACT_REACH), "reach");
    assert_null(llmx_fact_name(LLMX_FACT_KINDS));
    assert_null(llmx_fact_name(-1));
}

static int open_and_close(void *context, struct llmx_error *err)
{
    struct llmx_facts *facts;
    if (llmx_facts_open(&facts, context, err) != 0)
        return -1;
    llmx_facts_close(facts);
    return 0;
}

static void test_facts__survive_failing_allocations(void **state)
{
    (void)state;
    struct world w = {0};
    const struct llmx_data_options how = {.item_path = write_items("alloc.item")};
    open_world(&w, write_log("alloc.inter", true), &how);
    assert_true(failing_alloc_each(open_and_close, w.data) > 10);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts__are_counted_as_by_brute_force),
        cmocka_unit_test(test_facts__know_who_liked_what),
        cmocka_unit_test(test_facts__are_counted_on_ml100k),
        cmocka_unit_test(test_facts__never_tell_an_item_by_itself),
        cmocka_unit_test(test_facts__are_about_ten_people_at_least),
        cmocka_unit_test(test_facts__are_more_than_chance),
        cmocka_unit_test(test_facts__refuse_rows_that_are_not_there),
        cmocka_unit_test(test_facts__have_names),
        cmocka_unit_test(test_facts__survive_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
