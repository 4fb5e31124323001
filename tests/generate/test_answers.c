/* Answers of known wording against llmx_score of the whole text, token by token; whatever else is asked beside them. */
#include "base/cpu.h"
#include "llmxrec/adapter.h"
#include "llmxrec/answers.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#include <unistd.h>

#define GOLDEN        "tests/golden/llm/"
#define SMOLLM2       "build/assets/smollm2-135m-instruct-q4_1.gguf"
#define GROUPS        6
#define QUESTIONS     5 /* a group, at most */
#define ANSWERS       40
#define ANSWER_TOKENS 9
#define PREFIX_MAX    90
#define PROMPT_MAX    70

/* Groups of every kind: with and without a prefix, with long and short prompts, with answers of one token and of many. */
struct work {
    struct llmx_answers_group groups[GROUPS];
    struct llmx_answers_question questions[GROUPS][QUESTIONS];
    int32_t prefix[GROUPS][PREFIX_MAX];
    int32_t prompts[GROUPS][QUESTIONS][PROMPT_MAX];
    int32_t words[ANSWERS][ANSWER_TOKENS];
    const int32_t *answers[ANSWERS];
    int one[ANSWERS], many[ANSWERS]; /* tokens */
    double logprob[GROUPS][QUESTIONS][ANSWERS];
};

static const int n_prefix[GROUPS] = {0, 90, 17, 0, 33, 1}, n_questions[GROUPS] = {1, 5, 3, 4, 0, 2},
                 n_prompt[GROUPS] = {70, 1, 20, 16, 5, 40}, n_answers[GROUPS] = {40, 2, 7, 1, 3, 5};

static int32_t word(int i)
{
    return 3 + (int32_t)((unsigned)i * 2654435761u >> 8) % 500;
}

static struct work *work_create(void)
{
    struct work *work = calloc(1, sizeof *work);
    assert_non_null(work);
    int next = 0;
    for (int a = 0; a < ANSWERS; a++) {
        work->answers[a] = work->words[a];
        work->one[a] = 1;
        work->many[a] = 1 + a % ANSWER_TOKENS;
        for (int i = 0; i < ANSWER_TOKENS; i++)
            work->words[a][i] = word(next++);
    }
    for (int g = 0; g < GROUPS; g++) {
        for (int i = 0; i < PREFIX_MAX; i++)
            work->prefix[g][i] = word(next++);
        work->groups[g] = (struct llmx_answers_group){work->prefix[g], n_prefix[g],
                                                      work->questions[g], n_questions[g], NULL};
        for (int q = 0; q < n_questions[g]; q++) {
            for (int i = 0; i < PROMPT_MAX; i++)
                work->prompts[g][q][i] = word(next++);
            work->questions[g][q] =
                (struct llmx_answers_question){work->prompts[g][q], n_prompt[g],
                                               work->answers,       g == 1 ? work->one : work->many,
                                               n_answers[g],        work->logprob[g][q]};
        }
    }
    return work;
}

static struct llmx_model *open_model(const char *path, enum llmx_precision precision, int threads)
{
    struct llmx_model_options options = {.precision = precision, .threads = threads};
    struct llmx_model *model;
    struct llmx_error err;
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}

static void answer(const struct llmx_model *model, struct work *work, int sequences_max)
{
    const struct llmx_answers_options options = {.sequences_max = sequences_max};
    struct llmx_error err;
    memset(work->logprob, 0xff, sizeof work->logprob);
    if (llmx_answers(model, work->groups, GROUPS, &options, &err) != 0)
        fail_msg("%s", err.message);
}

