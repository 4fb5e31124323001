/* answers.h - how likely does a language model find each of several answers to a question?
 *
 *     const int32_t *answer[] = {yes, no};
 *     const int n_tokens[] = {1, 1};
 *     double logprob[2];
 *     struct llmx_answers_question question = {prompt, n_prompt, answer, n_tokens, 2, logprob};
 *     struct llmx_answers_group all = {.question = &question, .n = 1};
 *     if (llmx_answers(model, &all, 1, NULL, &err) == 0 && logprob[0] > logprob[1]) ...
 *
 * What several questions or several answers begin with is computed once, and scores over the vocabulary only where a
 * token of an answer comes next. Judges, held-back attributes and reranking ask this way. */
#ifndef LLMXREC_ANSWERS_H
#define LLMXREC_ANSWERS_H

#include "llmxrec/llm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One text that may go on in n ways. What comes after `prefix` of its group is `prompt`. */
struct llmx_answers_question {
    const int32_t *prompt;
    int n_prompt;                 /* at least 1 */
    const int32_t *const *answer; /* (n) token ids, nothing added to them */
    const int *n_tokens;          /* (n), each at least 1 */
    int n;                        /* answers, at least 1 */
    double *logprob; /* (n) caller's storage, filled in: nats, the sum over the answer's tokens */
};

/* Questions that begin alike: the prefix is computed once for all of them. */
struct llmx_answers_group {
    const int32_t *prefix;
    int n_prefix; /* may be 0 */
    struct llmx_answers_question *question;
    int n;
    const struct llmx_adapter *adapter; /* of all of it (adapter.h); NULL: none */
};

struct llmx_answers_options {
    int sequences_max;             /* in flight on all threads together; 0: 64 */
    const struct llmx_stop *stop;  /* once asked: stop soon, LLMX_INTERRUPTED; may be NULL */
    struct llmx_progress progress; /* of questions */
};

/* Answers all questions of n groups; options may be NULL. In f32 a figure does not depend on what else is asked.
 * returns   0, or -1: LLMX_TOO_LARGE a question that does not fit the context, LLMX_BAD_INPUT an empty prompt or
 *           answer, a token outside the vocabulary or scores that are not finite, LLMX_BAD_OPTION, LLMX_NO_MEMORY,
 *           LLMX_INTERRUPTED */
LLMX_API int llmx_answers(const struct llmx_model *model, struct llmx_answers_group *groups,
                          size_t n, const struct llmx_answers_options *options,
                          struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
