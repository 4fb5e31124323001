/* bench_texts.h - the workload that counts: items to explain, of which each user's share the first part. */
#ifndef CLI_BENCH_TEXTS_H
#define CLI_BENCH_TEXTS_H

#include "llmxrec/llm.h"

/* Prompt tokens that a user's texts share and those of each, and how many are written. */
struct bench_load {
    int users, items, n_shared, n_own, n_new;
};

/* With a long history, whose beginning all share, and as prompts of facts are now: on average of ml-100k, with the chat's marks. */
#define BENCH_LOAD_HISTORY                                                                         \
    (struct bench_load)                                                                            \
    {                                                                                              \
        10, 10, 350, 60, 75                                                                        \
    }
#define BENCH_LOAD_FACTS                                                                           \
    (struct bench_load)                                                                            \
    {                                                                                              \
        10, 10, 27, 151, 53                                                                        \
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
