/* Texts that are looked at while they are written and taken back, with a fake model: each is what a plain definition of
 * it gives, whatever the company, the threads and whoever asked. */
#include "fake_model.h"

#include "generate/sample.h"
#include "support/test.h"

#include <math.h>

#define TEXTS      8
#define TOKENS_MAX 40
#define PREFIX     20
#define IDS        60

static struct llmx_model plain = {.threads = 1, .context = 1000};

/* ---- the definition ---- */

/* The scores of what comes after n_ids and n tokens. */
static void scores_after(const int32_t *ids, int n_ids, const int32_t *tokens, int n, float *logits)
{
    struct workspace *w = NULL;
    struct sequence sequence = {0};
    assert_int_equal(workspace_create(&w, &plain, IDS + TOKENS_MAX, 1, 1, NULL), 0);
    assert_int_equal(kv_create(&sequence.own, &plain, n_ids + n, 0, NULL), 0);
    int32_t all[IDS + TOKENS_MAX];
    memcpy(all, ids, (size_t)n_ids * sizeof *all);
    if (n > 0)
        memcpy(all + n_ids, tokens, (size_t)n * sizeof *all);
    const struct token_span span = {&sequence, all, n_ids + n, 1};
    forward(&plain, w, &span, 1, 0);
    forward_logits(&plain, w, 0, 1, logits, 0);
    kv_destroy(sequence.own);
    workspace_destroy(w);
}

/* Writes a text one token after the other, each from the beginning. */
static void write_plainly(const int32_t *ids, int n_ids, struct llmx_generation *g)
{
    struct {
        int place;
        int32_t id;
    } gone[LLMX_REVISIONS_MAX];
    struct token_sampler sampler;
    int n_gone = 0;
    assert_int_equal(sampler_init(&sampler, FAKE_VOCABULARY, NULL), 0);
    g->n_tokens = g->n_revised = 0;
    for (bool is_stop = false; !is_stop && g->n_tokens < g->max_tokens;) {
        float logits[FAKE_VOCABULARY];
        scores_after(ids, n_ids, g->tokens, g->n_tokens, logits);
        for (int i = 0; i < n_gone; i++)
            if (gone[i].place == g->n_tokens)
                logits[gone[i].id] = -INFINITY;
        const struct seen_tokens seen = {{ids, g->tokens, NULL}, {n_ids, g->n_tokens, 0}};
        const uint64_t nth = (uint64_t)g->n_revised << 32 | (uint64_t)g->n_tokens;
        const int32_t id = sample(&sampler, logits, &g->sampling, &seen, g->seed, nth);
        is_stop = id == FAKE_STOP;
        g->finish = is_stop ? LLMX_FINISH_STOP : LLMX_FINISH_LENGTH;
        if (!is_stop)
            g->tokens[g->n_tokens++] = id;
        const int kept = g->review(g);
        if (kept < 0 || kept >= g->n_tokens + is_stop)
            continue;
        if (g->n_revised == LLMX_REVISIONS_MAX) {
            g->finish = LLMX_FINISH_STOP;
            break;
        }
        while (n_gone > 0 && gone[n_gone - 1].place > kept)
            n_gone--;
        gone[n_gone].place = kept;
        gone[n_gone++].id = kept < g->n_tokens ? g->tokens[kept] : id;
        g->n_tokens = kept;
        g->n_revised++;
        is_stop = false;
    }
    sampler_release(&sampler);
}

/* ---- texts ---- */

/* What the review sees of a request: the context of its generations. */
struct seen {
    _Atomic int in_review;
    int n_reviews;
};

/* Every few tokens, by what they are, a text goes back by up to four, and half of the stops are not allowed. */
static int by_tokens(struct llmx_generation *g)
{
    struct seen *seen = g->context;
    uint64_t hash = 7;
    assert(++seen->in_review == 1);
    seen->n_reviews++;
    for (int i = 0; i < g->n_tokens; i++)
        hash = (hash ^ (uint64_t)g->tokens[i]) * 0x9e3779b97f4a7c15u ^ hash >> 29;
    hash >>= 40;
    const bool is_stop = g->finish == LLMX_FINISH_STOP;
    const int back = (int)(hash / 8 % 5);
    seen->in_review--;
    if (is_stop ? hash % 2 : hash % 8)
        return -1;
    return g->n_tokens > back ? g->n_tokens - back : 0;
}

struct texts {
    struct llmx_group group;
    struct llmx_generation text[TEXTS];
    int32_t ids[IDS], tokens[TEXTS][TOKENS_MAX];
    struct seen seen;
    int again, n_told[TEXTS];
};

