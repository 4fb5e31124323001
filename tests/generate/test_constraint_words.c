/* Which words may begin outside of marks, against a plain definition of it: every token of four vocabularies at every step of
 * many texts. */
#include "generate/constraint.h"

#include "base/rng.h"
#include "base/text.h"
#include "token/tokenizer.h"

#include "support/test.h"

#include <ctype.h>

#define TOKENIZERS "tests/golden/tokenizer/"

/* Alike at first, of one letter, longer than most tokens. */
static const char *const barred[] = {"come", "comp", "rog", "q", "massivelym"};
#define N_BARRED (sizeof barred / sizeof barred[0])

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool begins_barred(const char *s, size_t n)
{
    for (size_t i = 0; i < N_BARRED; i++) {
        const size_t length = strlen(barred[i]);
        size_t k = 0;
        while (k < length && k < n && tolower((unsigned char)s[k]) == barred[i][k])
            k++;
        if (k == length)
            return true;
    }
    return false;
}

/* The definition, of a token behind `before` bytes: the word that it goes on with or begins with, behind a space or not. */
static bool is_barred(const char *text, size_t before, size_t n)
{
    size_t first = before;
    if (n > before && text[before] == ' ')
        first++;
    else
        while (first > 0 && is_letter(text[first - 1]))
            first--;
    const char *mark = strchr(text, '"');
    const bool was_barred = begins_barred(text + first, before - (first < before ? first : before));
    return !mark && first < n && !was_barred && begins_barred(text + first, n - first);
}

static void check_mask(const struct llmx_constraint *c, const struct constraint_state *state,
                       const struct llmx_tokenizer *t, struct text *text, float *logits,
                       uint64_t *bits, int *n_barred)
{
    const int vocabulary = tokenizer_vocabulary(t);
    const size_t before = text->n;
    for (int id = 0; id < vocabulary; id++)
        logits[id] = 1;
    assert_true(constraint_mask(c, state, logits, vocabulary, bits));
    for (int id = 0; id < vocabulary; id++) {
        size_t n;
        const char *s = tokenizer_bytes(t, id, &n);
        if (n == 0 || memchr(s, '"', n))
            continue; /* for test_constraint.c */
        text_put(text, s, n);
        const bool wanted = is_barred(text->s, before, text->n);
        if (wanted != !(logits[id] > 0))
            fail_msg("after <%.*s> token <%.*s> is %s", (int)before, text->s, (int)n, s,
                     wanted ? "allowed" : "forbidden");
        *n_barred += wanted;
        text->n = before;
    }
}

/* An allowed token without a mark, every other time one that a barred beginning begins with. */
static int32_t choose(struct rng *rng, const struct llmx_tokenizer *t, const float *logits)
{
    const bool wants = rng_below(rng, 2) == 0;
    for (;;) {
        const int32_t id = (int32_t)rng_below(rng, (uint32_t)tokenizer_vocabulary(t));
        size_t n;
        const char *s = tokenizer_bytes(t, id, &n);
        if (n == 0 || memchr(s, '"', n) || !(logits[id] > 0))
            continue;
        if (!wants || (n > 1 && s[0] == ' ' && strchr("crqmCRQM", s[1])) ||
            rng_below(rng, 500) == 0)
            return id;
    }
}

static void follow(const char *name, const char *begin)
{
    char path[128];
    struct token_index index;
    struct llmx_tokenizer *t;
    struct llmx_constraint *c;
    int n_barred = 0;
    snprintf(path, sizeof path, TOKENIZERS "%s", name);
    assert_int_equal(llmx_tokenizer_open(&t, path, NULL), 0);
    assert_int_equal(token_index_init(&index, t, '"', NULL), 0);
    const size_t vocabulary = (size_t)tokenizer_vocabulary(t);
    assert_int_equal(constraint_create(&c, &index, NULL), 0);
    for (size_t i = 0; i < N_BARRED; i++)
        assert_int_equal(constraint_bar(c, barred[i], strlen(barred[i]), NULL), 0);
    assert_int_equal(constraint_hold_words(c, NULL), 0);
    constraint_begin(c, begin, strlen(begin));
    float *logits = malloc(vocabulary * sizeof *logits);
    uint64_t *bits = calloc(vocabulary / 64 + 1, sizeof *bits);
    for (int round = 0; round < 4; round++) {
        struct rng rng = rng_stream(12, RNG_SAMPLING, (uint64_t)round);
        struct constraint_state state;
        struct text text = {0};
        text_puts(&text, begin);
        constraint_start(c, &state);
        for (int step = 0; step < 20; step++) {
            check_mask(c, &state, t, &text, logits, bits, &n_barred);
            const int32_t id = choose(&rng, t, logits);
            size_t n;
            const char *s = tokenizer_bytes(t, id, &n);
            text_put(&text, s, n);
            constraint_step(c, &state, id);
        }
        text_release(&text);
    }
    assert_true(n_barred > 100);
    free(bits);
    free(logits);
    constraint_destroy(c);
    token_index_release(&index);
    llmx_tokenizer_destroy(t);
}

static void test_constraint__words_begin_as_is_not_barred(void **state)
{
    (void)state;
    static const char *const names[] = {"smollm", "llama3", "qwen2", "llama2-spm"};
    for (int i = 0; i < 4; i++) {
        follow(names[i], "");
        follow(names[i], "It is a co");
        follow(names[i], "It is massively");
    }
}

/* A title may hold what is barred elsewhere, and what follows it is held again. */
static void test_constraint__titles_may_hold_what_is_barred(void **state)
{
    (void)state;
    static const struct token_bytes sorted[] = {
        {" com", 4, 0}, {"\"", 1, 1}, {"com", 3, 2}, {"edy", 3, 3}};
    const struct token_index index = {.sorted = (struct token_bytes *)(uintptr_t)sorted,
                                      .n = 4,
                                      .vocabulary = 4,
                                      .place = (int32_t[]){0, 1, 2, 3},
                                      .mark = '"',
                                      .marked = (int32_t[]){1},
                                      .n_marked = 1};
    struct llmx_constraint *c;
    struct constraint_state at;
    uint64_t bits[1] = {0};
    assert_int_equal(constraint_create(&c, &index, NULL), 0);
    assert_int_equal(constraint_add(c, "comedy", 6, NULL), 0);
    assert_int_equal(constraint_bar(c, "come", 4, NULL), 0);
    assert_int_equal(constraint_hold_words(c, NULL), 0);
    constraint_start(c, &at);
    static const struct {
        int32_t id;
        bool is_allowed[4];
    } steps[] = {{1, {true, true, true, true}},    /* at first */
                 {2, {false, false, true, false}}, /* " */
                 {3, {false, false, false, true}}, /* "com */
                 {1, {false, true, false, false}}, /* "comedy */
                 {0, {true, true, true, true}},    /* "comedy" */
                 {-1, {true, true, true, false}}}; /* "comedy" com */
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        float logits[4] = {1, 1, 1, 1};
        assert_true(constraint_mask(c, &at, logits, 4, bits));
        for (int id = 0; id < 4; id++)
            assert_int_equal(logits[id] > 0, steps[i].is_allowed[id]);
        if (steps[i].id >= 0)
            constraint_step(c, &at, steps[i].id);
    }
    constraint_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constraint__words_begin_as_is_not_barred),
        cmocka_unit_test(test_constraint__titles_may_hold_what_is_barred),
    };
    return cmocka_run_group_tests_name("constraint, words", tests, NULL, NULL);
}
