/* A generator that stays open, with a fake model: clients come and go, fail and cancel, and no one notices another. */
#include "fake_model.h"

#include "base/clock.h"
#include "base/rng.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#include <pthread.h>
#include <time.h>

#define TEXTS_MAX  8
#define TOKENS_MAX 24
#define IDS        60
#define PREFIX     20

/* A request of some texts, and what its callbacks saw. */
struct client {
    struct llmx_generator *generator;
    struct llmx_request request;
    struct llmx_generation texts[TEXTS_MAX];
    int32_t ids[IDS], tokens[TEXTS_MAX][TOKENS_MAX];
    int n_told[TEXTS_MAX], n_finished, n_over, again, cancel_after;
    _Atomic int in_callbacks, n_tokens;
    struct client *successor; /* submitted when this one is over */
};

static struct client *client_of(struct llmx_request *request)
{
    return request->context;
}

static int note_token(struct llmx_request *request, struct llmx_generation *generation)
{
    struct client *client = client_of(request);
    assert(++client->in_callbacks == 1 && !client->n_over);
    int t = (int)(generation - client->texts);
    assert(generation->n_tokens == 1 || generation->n_tokens == client->n_told[t] + 1);
    client->n_told[t] = generation->n_tokens;
    client->n_tokens++;
    client->in_callbacks--;
    return client->cancel_after && client->n_tokens >= client->cancel_after;
}

static int note_finished(struct llmx_request *request, struct llmx_generation *generation)
{
    struct client *client = client_of(request);
    assert(++client->in_callbacks == 1 && !client->n_over);
    assert(client->n_told[generation - client->texts] == generation->n_tokens);
    client->n_finished++;
    client->in_callbacks--;
    generation->seed += client->again > 0;
    return client->again-- > 0;
}

static void note_over(struct llmx_request *request)
{
    struct client *client = client_of(request);
    assert(++client->in_callbacks == 1 && client->n_over++ == 0);
    if (client->successor)
        assert(llmx_generator_submit(client->generator, &client->successor->request, NULL) == 0);
    client->in_callbacks--;
}

/* Texts that all differ, whoever asks: number says which. */
static void client_init(struct client *client, struct llmx_generator *generator, int number, int n)
{
    struct rng rng = rng_stream(5, RNG_INIT, (uint64_t)number);
    *client = (struct client){.generator = generator};
    for (int i = 0; i < IDS; i++)
        client->ids[i] = 2 + (int32_t)rng_below(&rng, FAKE_VOCABULARY - 2);
    for (int t = 0; t < n; t++)
        client->texts[t] = (struct llmx_generation){.prompt = client->ids + PREFIX + t,
                                                    .n_prompt = 10,
                                                    .max_tokens = TOKENS_MAX,
                                                    .ignore_stop = 1,
                                                    .sampling.temperature = t % 2 ? 1.0f : 0.0f,
                                                    .seed = (uint64_t)(number * 100 + t),
                                                    .tokens = client->tokens[t]};
    client->request = (struct llmx_request){
        .group = {client->ids, number % 2 ? PREFIX : 0, client->texts, n, NULL},
        .token = note_token,
        .finished = note_finished,
        .over = note_over,
        .context = client};
}

static struct llmx_generator *open_generator(const struct llmx_model *model, int sequences_max)
{
    struct llmx_generator *generator;
    struct llmx_error err;
    const struct llmx_generator_options options = {sequences_max};
    if (llmx_generator_open(&generator, model, &options, &err) != 0)
        fail_msg("%s", err.message);
    return generator;
}

static void submit(struct client *client)
{
    struct llmx_error err;
    if (llmx_generator_submit(client->generator, &client->request, &err) != 0)
        fail_msg("%s", err.message);
}

static int await(struct client *client, struct llmx_error *err)
{
    int status = llmx_generator_wait(client->generator, &client->request, err);
    assert_int_equal(client->n_over, 1);
    return status;
}

static struct llmx_group *give_once(void *context)
{
    struct llmx_group **group = context, *given = *group;
    *group = NULL;
    return given;
}

/* What llmx_generate writes for this client alone. */
static void hold_against_job(const struct client *done)
{
    struct client alone = *done;
    struct llmx_model model = {.threads = 1, .context = 1000};
    struct llmx_group *group = &alone.request.group;
    const struct llmx_generate_job job = {.next = give_once, .context = &group};
    group->generations = alone.texts;
    for (int t = 0; t < group->n; t++)
        alone.texts[t].tokens = alone.tokens[t];
    memset(alone.tokens, 0, sizeof alone.tokens);
    assert_int_equal(llmx_generate(&model, &job, NULL), 0);
    for (int t = 0; t < done->request.group.n; t++) {
        assert_int_equal(alone.texts[t].n_tokens, done->texts[t].n_tokens);
        assert_int_equal(alone.texts[t].finish, done->texts[t].finish);
    }
    assert_memory_equal(alone.tokens, done->tokens, sizeof alone.tokens);
}

