/* explain.c - from recommendation lines to gated explanation lines. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "explain/briefing.h"
#include "explain/grounding.h"
#include "explain/partial.h"
#include "format/jsonl.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 64

/* One explanation on its way. */
struct task {
    const struct rec *rec;
    struct text prompt;                 /* until it is finished */
    struct text answer;                 /* how it begins */
    struct llmx_constraint *constraint; /* until it is finished; NULL unless grounded */
    int32_t *ids;                       /* of the whole chat prompt */
    int n_ids, tries;
    unsigned failed;  /* checks of rejected tries, as bits */
    json_t *rejected; /* texts that did not pass, with keep_rejected; else NULL */
    json_t *line;     /* finished, waiting for those before it */
    bool is_finished;
};

struct explaining {
    const struct llmx_model *model;
    const struct llmx_explain_options *options;
    struct llmx_explain_report *report;
    struct briefing briefing;
    struct token_index index; /* when grounded */
    struct recs recs;
    struct partial out;
    struct task *tasks;                  /* (recs.n) */
    struct llmx_generation *generations; /* (recs.n) */
    struct llmx_group *groups;           /* (recs.n at most) */
    int32_t *tokens;                     /* (recs.n, max_tokens) */
    int n_groups, next_task, n_finished, n_written;
    bool is_stopped;
    struct llmx_error failure; /* the first one in a callback */
    double start_s;
    pthread_t caller;
};

/* The nth try of a line: the first one greedy, each later one with a stream of its own. */
static void set_try(const struct explaining *e, int i, int nth)
{
    struct llmx_generation *g = &e->generations[i];
    g->sampling = e->options->sampling;
    if (nth == 0)
        g->sampling.temperature = 0;
    g->seed =
        rng_stream(e->options->seed, RNG_SAMPLING, (uint64_t)i * TRIES_MAX + (uint64_t)nth).key;
}

/* The ids of the chat prompt with the beginning of the answer behind it. */
static int make_ids(struct explaining *e, struct task *task, struct llmx_error *err)
{
    int32_t *begun = NULL, *all = NULL;
    int n = llmx_chat_prompt(e->model, NULL, task->prompt.s, task->prompt.n, &task->ids, err);
    if (n < 0 || task->answer.n == 0) {
        task->n_ids = n;
        return n < 0 ? -1 : 0;
    }
    int more = llmx_tokenize(llmx_model_tokenizer(e->model), task->answer.s, task->answer.n, 0, 0,
                             &begun, err);
    if (more >= 0 && (all = mem_array((size_t)(n + more), sizeof *all, err)) != NULL) {
        memcpy(all, task->ids, (size_t)n * sizeof *all);
        memcpy(all + n, begun, (size_t)more * sizeof *all);
        free(task->ids);
        task->ids = all;
        task->n_ids = n + more;
    }
    free(begun);
    return all ? 0 : -1;
}

static int make_prompt(struct explaining *e, struct task *task, struct llmx_error *err)
{
    struct facts facts = briefing_facts(&e->briefing, task->rec);
    briefing_prompt(&e->briefing, &facts, &task->prompt);
    prompt_answer(&task->answer, &e->briefing.template, e->briefing.catalogue, &facts);
    if (text_check(&task->prompt, err) != 0 || text_check(&task->answer, err) != 0 ||
        make_ids(e, task, err) != 0)
        return -1;
    if (e->options->grounded &&
        grounding_create(&task->constraint, &e->index, e->briefing.catalogue, &facts, &task->answer,
                         err) != 0)
        return -1;
    int context = llmx_model_context(e->model);
    if (task->n_ids < context)
        return 0;
    return err_set(err, LLMX_TOO_LARGE,
                   "the prompt for user '%s' has %d tokens, the model's context %d: use a smaller "
                   "--history",
                   task->rec->user_token, task->n_ids, context);
}