/* An answer's log-probability as the whole text's scores have it. */
static double whole_text(const struct llmx_model *model, const struct llmx_answers_group *group,
                         const struct llmx_answers_question *q, int a)
{
    int32_t ids[PREFIX_MAX + PROMPT_MAX + ANSWER_TOKENS];
    float scores[PREFIX_MAX + PROMPT_MAX + ANSWER_TOKENS];
    const int before = group->n_prefix + q->n_prompt, n = before + q->n_tokens[a];
    double sum = 0;
    memcpy(ids, group->prefix, (size_t)group->n_prefix * sizeof *ids);
    memcpy(ids + group->n_prefix, q->prompt, (size_t)q->n_prompt * sizeof *ids);
    memcpy(ids + before, q->answer[a], (size_t)q->n_tokens[a] * sizeof *ids);
    assert_int_equal(llmx_score(model, group->adapter, ids, n, scores, NULL), 0);
    for (int i = before; i < n; i++)
        sum += scores[i - 1];
    return sum;
}

/* off_max: in a token's log-probability. */
static void hold_to_scores(const struct llmx_model *model, const struct work *work, double off_max)
{
    for (int g = 0; g < GROUPS; g++)
        for (int q = 0; q < n_questions[g]; q++)
            for (int a = 0; a < n_answers[g]; a++) {
                const struct llmx_answers_question *question = &work->questions[g][q];
                assert_near(work->logprob[g][q][a],
                            whole_text(model, &work->groups[g], question, a),
                            off_max * question->n_tokens[a]);
            }
}

static void hold_model(const char *path, enum llmx_precision precision, double off_max)
{
    struct work *work = work_create();
    struct llmx_model *model = open_model(path, precision, 2);
    answer(model, work, 0);
    hold_to_scores(model, work, off_max);
    llmx_model_destroy(model);
    free(work);
}

static void test_answers__are_the_scores_of_the_whole_text(void **state)
{
    (void)state;
    hold_model(GOLDEN "llama-tied", LLMX_PRECISION_F32, 1e-5);
    hold_model(GOLDEN "mistral", LLMX_PRECISION_F32, 1e-5); /* sees a window of tokens alone */
    hold_model(GOLDEN "qwen3", LLMX_PRECISION_F32, 1e-5);
    if (cpu()->has_avx512_bf16)
        hold_model(GOLDEN "llama-tied", LLMX_PRECISION_BF16, 0.03);
    hold_model(GOLDEN "llama-tied.q4_1.gguf", LLMX_PRECISION_INT8, 0.03);
}

static void test_answers__are_the_scores_of_the_whole_text_for_smollm2(void **state)
{
    (void)state;
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    hold_model(SMOLLM2, LLMX_PRECISION_INT8, 0.5);
}

static void test_answers__obey_the_adapter(void **state)
{
    (void)state;
    struct work *work = work_create();
    struct llmx_model *model = open_model(GOLDEN "llama-tied", LLMX_PRECISION_F32, 2);
    struct llmx_adapter *adapter;
    struct llmx_error err;
    if (llmx_adapter_open(&adapter, model, GOLDEN "llama-tied/adapter", &err) != 0)
        fail_msg("%s", err.message);
    answer(model, work, 0);
    const double without = work->logprob[1][4][1];
    work->groups[1].adapter = work->groups[3].adapter = adapter;
    answer(model, work, 0);
    hold_to_scores(model, work, 1e-5);
    assert_true(fabs(work->logprob[1][4][1] - without) > 1e-4);
    llmx_adapter_destroy(adapter);
    llmx_model_destroy(model);
    free(work);
}

static void test_answers__are_the_same_bytes_in_any_company(void **state)
{
    (void)state;
    struct work *work = work_create();
    double right[GROUPS][QUESTIONS][ANSWERS];
    for (int threads = 1; threads <= 5; threads++) {
        struct llmx_model *model = open_model(GOLDEN "llama-tied", LLMX_PRECISION_F32, threads);
        answer(model, work, 0);
        if (threads == 1)
            memcpy(right, work->logprob, sizeof right);
        assert_memory_equal(right, work->logprob, sizeof right);
        answer(model, work, 1);
        assert_memory_equal(right, work->logprob, sizeof right);
        answer(model, work, 7);
        assert_memory_equal(right, work->logprob, sizeof right);
        for (int g = 0; g < GROUPS; g++)
            assert_int_equal(llmx_answers(model, &work->groups[g], 1, NULL, NULL), 0);
        assert_memory_equal(right, work->logprob, sizeof right);
        llmx_model_destroy(model);
    }
    free(work);
}

