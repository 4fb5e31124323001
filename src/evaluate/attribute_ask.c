#include "evaluate/attribute_ask.h"

#include "base/arena.h"
#include "base/memory.h"
#include "llmxrec/answers.h"
#include "llmxrec/generate.h"

#include <stdlib.h>
#include <string.h>

#define WRITTEN_MAX 32 /* tokens of a free answer */

/* The answers to choose from, as tokens: classes, or of a list "yes" and "no". */
struct choices {
    const struct attribute *attribute;
    int n;
    const int32_t *ids[ATTRIBUTE_CLASSES_MAX];
    int n_ids[ATTRIBUTE_CLASSES_MAX];
};

struct prompt {
    int32_t *ids;
    int n;
    size_t ask; /* that it is of */
};

struct work {
    const struct asking *asking;
    struct ask *asks;
    size_t n;
    struct arena arena;
    struct text text;
    struct choices *choices; /* (n_choices) of each attribute that is asked */
    size_t n_choices, choices_capacity;
    struct prompt *prompts;
    size_t n_prompts, prompts_capacity;
    size_t next; /* group to give */
    void *groups;
    size_t n_groups;
};

static void work_release(struct work *w)
{
    for (size_t i = 0; i < w->n_prompts; i++)
        free(w->prompts[i].ids);
    free(w->prompts);
    free(w->choices);
    text_release(&w->text);
    arena_release(&w->arena);
}

static bool is_list(const struct attribute *a)
{
    return a->kind == ATTRIBUTE_MULTI;
}

/* ---- prompts ---- */

static int add_prompt(struct work *w, size_t ask, int value, struct llmx_error *err)
{
    const struct ask *a = &w->asks[ask];
    if (mem_grow(&w->prompts, &w->prompts_capacity, w->n_prompts + 1, sizeof *w->prompts, err) != 0)
        return -1;
    text_clear(&w->text);
    text_printf(&w->text, "%s\n\n", a->context);
    attribute_question(&w->text, a->attribute, w->asking->domain, value);
    struct prompt p = {.ask = ask};
    if (text_check(&w->text, err) != 0 ||
        (p.n = llmx_chat_prompt(w->asking->model, NULL, w->text.s, w->text.n, &p.ids, err)) < 0)
        return -1;
    w->prompts[w->n_prompts++] = p;
    return 0;
}

static void forget_prompts(struct work *w)
{
    for (size_t i = 0; i < w->n_prompts; i++)
        free(w->prompts[i].ids);
    w->n_prompts = 0;
}

/* The end of the prompts that share the context of prompt `first`, and the tokens that all of them begin with; one is left
 * to each. */
static size_t group_end(const struct work *w, size_t first, int *n_prefix)
{
    const struct prompt *p = w->prompts;
    const char *context = w->asks[p[first].ask].context;
    size_t end = first + 1;
    *n_prefix = p[first].n - 1;
    for (; end < w->n_prompts && w->asks[p[end].ask].context == context; end++) {
        int most = p[end].n - 1 < *n_prefix ? p[end].n - 1 : *n_prefix, n = 0;
        while (n < most && p[end].ids[n] == p[first].ids[n])
            n++;
        *n_prefix = n;
    }
    if (end == first + 1)
        *n_prefix = 0; /* alone: a prefix of its own costs a step */
    return end;
}

/* ---- by log-probability ---- */

static int add_choice(struct work *w, struct choices *c, const char *s, struct llmx_error *err)
{
    int32_t *ids;
    const int n =
        llmx_tokenize(llmx_model_tokenizer(w->asking->model), s, strlen(s), 0, 0, &ids, err);
    if (n < 0)
        return -1;
    int32_t *kept = arena_array(&w->arena, (size_t)n, sizeof *kept, err);
    if (kept) {
        memcpy(kept, ids, (size_t)n * sizeof *ids);
        c->ids[c->n] = kept;
        c->n_ids[c->n++] = n;
    }
    free(ids);
    return kept ? 0 : -1;
}

static int make_choices(struct work *w, const struct attribute *a, struct llmx_error *err)
{
    if (mem_grow(&w->choices, &w->choices_capacity, w->n_choices + 1, sizeof *w->choices, err) != 0)
        return -1;
    struct choices *c = &w->choices[w->n_choices++];
    *c = (struct choices){.attribute = a};
    if (is_list(a))
        return add_choice(w, c, "yes", err) != 0 ? -1 : add_choice(w, c, "no", err);
    for (int k = 0; k < attribute_classes(a); k++)
        if (add_choice(w, c, attribute_class(a, k), err) != 0)
            return -1;
    return 0;
}

static const struct choices *find_choices(const struct work *w, const struct attribute *a)
{
    size_t i = 0;
    while (i < w->n_choices && w->choices[i].attribute != a)
        i++;
    return i < w->n_choices ? &w->choices[i] : NULL;
}

static int add_questions(struct work *w, struct llmx_error *err)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct attribute *a = w->asks[i].attribute;
        const int first = is_list(a) ? 0 : -1, end = is_list(a) ? attribute_classes(a) : 0;
        if (!find_choices(w, a) && make_choices(w, a, err) != 0)
            return -1;
        for (int value = first; value < end; value++)
            if (add_prompt(w, i, value, err) != 0)
                return -1;
    }
    return 0;
}

