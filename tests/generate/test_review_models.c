/* Going back with real models: what comes after it is what a fresh text says that begins with what stands, alone and in
 * company; and where a constraint leaves nothing, one token more is given up. */
#include "generate/constraint.h"
#include "llmxrec/generate.h"
#include "support/test.h"
#include "token/tokenizer.h"

#define GOLDEN "tests/golden/llm/"
#define TEXTS  8
#define NEW    30
#define SHARED 6
#define AT     12 /* tokens when a text goes back to .. */
#define KEPT   7

struct texts {
    struct llmx_group group;
    struct llmx_generation text[TEXTS];
    int32_t ids[TEXTS][SHARED + NEW], tokens[TEXTS][NEW];
};

static struct llmx_model *open_model(const char *name, enum llmx_precision precision, int threads)
{
    const struct llmx_model_options options = {.precision = precision, .threads = threads};
    struct llmx_model *model;
    struct llmx_error err;
    char path[128];
    snprintf(path, sizeof path, GOLDEN "%s", name);
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}

static int goes_back_once(struct llmx_generation *g)
{
    return g->n_tokens == AT && g->n_revised == 0 ? KEPT : -1;
}

/* The token that the context points to must not come first. */
static int refuses_first(struct llmx_generation *g)
{
    const int32_t *refused = g->context;
    return g->n_tokens == 1 && g->tokens[0] == *refused ? 0 : -1;
}

static void texts_init(struct texts *t, int n, int n_prefix)
{
    *t = (struct texts){0};
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < SHARED + 2; k++)
            t->ids[i][k] = 5 + (k * 7 + (k < SHARED ? 0 : i) * 13) % 200;
        t->text[i] = (struct llmx_generation){.prompt = t->ids[i] + n_prefix,
                                              .n_prompt = SHARED + 2 - n_prefix,
                                              .max_tokens = NEW,
                                              .ignore_stop = 1,
                                              .review = goes_back_once,
                                              .tokens = t->tokens[i]};
    }
    t->group = (struct llmx_group){t->ids[0], n_prefix, t->text, n, NULL};
}

static struct llmx_group *give_once(void *context)
{
    struct llmx_group **group = context, *given = *group;
    *group = NULL;
    return given;
}

static void generate(const struct llmx_model *model, struct llmx_group *group)
{
    struct llmx_error err;
    const struct llmx_generate_job job = {.next = give_once, .context = &group};
    if (llmx_generate(model, &job, &err) != 0)
        fail_msg("%s", err.message);
}

static void test_review__goes_on_as_a_fresh_text_would(void **state)
{
    (void)state;
    static const char *const names[] = {"llama-tied", "qwen2", "llama2-spm"};
    for (int m = 0; m < 3; m++) {
        struct llmx_model *model = open_model(names[m], LLMX_PRECISION_F32, 1 + m % 2);
        struct texts texts, before, fresh;
        texts_init(&before, TEXTS, 0);
        for (int i = 0; i < TEXTS; i++)
            before.text[i].review = NULL;
        generate(model, &before.group);
        texts_init(&texts, TEXTS, m == 1 ? SHARED : 0);
        generate(model, &texts.group);
        texts_init(&fresh, TEXTS, 0);
        for (int i = 0; i < TEXTS; i++) {
            assert_int_equal(texts.text[i].n_revised, 1);
            assert_memory_equal(texts.tokens[i], before.tokens[i], KEPT * sizeof(int32_t));
            memcpy(fresh.ids[i] + SHARED + 2, texts.tokens[i], KEPT * sizeof(int32_t));
            fresh.text[i].n_prompt += KEPT;
            fresh.text[i].max_tokens -= KEPT;
            fresh.text[i].review = refuses_first;
            fresh.text[i].context = &before.tokens[i][KEPT];
        }
        generate(model, &fresh.group);
        for (int i = 0; i < TEXTS; i++)
            assert_memory_equal(texts.tokens[i] + KEPT, fresh.tokens[i],
                                (NEW - KEPT) * sizeof(int32_t));
        llmx_model_destroy(model);
    }
}

