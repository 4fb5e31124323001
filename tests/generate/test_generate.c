/* The scheduling of llmx_generate, with a fake model: who computes what, when, and that nothing depends on it. */
#include "fake_model.h"

#include "base/rng.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#define GROUPS_MAX 40
#define TEXTS_MAX  64
#define TOKENS_MAX 24

/* Groups of texts made from a seed, and where the answers go. */
struct work {
    int n_groups, next;
    struct llmx_group groups[GROUPS_MAX];
    struct llmx_generation texts[GROUPS_MAX][TEXTS_MAX];
    int32_t ids[GROUPS_MAX][200];
    int32_t tokens[GROUPS_MAX][TEXTS_MAX][TOKENS_MAX];
    int n_finished, retries_left;
    struct llmx_stop stop;
    int stop_after; /* finished texts after which `stop` is asked; 0: never */
};

static struct work *work_create(int n_groups, int n_texts, int n_prefix, bool is_random)
{
    struct work *work = mem_array(1, sizeof *work, NULL);
    assert_non_null(work);
    work->n_groups = n_groups;
    for (int g = 0; g < n_groups; g++) {
        struct rng rng = rng_stream(3, RNG_INIT, (uint64_t)g);
        for (int i = 0; i < 200; i++)
            work->ids[g][i] = (int32_t)rng_below(&rng, FAKE_VOCABULARY);
        int n = is_random ? 1 + (int)rng_below(&rng, (uint32_t)n_texts) : n_texts;
        work->groups[g] = (struct llmx_group){work->ids[g], n_prefix, work->texts[g], n, NULL};
        if (is_random)
            work->groups[g].n_prefix = (int)rng_below(&rng, 100);
        for (int t = 0; t < n; t++) {
            struct llmx_generation *text = &work->texts[g][t];
            text->prompt = work->ids[g] + 100 + t;
            text->n_prompt = is_random ? 1 + (int)rng_below(&rng, 30) : 20;
            text->max_tokens = is_random ? 1 + (int)rng_below(&rng, TOKENS_MAX) : TOKENS_MAX;
            text->ignore_stop = !is_random;
            text->seed = (uint64_t)(g * 1000 + t);
            text->sampling.temperature = t % 2 ? 1.0f : 0.0f;
            text->tokens = work->tokens[g][t];
        }
    }
    return work;
}

static struct llmx_group *give_next(void *context)
{
    struct work *work = context;
    return work->next < work->n_groups ? &work->groups[work->next++] : NULL;
}

static int note_finished(void *context, struct llmx_group *group,
                         struct llmx_generation *generation)
{
    struct work *work = context;
    assert_true(generation >= group->generations && generation < group->generations + group->n);
    if (work->retries_left > 0) {
        work->retries_left--;
        generation->seed ^= 0x5555;
        return 1;
    }
    work->n_finished++;
    if (work->stop_after > 0 && work->n_finished >= work->stop_after)
        llmx_stop_ask(&work->stop);
    return 0;
}

static int generate(struct llmx_model *model, struct work *work, int sequences_max,
                    struct llmx_error *err)
{
    struct llmx_generate_job job = {give_next, note_finished, work, sequences_max, &work->stop};
    int status = llmx_generate(model, &job, err);
    assert_int_equal(0, model->kvs); /* nothing is left behind, whatever happened */
    return status;
}

static int count_texts(const struct work *work)
{
    int n = 0;
    for (int g = 0; g < work->n_groups; g++)
        n += work->groups[g].n;
    return n;
}

/* The same texts one after the other, each alone: the answers that every schedule must give. */
static void hold_against_alone(const struct work *done)
{
    struct work *alone = mem_array(1, sizeof *alone, NULL);
    assert_non_null(alone);
    for (int g = 0; g < done->n_groups; g++) {
        for (int t = 0; t < done->groups[g].n; t++) {
            memset(alone, 0, sizeof *alone);
            alone->n_groups = 1;
            alone->texts[0][0] = done->texts[g][t];
            alone->texts[0][0].tokens = alone->tokens[0][0];
            alone->groups[0] = done->groups[g];
            alone->groups[0].generations = alone->texts[0];
            alone->groups[0].n = 1;
            struct llmx_model model = {.threads = 1, .context = 1000};
            assert_int_equal(0, generate(&model, alone, 0, NULL));
            const struct llmx_generation *a = &alone->texts[0][0], *b = &done->texts[g][t];
            assert_int_equal(a->n_tokens, b->n_tokens);
            assert_int_equal(a->finish, b->finish);
            assert_memory_equal(a->tokens, b->tokens, (size_t)a->n_tokens * sizeof(int32_t));
        }
    }
    free(alone);
}