static void sleep_ms(int ms)
{
    usleep((useconds_t)ms * 1000);
}

static void test_generator__idle_takes_no_processor_time(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 4, .context = 1000};
    struct llmx_generator *generator = open_generator(&model, 0);
    struct client client;
    for (int round = 0; round < 2; round++) { /* before the first request, and after one */
        sleep_ms(100);
        clock_t before = clock();
        sleep_ms(300);
        assert_true(clock() - before < CLOCKS_PER_SEC / 20); /* a sixth of one thread that spins */
        client_init(&client, generator, round, 3);
        submit(&client);
        assert_int_equal(await(&client, NULL), 0);
    }
    llmx_generator_close(generator);
    assert_int_equal(model.kvs, 0);
}

#define CLIENTS 12

static void *be_client(void *context)
{
    struct client *client = context;
    assert(llmx_generator_submit(client->generator, &client->request, NULL) == 0);
    assert(llmx_generator_wait(client->generator, &client->request, NULL) == 0);
    return NULL;
}

static void test_generator__texts_do_not_depend_on_company(void **state)
{
    (void)state;
    const int threads[] = {1, 2, 3}, sequences[] = {0, 3, 40};
    for (int i = 0; i < 3; i++) {
        struct llmx_model model = {.threads = threads[i], .context = 1000, .step_us = 50};
        struct llmx_generator *generator = open_generator(&model, sequences[i]);
        struct client clients[CLIENTS];
        pthread_t handles[CLIENTS];
        for (int c = 0; c < CLIENTS; c++) {
            client_init(&clients[c], generator, c, 1 + c % TEXTS_MAX);
            clients[c].again = c % 3;
            assert_int_equal(pthread_create(&handles[c], NULL, be_client, &clients[c]), 0);
            if (c % 5 == 4)
                sleep_ms(2);
        }
        for (int c = 0; c < CLIENTS; c++) {
            pthread_join(handles[c], NULL);
            assert_int_equal(clients[c].n_finished, 1 + c % TEXTS_MAX + c % 3);
        }
        llmx_generator_close(generator);
        assert_int_equal(model.kvs, 0);
        for (int c = 0; c < CLIENTS; c++)
            hold_against_job(&clients[c]);
    }
}

static void test_generator__requests_share_steps(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 1, .context = 1000, .step_us = 500};
    struct llmx_generator *generator = open_generator(&model, 0);
    struct client clients[CLIENTS];
    for (int c = 0; c < CLIENTS; c++) {
        client_init(&clients[c], generator, 2 * c, 1);
        submit(&clients[c]);
    }
    for (int c = 0; c < CLIENTS; c++)
        assert_int_equal(await(&clients[c], NULL), 0);
    /* one after the other would be 12 * 24 */
    assert_in_range(model.steps, TOKENS_MAX, 2 * TOKENS_MAX);
    llmx_generator_close(generator);
}

/* Requests that come while threads work apart are shared out too. */
static void test_generator__threads_share_what_comes_later(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 2, .context = 1000, .step_us = 1000};
    struct llmx_generator *generator = open_generator(&model, 128);
    struct client clients[12];
    for (int c = 0; c < 12; c++) {
        client_init(&clients[c], generator, 2 * c, TEXTS_MAX);
        if (c == 3)
            sleep_ms(5); /* 24 texts are in work */
        submit(&clients[c]);
    }
    for (int c = 0; c < 12; c++)
        assert_int_equal(await(&clients[c], NULL), 0);
    /* with 12 texts a thread for good it would take four times 2 * 24 steps */
    assert_true(model.steps < 3 * 2 * TOKENS_MAX);
    assert_true(model.apart_steps > model.steps / 2);
    llmx_generator_close(generator);
}

/* Two long texts among short ones, the first and the last, so that each thread has one and neither runs dry. */
static void test_generator__threads_join_when_few_texts_are_left(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 2, .context = 1000, .step_us = 1000};
    struct llmx_generator *generator = open_generator(&model, 0);
    struct client clients[3];
    for (int c = 0; c < 3; c++) {
        client_init(&clients[c], generator, 2 * c, TEXTS_MAX);
        for (int t = 0; t < TEXTS_MAX; t++)
            if ((c != 0 || t != 0) && (c != 2 || t != TEXTS_MAX - 1))
                clients[c].texts[t].max_tokens = 2;
        submit(&clients[c]);
    }
    for (int c = 0; c < 3; c++)
        assert_int_equal(await(&clients[c], NULL), 0);
    assert_true(model.apart_steps < TOKENS_MAX);
    llmx_generator_close(generator);
}

