#include "generate/answers_check.h"

#include "llm/adapter.h"
#include "llm/model.h"

static int check_ids(const struct llmx_model *model, const int32_t *ids, int n,
                     struct llmx_error *err)
{
    for (int i = 0; i < n; i++)
        if (ids[i] < 0 || ids[i] >= model->config.vocabulary)
            return err_set(err, LLMX_BAD_INPUT, "token id %d is outside the vocabulary of %d",
                           ids[i], model->config.vocabulary);
    return 0;
}

static int check_question(const struct llmx_model *model, const struct llmx_answers_group *group,
                          const struct llmx_answers_question *q, struct llmx_error *err)
{
    const int context = model->config.context;
    if (q->n_prompt < 1)
        return err_set(err, LLMX_BAD_INPUT, "a question has no tokens: give at least one word");
    if (q->n < 1)
        return err_set(err, LLMX_BAD_INPUT, "a question has no answers: give at least one");
    if (check_ids(model, q->prompt, q->n_prompt, err) != 0)
        return -1;
    for (int a = 0; a < q->n; a++) {
        const int64_t all = (int64_t)group->n_prefix + q->n_prompt + q->n_tokens[a];
        if (q->n_tokens[a] < 1)
            return err_set(err, LLMX_BAD_INPUT, "answer %d has no tokens: give at least one word",
                           a + 1);
        if (all > context)
            return err_set(err, LLMX_TOO_LARGE,
                           "a question with its answer has %lld tokens, the model's context %d: "
                           "shorten the prompt",
                           (long long)all, context);
        if (check_ids(model, q->answer[a], q->n_tokens[a], err) != 0)
            return -1;
    }
    return 0;
}

int answers_check(const struct llmx_model *model, const struct llmx_answers_group *group,
                  struct llmx_error *err)
{
    if (adapter_check(group->adapter, model, err) != 0)
        return -1;
    for (int i = 0; i < group->n; i++)
        if (check_question(model, group, &group->question[i], err) != 0)
            return -1;
    return check_ids(model, group->prefix, group->n_prefix, err);
}
