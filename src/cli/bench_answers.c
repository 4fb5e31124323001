#include "cli/bench_answers.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "llmxrec/answers.h"

#include <stdlib.h>

#define FIRST_ID 50 /* as in bench_texts.c: past special tokens */
#define LAST_ID  49000

double bench_asked_tokens(struct bench_asked load)
{
    return load.questions * (load.n_prompt + (double)load.answers * (load.n_answer - 1));
}

double bench_asked_scores(struct bench_asked load)
{
    return load.questions * (1 + (double)load.answers * (load.n_answer - 1));
}

static int run(const struct llmx_model *model, struct bench_asked load,
               struct llmx_answers_question *questions, const int32_t **answers, int *n_tokens,
               double *logprob, const int32_t *ids, struct llmx_error *err)
{
    for (int q = 0; q < load.questions; q++, ids += load.n_prompt) {
        questions[q] = (struct llmx_answers_question){
            ids, load.n_prompt, answers, n_tokens, load.answers, logprob + q * load.answers};
    }
    for (int a = 0; a < load.answers; a++, ids += load.n_answer) {
        answers[a] = ids;
        n_tokens[a] = load.n_answer;
    }
    struct llmx_answers_group group = {NULL, 0, questions, load.questions, NULL};
    return llmx_answers(model, &group, 1, NULL, err);
}

int bench_answers(const struct llmx_model *model, struct bench_asked load, double *elapsed_s,
                  struct llmx_error *err)
{
    const size_t questions = (size_t)load.questions, answers = (size_t)load.answers;
    const size_t n = questions * (size_t)load.n_prompt + answers * (size_t)load.n_answer;
    const int vocabulary = llmx_model_vocabulary(model);
    const int last = vocabulary < LAST_ID ? vocabulary : LAST_ID;
    const int first = last > FIRST_ID ? FIRST_ID : 0;
    struct llmx_answers_question *question = mem_array(questions, sizeof *question, err);
    const int32_t **answer = mem_array(answers, sizeof *answer, err);
    int *n_tokens = mem_array(answers, sizeof *n_tokens, err);
    double *logprob = mem_array(questions * answers, sizeof *logprob, err);
    int32_t *ids = mem_array(n, sizeof *ids, err);
    struct rng rng = rng_stream(1, RNG_INIT, 0);
    for (size_t i = 0; ids && i < n; i++)
        ids[i] = first + (int32_t)rng_below(&rng, (uint32_t)(last - first));
    const double start_s = clock_now_s();
    int status = question && answer && n_tokens && logprob && ids
                     ? run(model, load, question, answer, n_tokens, logprob, ids, err)
                     : -1;
    *elapsed_s = clock_now_s() - start_s;
    free(question);
    free(answer);
    free(n_tokens);
    free(logprob);
    free(ids);
    return status;
}