static void test_generate__texts_do_not_depend_on_the_schedule(void **state)
{
    (void)state;
    const struct {
        int groups, texts, threads, sequences_max;
    } cases[] = {{20, 9, 1, 0}, {20, 9, 2, 0}, {20, 9, 2, 3}, {20, 9, 4, 1}, {1, 64, 2, 0},
                 {1, 1, 3, 0},  {3, 2, 2, 0},  {40, 1, 4, 9}, {2, 64, 3, 20}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct work *work = work_create(cases[i].groups, cases[i].texts, 0, true);
        struct llmx_model model = {.threads = cases[i].threads, .context = 1000};
        struct llmx_error err;
        assert_int_equal(0, generate(&model, work, cases[i].sequences_max, &err));
        assert_int_equal(count_texts(work), work->n_finished);
        hold_against_alone(work);
        free(work);
    }
}

static void test_generate__a_prefix_is_computed_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct work *work = work_create(5, 30, 100, false);
        struct llmx_model model = {.threads = threads, .context = 1000};
        assert_int_equal(0, generate(&model, work, 0, NULL));
        /* each text: 20 prompt tokens, 24 written, of which the last is never read */
        assert_int_equal(5 * (100 + 30 * (20 + TOKENS_MAX - 1)), model.rows);
        free(work);
    }
}

static void test_generate__memory_is_bounded_by_texts_in_flight(void **state)
{
    (void)state;
    struct work *work = work_create(30, 20, 50, false);
    struct llmx_model model = {.threads = 2, .context = 1000};
    assert_int_equal(0, generate(&model, work, 16, NULL));
    assert_true(model.kvs_max <= 16 + 4); /* texts, and the prefixes of the groups they belong to */
    free(work);
}

static void test_generate__a_finished_text_makes_room_at_once(void **state)
{
    (void)state;
    struct work *work = work_create(1, 64, 0, false);
    for (int t = 0; t < 64; t++)
        work->texts[0][t].max_tokens = t % 8 ? 2 : 20;
    struct llmx_model model = {.threads = 1, .context = 1000};
    assert_int_equal(0, generate(&model, work, 16, NULL));
    /* 272 tokens, 16 at a time: 17 steps at least; waiting for the longest of each batch would take 80 */
    assert_true(model.steps < 45);
    free(work);
}

static void test_generate__threads_share_the_work(void **state)
{
    (void)state;
    for (int texts = 1; texts <= 64; texts *= 4) {
        struct work *work = work_create(texts > 4 ? 4 : 1, texts, 30, false);
        struct llmx_model model = {.threads = 2, .context = 1000, .step_us = 200};
        assert_int_equal(0, generate(&model, work, 0, NULL));
        if (texts <= 4) /* little work: every step is computed by both */
            assert_int_equal(0, model.apart_steps);
        else /* a lot: each on its own but for the end */
            assert_true(model.apart_steps > model.steps / 2);
        free(work);
    }
}

static void test_generate__writes_again_when_asked(void **state)
{
    (void)state;
    struct work *work = work_create(4, 8, 25, false);
    struct llmx_model model = {.threads = 2, .context = 1000};
    work->retries_left = 20;
    assert_int_equal(0, generate(&model, work, 0, NULL));
    assert_int_equal(32, work->n_finished);
    /* a try again reads one prompt token again, not the prompt */
    assert_int_equal(4 * (25 + 8 * (20 + TOKENS_MAX - 1)) + 20 * TOKENS_MAX, model.rows);
    hold_against_alone(work);
    free(work);
}

static void test_generate__ends_where_the_context_does(void **state)
{
    (void)state;
    struct work *work = work_create(1, 1, 50, false);
    struct llmx_model model = {.threads = 1, .context = 80};
    assert_int_equal(0, generate(&model, work, 0, NULL));
    assert_int_equal(10, work->texts[0][0].n_tokens);
    assert_int_equal(LLMX_FINISH_LENGTH, work->texts[0][0].finish);

    struct llmx_error err;
    work->next = 0;
    model.context = 70;
    assert_int_equal(-1, generate(&model, work, 0, &err));
    assert_int_equal(LLMX_TOO_LARGE, err.code);
    assert_contains(err.message, "70 tokens");
    free(work);
}

