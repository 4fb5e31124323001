/* What may stand between marks, against a plain definition of it: every token of four vocabularies at every step of
 * many texts. And texts of a model, one constraint each in one batch. */
#include "generate/constraint.h"

#include "base/rng.h"
#include "base/text.h"
#include "token/tokenizer.h"

#include "support/failing_alloc.h"
#include "support/test.h"

#define TOKENIZERS "tests/golden/tokenizer/"
#define GOLDEN     "tests/golden/llm/"

/* Beginnings in common, marks within, a phrase within a phrase, letters of several bytes, a mark at an end. */
static const char *const phrases[] = {"Star Wars",
                                      "Star Wars: A New Hope",
                                      "Star",
                                      "\"Crocodile\" Dun",
                                      "Star \"Wars",
                                      "Am\xc3\xa9lie",
                                      "It",
                                      "Seven\"",
                                      "\xe5\x8d\x83\xe3\x81\xa8",
                                      "When Harry Met...",
                                      "A",
                                      "A\"B"};
#define N_PHRASES (sizeof phrases / sizeof phrases[0])

static bool is_fine_inside(const char *s, size_t n);

/* The definition: outside, what stands before the next mark is free; inside stands the beginning of a phrase at the
 * text's end, or all of one and then a mark. */
static bool is_fine(const char *s, size_t n)
{
    const char *mark = memchr(s, '"', n);
    return !mark || is_fine_inside(mark + 1, n - (size_t)(mark - s) - 1);
}

static bool is_fine_inside(const char *s, size_t n)
{
    for (size_t i = 0; i < N_PHRASES; i++) {
        size_t length = strlen(phrases[i]);
        if (n <= length ? memcmp(s, phrases[i], n) == 0
                        : memcmp(s, phrases[i], length) == 0 && s[length] == '"' &&
                              is_fine(s + length + 1, n - length - 1))
            return true;
    }
    return false;
}

/* Is the text, so far, in the middle of a phrase in every way of reading it? Then it must not end. */
static bool may_end(const char *s, size_t n)
{
    struct text whole = {0};
    text_put(&whole, s, n);
    text_puts(&whole, "\n"); /* in no phrase */
    bool result = is_fine(whole.s, whole.n);
    text_release(&whole);
    return result;
}

static struct llmx_constraint *make(const struct token_index *index, const char *begin)
{
    struct llmx_error err;
    struct llmx_constraint *c;
    assert_int_equal(constraint_create(&c, index, &err), 0);
    for (size_t i = 0; i < N_PHRASES; i++)
        assert_int_equal(constraint_add(c, phrases[i], strlen(phrases[i]), &err), 0);
    constraint_begin(c, begin, strlen(begin));
    return c;
}

static struct llmx_tokenizer *open_tokenizer(const char *name)
{
    char path[128];
    struct llmx_tokenizer *tokenizer;
    struct llmx_error err;
    snprintf(path, sizeof path, TOKENIZERS "%s", name);
    if (llmx_tokenizer_open(&tokenizer, path, &err) != 0)
        fail_msg("%s", err.message);
    return tokenizer;
}

/* How many tokens the mask leaves; each must be one that the definition allows, and the other way round. */
static int check_mask(const struct llmx_constraint *c, const struct constraint_state *state,
                      const struct llmx_tokenizer *t, struct text *text, float *logits,
                      uint64_t *bits)
{
    int vocabulary = tokenizer_vocabulary(t), left = 0;
    size_t before = text->n;
    for (int id = 0; id < vocabulary; id++)
        logits[id] = 1;
    bool any = constraint_mask(c, state, logits, vocabulary, bits);
    for (int id = 0; id < vocabulary; id++) {
        size_t n;
        const char *s = tokenizer_bytes(t, id, &n);
        text_put(text, s, n);
        bool is_allowed = n ? is_fine(text->s ? text->s : "", text->n)
                            : tokenizer_is_stop(t, id) && may_end(text->s ? text->s : "", text->n);
        if (is_allowed != (logits[id] > 0))
            fail_msg("after <%.*s> token <%.*s> is %s", (int)before, text->s ? text->s : "", (int)n,
                     s, is_allowed ? "forbidden" : "allowed");
        left += is_allowed;
        text->n = before;
    }
    assert_int_equal(any, left > 0);
    for (int w = 0; w <= vocabulary / 64; w++)
        assert_int_equal(bits[w], 0);
    return left;
}

