/* explain_local.c - explanations from a model here: a user's prompts share what they begin with, and all that are in
 * work share the batches. */
#include "explain/explain_local.h"

#include "base/memory.h"
#include "explain/grounding.h"

#include <stdlib.h>
#include <string.h>

/* What the model needs to know of one task. */
struct beginning {
    int32_t *ids; /* of the whole chat prompt */
    int n_ids;
    struct text answer;                 /* how it begins; until the task is finished */
    struct llmx_constraint *constraint; /* until the task is finished; NULL unless grounded */
};

struct writing {
    struct explaining *e;
    const struct llmx_model *model;
    struct token_index index;            /* when grounded */
    struct beginning *beginnings;        /* (recs.n) */
    struct llmx_generation *generations; /* (recs.n) */
    struct llmx_group *groups;           /* (recs.n at most) */
    int32_t *tokens;                     /* (recs.n, max_tokens) */
    int n_groups, next_task;
};

static void set_try(const struct writing *w, int i)
{
    const struct task *task = &w->e->tasks[i];
    w->generations[i].sampling = explaining_sampling(w->e, task);
    w->generations[i].seed = explaining_seed(w->e, task);
}

/* The ids of the chat prompt with the beginning of the answer behind it. */
static int make_ids(const struct writing *w, const struct task *task, struct beginning *b,
                    struct llmx_error *err)
{
    int32_t *begun = NULL, *all = NULL;
    int n = llmx_chat_prompt(w->model, NULL, task->prompt.s, task->prompt.n, &b->ids, err);
    if (n < 0 || b->answer.n == 0) {
        b->n_ids = n;
        return n < 0 ? -1 : 0;
    }
    int more =
        llmx_tokenize(llmx_model_tokenizer(w->model), b->answer.s, b->answer.n, 0, 0, &begun, err);
    if (more >= 0 && (all = mem_array((size_t)(n + more), sizeof *all, err)) != NULL) {
        memcpy(all, b->ids, (size_t)n * sizeof *all);
        memcpy(all + n, begun, (size_t)more * sizeof *all);
        free(b->ids);
        b->ids = all;
        b->n_ids = n + more;
    }
    free(begun);
    return all ? 0 : -1;
}

static int begin(struct writing *w, int i, struct llmx_error *err)
{
    struct explaining *e = w->e;
    struct task *task = &e->tasks[i];
    struct beginning *b = &w->beginnings[i];
    struct llmx_given given;
    if (explaining_prompt(e, task, &given, err) != 0)
        return -1;
    prompt_answer(&b->answer, &e->briefing.template, e->briefing.catalogue, &given);
    if (text_check(&b->answer, err) != 0 || make_ids(w, task, b, err) != 0)
        return -1;
    if (e->options->grounded && grounding_create(&b->constraint, &w->index, e->briefing.catalogue,
                                                 &given, &b->answer, err) != 0)
        return -1;
    int context = llmx_model_context(w->model);
    if (b->n_ids < context)
        return 0;
    return err_set(err, LLMX_TOO_LARGE,
                   "the prompt for user '%s' has %d tokens, the model's context %d: use a smaller "
                   "--history",
                   task->rec->user_token, b->n_ids, context);
}

/* How many ids the prompts of tasks first .. first + n - 1 share, leaving each one of its own at least. */
static int count_shared(const struct writing *w, int first, int n)
{
    const struct beginning *a = &w->beginnings[first];
    int shared = n > 1 ? a->n_ids - 1 : 0;
    for (int k = first + 1; k < first + n; k++) {
        const struct beginning *b = &w->beginnings[k];
        int same = 0;
        while (same < shared && same < b->n_ids - 1 && a->ids[same] == b->ids[same])
            same++;
        shared = same;
    }
    return shared;
}

/* Makes the group of the user whose recommendations begin at task `first`. What is written already takes part in
 * finding the shared prefix, so that a resumed run computes just what an undisturbed one does. */
