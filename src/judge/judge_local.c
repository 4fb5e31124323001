/* judge_local.c - a model here judges: how likely does it find "1", how likely "2"? */
#include "base/memory.h"
#include "base/names.h"
#include "judge/judge.h"
#include "llm/model.h"
#include "llmxrec/answers.h"
#include "token/chat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS  2
#define ANSWERS 2

struct asked {
    int32_t *ids;
    int n;
    const char *prompt; /* of its pair */
    double logprob[ANSWERS];
};

struct judging {
    const struct llmx_judge *judge;
    struct llmx_pairs *pairs;
    struct names texts;    /* of the questions: each is asked once, whoever has it */
    struct asked *asked;   /* (texts.count) */
    uint32_t *question_of; /* (pairs, ORDERS) */
    struct llmx_answers_question *questions; /* (texts.count) */
    struct llmx_answers_group *groups;       /* (n_groups): neighbours of one prompt */
    size_t n_groups;
    struct token_ids said[ANSWERS]; /* "1" and "2", as an answer begins with them */
    const int32_t *answer[ANSWERS];
    int answer_tokens[ANSWERS];
};

/* The ids of an answer, as tuning teaches them: without the token that ends it. */
static int take_answer(struct judging *j, int k, struct llmx_error *err)
{
    const struct llmx_model *model = j->judge->model;
    const struct chat_format *format = model_chat(model, err);
    struct token_ids ids = {0};
    const char digit = (char)('1' + k);
    int status = -1;
    if (format && chat_open(model->tokenizer, format, NULL, NULL, 0, &ids, err) == 0 &&
        chat_close(model->tokenizer, format, &ids, err) == 0) {
        const int begin = ids.n;
        status = chat_answer(model->tokenizer, format, &digit, 1, &ids, err);
        for (int i = begin; i < ids.n - 1 && status == 0; i++)
            status = token_ids_put(&j->said[k], ids.ids[i], err);
    }
    token_ids_release(&ids);
    j->answer[k] = j->said[k].ids;
    j->answer_tokens[k] = j->said[k].n;
    return status;
}

/* ---- questions ---- */

static int ask(struct judging *j, size_t i, const struct text *text, struct llmx_error *err)
{
    const struct llmx_model *model = j->judge->model;
    struct asked *asked = &j->asked[j->texts.count - 1];
    asked->prompt = llmx_pairs_get(j->pairs, i)->prompt;
    asked->n = llmx_chat_prompt(model, NULL, text->s, text->n, &asked->ids, err);
    if (asked->n < 0)
        return err_prefix(err, "pair %zu", i + 1);
    if (asked->n < llmx_model_context(model))
        return 0;
    return err_set(err, LLMX_TOO_LARGE,
                   "pair %zu has %d tokens, the model's context %d; show less of the prompt "
                   "(--prompt-tokens)",
                   i + 1, asked->n, llmx_model_context(model));
}

static int ask_pair(struct judging *j, size_t i, const char *shown, struct text *text,
                    struct llmx_error *err)
{
    for (int order = 0; order < ORDERS; order++) {
        judge_prompt_ask(&j->judge->prompt, shown, llmx_pairs_get(j->pairs, i), order, text);
        if (text_check(text, err) != 0)
            return -1;
        const uint32_t before = j->texts.count;
        const int64_t number = names_add(&j->texts, text->s, text->n, err);
        if (number < 0 || (number == before && ask(j, i, text, err) != 0))
            return -1;
        j->question_of[i * ORDERS + (size_t)order] = (uint32_t)number;
    }
    return 0;
}

static int ask_all(struct judging *j, struct llmx_error *err)
{
    const struct llmx_tokenizer *tokenizer = llmx_model_tokenizer(j->judge->model);
    struct text text = {0};
    int status = 0;
    for (size_t i = 0; i < llmx_pairs_count(j->pairs) && status == 0; i++) {
        char *shown = NULL;
        status = judge_prompt_cut(&j->judge->prompt, tokenizer, llmx_pairs_get(j->pairs, i)->prompt,
                                  &shown, err);
        if (status == 0)
            status = ask_pair(j, i, shown, &text, err);
        free(shown);
    }
    text_release(&text);
    return status;
}

