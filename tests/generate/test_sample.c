/* Sampling against transformers' logits processors (tests/golden/llm/sampling.json) and a plain sort. */
#include "base/rng.h"
#include "generate/sample.h"
#include "support/test.h"

#include <jansson.h>

#define V_MAX  5000
#define N_SEEN 40

static float real(const json_t *object, const char *key)
{
    return (float)json_number_value(json_object_get(object, key));
}

static void read_case(const json_t *c, float *logits, int32_t *seen, double *share,
                      struct llmx_sampling *sampling)
{
    const json_t *value;
    size_t i;
    json_array_foreach(json_object_get(c, "logits"), i, value) logits[i] =
        (float)json_number_value(value);
    json_array_foreach(json_object_get(c, "seen"), i, value) seen[i] =
        (int32_t)json_integer_value(value);
    json_array_foreach(json_object_get(c, "kept"), i, value)
        share[json_integer_value(json_array_get(value, 0))] =
            json_number_value(json_array_get(value, 1));
    *sampling = (struct llmx_sampling){.temperature = real(c, "temperature"),
                                       .top_p = real(c, "top_p"),
                                       .top_k = (int)real(c, "top_k"),
                                       .repetition_penalty = real(c, "repetition_penalty")};
}

/* The seen ids lie in three pieces; the last tokens come twice, and count once. */
static struct seen_tokens in_pieces(const int32_t *ids)
{
    return (struct seen_tokens){{ids, ids + 13, ids + 13}, {13, 0, N_SEEN - 13}};
}

#define DRAWS 4000

static void hold_case(const json_t *c)
{
    float logits[V_MAX], scratch[V_MAX];
    int32_t ids[N_SEEN];
    double share[V_MAX] = {0};
    struct llmx_sampling sampling;
    int count[V_MAX] = {0}, n = (int)json_array_size(json_object_get(c, "logits"));
    struct token_sampler sampler;
    assert_int_equal(0, sampler_init(&sampler, n, NULL));
    read_case(c, logits, ids, share, &sampling);
    struct seen_tokens seen = in_pieces(ids);
    for (int draw = 0; draw < DRAWS; draw++) {
        memcpy(scratch, logits, sizeof scratch);
        int32_t id = sample(&sampler, scratch, &sampling, &seen, 5, (uint64_t)draw);
        assert_in_range(id, 0, n - 1);
        assert_true(share[id] > 0);
        count[id]++;
    }
    double chi2 = 0, rest = 0,
           degrees = -1; /* tokens expected less than 5 times are taken together */
    int rest_count = 0;
    for (int i = 0; i < n; i++) {
        double expected = share[i] * DRAWS, off = count[i] - expected;
        if (expected >= 5)
            chi2 += off * off / expected, degrees++;
        else
            rest += expected, rest_count += count[i];
    }
    if (rest > 0)
        chi2 += (rest_count - rest) * (rest_count - rest) / rest, degrees++;
    assert_true(chi2 <= degrees + 4 * sqrt(2 * degrees + 1)); /* four deviations above the mean */

    sampling.temperature = 0;
    memcpy(scratch, logits, sizeof scratch);
    assert_int_equal(json_integer_value(json_object_get(c, "greedy")),
                     sample(&sampler, scratch, &sampling, &seen, 5, 0));
    sampler_release(&sampler);
}

static void test_sample__draws_as_transformers(void **state)
{
    (void)state;
    json_t *golden = json_load_file("tests/golden/llm/sampling.json", 0, NULL);
    assert_non_null(golden);
    const json_t *c;
    size_t i;
    json_array_foreach(json_object_get(golden, "cases"), i, c) hold_case(c);
    assert_true(i >= 10);
    json_decref(golden);
}

struct reference {
    double p;
    int32_t id;
};

static int by_weight(const void *left, const void *right)
{
    const struct reference *a = left, *b = right;
    return a->p != b->p ? (a->p < b->p) - (a->p > b->p) : (a->id > b->id) - (a->id < b->id);
}

static int by_id(const void *left, const void *right)
{
    const struct reference *a = left, *b = right;
    return a->id - b->id;
}

/* Everything sorted, in doubles, as the definitions say. Drawn in order of probability with top-p, else of ids.
 * -1 when the number drawn lies so near to a boundary that rounding may decide. */
static int32_t reference_draw(const float *logits, int n, const struct llmx_sampling *s, double u)
{
    static struct reference all[V_MAX];
    for (int i = 0; i < n; i++)
        all[i] = (struct reference){logits[i], i};
    qsort(all, (size_t)n, sizeof *all, by_weight);
    int kept = n;
    if (s->top_k > 0 && s->top_k < n)
        for (kept = s->top_k; kept < n && all[kept].p == all[s->top_k - 1].p;)
            kept++;
    double max = all[0].p, total = 0, held = 0, sum = 0;
    for (int i = 0; i < kept; i++)
        total += all[i].p = exp((all[i].p - max) / s->temperature);
    int nucleus = 0;
    while (nucleus < kept && (s->top_p >= 1 || nucleus == 0 || held < s->top_p * total))
        held += all[nucleus++].p;
    if (s->top_p < 1 && fabs(held - s->top_p * total) < 1e-5 * total)
        return -1;
    if (s->top_p >= 1)
        qsort(all, (size_t)nucleus, sizeof *all, by_id);
    for (int i = 0; i < nucleus; i++) {
        sum += all[i].p;
        if (fabs(sum - u * held) < 1e-5 * held)
            return -1;
        if (sum > u * held)
            return all[i].id;
    }
    return -1;
}