static void test_generate__stops_on_the_stop_token(void **state)
{
    (void)state;
    struct work *work = work_create(8, 40, 0, true);
    struct llmx_model model = {.threads = 2, .context = 1000};
    assert_int_equal(0, generate(&model, work, 0, NULL));
    int stopped = 0;
    for (int g = 0; g < 8; g++) {
        for (int t = 0; t < work->groups[g].n; t++) {
            const struct llmx_generation *text = &work->texts[g][t];
            stopped += text->finish == LLMX_FINISH_STOP;
            assert_true(text->finish == LLMX_FINISH_STOP || text->n_tokens == text->max_tokens);
            for (int i = 0; i < text->n_tokens; i++)
                assert_int_not_equal(FAKE_STOP, text->tokens[i]);
        }
    }
    assert_true(stopped > 10);
    free(work);
}

static void test_generate__one_failure_stops_all(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct work *work = work_create(10, 10, 30, false);
        struct llmx_model model = {.threads = threads, .context = 1000, .broken_after = 2000};
        struct llmx_error err;
        assert_int_equal(-1, generate(&model, work, 0, &err));
        assert_int_equal(LLMX_BAD_INPUT, err.code);
        assert_contains(err.message, "a score is not finite: the model is a fake");

        work->next = 0;
        work->texts[9][9].max_tokens = 0; /* found when that group is opened */
        model.broken_after = 0;
        assert_int_equal(-1, generate(&model, work, 0, &err));
        assert_int_equal(LLMX_BAD_OPTION, err.code);
        free(work);
    }
}

static void test_generate__can_be_interrupted(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        struct work *work = work_create(20, 10, 30, false);
        struct llmx_model model = {.threads = threads, .context = 1000};
        struct llmx_error err;
        work->stop_after = 30;
        assert_int_equal(-1, generate(&model, work, 8, &err));
        assert_int_equal(LLMX_INTERRUPTED, err.code);
        assert_in_range(work->n_finished, 30, 60);
        free(work);
    }
}

static void test_generate__refuses_what_cannot_be_done(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 2, .context = 1000};
    struct llmx_error err;
    for (int kind = 0; kind < 5; kind++) {
        struct work *work = work_create(2, 2, 10, false);
        struct llmx_generation *text = &work->texts[1][1];
        enum llmx_code code = LLMX_BAD_INPUT;
        if (kind == 0)
            text->n_prompt = 0;
        else if (kind == 1)
            work->ids[1][101] = FAKE_VOCABULARY;
        else if (kind == 2)
            work->ids[1][0] = -1;
        else
            code = LLMX_BAD_OPTION;
        if (kind == 3)
            text->sampling.top_p = 2;
        assert_int_equal(-1, generate(&model, work, kind == 4 ? -1 : 0, &err));
        assert_int_equal(code, err.code);
        free(work);
    }
}

static void test_generate__nothing_to_do_is_fine(void **state)
{
    (void)state;
    struct work *work = work_create(0, 0, 0, false);
    struct llmx_model model = {.threads = 2, .context = 1000};
    assert_int_equal(0, generate(&model, work, 0, NULL));
    work->n_groups = 3; /* groups without texts */
    assert_int_equal(0, generate(&model, work, 0, NULL));
    assert_int_equal(0, model.steps);
    free(work);
}

struct attempt {
    struct work *work;
    struct llmx_model model;
};

static int generate_again(void *context, struct llmx_error *err)
{
    struct attempt *attempt = context;
    attempt->work->next = 0;
    return generate(&attempt->model, attempt->work, 4, err);
}

static void test_generate__survives_every_failed_allocation(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        struct attempt attempt = {work_create(3, 10, 15, false),
                                  {.threads = threads, .context = 1000}};
        assert_true(failing_alloc_each(generate_again, &attempt) >= 3 * 10 * 2);
        free(attempt.work);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generate__texts_do_not_depend_on_the_schedule),
        cmocka_unit_test(test_generate__a_prefix_is_computed_once),
        cmocka_unit_test(test_generate__memory_is_bounded_by_texts_in_flight),
        cmocka_unit_test(test_generate__a_finished_text_makes_room_at_once),
        cmocka_unit_test(test_generate__threads_share_the_work),
        cmocka_unit_test(test_generate__writes_again_when_asked),
        cmocka_unit_test(test_generate__ends_where_the_context_does),
        cmocka_unit_test(test_generate__stops_on_the_stop_token),
        cmocka_unit_test(test_generate__one_failure_stops_all),
        cmocka_unit_test(test_generate__can_be_interrupted),
        cmocka_unit_test(test_generate__refuses_what_cannot_be_done),
        cmocka_unit_test(test_generate__nothing_to_do_is_fine),
        cmocka_unit_test(test_generate__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
