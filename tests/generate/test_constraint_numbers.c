/* Which digits may stand outside of marks, against a plain definition of it: every token of four vocabularies at every step
 * of many texts. */
#include "generate/constraint.h"

#include "base/rng.h"
#include "base/text.h"
#include "token/tokenizer.h"

#include "support/test.h"

#define TOKENIZERS "tests/golden/tokenizer/"

/* Beginnings in common, one within another, a phrase of digits that is no number outside, one that ends in a digit. */
static const char *const phrases[] = {"12 Angry Men", "99", "Apollo 13", "Heat"};
static const char *const numbers[] = {"4", "41", "418", "1995", "7"};
#define N_PHRASES (sizeof phrases / sizeof phrases[0])

static bool is_number(const char *s, size_t n, bool is_whole, size_t n_numbers)
{
    for (size_t i = 0; i < n_numbers; i++) {
        const size_t length = strlen(numbers[i]);
        if ((is_whole ? length == n : length >= n) && memcmp(numbers[i], s, n) == 0)
            return true;
    }
    return false;
}

/* What stands after an opening mark; no phrase holds a mark. *n: the bytes up to and with the closing one, if it is there. */
static bool is_phrase(const char *s, size_t *n)
{
    const char *mark = memchr(s, '"', *n);
    const size_t length = mark ? (size_t)(mark - s) : *n;
    *n = mark ? length + 1 : length;
    for (size_t i = 0; i < N_PHRASES; i++) {
        const size_t all = strlen(phrases[i]);
        if ((mark ? all == length : all >= length) && memcmp(phrases[i], s, length) == 0)
            return true;
    }
    return false;
}

/* The definition. is_end: nothing comes behind it. */
static bool is_fine(const char *s, size_t n, bool is_end, size_t n_numbers)
{
    for (size_t i = 0; i < n;) {
        size_t length = n - i - 1, digits = 0;
        if (s[i] == '"') {
            if (!is_phrase(s + i + 1, &length) || (is_end && s[i + length] != '"') ||
                (is_end && length == 0))
                return false;
            i += 1 + length;
            continue;
        }
        while (i + digits < n && s[i + digits] >= '0' && s[i + digits] <= '9')
            digits++;
        if (digits > 0 && !is_number(s + i, digits, is_end || i + digits < n, n_numbers))
            return false;
        i += digits ? digits : 1;
    }
    return true;
}

static struct llmx_constraint *make(const struct token_index *index, const char *begin,
                                    size_t n_numbers)
{
    struct llmx_error err;
    struct llmx_constraint *c;
    assert_int_equal(constraint_create(&c, index, &err), 0);
    for (size_t i = 0; i < N_PHRASES; i++)
        assert_int_equal(constraint_add(c, phrases[i], strlen(phrases[i]), &err), 0);
    constraint_hold_numbers(c);
    for (size_t i = 0; i < n_numbers; i++)
        assert_int_equal(constraint_add_number(c, numbers[i], strlen(numbers[i]), &err), 0);
    constraint_begin(c, begin, strlen(begin));
    return c;
}

/* How many tokens the mask leaves, *numeric of which hold a digit; each must be one that the definition allows, and the
 * other way round. */
