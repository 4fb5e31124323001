/* rng.h - random numbers by counting: number n of the stream (seed, purpose, index) is a pure function of
 * those four, so results never depend on how work was shared out over threads.
 *
 *     struct rng rng = rng_stream(seed, RNG_NEGATIVES, epoch);
 *     uint32_t item = rng_below(&rng, n_items);
 *
 * The mixing is SplitMix64 (Steele, Lea & Flood 2014) over a key that hashes seed, purpose and index. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <math.h>
#include <stdint.h>

enum rng_purpose {
    RNG_INIT = 1,
    RNG_SHUFFLE,
    RNG_NEGATIVES,
    RNG_SAMPLING,
    RNG_DROPOUT,
    RNG_BOOTSTRAP,
    RNG_CANDIDATES,
    RNG_SEARCH,
    RNG_PERMUTATION,
    RNG_VARIANTS,
    RNG_ATTRIBUTES
};

struct rng {
    uint64_t key, counter; /* set `counter` to jump to any place of the stream */
};

static inline uint64_t rng_mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline struct rng rng_stream(uint64_t seed, enum rng_purpose purpose, uint64_t index)
{
    uint64_t key = rng_mix(seed + 0x9e3779b97f4a7c15u);
    key = rng_mix(key ^ rng_mix((uint64_t)purpose * 0xd1342543de82ef95u + 1));
    return (struct rng){rng_mix(key ^ rng_mix(index + 0x2545f4914f6cdd1du)), 0};
}

static inline uint64_t rng_next(struct rng *rng)
{
    return rng_mix(rng->key + ++rng->counter * 0x9e3779b97f4a7c15u);
}

/* Uniform in 0 .. n-1 (n > 0), without modulo bias worth naming: at most n / 2^32. */
static inline uint32_t rng_below(struct rng *rng, uint32_t n)
{
    return (uint32_t)((rng_next(rng) >> 32) * n >> 32);
}

/* Uniform in [0, 1). */
static inline double rng_uniform(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

/* Standard normal (Box & Muller 1958; the second of each pair is not kept, so that counting stays simple). */
static inline double rng_normal(struct rng *rng)
{
    double u = 1.0 - rng_uniform(rng), v = rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

#endif
