/* sample.h - choosing the next token from the scores (logits) of all.
 *
 * The definitions are transformers': first the repetition penalty, then the temperature, then the top k (ties
 * with the k-th stay), then the smallest set of most probable tokens that holds at least top_p. */
#ifndef GENERATE_SAMPLE_H
#define GENERATE_SAMPLE_H

#include "base/err.h"
#include "llmxrec/generate.h"

/* Scratch for one thread. All zero before sampler_init and after sampler_release. */
struct token_sampler {
    int vocabulary;
    float *block;                 /* (blocks of the vocabulary) */
    struct candidate *candidates; /* (vocabulary) */
    uint64_t *is_seen;            /* (vocabulary bits), all zero between calls */
};

int sampler_init(struct token_sampler *sampler, int vocabulary, struct llmx_error *err);
void sampler_release(struct token_sampler *sampler);

/* What a text holds so far, in pieces: prefix, prompt, what was written. For the repetition penalty. */
#define SEEN_PIECES 3
struct seen_tokens {
    const int32_t *ids[SEEN_PIECES];
    int n[SEEN_PIECES];
};

/* LLMX_BAD_OPTION names what is out of range. */
int sampling_check(const struct llmx_sampling *sampling, struct llmx_error *err);

/* The next token, or -1 when no score is finite. `logits` (vocabulary) are overwritten. Draws the nth number of
 * the seed's stream, so a text depends on its seed and scores alone. Equal scores: the lower id comes first. */
int32_t sample(struct token_sampler *sampler, float *logits, const struct llmx_sampling *sampling,
               const struct seen_tokens *seen, uint64_t seed, uint64_t nth);

#endif