/* Each thread begins with a question of the one group, whose prefix only one of them computes. */
static void test_answers__wait_for_a_prefix_that_others_compute(void **state)
{
    (void)state;
    enum { MANY = 40 };
    struct work *work = work_create();
    struct llmx_answers_question many[MANY];
    double found_here[MANY][2];
    struct llmx_answers_group group = work->groups[1];
    for (int i = 0; i < MANY; i++) {
        many[i] = work->questions[1][i % n_questions[1]];
        many[i].logprob = found_here[i];
    }
    for (int threads = 1; threads <= 4; threads++) {
        struct llmx_model *model = open_model(GOLDEN "llama-tied", LLMX_PRECISION_F32, threads);
        answer(model, work, 0);
        memset(found_here, 0, sizeof found_here);
        group.question = many, group.n = MANY;
        assert_int_equal(llmx_answers(model, &group, 1, NULL, NULL), 0);
        for (int i = 0; i < MANY; i++)
            assert_memory_equal(found_here[i], work->logprob[1][i % n_questions[1]],
                                sizeof found_here[i]);
        llmx_model_destroy(model);
    }
    free(work);
}

/* ---- what cannot be ---- */

static int32_t five[300];
static const int32_t *const fives[] = {five, five};
static int lengths[] = {1, 2};
static double found[2];