static int make_group(struct writing *w, int first, int n, struct llmx_error *err)
{
    for (int i = first; i < first + n; i++)
        if (begin(w, i, err) != 0)
            return -1;
    const struct llmx_explain_options *o = w->e->options;
    int shared = count_shared(w, first, n);
    int next = first > w->e->n_written ? first : w->e->n_written;
    w->groups[w->n_groups] = (struct llmx_group){
        w->beginnings[first].ids, shared, w->generations + next, first + n - next, o->adapter};
    for (int i = next; i < first + n; i++) {
        w->generations[i] = (struct llmx_generation){
            .prompt = w->beginnings[i].ids + shared,
            .n_prompt = w->beginnings[i].n_ids - shared,
            .max_tokens = o->max_tokens,
            .constraint = w->beginnings[i].constraint,
            .tokens = w->tokens + (size_t)i * (size_t)o->max_tokens,
        };
        set_try(w, i);
    }
    return 0;
}

/* The recommendations of one user that stand together, from task `first` on. */
static int count_user(const struct explaining *e, int first)
{
    int n = 1;
    while (first + n < e->recs.n &&
           strcmp(e->recs.rec[first + n].user_token, e->recs.rec[first].user_token) == 0)
        n++;
    return n;
}

static struct llmx_group *give_next(void *context)
{
    struct writing *w = context;
    int first = w->next_task;
    if (!explaining_goes_on(w->e) || first >= w->e->recs.n)
        return NULL;
    int n = count_user(w->e, first);
    w->next_task += n;
    if (make_group(w, first, n, &w->e->failure) != 0)
        return NULL;
    return &w->groups[w->n_groups++];
}

/* The whole text, its beginning included, as it would be written. */
static int read_text(const struct writing *w, const struct beginning *b,
                     const struct llmx_generation *g, struct text *text, struct llmx_error *err)
{
    char *written;
    if (llmx_detokenize(llmx_model_tokenizer(w->model), g->tokens, g->n_tokens, &written, err) != 0)
        return -1;
    text_puts(text, b->answer.n ? b->answer.s : "");
    text_puts(text, written);
    free(written);
    return text_check(text, err);
}

static int note_finished(void *context, struct llmx_group *group, struct llmx_generation *g)
{
    struct writing *w = context;
    struct explaining *e = w->e;
    const int i = (int)(g - w->generations);
    struct beginning *b = &w->beginnings[i];
    struct text text = {0};
    bool again = false;
    (void)group;
    if (e->failure.code == LLMX_OK && read_text(w, b, g, &text, &e->failure) == 0)
        again = explaining_take(e, &e->tasks[i], text.s ? text.s : "", text.n);
    text_release(&text);
    if (again)
        set_try(w, i);
    if (e->tasks[i].is_finished) {
        constraint_destroy(b->constraint);
        b->constraint = NULL;
        text_release(&b->answer);
    }
    return again;
}

static void writing_release(struct writing *w)
{
    for (int i = 0; w->beginnings && i < w->e->recs.n; i++) {
        free(w->beginnings[i].ids);
        text_release(&w->beginnings[i].answer);
        constraint_destroy(w->beginnings[i].constraint);
    }
    free(w->beginnings);
    free(w->generations);
    free(w->groups);
    free(w->tokens);
    token_index_release(&w->index);
}

int explain_local(struct explaining *e, const struct llmx_model *model, struct llmx_error *err)
{
    struct writing w = {.e = e, .model = model};
    const struct llmx_explain_options *o = e->options;
    const struct llmx_generate_job job = {
        .next = give_next, .finished = note_finished, .context = &w, .stop = o->stop};
    const size_t n = (size_t)e->recs.n;
    int status = -1;
    while (w.next_task < e->n_written && w.next_task + count_user(e, w.next_task) <= e->n_written)
        w.next_task += count_user(e, w.next_task);
    if ((!o->grounded ||
         token_index_init(&w.index, llmx_model_tokenizer(model), GROUNDING_MARK, err) == 0) &&
        (w.beginnings = mem_array(n, sizeof *w.beginnings, err)) &&
        (w.generations = mem_array(n, sizeof *w.generations, err)) &&
        (w.groups = mem_array(n, sizeof *w.groups, err)) &&
        (w.tokens = mem_array(n, (size_t)o->max_tokens * sizeof *w.tokens, err)))
        status = llmx_generate(model, &job, err);
    writing_release(&w);
    return status;
}
