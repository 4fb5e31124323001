/* bench_answers.h - questions with known answers: a judge's pairs, an item's title among candidates. */
#ifndef CLI_BENCH_ANSWERS_H
#define CLI_BENCH_ANSWERS_H

#include "llmxrec/llm.h"

/* Questions of n_prompt tokens, each with `answers` answers of n_answer tokens. */
struct bench_asked {
    int questions, n_prompt, answers, n_answer;
};

/* A judge's pairs, and titles of candidates (rerank). */
#define BENCH_ASKED_PAIRS                                                                          \
    (struct bench_asked)                                                                           \
    {                                                                                              \
        40, 300, 2, 1                                                                              \
    }
#define BENCH_ASKED_TITLES                                                                         \
    (struct bench_asked)                                                                           \
    {                                                                                              \
        8, 200, 100, 8                                                                             \
    }

/* Tokens that go through all layers, and rows of scores over the vocabulary. */
double bench_asked_tokens(struct bench_asked load);
double bench_asked_scores(struct bench_asked load);

/* Random tokens; how long it took into *elapsed_s. */
int bench_answers(const struct llmx_model *model, struct bench_asked load, double *elapsed_s,
                  struct llmx_error *err);

#endif