static void texts_init(struct texts *t, int number, int n, int n_prefix)
{
    *t = (struct texts){0};
    for (int i = 0; i < IDS; i++)
        t->ids[i] = 20 + (i * 7 + number * 31) % (FAKE_VOCABULARY - 20);
    for (int i = 0; i < n; i++)
        t->text[i] = (struct llmx_generation){.prompt = t->ids + n_prefix,
                                              .n_prompt = PREFIX + 1 + i - n_prefix,
                                              .max_tokens = TOKENS_MAX - i % 3,
                                              .sampling.temperature = i % 2 ? 0.8f : 0.0f,
                                              .seed = (uint64_t)(number * 100 + i),
                                              .context = &t->seen,
                                              .review = by_tokens,
                                              .tokens = t->tokens[i]};
    t->group = (struct llmx_group){t->ids, n_prefix, t->text, n, NULL};
}

/* As the definition says. returns how often they went back */
static int hold(const struct texts *t)
{
    int revised = 0;
    for (int i = 0; i < t->group.n; i++) {
        int32_t tokens[TOKENS_MAX] = {0};
        struct seen seen = {0};
        struct llmx_generation right = t->text[i];
        right.tokens = tokens;
        right.context = &seen;
        write_plainly(t->ids, PREFIX + 1 + i, &right);
        assert_int_equal(t->text[i].n_tokens, right.n_tokens);
        assert_int_equal(t->text[i].n_revised, right.n_revised);
        assert_int_equal(t->text[i].finish, right.finish);
        assert_memory_equal(t->tokens[i], tokens, (size_t)right.n_tokens * sizeof *tokens);
        revised += right.n_revised;
    }
    return revised;
}

/* ---- jobs ---- */

struct given {
    struct texts *texts;
    int n, next;
};

static struct llmx_group *give_next(void *context)
{
    struct given *given = context;
    return given->next < given->n ? &given->texts[given->next++].group : NULL;
}

static int finished(void *context, struct llmx_group *group, struct llmx_generation *g)
{
    struct seen *seen = g->context;
    (void)context;
    (void)group;
    assert(seen->in_review == 0);
    return 0;
}

static void run_job(int threads, int sequences_max, struct texts *texts, int n)
{
    struct llmx_model model = {.threads = threads, .context = 1000};
    struct given given = {texts, n, 0};
    struct llmx_error err;
    const struct llmx_generate_job job = {
        .next = give_next, .finished = finished, .context = &given, .sequences_max = sequences_max};
    if (llmx_generate(&model, &job, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(model.kvs, 0);
}

static void test_review__texts_of_a_job_are_as_defined(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct texts texts[6];
        int revised = 0;
        for (int i = 0; i < 6; i++)
            texts_init(&texts[i], i, TEXTS - i, i % 2 ? PREFIX : 0);
        run_job(threads, threads == 2 ? 3 : 0, texts, 6);
        for (int i = 0; i < 6; i++)
            revised += hold(&texts[i]);
        assert_true(revised > 50);
    }
}

static void test_review__a_text_alone_is_as_defined(void **state)
{
    (void)state;
    for (int number = 0; number < 200; number++) {
        struct texts texts;
        texts_init(&texts, number, 1, number % 2 ? PREFIX : 0);
        run_job(1 + number % 2, 0, &texts, 1);
        hold(&texts);
    }
}

/* ---- a generator ---- */

/* Between two calls a text grows by a token, after having lost some or none. */
static int note_token(struct llmx_request *request, struct llmx_generation *g)
{
    struct texts *texts = request->context;
    int *told = &texts->n_told[g - texts->text];
    assert(texts->seen.in_review == 0 && g->n_tokens >= 1 && g->n_tokens <= *told + 1);
    *told = g->n_tokens;
    return 0;
}

/* Once more with the same seed. */
static int note_finished(struct llmx_request *request, struct llmx_generation *g)
{
    struct texts *texts = request->context;
    assert(texts->seen.in_review == 0);
    (void)g;
    return texts->again-- > 0;
}

static void test_review__texts_of_a_generator_are_as_defined(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        struct llmx_model model = {.threads = threads, .context = 1000, .step_us = 20};
        struct llmx_generator *generator;
        struct texts texts[6];
        struct llmx_request requests[6];
        assert_int_equal(llmx_generator_open(&generator, &model, NULL, NULL), 0);
        for (int i = 0; i < 6; i++) {
            texts_init(&texts[i], i, 1 + i, i % 2 ? PREFIX : 0);
            texts[i].again = i;
            requests[i] = (struct llmx_request){.group = texts[i].group,
                                                .token = note_token,
                                                .finished = note_finished,
                                                .context = &texts[i]};
            assert_int_equal(llmx_generator_submit(generator, &requests[i], NULL), 0);
        }
        for (int i = 0; i < 6; i++) {
            assert_int_equal(llmx_generator_wait(generator, &requests[i], NULL), 0);
            hold(&texts[i]);
        }
        llmx_generator_close(generator);
    }
}