static void test_sample__equals_a_full_sort(void **state)
{
    (void)state;
    static float logits[V_MAX], scratch[V_MAX];
    struct token_sampler sampler;
    struct seen_tokens seen = {0};
    const int ks[] = {0, 1, 7, 64, 1000, V_MAX, 2 * V_MAX};
    const float ps[] = {1, 0.999f, 0.9f, 0.3f, 1e-6f};
    int held = 0, trial = 0;
    assert_int_equal(0, sampler_init(&sampler, V_MAX, NULL));
    for (size_t k = 0; k < sizeof ks / sizeof *ks; k++) {
        for (size_t p = 0; p < sizeof ps / sizeof *ps; p++) {
            for (int spread = 1; spread <= 3; spread++, trial++) {
                struct llmx_sampling s = {0.5f * (float)spread, ps[p], ks[k], 1};
                struct rng rng = rng_stream((uint64_t)trial, RNG_INIT, 0);
                for (int i = 0; i < V_MAX; i++) /* every second trial has many equal scores */
                    logits[i] =
                        (float)(trial % 2 ? 3 * rng_normal(&rng) : round(2 * rng_normal(&rng)));
                memcpy(scratch, logits, sizeof scratch);
                int32_t id = sample(&sampler, scratch, &s, &seen, 11, (uint64_t)trial);
                struct rng stream = rng_stream(11, RNG_SAMPLING, (uint64_t)trial);
                int32_t right = reference_draw(logits, V_MAX, &s, rng_uniform(&stream));
                if (right >= 0)
                    assert_int_equal(right, id);
                held += right >= 0;
            }
        }
    }
    assert_true(held > trial * 8 / 10);
    sampler_release(&sampler);
}

static void test_sample__greedy_takes_the_first_of_equals(void **state)
{
    (void)state;
    float logits[300];
    struct llmx_sampling greedy = {0};
    struct seen_tokens seen = {0};
    struct token_sampler sampler;
    assert_int_equal(0, sampler_init(&sampler, 300, NULL));
    for (int at = 0; at < 290; at++) {
        for (int i = 0; i < 300; i++)
            logits[i] = -3;
        logits[at] = logits[at + 9] = -1;
        assert_int_equal(at, sample(&sampler, logits, &greedy, &seen, 0, 0));
    }
    sampler_release(&sampler);
}

static void test_sample__no_finite_score_is_an_error(void **state)
{
    (void)state;
    const float bad[] = {NAN, -INFINITY, INFINITY};
    const struct llmx_sampling ways[] = {{0}, {1, 1, 0, 1}, {1, 0.9f, 0, 1}, {1, 0.9f, 5, 1.2f}};
    float logits[100];
    struct seen_tokens seen = {0};
    struct token_sampler sampler;
    assert_int_equal(0, sampler_init(&sampler, 100, NULL));
    for (size_t b = 0; b < 3; b++) {
        for (size_t w = 0; w < 4; w++) {
            for (int i = 0; i < 100; i++)
                logits[i] = bad[b];
            assert_int_equal(-1, sample(&sampler, logits, &ways[w], &seen, 0, 0));
        }
    }
    sampler_release(&sampler);
}

static void test_sampling_check__names_what_is_wrong(void **state)
{
    (void)state;
    const struct {
        struct llmx_sampling sampling;
        const char *word;
    } bad[] = {{{-1, 1, 0, 1}, "temperature"}, {{NAN, 1, 0, 1}, "temperature"},
               {{1, 1.5f, 0, 1}, "top-p"},     {{1, NAN, 0, 1}, "top-p"},
               {{1, 1, -2, 1}, "top-k"},       {{1, 1, 0, -1}, "penalty"}};
    struct llmx_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(-1, sampling_check(&bad[i].sampling, &err));
        assert_int_equal(LLMX_BAD_OPTION, err.code);
        assert_non_null(strstr(err.message, bad[i].word));
    }
    struct llmx_sampling zero = {0};
    assert_int_equal(0, sampling_check(&zero, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample__draws_as_transformers),
        cmocka_unit_test(test_sample__equals_a_full_sort),
        cmocka_unit_test(test_sample__greedy_takes_the_first_of_equals),
        cmocka_unit_test(test_sample__no_finite_score_is_an_error),
        cmocka_unit_test(test_sampling_check__names_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
