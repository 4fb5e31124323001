/* draft.h - one explanation on its way, whoever writes and wherever it goes: what is told of the recommendation, how each
 * try is drawn, and what the gate makes of it. */
#ifndef EXPLAIN_DRAFT_H
#define EXPLAIN_DRAFT_H

#include "explain/desk.h"

/* What it took to write a try: its first n_easy bytes are sentences that hardly went back, `easily` times in all; to its
 * last whole sentence it went back `revised` times. */
struct effort {
    size_t n_easy;
    int easily, revised;
};

struct draft {
    const struct rec *rec;
    uint64_t number;          /* of the recommendation in its file, which draws its tries */
    struct llmx_given *given; /* once it has its prompt: what it is written from and held to */
    struct llmx_explanation explanation; /* as far as it has come */
    uint32_t latest;                     /* checks that the latest try failed, as bits */
    struct effort effort;                /* of the latest try, when grounded */
};

/* Tries of one explanation at most: each has a stream of random numbers of its own. */
#define TRIES_MAX 64

/* Whether texts can be written by these options. */
int draft_check_options(const struct llmx_explain_options *options, struct llmx_error *err);

/* Makes the prompt, and what it is made from. */
int draft_prompt(struct draft *draft, struct desk *desk, struct llmx_error *err);
void draft_release(struct draft *draft);

/* How the next try is drawn: the first greedy, each later one with a stream of its own. */
struct llmx_sampling draft_sampling(const struct draft *draft,
                                    const struct llmx_explain_options *options);
uint64_t draft_seed(const struct draft *draft, const struct llmx_explain_options *options);

/* Takes the text of the next try, white space around it and thinking (thinking.h) in it or not: 1 when another is wanted, 0 when the explanation is complete,
 * -1 when memory is out. */
int draft_take(struct draft *draft, struct desk *desk, const char *text, size_t n,
               struct llmx_error *err);

/* Completes it with the plain sentence of the facts. */
int draft_plain(struct draft *draft, struct desk *desk, struct llmx_error *err);

#endif