/* Log-probabilities of all choices of all prompts, as `logprob` holds them one after the other, to their asks. */
static int keep_logprobs(struct work *w, const double *logprob, struct llmx_error *err)
{
    size_t prompt = 0;
    for (size_t i = 0; i < w->n; i++) {
        struct ask *ask = &w->asks[i];
        const int n = attribute_classes(ask->attribute);
        if (!(ask->logprob = mem_array((size_t)n, sizeof *ask->logprob, err)))
            return -1;
        for (int k = 0; k < n; k++) {
            const double *p = logprob + prompt * ATTRIBUTE_CLASSES_MAX;
            ask->logprob[k] = is_list(ask->attribute) ? p[0] - p[1] : p[k];
            prompt += is_list(ask->attribute);
        }
        prompt += !is_list(ask->attribute);
    }
    return 0;
}

static int ask_questions(struct work *w, struct llmx_answers_question *questions,
                         struct llmx_answers_group *groups, double *logprob, struct llmx_error *err)
{
    const struct llmx_answers_options how = {.stop = w->asking->stop,
                                             .progress = w->asking->progress};
    size_t n_groups = 0;
    for (size_t first = 0, end; first < w->n_prompts; first = end) {
        struct llmx_answers_group *g = &groups[n_groups++];
        *g = (struct llmx_answers_group){.prefix = w->prompts[first].ids,
                                         .question = questions + first};
        end = group_end(w, first, &g->n_prefix);
        g->n = (int)(end - first);
        for (size_t i = first; i < end; i++) {
            const struct prompt *p = &w->prompts[i];
            const struct choices *c = find_choices(w, w->asks[p->ask].attribute);
            questions[i] = (struct llmx_answers_question){p->ids + g->n_prefix,
                                                          p->n - g->n_prefix,
                                                          c->ids,
                                                          c->n_ids,
                                                          c->n,
                                                          logprob + i * ATTRIBUTE_CLASSES_MAX};
        }
    }
    return llmx_answers(w->asking->model, groups, n_groups, &how, err) != 0
               ? -1
               : keep_logprobs(w, logprob, err);
}

static int ask_likelihoods(struct work *w, struct llmx_error *err)
{
    if (add_questions(w, err) != 0)
        return -1;
    struct llmx_answers_question *questions = mem_array(w->n_prompts, sizeof *questions, err);
    struct llmx_answers_group *groups = mem_array(w->n_prompts, sizeof *groups, err);
    double *logprob = mem_array(w->n_prompts * ATTRIBUTE_CLASSES_MAX, sizeof *logprob, err);
    const int status =
        questions && groups && logprob ? ask_questions(w, questions, groups, logprob, err) : -1;
    free(questions);
    free(groups);
    free(logprob);
    return status;
}

/* ---- in its own words ---- */

static struct llmx_group *next_group(void *context)
{
    struct work *w = context;
    struct llmx_group *groups = w->groups;
    return w->next < w->n_groups ? &groups[w->next++] : NULL;
}

static int keep_texts(struct work *w, const struct llmx_generation *generations,
                      struct llmx_error *err)
{
    for (size_t i = 0; i < w->n_prompts; i++)
        if (llmx_detokenize(llmx_model_tokenizer(w->asking->model), generations[i].tokens,
                            generations[i].n_tokens, &w->asks[w->prompts[i].ask].text, err) != 0)
            return -1;
    return 0;
}

static int write_texts(struct work *w, struct llmx_generation *generations,
                       struct llmx_group *groups, int32_t *tokens, struct llmx_error *err)
{
    const struct llmx_generate_job job = {
        .next = next_group, .context = w, .stop = w->asking->stop};
    w->groups = groups;
    for (size_t first = 0, end; first < w->n_prompts; first = end) {
        struct llmx_group *g = &groups[w->n_groups++];
        *g = (struct llmx_group){.prefix = w->prompts[first].ids,
                                 .generations = generations + first};
        end = group_end(w, first, &g->n_prefix);
        g->n = (int)(end - first);
        for (size_t i = first; i < end; i++)
            generations[i] =
                (struct llmx_generation){.prompt = w->prompts[i].ids + g->n_prefix,
                                         .n_prompt = w->prompts[i].n - g->n_prefix,
                                         .max_tokens = WRITTEN_MAX,
                                         .sampling = {.top_p = 1, .repetition_penalty = 1},
                                         .tokens = tokens + i * WRITTEN_MAX};
    }
    return llmx_generate(w->asking->model, &job, err) != 0 ? -1 : keep_texts(w, generations, err);
}

static int ask_texts(struct work *w, struct llmx_error *err)
{
    forget_prompts(w);
    for (size_t i = 0; i < w->n; i++)
        if (add_prompt(w, i, -1, err) != 0)
            return -1;
    struct llmx_generation *generations = mem_array(w->n, sizeof *generations, err);
    struct llmx_group *groups = mem_array(w->n, sizeof *groups, err);
    int32_t *tokens = mem_array(w->n * WRITTEN_MAX, sizeof *tokens, err);
    const int status =
        generations && groups && tokens ? write_texts(w, generations, groups, tokens, err) : -1;
    free(generations);
    free(groups);
    free(tokens);
    return status;
}

int attribute_ask_all(const struct asking *asking, struct ask *asks, size_t n,
                      struct llmx_error *err)
{
    struct work w = {.asking = asking, .asks = asks, .n = n};
    const int status =
        n == 0 || (ask_likelihoods(&w, err) == 0 && ask_texts(&w, err) == 0) ? 0 : -1;
    work_release(&w);
    return status;
}

void asks_release(struct ask *asks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(asks[i].logprob);
        free(asks[i].text);
    }
    free(asks);
}