/* Hot texts that go back again and again. */
static int goes_back_often(struct llmx_generation *g)
{
    return g->n_tokens % 9 == 8 && g->tokens[g->n_tokens - 1] % 2 ? g->n_tokens - 5 : -1;
}

static void heat(struct texts *texts)
{
    for (int i = 0; i < texts->group.n; i++) {
        texts->text[i].sampling = (struct llmx_sampling){1.5f, 0.95f, 0, 1.1f};
        texts->text[i].seed = (uint64_t)i;
        texts->text[i].review = goes_back_often;
    }
}

static void test_review__is_the_same_alone_and_in_company(void **state)
{
    (void)state;
    static int32_t alone[TEXTS][NEW];
    int revised = 0;
    for (int threads = 1; threads <= 2; threads++) {
        struct llmx_model *model = open_model("llama-tied", LLMX_PRECISION_F32, threads);
        struct texts texts;
        for (int i = 0; threads == 1 && i < TEXTS; i++) {
            texts_init(&texts, TEXTS, 0);
            heat(&texts);
            texts.group.generations = &texts.text[i];
            texts.group.n = 1;
            generate(model, &texts.group);
            revised += texts.text[i].n_revised;
            memcpy(alone[i], texts.tokens[i], sizeof alone[i]);
        }
        for (int n_prefix = 0; n_prefix <= SHARED; n_prefix += SHARED) {
            texts_init(&texts, TEXTS, n_prefix);
            heat(&texts);
            generate(model, &texts.group);
            assert_memory_equal(texts.tokens, alone, sizeof alone);
        }
        struct llmx_generator *generator;
        texts_init(&texts, TEXTS, SHARED);
        heat(&texts);
        struct llmx_request request = {.group = texts.group};
        assert_int_equal(llmx_generator_open(&generator, model, NULL, NULL), 0);
        assert_int_equal(llmx_generator_submit(generator, &request, NULL), 0);
        assert_int_equal(llmx_generator_wait(generator, &request, NULL), 0);
        assert_memory_equal(texts.tokens, alone, sizeof alone);
        llmx_generator_close(generator);
        llmx_model_destroy(model);
    }
    assert_true(revised > TEXTS);
}

/* Nothing but the phrase may be written, and its last token must not come. */
static int refuses_whole(struct llmx_generation *g)
{
    const int *n_phrase = g->context;
    return g->n_tokens == *n_phrase ? g->n_tokens - 1 : -1;
}

static void test_review__gives_up_one_more_where_nothing_is_left(void **state)
{
    (void)state;
    struct llmx_model *model = open_model("llama-tied", LLMX_PRECISION_F32, 1);
    const struct llmx_tokenizer *t = llmx_model_tokenizer(model);
    struct token_index index;
    struct llmx_constraint *c;
    struct texts texts;
    int most = 0;
    assert_int_equal(token_index_init(&index, t, '"', NULL), 0);
    assert_int_equal(constraint_create(&c, &index, NULL), 0);
    assert_int_equal(constraint_add(c, "zq", 2, NULL), 0);
    constraint_begin(c, "\"", 1);
    texts_init(&texts, 1, 0);
    texts.text[0].constraint = c;
    texts.text[0].review = NULL;
    generate(model, &texts.group);
    /* how many tokens the phrase takes, before the mark */
    size_t bytes = 0;
    for (; bytes < 2; most++) {
        size_t n;
        tokenizer_bytes(t, texts.tokens[0][most], &n);
        bytes += n;
    }
    assert_true(most == 2);
    texts.text[0].review = refuses_whole;
    texts.text[0].context = &most;
    generate(model, &texts.group);
    /* "q" is refused, then, since nothing else may follow it, "z", and then there is nothing at all */
    assert_int_equal(texts.text[0].n_revised, 2);
    assert_int_equal(texts.text[0].n_tokens, 0);
    assert_int_equal(texts.text[0].finish, LLMX_FINISH_STOP);
    constraint_destroy(c);
    token_index_release(&index);
    llmx_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_review__goes_on_as_a_fresh_text_would),
        cmocka_unit_test(test_review__is_the_same_alone_and_in_company),
        cmocka_unit_test(test_review__gives_up_one_more_where_nothing_is_left),
    };
    return cmocka_run_group_tests_name("review_models", tests, NULL, NULL);
}