/* ---- groups ---- */

/* With how many ids do all of n questions begin? At least one is left to each. */
static int common_prefix(const struct asked *asked, size_t n)
{
    int common = asked[0].n - 1;
    for (size_t k = 1; k < n; k++) {
        int i = 0;
        while (i < common && i < asked[k].n - 1 && asked[k].ids[i] == asked[0].ids[i])
            i++;
        common = i;
    }
    return common;
}

/* Questions first up to end, of one prompt, become a group. */
static void form_group(struct judging *j, uint32_t first, uint32_t end)
{
    struct asked *asked = &j->asked[first];
    const int prefix = common_prefix(asked, end - first);
    for (uint32_t k = first; k < end; k++)
        j->questions[k] = (struct llmx_answers_question){.prompt = j->asked[k].ids + prefix,
                                                         .n_prompt = j->asked[k].n - prefix,
                                                         .answer = j->answer,
                                                         .n_tokens = j->answer_tokens,
                                                         .n = ANSWERS,
                                                         .logprob = j->asked[k].logprob};
    j->groups[j->n_groups++] = (struct llmx_answers_group){.prefix = asked->ids,
                                                           .n_prefix = prefix,
                                                           .question = &j->questions[first],
                                                           .n = (int)(end - first),
                                                           .adapter = j->judge->adapter};
}

static void form_groups(struct judging *j)
{
    const uint32_t n = j->texts.count;
    for (uint32_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n; end++)
            if (strcmp(j->asked[end].prompt, j->asked[first].prompt) != 0)
                break;
        form_group(j, first, end);
    }
}

/* ---- all together ---- */

/* By how much the second answer is likelier, in nats. */
static double second_over_first(const struct asked *asked)
{
    return asked->logprob[1] - asked->logprob[0];
}

/* Of a single layout the second answer says that a text is good: a is the better one as far as it is so more clearly. Then the
 * order cannot matter. */
static void take_figures(struct judging *j)
{
    for (size_t i = 0; i < llmx_pairs_count(j->pairs); i++) {
        const uint32_t *question = &j->question_of[i * ORDERS];
        const double first = second_over_first(&j->asked[question[0]]),
                     second = second_over_first(&j->asked[question[1]]);
        double *p_a = llmx_pairs_get(j->pairs, i)->p_a;
        p_a[0] = 1 / (1 + exp(j->judge->prompt.is_single ? second - first : first));
        p_a[1] = j->judge->prompt.is_single ? p_a[0] : 1 / (1 + exp(-second));
    }
}

static void judging_release(struct judging *j)
{
    for (size_t i = 0; j->asked && i < llmx_pairs_count(j->pairs) * ORDERS; i++)
        free(j->asked[i].ids);
    names_release(&j->texts);
    free(j->question_of);
    for (int k = 0; k < ANSWERS; k++)
        token_ids_release(&j->said[k]);
    free(j->asked);
    free(j->questions);
    free(j->groups);
}

int judge_local(const struct llmx_judge *judge, struct llmx_pairs *pairs,
                struct llmx_judge_report *report, struct llmx_error *err)
{
    const size_t n = llmx_pairs_count(pairs);
    struct judging j = {.judge = judge, .pairs = pairs};
    const struct llmx_answers_options how = {.stop = judge->options.stop,
                                             .progress = judge->options.progress};
    int status = -1;
    j.asked = mem_array(n * ORDERS, sizeof *j.asked, err);
    j.question_of = mem_array(n * ORDERS, sizeof *j.question_of, err);
    j.questions = mem_array(n * ORDERS, sizeof *j.questions, err);
    j.groups = mem_array(n * ORDERS, sizeof *j.groups, err);
    if (j.asked && j.question_of && j.questions && j.groups && take_answer(&j, 0, err) == 0 &&
        take_answer(&j, 1, err) == 0 && ask_all(&j, err) == 0) {
        form_groups(&j);
        status = llmx_answers(judge->model, j.groups, j.n_groups, &how, err);
    }
    if (status == 0) {
        take_figures(&j);
        report->answered = (int)n * ORDERS;
    }
    judging_release(&j);
    return status;
}