static void test_generator__a_request_fails_alone(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        struct llmx_model model = {.threads = threads, .context = 1000, .broken_id = 1};
        struct llmx_generator *generator = open_generator(&model, 0);
        struct client good[4], bad, worse;
        struct llmx_error err;
        client_init(&bad, generator, 90, 3);
        client_init(&worse, generator, 91, 2);
        bad.ids[PREFIX + 1] = 1; /* its second text */
        worse.texts[1].n_prompt = 1000;
        for (int c = 0; c < 4; c++) {
            client_init(&good[c], generator, c, 5);
            submit(&good[c]);
            if (c == 1)
                submit(&bad);
        }
        assert_int_equal(llmx_generator_submit(generator, &worse.request, &err), -1);
        assert_int_equal(err.code, LLMX_TOO_LARGE);
        worse.texts[1].n_prompt = 10;
        worse.ids[3] = FAKE_VOCABULARY;
        assert_int_equal(llmx_generator_submit(generator, &worse.request, &err), -1);
        assert_contains(err.message, "token id 97");
        err = (struct llmx_error){0};
        /* not for ever: it was never submitted */
        assert_int_equal(llmx_generator_wait(generator, &worse.request, &err), -1);
        assert_contains(err.message, "token id 97");
        llmx_generator_cancel(generator, &worse.request);
        assert_int_equal(await(&bad, &err), -1);
        assert_int_equal(err.code, LLMX_BAD_INPUT);
        assert_contains(err.message, "not finite");
        for (int c = 0; c < 4; c++) {
            assert_int_equal(await(&good[c], NULL), 0);
            hold_against_job(&good[c]);
        }
        assert_int_equal(worse.n_over, 0);
        llmx_generator_close(generator);
        assert_int_equal(model.kvs, 0);
    }
}

/* A try again with sampling that cannot be is found when it begins. */
static int spoil(struct llmx_request *request, struct llmx_generation *generation)
{
    (void)request;
    generation->sampling.top_p = 2;
    return 1;
}

static void test_generator__a_bad_second_try_fails_alone(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 2, .context = 1000};
    struct llmx_generator *generator = open_generator(&model, 0);
    struct client bad, good;
    struct llmx_error err;
    client_init(&bad, generator, 1, 2);
    client_init(&good, generator, 2, 2);
    bad.request.finished = spoil;
    submit(&bad);
    submit(&good);
    assert_int_equal(await(&bad, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_int_equal(await(&good, NULL), 0);
    llmx_generator_close(generator);
}

static void test_generator__cancelling_gives_slots_back(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        struct llmx_model model = {.threads = threads, .context = 1000, .step_us = 2000};
        struct llmx_generator *generator = open_generator(&model, 2);
        struct client working, waiting, good, own;
        struct llmx_error err;
        client_init(&working, generator, 1, 2);
        client_init(&waiting, generator, 3, 8);
        client_init(&own, generator, 4, 2);
        client_init(&good, generator, 5, 2);
        own.cancel_after = 5; /* by itself */
        submit(&working);
        submit(&waiting);
        submit(&own);
        submit(&good);
        while (working.n_tokens < 6)
            sleep_ms(1);
        llmx_generator_cancel(generator, &waiting.request);
        llmx_generator_cancel(generator, &working.request);
        assert_int_equal(waiting.n_tokens, 0);
        int told = working.n_tokens;
        assert_true(told < 2 * TOKENS_MAX);
        assert_int_equal(await(&working, &err), -1);
        assert_int_equal(err.code, LLMX_INTERRUPTED);
        assert_int_equal(await(&own, &err), -1);
        assert_int_equal(err.code, LLMX_INTERRUPTED);
        assert_in_range(own.n_tokens, 5, 6);
        assert_int_equal(await(&good, NULL), 0);
        hold_against_job(&good);
        assert_int_equal(working.n_tokens, told); /* nothing came after cancelling */
        llmx_generator_cancel(generator, &good.request);
        assert_int_equal(good.request.error.code, LLMX_OK); /* it was over */
        llmx_generator_close(generator);
        assert_int_equal(model.kvs, 0);
    }
}

static void *wait_for_end(void *context)
{
    struct client *client = context;
    struct llmx_error err;
    assert(llmx_generator_wait(client->generator, &client->request, &err) == -1);
    assert(err.code == LLMX_INTERRUPTED);
    return NULL;
}