static int check_mask(const struct llmx_constraint *c, const struct constraint_state *state,
                      const struct llmx_tokenizer *t, struct text *text, float *logits,
                      uint64_t *bits, size_t n_numbers)
{
    const int vocabulary = tokenizer_vocabulary(t);
    const size_t before = text->n;
    int left = 0;
    for (int id = 0; id < vocabulary; id++)
        logits[id] = 1;
    const bool any = constraint_mask(c, state, logits, vocabulary, bits);
    for (int id = 0; id < vocabulary; id++) {
        size_t n;
        const char *s = tokenizer_bytes(t, id, &n);
        text_put(text, s, n);
        const bool is_allowed = (n > 0 || tokenizer_is_stop(t, id)) &&
                                is_fine(text->s ? text->s : "", text->n, n == 0, n_numbers);
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

/* One of the allowed tokens: any, one with a mark or, every other time, one with a digit. */
static int32_t choose(struct rng *rng, const struct llmx_tokenizer *t, const float *logits,
                      int left)
{
    const char *const wanted[] = {"", "\"", "0123456789", "0123456789"};
    const char *wants = wanted[rng_below(rng, 4)];
    int32_t chosen = -1;
    int nth = (int)rng_below(rng, (uint32_t)left), n_wanted = 0;
    for (int32_t id = 0; id < tokenizer_vocabulary(t); id++) {
        size_t n;
        const char *s = tokenizer_bytes(t, id, &n);
        if (!(logits[id] > 0))
            continue;
        if (nth-- == 0 && chosen < 0)
            chosen = id;
        for (size_t i = 0; i < n; i++)
            if (*wants && strchr(wants, s[i]) && rng_below(rng, (uint32_t)++n_wanted) == 0)
                chosen = id;
    }
    return chosen;
}

static int count_digits(const char *s, size_t n)
{
    int digits = 0;
    for (size_t i = 0; i < n; i++)
        digits += s[i] >= '0' && s[i] <= '9';
    return digits;
}

/* returns the digits that were written */
static int follow(const char *name, const char *begin, size_t n_numbers)
{
    char path[128];
    struct llmx_error err;
    struct token_index index;
    struct llmx_tokenizer *t;
    int digits = 0;
    snprintf(path, sizeof path, TOKENIZERS "%s", name);
    assert_int_equal(llmx_tokenizer_open(&t, path, &err), 0);
    assert_int_equal(token_index_init(&index, t, '"', &err), 0);
    const size_t vocabulary = (size_t)tokenizer_vocabulary(t);
    struct llmx_constraint *c = make(&index, begin, n_numbers);
    float *logits = malloc(vocabulary * sizeof *logits);
    uint64_t *bits = calloc(vocabulary / 64 + 1, sizeof *bits);
    for (int round = 0; round < 8; round++) {
        struct rng rng = rng_stream(11, RNG_SAMPLING, (uint64_t)round);
        struct constraint_state state;
        struct text text = {0};
        text_puts(&text, begin);
        constraint_start(c, &state);
        for (int step = 0; step < 30; step++) {
            const int left = check_mask(c, &state, t, &text, logits, bits, n_numbers);
            assert_true(left > 0);
            const int32_t id = choose(&rng, t, logits, left);
            size_t n;
            const char *s = tokenizer_bytes(t, id, &n);
            text_put(&text, s, n);
            constraint_step(c, &state, id);
        }
        digits += count_digits(text.s, text.n);
        text_release(&text);
    }
    free(bits);
    free(logits);
    constraint_destroy(c);
    token_index_release(&index);
    llmx_tokenizer_destroy(t);
    return digits;
}

static void test_constraint__digits_make_only_numbers_that_were_added(void **state)
{
    (void)state;
    static const char *const names[] = {"smollm", "llama3", "qwen2", "llama2-spm"};
    for (int i = 0; i < 4; i++) {
        assert_true(follow(names[i], "", 5) > 20);
        assert_true(follow(names[i], "Of the 418 who saw \"12 Angry Men\" 4", 5) > 20);
        follow(names[i], "Like \"Apollo 13", 5);
        follow(names[i], "", 0);
    }
}

/* Without constraint_hold_numbers anything goes, as texts without numbers do. */
static void test_constraint__holds_no_numbers_unasked(void **state)
{
    (void)state;
    const struct token_bytes sorted[] = {{" 23", 3, 0}, {"a", 1, 1}};
    const struct token_index index = {.sorted = (struct token_bytes *)(uintptr_t)sorted,
                                      .n = 2,
                                      .vocabulary = 2,
                                      .place = (int32_t[]){0, 1},
                                      .mark = '"',
                                      .numeric = (int32_t[]){0},
                                      .n_numeric = 1};
    for (int holds = 0; holds < 2; holds++) {
        struct llmx_constraint *c;
        struct constraint_state place;
        float logits[2] = {1, 1};
        uint64_t bits = 0;
        assert_int_equal(constraint_create(&c, &index, NULL), 0);
        if (holds)
            constraint_hold_numbers(c);
        constraint_start(c, &place);
        assert_true(constraint_mask(c, &place, logits, 2, &bits));
        assert_int_equal(logits[0] > 0, !holds);
        assert_true(logits[1] > 0);
        constraint_destroy(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constraint__digits_make_only_numbers_that_were_added),
        cmocka_unit_test(test_constraint__holds_no_numbers_unasked),
    };
    return cmocka_run_group_tests_name("constraint_numbers", tests, NULL, NULL);
}