/* ---- what goes back ---- */

/* Keeps three of the first five tokens, once. */
static int once(struct llmx_generation *g)
{
    struct seen *seen = g->context;
    seen->n_reviews++;
    return g->n_tokens == 5 && g->n_revised == 0 ? 3 : -1;
}

static void test_review__the_next_best_token_comes_instead(void **state)
{
    (void)state;
    struct texts before, texts;
    float logits[FAKE_VOCABULARY];
    texts_init(&before, 4, 1, 0);
    before.text[0].review = NULL;
    run_job(1, 0, &before, 1);
    assert_true(before.text[0].n_tokens > 5);
    assert_int_equal(before.text[0].n_revised, 0);
    texts_init(&texts, 4, 1, 0);
    texts.text[0].review = once;
    run_job(1, 0, &texts, 1);
    assert_int_equal(texts.text[0].n_revised, 1);
    assert_memory_equal(texts.tokens[0], before.tokens[0], 3 * sizeof(int32_t));
    scores_after(texts.ids, PREFIX + 1, texts.tokens[0], 3, logits);
    const int32_t best = before.tokens[0][3], next = texts.tokens[0][3];
    for (int32_t id = 0; id < FAKE_VOCABULARY; id++)
        assert_true(id == best || logits[id] <= logits[next]);
    assert_true(best != next && logits[next] <= logits[best]);
    /* and then as if the three and it had been given */
    struct texts fresh = texts;
    fresh.text[0].review = NULL;
    fresh.text[0].n_prompt += 4;
    fresh.text[0].max_tokens -= 4;
    fresh.text[0].tokens = fresh.tokens[0];
    fresh.text[0].prompt = fresh.ids;
    fresh.group = (struct llmx_group){NULL, 0, fresh.text, 1, NULL};
    memcpy(fresh.ids + PREFIX + 1, texts.tokens[0], 4 * sizeof(int32_t));
    run_job(1, 0, &fresh, 1);
    assert_int_equal(fresh.text[0].n_tokens, texts.text[0].n_tokens - 4);
    assert_memory_equal(fresh.tokens[0], texts.tokens[0] + 4,
                        (size_t)fresh.text[0].n_tokens * sizeof(int32_t));
}

static int nothing_stands(struct llmx_generation *g)
{
    struct seen *seen = g->context;
    seen->n_reviews++;
    return 0;
}

static void test_review__ends_after_so_many_times(void **state)
{
    (void)state;
    struct texts texts;
    float logits[FAKE_VOCABULARY];
    texts_init(&texts, 4, 1, 0);
    texts.text[0].review = nothing_stands;
    run_job(1, 0, &texts, 1);
    assert_int_equal(texts.seen.n_reviews, LLMX_REVISIONS_MAX + 1);
    assert_int_equal(texts.text[0].n_tokens, 1);
    assert_int_equal(texts.text[0].finish, LLMX_FINISH_STOP);
    assert_int_equal(texts.text[0].n_revised, LLMX_REVISIONS_MAX);
    scores_after(texts.ids, PREFIX + 1, NULL, 0, logits);
    int better = 0;
    for (int32_t id = 0; id < FAKE_VOCABULARY; id++)
        better += logits[id] > logits[texts.tokens[0][0]];
    assert_int_equal(better, LLMX_REVISIONS_MAX);
}

/* A broken model is no text to go back in. */
static void test_review__scores_that_are_not_finite_are_an_error(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 1, .context = 1000, .broken_after = 12};
    struct texts texts;
    struct given given = {&texts, 1, 0};
    struct llmx_error err;
    const struct llmx_generate_job job = {.next = give_next, .context = &given};
    texts_init(&texts, 4, 1, 0);
    texts.text[0].review = nothing_stands;
    assert_int_equal(llmx_generate(&model, &job, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_review__texts_of_a_job_are_as_defined),
        cmocka_unit_test(test_review__a_text_alone_is_as_defined),
        cmocka_unit_test(test_review__texts_of_a_generator_are_as_defined),
        cmocka_unit_test(test_review__the_next_best_token_comes_instead),
        cmocka_unit_test(test_review__ends_after_so_many_times),
        cmocka_unit_test(test_review__scores_that_are_not_finite_are_an_error),
    };
    return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