/* How many ids the prompts of tasks first .. first + n - 1 share, leaving each one of its own at least. */
static int count_shared(const struct explaining *e, int first, int n)
{
    const struct task *a = &e->tasks[first];
    int shared = n > 1 ? a->n_ids - 1 : 0;
    for (int k = first + 1; k < first + n; k++) {
        const struct task *b = &e->tasks[k];
        int same = 0;
        while (same < shared && same < b->n_ids - 1 && a->ids[same] == b->ids[same])
            same++;
        shared = same;
    }
    return shared;
}

/* Makes the group of the user whose recommendations begin at task `first`. What is written already takes part in
 * finding the shared prefix, so that a resumed run computes just what an undisturbed one does. */
static int make_group(struct explaining *e, int first, int n, struct llmx_error *err)
{
    for (int i = first; i < first + n; i++)
        if (make_prompt(e, &e->tasks[i], err) != 0)
            return -1;
    int shared = count_shared(e, first, n);
    int begin = first > e->n_written ? first : e->n_written;
    struct llmx_group *group = &e->groups[e->n_groups];
    *group = (struct llmx_group){e->tasks[first].ids, shared, e->generations + begin,
                                 first + n - begin, e->options->adapter};
    for (int i = begin; i < first + n; i++) {
        e->generations[i] = (struct llmx_generation){
            .prompt = e->tasks[i].ids + shared,
            .n_prompt = e->tasks[i].n_ids - shared,
            .max_tokens = e->options->max_tokens,
            .constraint = e->tasks[i].constraint,
            .tokens = e->tokens + (size_t)i * (size_t)e->options->max_tokens,
        };
        set_try(e, i, 0);
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
    struct explaining *e = context;
    int first = e->next_task;
    if (e->failure.code != LLMX_OK || e->is_stopped || first >= e->recs.n)
        return NULL;
    int n = count_user(e, first);
    e->next_task += n;
    if (make_group(e, first, n, &e->failure) != 0)
        return NULL;
    return &e->groups[e->n_groups++];
}

static json_t *check_list(unsigned failed)
{
    json_t *list = json_array();
    for (int k = 0; k < CHECK_COUNT; k++)
        if (failed >> k & 1)
            json_array_append_new(list, json_string(llmx_check_name(k)));
    return list;
}

static json_t *cite_list(const struct llmx_data *data, const struct verdict *verdict)
{
    json_t *list = json_array();
    for (int i = 0; i < verdict->n_cites; i++)
        json_array_append_new(list, json_string(llmx_data_item_token(data, verdict->cites[i])));
    return list;
}

/* The line of a finished task. Its text is the very one that the verdict is on. */
static int make_line(struct explaining *e, struct task *task, const char *text, size_t n,
                     const struct verdict *verdict, bool is_fallback, struct llmx_error *err)
{
    const struct llmx_explain_options *o = e->options;
    json_t *line = json_object();
    int failed =
        json_object_set_new(line, "user", json_string(task->rec->user_token)) |
        json_object_set_new(line, "item", json_string(task->rec->item_token)) |
        json_object_set_new(line, "rank", json_integer(task->rec->rank)) |
        json_object_set_new(line, "explanation", json_stringn(text, n)) |
        json_object_set_new(line, "cites", cite_list(e->briefing.data, verdict)) |
        json_object_set_new(line, "gate",
                            json_pack("{s:s, s:o}", "verdict", is_fallback ? "fallback" : "pass",
                                      "failed", check_list(task->failed))) |
        json_object_set_new(line, "tries", json_integer(task->tries)) |
        json_object_set_new(line, "model",
                            o->model_name ? json_string(o->model_name) : json_null()) |
        json_object_set_new(line, "adapter",
                            o->adapter_name ? json_string(o->adapter_name) : json_null()) |
        json_object_set_new(line, "seed", json_integer((json_int_t)o->seed));
    if (o->keep_prompts)
        failed |= json_object_set_new(line, "prompt", json_stringn(task->prompt.s, task->prompt.n));
    if (task->rejected)
        failed |= json_object_set(line, "rejected", task->rejected);
    task->line = line;
    return failed ? err_set(err, LLMX_NO_MEMORY, "out of memory") : 0;
}

static int fall_back(struct explaining *e, struct task *task, struct llmx_error *err)
{
    struct facts facts = briefing_facts(&e->briefing, task->rec);
    struct text sentence = {0};
    struct verdict verdict;
    prompt_fallback(&sentence, &e->briefing.template, e->briefing.catalogue, &facts);
    int status = text_check(&sentence, err);
    if (status == 0) /* for what it cites */
        status = briefing_check(&e->briefing, task->rec, task->prompt.s, sentence.s, sentence.n,
                                &verdict, err);
    if (status == 0)
        status = make_line(e, task, sentence.s, sentence.n, &verdict, true, err);
    text_release(&sentence);
    e->report->fallbacks++;
    return status;
}

static void count_rejected(struct llmx_explain_report *report, const struct verdict *verdict,
                           unsigned *failed)
{
    unsigned now = 0;
    for (int i = 0; i < verdict->n_failures; i++)
        now |= 1u << verdict->failure[i].check;
    for (int k = 0; k < CHECK_COUNT; k++)
        report->rejected[k] += (int)(now >> k & 1);
    *failed |= now;
}

static const char *trimmed(const char *text, size_t *n)
{
    while (*n > 0 && strchr(" \t\r\n", text[*n - 1]))
        --*n;
    while (*n > 0 && strchr(" \t\r\n", *text))
        text++, --*n;
    return text;
}

static void keep_rejected(struct task *task, const char *text, size_t n,
                          const struct verdict *verdict)
{
    unsigned failed = 0;
    for (int i = 0; i < verdict->n_failures; i++)
        failed |= 1u << verdict->failure[i].check;
    if (!task->rejected)
        task->rejected = json_array();
    json_array_append_new(task->rejected, json_pack("{s:o, s:o}", "text", json_stringn(text, n),
                                                    "failed", check_list(failed)));
}

/* The end of the last sentence that ends before byte n, so that something of the text is cut off; 0: none. */
static size_t sentence_end_before(const char *text, size_t n)
{
    for (size_t i = n - 1; i > 1; i--) {
        size_t mark = i - 1;
        while (mark > 0 && strchr("\"')*", text[mark]))
            mark--;
        if (strchr(" \n", text[i]) && strchr(".!?", text[mark]))
            return i;
    }
    return 0;
}

/* Holds the text to the gate, and if it does not pass what is left of it without its last sentences: small models
 * often begin well and do not find an end. *n becomes the bytes that pass; `verdict` is on them, or on the whole
 * text when nothing passes. */
static int longest_passing(struct explaining *e, const struct task *task, const char *text,
                           size_t *n, struct verdict *verdict, struct llmx_error *err)
{
    if (briefing_check(&e->briefing, task->rec, task->prompt.s, text, *n, verdict, err) != 0)
        return -1;
    size_t end = *n;
    while (verdict->n_failures > 0 && end > 0 && (end = sentence_end_before(text, end)) > 0) {
        struct verdict shorter;
        if (briefing_check(&e->briefing, task->rec, task->prompt.s, text, end, &shorter, err) != 0)
            return -1;
        if (shorter.n_failures == 0) {
            *verdict = shorter;
            *n = end;
        }
    }
    return 0;
}

/* Judges a text: 1 to try again, 0 when the task has its line, -1. */
static int judge(struct explaining *e, struct task *task, const char *text, size_t n,
                 struct llmx_error *err)
{
    struct verdict verdict;
    if (longest_passing(e, task, text, &n, &verdict, err) != 0)
        return -1;
    task->tries++;
    if (verdict.n_failures == 0) {
        e->report->passed++;
        e->report->passed_first += task->tries == 1;
        return make_line(e, task, text, n, &verdict, false, err);
    }
    count_rejected(e->report, &verdict, &task->failed);
    if (e->options->keep_rejected)
        keep_rejected(task, text, n, &verdict);
    return task->tries < e->options->tries ? 1 : fall_back(e, task, err);
}

/* The whole answer, as it would be written, to the gate. */
static int judge_generation(struct explaining *e, struct task *task,
                            const struct llmx_generation *g, struct llmx_error *err)
{
    char *written;
    if (llmx_detokenize(llmx_model_tokenizer(e->model), g->tokens, g->n_tokens, &written, err) != 0)
        return -1;
    struct text answer = {0};
    text_puts(&answer, task->answer.n ? task->answer.s : "");
    text_puts(&answer, written);
    int status = text_check(&answer, err);
    if (status == 0) {
        size_t n = answer.n;
        const char *text = trimmed(answer.s ? answer.s : "", &n);
        status = judge(e, task, text, n, err);
    }
    text_release(&answer);
    free(written);
    return status;
}

/* Writes what is next in order, so that a run that is interrupted has lost nothing before. */
static int write_ready(struct explaining *e, struct llmx_error *err)
{
    for (; e->n_written < e->recs.n && e->tasks[e->n_written].is_finished; e->n_written++) {
        struct task *task = &e->tasks[e->n_written];
        if (jsonl_write(e->out.stream, task->line, err) != 0)
            return -1;
        json_decref(task->line);
        task->line = NULL;
        e->report->explained++;
    }
    if (fflush(e->out.stream) != 0)
        return err_system(err, "cannot write %s", e->out.path);
    return 0;
}

static int note_finished(void *context, struct llmx_group *group, struct llmx_generation *g)
{
    struct explaining *e = context;
    int i = (int)(g - e->generations);
    struct task *task = &e->tasks[i];
    (void)group;
    if (e->report->first_text_s <= 0)
        e->report->first_text_s = clock_now_s() - e->start_s;
    if (e->failure.code != LLMX_OK)
        return 0;
    int again = judge_generation(e, task, g, &e->failure);
    if (again > 0 && !e->is_stopped) {
        set_try(e, i, task->tries);
        return 1;
    }
    if (again == 0) {
        task->is_finished = true;
        constraint_destroy(task->constraint);
        task->constraint = NULL;
        text_release(&task->prompt);
        text_release(&task->answer);
        e->n_finished++;
        if (write_ready(e, &e->failure) != 0 && e->failure.code == LLMX_OK)
            e->failure.code = LLMX_IO;
    }
    const struct llmx_progress *progress = &e->options->progress;
    if (progress->report && pthread_equal(pthread_self(), e->caller))
        e->is_stopped |=
            progress->report(progress->context, "explain", e->n_finished, e->recs.n, NULL) != 0;
    return 0;
}

static bool is_same_text(const json_t *line, const char *field, const char *wanted)
{
    const char *s = json_string_value(json_object_get(line, field));
    return wanted ? s && strcmp(s, wanted) == 0 : !s;
}

/* A line that an interrupted run wrote: is it the next one of this run? */
static int accept_line(void *context, const json_t *line, struct llmx_error *err)
{
    struct explaining *e = context;
    const struct llmx_explain_options *o = e->options;
    if (e->n_written >= e->recs.n)
        return err_set(err, LLMX_MISMATCH,
                       "more explanations than recommendations; is it of another run?");
    const struct rec *rec = &e->recs.rec[e->n_written];
    if (!is_same_text(line, "user", rec->user_token) ||
        !is_same_text(line, "item", rec->item_token))
        return err_set(err, LLMX_MISMATCH,
                       "not the explanation of user '%s', item '%s'; is it of another run?",
                       rec->user_token, rec->item_token);
    if (!is_same_text(line, "model", o->model_name) ||
        !is_same_text(line, "adapter", o->adapter_name) ||
        json_integer_value(json_object_get(line, "seed")) != (json_int_t)o->seed)
        return err_set(err, LLMX_MISMATCH, "written with another model, adapter or seed");
    const json_t *gate = json_object_get(line, "gate"), *failed = json_object_get(gate, "failed");
    bool has_passed = is_same_text(gate, "verdict", "pass");
    e->report->passed += has_passed;
    e->report->passed_first +=
        has_passed && json_integer_value(json_object_get(line, "tries")) == 1;
    e->report->fallbacks += !has_passed;
    for (size_t i = 0; i < json_array_size(failed); i++) {
        const char *name = json_string_value(json_array_get(failed, i));
        for (int k = 0; name && k < CHECK_COUNT; k++)
            e->report->rejected[k] += strcmp(name, llmx_check_name(k)) == 0;
    }
    e->report->explained++;
    e->n_finished++;
    e->n_written++;
    return 0;
}

static int prepare(struct explaining *e, const char *recs_path, const struct llmx_data *data,
                   const char *out_path, struct llmx_error *err)
{
    const struct llmx_explain_options *o = e->options;
    if (o->tries < 1 || o->tries > TRIES_MAX)
        return err_set(err, LLMX_BAD_OPTION, "tries %d: choose 1 to %d", o->tries, TRIES_MAX);
    if (o->max_tokens < 1)
        return err_set(err, LLMX_BAD_OPTION, "max-tokens %d: choose 1 or more", o->max_tokens);
    if (briefing_open(&e->briefing, data, o, err) != 0 ||
        recs_open(&e->recs, recs_path, data, o, err) != 0)
        return -1;
    if (o->grounded &&
        token_index_init(&e->index, llmx_model_tokenizer(e->model), GROUNDING_MARK, err) != 0)
        return -1;
    e->report->skipped = e->recs.n_skipped;
    size_t n = (size_t)e->recs.n;
    if (!(e->tasks = mem_array(n, sizeof *e->tasks, err)) ||
        !(e->generations = mem_array(n, sizeof *e->generations, err)) ||
        !(e->groups = mem_array(n, sizeof *e->groups, err)) ||
        !(e->tokens = mem_array(n, (size_t)o->max_tokens * sizeof *e->tokens, err)))
        return -1;
    for (int i = 0; i < e->recs.n; i++)
        e->tasks[i].rec = &e->recs.rec[i];
    if (partial_open(&e->out, out_path, o->resume, accept_line, e, err) != 0)
        return -1;
    while (e->next_task < e->n_written &&
           e->next_task + count_user(e, e->next_task) <= e->n_written)
        e->next_task += count_user(e, e->next_task);
    return 0;
}

static int generate(struct explaining *e, struct llmx_error *err)
{
    struct llmx_generate_job job = {
        .next = give_next, .finished = note_finished, .context = e, .stop = e->options->stop};
    int status = llmx_generate(e->model, &job, err);
    if (e->failure.code != LLMX_OK) {
        if (err)
            *err = e->failure;
        return -1;
    }
    if (status == 0 && e->n_written < e->recs.n)
        return err_set(err, LLMX_INTERRUPTED, "interrupted after %d of %d explanations",
                       e->n_written, e->recs.n);
    return status;
}

static void explaining_release(struct explaining *e)
{
    for (int i = 0; e->tasks && i < e->recs.n; i++) {
        text_release(&e->tasks[i].prompt);
        text_release(&e->tasks[i].answer);
        constraint_destroy(e->tasks[i].constraint);
        json_decref(e->tasks[i].rejected);
        free(e->tasks[i].ids);
        json_decref(e->tasks[i].line);
    }
    free(e->tasks);
    free(e->generations);
    free(e->groups);
    free(e->tokens);
    partial_close(&e->out);
    token_index_release(&e->index);
    recs_release(&e->recs);
    briefing_release(&e->briefing);
}

int llmx_explain(const char *recs_path, const struct llmx_data *data,
                 const struct llmx_model *model, const struct llmx_explain_options *options,
                 const char *out_path, struct llmx_explain_report *report, struct llmx_error *err)
{
    struct llmx_explain_report unused;
    struct explaining e = {.model = model, .options = options, .report = report ? report : &unused};
    *e.report = (struct llmx_explain_report){0};
    e.start_s = clock_now_s();
    e.caller = pthread_self();
    int status = prepare(&e, recs_path, data, out_path, err);
    if (status == 0 && e.n_written < e.recs.n)
        status = generate(&e, err);
    if (status == 0)
        status = partial_commit(&e.out, err);
    e.report->elapsed_s = clock_now_s() - e.start_s;
    explaining_release(&e);
    return status;
}