static void test_generator__closing_cancels_what_is_left(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        struct llmx_model model = {.threads = threads, .context = 1000, .step_us = 2000};
        struct llmx_generator *generator = open_generator(&model, 2);
        struct client clients[4];
        pthread_t handles[4];
        for (int c = 0; c < 4; c++) {
            client_init(&clients[c], generator, c, 3);
            submit(&clients[c]);
            assert_int_equal(pthread_create(&handles[c], NULL, wait_for_end, &clients[c]), 0);
        }
        sleep_ms(10);
        llmx_generator_close(generator);
        for (int c = 0; c < 4; c++) {
            pthread_join(handles[c], NULL);
            assert_int_equal(clients[c].n_over, 1);
            assert_contains(clients[c].request.error.message, "closed");
        }
        assert_int_equal(model.kvs, 0);
    }
    llmx_generator_close(NULL);
}

static void test_generator__a_callback_may_submit(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 2, .context = 1000};
    struct llmx_generator *generator = open_generator(&model, 0);
    struct client clients[5];
    for (int c = 0; c < 5; c++) {
        client_init(&clients[c], generator, c,
                    c % 3); /* the first and the fourth: nothing to write */
        clients[c].successor = c < 4 ? &clients[c + 1] : NULL;
    }
    submit(&clients[0]);
    for (int c = 0; c < 5; c++)
        assert_int_equal(await(&clients[c], NULL), 0);
    llmx_generator_close(generator);
}

static void test_generator__says_how_much_there_is_to_do(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 2, .context = 1000, .step_us = 1000};
    struct llmx_generator *generator = open_generator(&model, 4);
    struct llmx_generator_load load;
    struct client clients[6];
    for (int c = 0; c < 6; c++) {
        client_init(&clients[c], generator, 2 * c + 1, 3);
        submit(&clients[c]);
    }
    while (clients[0].n_tokens == 0)
        sleep_ms(1);
    llmx_generator_load(generator, &load);
    assert_int_equal(load.requests, 6);
    assert_in_range(load.writing, 1, 4);
    assert_int_equal(load.writing + load.waiting, 18);
    for (int c = 5; c >= 0; c--)
        llmx_generator_cancel(generator, &clients[c].request);
    llmx_generator_load(generator, &load);
    assert_int_equal(load.requests + load.writing + load.waiting, 0);
    assert_true(model.kvs_max <= 4 + 4); /* what waits takes no memory for keys and values */
    llmx_generator_close(generator);
}

/* Open, three requests, close: what fails is the open, a submit, or one request, and then the others are whole. */
static int use_generator(void *context, struct llmx_error *err)
{
    struct llmx_model *model = context;
    struct llmx_generator *generator;
    struct client clients[3];
    int status = 0;
    if (llmx_generator_open(&generator, model, NULL, err) != 0)
        return -1;
    for (int c = 0; c < 3; c++) {
        client_init(&clients[c], generator, c, 4);
        int submitted = llmx_generator_submit(generator, &clients[c].request, err);
        int written =
            submitted == 0 ? llmx_generator_wait(generator, &clients[c].request, err) : -1;
        assert_true(written == 0 || status == 0);
        assert_true(written == 0 || err->code == LLMX_NO_MEMORY);
        assert_true(written != 0 || clients[c].n_finished == 4);
        status |= written;
    }
    llmx_generator_close(generator);
    assert_int_equal(model->kvs, 0);
    return status;
}

static void test_generator__survives_every_failed_allocation(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        struct llmx_model model = {.threads = threads, .context = 1000};
        assert_true(failing_alloc_each(use_generator, &model) >= 3 * (1 + 4 * 2));
    }
}

static void test_generator__refuses_what_cannot_be_done(void **state)
{
    (void)state;
    struct llmx_model model = {.threads = 2, .context = 1000};
    struct llmx_generator *generator;
    struct llmx_error err;
    const struct llmx_generator_options options = {-1};
    assert_int_equal(llmx_generator_open(&generator, &model, &options, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generator__idle_takes_no_processor_time),
        cmocka_unit_test(test_generator__texts_do_not_depend_on_company),
        cmocka_unit_test(test_generator__requests_share_steps),
        cmocka_unit_test(test_generator__threads_share_what_comes_later),
        cmocka_unit_test(test_generator__threads_join_when_few_texts_are_left),
        cmocka_unit_test(test_generator__a_request_fails_alone),
        cmocka_unit_test(test_generator__a_bad_second_try_fails_alone),
        cmocka_unit_test(test_generator__cancelling_gives_slots_back),
        cmocka_unit_test(test_generator__closing_cancels_what_is_left),
        cmocka_unit_test(test_generator__a_callback_may_submit),
        cmocka_unit_test(test_generator__says_how_much_there_is_to_do),
        cmocka_unit_test(test_generator__survives_every_failed_allocation),
        cmocka_unit_test(test_generator__refuses_what_cannot_be_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