/* One of the allowed tokens; every other time one with a mark, so that many phrases begin and end. */
static int32_t choose(struct rng *rng, const struct llmx_tokenizer *t, const float *logits,
                      int left)
{
    int vocabulary = tokenizer_vocabulary(t);
    int32_t chosen = -1;
    bool wants_mark = rng_below(rng, 2);
    int nth = (int)rng_below(rng, (uint32_t)left), marked = 0;
    for (int32_t id = 0; id < vocabulary; id++) {
        size_t n;
        const char *s = tokenizer_bytes(t, id, &n);
        if (!(logits[id] > 0))
            continue;
        if (nth-- == 0 && chosen < 0)
            chosen = id;
        if (wants_mark && memchr(s, '"', n) && rng_below(rng, (uint32_t)++marked) == 0)
            chosen = id;
    }
    return chosen;
}

static void follow(const char *name, const char *begin)
{
    struct llmx_error err;
    struct token_index index;
    struct llmx_tokenizer *t = open_tokenizer(name);
    assert_int_equal(token_index_init(&index, t, '"', &err), 0);
    size_t vocabulary = (size_t)tokenizer_vocabulary(t);
    struct llmx_constraint *c = make(&index, begin);
    float *logits = malloc(vocabulary * sizeof *logits);
    uint64_t *bits = calloc(vocabulary / 64 + 1, sizeof *bits);
    for (int round = 0; round < 12; round++) {
        struct rng rng = rng_stream(11, RNG_SAMPLING, (uint64_t)round);
        struct constraint_state state;
        struct text text = {0};
        text_puts(&text, begin);
        constraint_start(c, &state);
        for (int step = 0; step < 30; step++) {
            int left = check_mask(c, &state, t, &text, logits, bits);
            assert_true(left > 0);
            int32_t id = choose(&rng, t, logits, left);
            size_t n;
            const char *s = tokenizer_bytes(t, id, &n);
            text_put(&text, s, n);
            constraint_step(c, &state, id);
        }
        text_release(&text);
    }
    free(bits);
    free(logits);
    constraint_destroy(c);
    token_index_release(&index);
    llmx_tokenizer_destroy(t);
}

static void test_constraint__allows_just_what_goes_on_with_a_phrase(void **state)
{
    (void)state;
    static const char *const names[] = {"smollm", "llama3", "qwen2", "llama2-spm"};
    for (int i = 0; i < 4; i++) {
        follow(names[i], "");
        follow(names[i], "You will enjoy \"Star Wars\" because, like \"");
        follow(names[i], "\"A\"");
    }
}

/* Does the mask leave a made-up token of these bytes? */
static bool leaves(const char *before, const char *token)
{
    const struct token_bytes sorted = {token, (uint32_t)strlen(token), 0};
    struct token_index one = {.sorted = (struct token_bytes[]){sorted},
                              .n = 1,
                              .vocabulary = 1,
                              .place = (int32_t[]){0},
                              .mark = '"',
                              .marked = (int32_t[]){0},
                              .n_marked = strchr(token, '"') != NULL};
    struct llmx_constraint *own = make(&one, before);
    struct constraint_state state;
    float logit = 1;
    uint64_t bits = 0;
    constraint_start(own, &state);
    bool any = constraint_mask(own, &state, &logit, 1, &bits);
    constraint_destroy(own);
    assert_true(any || !(logit > 0));
    return logit > 0;
}

static void test_constraint__follows_tokens_across_marks(void **state)
{
    (void)state;
    assert_true(leaves("", " \"St"));
    assert_false(leaves("", " \"Ste"));
    assert_true(leaves("\"Star W", "ars\", and"));
    assert_true(leaves("\"Star W", "ars\" and \"It\", \"A"));
    assert_false(leaves("\"Star W", "ars\" and \"Its"));
    assert_true(leaves("\"Star Wars", ": A"));
    assert_false(leaves("\"Star Wars", ":A"));
    assert_false(leaves("\"Star Wars", " and"));
    assert_false(leaves("\"Star W", "\""));
    assert_true(leaves("\"", "\"Crocodile\" Dun\"."));
    assert_true(leaves("\"Seven\"", "\"!"));
    assert_true(leaves("\"Seven\"", "\" is"));
    assert_false(leaves("\"Seven\"", " is"));
    assert_true(leaves("\"Am", "\xc3"));
    assert_false(leaves("\"Am", "\xc4"));
    assert_false(leaves("", "\"\"\""));
}

