/* bench_texts.h - the workload that counts: items to explain, of which each user's share the long first part. */
#ifndef CLI_BENCH_TEXTS_H
#define CLI_BENCH_TEXTS_H

#include "llmxrec/llm.h"

/* 10 users x 10 items, 350 shared and 60 own prompt tokens, 75 tokens written. */
struct bench_load {
    int users, items, n_shared, n_own, n_new;
};
#define BENCH_LOAD_DEFAULT                                                                         \
    {                                                                                              \
        10, 10, 350, 60, 75                                                                        \
    }

struct bench_texts {
    int texts;
    double elapsed_s;
    double tokens; /* computed: prefixes once, prompts, what was written */
    double texts_per_s, tokens_per_s;
    double memory_mb; /* the process's peak, resident */
};

/* Random prompt tokens, greedy, stop tokens ignored. */
int bench_texts(const struct llmx_model *model, struct bench_load load, struct bench_texts *result,
                struct llmx_error *err);

#endif
