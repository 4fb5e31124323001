/* What a generator promises of real models: a request's texts are the same bits alone and in company, whoever asks and
 * when, and those of a job. */
#include "base/cpu.h"
#include "base/memory.h"
#include "llm/model.h"
#include "llmxrec/generate.h"
#include "support/test.h"

#include <pthread.h>
#include <unistd.h>

#define SMOLLM2 "build/assets/smollm2-135m-instruct-q4_1.gguf"
#define N       12 /* requests */
#define NEW_MAX 32
#define IDS_MAX 60
#define SHARED                                                                                     \
    10 /* of each second request's prompt: a prefix, the same in all, which the generator keeps */

/* Sampled hot, so that the smallest difference in a score would sooner or later show. */
struct ask {
    struct llmx_generator *generator;
    struct llmx_request request;
    struct llmx_generation text;
    int32_t ids[IDS_MAX], tokens[NEW_MAX];
};

static int new_max; /* tokens of a text at most */

static void ask_init(struct ask *ask, int t)
{
    *ask = (struct ask){0};
    const int n_prefix = t % 2 ? SHARED : 0;
    for (int i = 0; i < IDS_MAX; i++)
        ask->ids[i] = (i * 7 + (i < n_prefix ? 0 : t * 31)) % 500;
    ask->text =
        (struct llmx_generation){.prompt = ask->ids + n_prefix,
                                 .n_prompt = 1 + 4 * t,
                                 .max_tokens = NEW_MAX - t < new_max ? NEW_MAX - t : new_max,
                                 .ignore_stop = 1,
                                 .sampling = {2, 0.99f, 0, 1.1f},
                                 .seed = (uint64_t)t,
                                 .tokens = ask->tokens};
    ask->request.group = (struct llmx_group){ask->ids, n_prefix, &ask->text, 1, NULL};
    ask->request.keeps_prefix = 1;
}

struct job {
    struct ask asks[N];
    int next;
};

static struct llmx_group *give_next(void *context)
{
    struct job *job = context;
    return job->next < N ? &job->asks[job->next++].request.group : NULL;
}

static void *be_client(void *context)
{
    struct ask *ask = context;
    struct llmx_error err;
    if (llmx_generator_submit(ask->generator, &ask->request, &err) != 0 ||
        llmx_generator_wait(ask->generator, &ask->request, &err) != 0)
        fprintf(stderr, "%s\n", err.message);
    return NULL;
}

static struct llmx_model *open_model(const char *path, enum llmx_precision precision, int threads)
{
    const struct llmx_model_options options = {.precision = precision, .threads = threads};
    struct llmx_model *model;
    struct llmx_error err;
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}

/* Each for itself, one after the other or all at once, into tokens (N, NEW_MAX). */
static void ask_all(struct llmx_model *model, bool is_company, int32_t (*tokens)[NEW_MAX])
{
    struct llmx_generator *generator;
    struct llmx_error err;
    static struct ask asks[N];
    pthread_t handles[N];
    if (llmx_generator_open(&generator, model, NULL, &err) != 0)
        fail_msg("%s", err.message);
    for (int t = 0; t < N; t++) {
        ask_init(&asks[t], t);
        asks[t].generator = generator;
        assert_int_equal(pthread_create(&handles[t], NULL, be_client, &asks[t]), 0);
        if (!is_company)
            pthread_join(handles[t], NULL);
        else if (t % 4 == 3)
            usleep(3000);
    }
    for (int t = 0; t < N; t++) {
        if (is_company)
            pthread_join(handles[t], NULL);
        assert_int_equal(asks[t].text.n_tokens, asks[t].text.max_tokens);
        memcpy(tokens[t], asks[t].tokens, sizeof asks[t].tokens);
    }
    llmx_generator_close(generator);
}

static void write_job(const struct llmx_model *model, int32_t (*tokens)[NEW_MAX])
{
    static struct job job;
    const struct llmx_generate_job how = {.next = give_next, .context = &job};
    struct llmx_error err;
    job.next = 0;
    for (int t = 0; t < N; t++)
        ask_init(&job.asks[t], t);
    if (llmx_generate(model, &how, &err) != 0)
        fail_msg("%s", err.message);
    for (int t = 0; t < N; t++)
        memcpy(tokens[t], job.asks[t].tokens, sizeof job.asks[t].tokens);
}

/* Whether sums of this model's products do not depend on how many rows stand together. */
static bool is_steady(const struct llmx_model *model)
{
    return model->weights != DTYPE_BF16 || !cpu()->has_amx_bf16;
}

static void hold(const char *path, enum llmx_precision precision, int threads_max)
{
    static int32_t first[N][NEW_MAX], then[N][NEW_MAX];
    for (int threads = 1; threads <= threads_max; threads++) {
        struct llmx_model *model = open_model(path, precision, threads);
        if (is_steady(model)) {
            if (threads == 1)
                ask_all(model, false, first);
            for (int is_company = threads == 1; is_company < 2; is_company++) {
                ask_all(model, is_company, then);
                assert_memory_equal(first, then, sizeof first);
            }
            write_job(model, then);
            assert_memory_equal(first, then, sizeof first);
        }
        llmx_model_destroy(model);
    }
}

static void test_generator_models__company_changes_nothing(void **state)
{
    (void)state;
    new_max = NEW_MAX;
    const char *const paths[] = {"tests/golden/llm/llama-tied", "tests/golden/llm/qwen3"};
    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++) {
        hold(paths[p], LLMX_PRECISION_F32, 3);
        hold(paths[p], LLMX_PRECISION_AUTO, 3);
    }
}

/* Large enough for the kernel for few rows, which a generator must not take. */
static void test_generator_models__nor_in_bf16_of_a_real_model(void **state)
{
    (void)state;
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    new_max = 6;
    hold(SMOLLM2, LLMX_PRECISION_AUTO, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generator_models__company_changes_nothing),
        cmocka_unit_test(test_generator_models__nor_in_bf16_of_a_real_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