static void test_constraint__begun_against_its_rule_is_as_if_not_begun(void **state)
{
    (void)state;
    assert_true(leaves("He said \"nothing\" and \"A", "anything"));
}

/* ---- texts ---- */

#define TEXTS 16
#define NEW   40

static struct llmx_group groups[TEXTS];
static struct llmx_generation texts[TEXTS];
static int32_t tokens[2][TEXTS][NEW];
static int next_text, end_text;

static struct llmx_group *give_next(void *context)
{
    (void)context;
    return next_text < end_text ? &groups[next_text++] : NULL;
}

static void generate(const struct llmx_model *model, int first, int end)
{
    struct llmx_error err;
    struct llmx_generate_job job = {.next = give_next};
    next_text = first;
    end_text = end;
    if (llmx_generate(model, &job, &err) != 0)
        fail_msg("%s", err.message);
}

/* Every text begins in a mark but each fourth, which has no constraint. They are as they would be alone, and where
 * one stops it is outside of marks. */
static void check_texts(const char *name, int threads)
{
    static const int32_t prompt[] = {5, 6, 7};
    struct llmx_error err;
    struct llmx_model *model;
    struct token_index index;
    struct llmx_model_options options = {.precision = LLMX_PRECISION_F32, .threads = threads};
    char path[128];
    snprintf(path, sizeof path, GOLDEN "%s", name);
    assert_int_equal(llmx_model_open(&model, path, &options, &err), 0);
    const struct llmx_tokenizer *t = llmx_model_tokenizer(model);
    assert_int_equal(token_index_init(&index, t, '"', &err), 0);
    struct llmx_constraint *c = make(&index, "\"");
    for (int alone = 0; alone < 2; alone++) {
        for (int i = 0; i < TEXTS; i++) {
            texts[i] = (struct llmx_generation){.prompt = prompt,
                                                .n_prompt = 3,
                                                .max_tokens = NEW,
                                                .sampling = {.temperature = 1.0f},
                                                .seed = (uint64_t)i,
                                                .constraint = i % 4 == 3 ? NULL : c,
                                                .tokens = tokens[alone][i]};
            groups[i] = (struct llmx_group){NULL, 0, &texts[i], 1, NULL};
        }
        for (int i = 0; alone && i < TEXTS; i++)
            generate(model, i, i + 1);
        if (!alone)
            generate(model, 0, TEXTS);
    }
    assert_memory_equal(tokens[0], tokens[1], sizeof tokens[0]);
    for (int i = 0; i < TEXTS; i++) {
        struct text text = {0};
        text_puts(&text, "\"");
        for (int k = 0; k < texts[i].n_tokens; k++) {
            size_t n;
            const char *s = tokenizer_bytes(t, texts[i].tokens[k], &n);
            text_put(&text, s, n);
        }
        bool is_stopped = texts[i].finish == LLMX_FINISH_STOP;
        assert_int_equal(is_fine(text.s, text.n), i % 4 != 3);
        if (i % 4 != 3 && is_stopped)
            assert_true(may_end(text.s, text.n));
        text_release(&text);
    }
    constraint_destroy(c);
    token_index_release(&index);
    llmx_model_destroy(model);
}

static void test_constraint__is_kept_by_each_text_of_a_batch(void **state)
{
    (void)state;
    check_texts("llama-tied", 1);
    check_texts("llama-tied", 2);
    check_texts("llama2-spm", 2);
}

static struct llmx_tokenizer *shared;

static int attempt(void *context, struct llmx_error *err)
{
    (void)context;
    struct token_index index;
    struct llmx_constraint *c = NULL;
    if (token_index_init(&index, shared, '"', err) != 0)
        return -1;
    int result = constraint_create(&c, &index, err);
    if (result == 0)
        result = constraint_add(c, phrases[1], strlen(phrases[1]), err);
    constraint_destroy(c);
    token_index_release(&index);
    return result;
}

static void test_constraint__survives_every_failed_allocation(void **state)
{
    (void)state;
    shared = open_tokenizer("smollm");
    assert_true(failing_alloc_each(attempt, NULL) > 4);
    llmx_tokenizer_destroy(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constraint__allows_just_what_goes_on_with_a_phrase),
        cmocka_unit_test(test_constraint__follows_tokens_across_marks),
        cmocka_unit_test(test_constraint__begun_against_its_rule_is_as_if_not_begun),
        cmocka_unit_test(test_constraint__is_kept_by_each_text_of_a_batch),
        cmocka_unit_test(test_constraint__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