static void refuses(const struct llmx_model *model, struct llmx_answers_group group,
                    struct llmx_answers_question question, int sequences_max, enum llmx_code code,
                    const char *words)
{
    const struct llmx_answers_options options = {.sequences_max = sequences_max};
    struct llmx_error err;
    group.question = &question;
    group.n = 1;
    assert_int_equal(llmx_answers(model, &group, 1, &options, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, words);
}

static void test_answers__refuse_what_cannot_be_asked(void **state)
{
    (void)state;
    static const int none[] = {1, 0}, too_many[] = {1, 7};
    static int32_t strange[] = {512}, negative[] = {-1};
    static const int32_t *const strangers[] = {five, strange};
    const struct llmx_answers_group group = {NULL, 0, NULL, 1, NULL},
                                    odd = {negative, 1, NULL, 1, NULL},
                                    long_one = {five, 240, NULL, 1, NULL};
    const struct llmx_answers_question good = {five, 10, fives, lengths, 2, found};
    struct llmx_answers_question bad = good;
    struct llmx_model *model = open_model(GOLDEN "llama-tied", LLMX_PRECISION_F32, 2);
    for (int i = 0; i < 300; i++)
        five[i] = 5;
    refuses(model, group, good, -1, LLMX_BAD_OPTION, "-1 texts at a time");
    refuses(model, group, good, 5000, LLMX_BAD_OPTION, "4096");
    refuses(model, odd, good, 0, LLMX_BAD_INPUT, "-1 is outside the vocabulary of 512");
    bad.n_prompt = 0;
    refuses(model, group, bad, 0, LLMX_BAD_INPUT, "a question has no tokens");
    bad.n_prompt = 10, bad.n = 0;
    refuses(model, group, bad, 0, LLMX_BAD_INPUT, "no answers");
    bad.n = 2, bad.n_tokens = none;
    refuses(model, group, bad, 0, LLMX_BAD_INPUT, "answer 2 has no tokens");
    bad.n_tokens = lengths, bad.answer = strangers, lengths[1] = 1;
    refuses(model, group, bad, 0, LLMX_BAD_INPUT, "512 is outside");
    bad.answer = fives, bad.n_tokens = too_many;
    refuses(model, long_one, bad, 0, LLMX_TOO_LARGE, "257 tokens, the model's context 256");
    bad.prompt = strange, bad.n_prompt = 1;
    refuses(model, group, bad, 0, LLMX_BAD_INPUT, "512 is outside");
    assert_int_equal(llmx_answers(model, NULL, 0, NULL, NULL), 0);
    llmx_model_destroy(model);
}

static void test_answers__fill_the_context_to_its_end(void **state)
{
    (void)state;
    static const int n_tokens[] = {1, 6};
    struct llmx_answers_question question = {five, 10, fives, n_tokens, 2, found};
    struct llmx_answers_group group = {five, 240, &question, 1, NULL};
    struct llmx_model *model = open_model(GOLDEN "llama-tied", LLMX_PRECISION_F32, 1);
    for (int i = 0; i < 300; i++)
        five[i] = 5;
    assert_int_equal(llmx_answers(model, &group, 1, NULL, NULL), 0);
    assert_true(found[1] < found[0] && found[0] < 0);
    llmx_model_destroy(model);
}

struct told {
    int times, stop_at;
    double done, total;
};

static int tell(void *context, const char *stage, double done, double total, const char *note)
{
    struct told *told = context;
    (void)note;
    assert_string_equal(stage, "answers");
    assert_true(done >= told->done && done <= total);
    told->done = done, told->total = total;
    return ++told->times == told->stop_at;
}

static void test_answers__tell_how_far_they_are_and_stop_when_asked(void **state)
{
    (void)state;
    struct work *work = work_create();
    struct llmx_model *model = open_model(GOLDEN "llama-tied", LLMX_PRECISION_F32, 1);
    struct told told = {0};
    const int all = 15;
    struct llmx_stop stop = {0};
    struct llmx_answers_options options = {.progress = {tell, &told}, .stop = &stop};
    struct llmx_error err;
    assert_int_equal(llmx_answers(model, work->groups, GROUPS, &options, &err), 0);
    assert_true(told.times > 2 && told.total == all && told.done == all);
    told = (struct told){.stop_at = 2};
    assert_int_equal(llmx_answers(model, work->groups, GROUPS, &options, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
    options.progress.report = NULL;
    llmx_stop_ask(&stop);
    assert_int_equal(llmx_answers(model, work->groups, GROUPS, &options, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
    llmx_model_destroy(model);
    free(work);
}

struct attempt {
    const struct llmx_model *model;
    struct work *work;
};

static int answer_all(void *context, struct llmx_error *err)
{
    struct attempt *attempt = context;
    return llmx_answers(attempt->model, attempt->work->groups, GROUPS, NULL, err);
}

static void test_answers__survive_any_allocation_that_fails(void **state)
{
    (void)state;
    struct attempt attempt = {.work = work_create()};
    for (int threads = 1; threads <= 2; threads++) {
        struct llmx_model *model = open_model(GOLDEN "llama-tied", LLMX_PRECISION_F32, threads);
        attempt.model = model;
        assert_true(failing_alloc_each(answer_all, &attempt) > 60);
        llmx_model_destroy(model);
    }
    free(attempt.work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers__are_the_scores_of_the_whole_text),
        cmocka_unit_test(test_answers__are_the_scores_of_the_whole_text_for_smollm2),
        cmocka_unit_test(test_answers__obey_the_adapter),
        cmocka_unit_test(test_answers__are_the_same_bytes_in_any_company),
        cmocka_unit_test(test_answers__wait_for_a_prefix_that_others_compute),
        cmocka_unit_test(test_answers__refuse_what_cannot_be_asked),
        cmocka_unit_test(test_answers__fill_the_context_to_its_end),
        cmocka_unit_test(test_answers__tell_how_far_they_are_and_stop_when_asked),
        cmocka_unit_test(test_answers__survive_any_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
