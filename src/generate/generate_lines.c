/* generate_lines.c - prompts from JSON Lines, texts back beside them, in order. */
#include "base/memory.h"
#include "base/rng.h"
#include "format/jsonl.h"
#include "format/partial.h"
#include "generate/engine.h"
#include "llmxrec/generate.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* A prefix of its own costs a step's latency; below this many tokens it does not pay. */
#define SHARED_MIN 16

struct prompt_line {
    json_t *object;
    int32_t *ids;
    int n;
    bool is_finished;
};

struct prompt_lines {
    const struct llmx_model *model;
    const struct llmx_lines_options *options;
    struct jsonl in;
    struct partial out;
    struct prompt_line *lines;           /* (n) */
    struct llmx_generation *generations; /* (n) */
    struct llmx_group *groups;           /* (n_groups) */
    int32_t *tokens;                     /* (n, max_tokens) */
    int n, n_groups;
    size_t capacity;
    int next_group, n_finished, n_written; /* under the lock of llmx_generate, as what follows */
    bool has_failed, is_stopped;
    struct llmx_error first_error;
    pthread_t caller;
};

static int read_prompt(struct prompt_lines *l, struct prompt_line *line, struct llmx_error *err)
{
    const char *prompt = jsonl_text(&l->in, line->object, "prompt", err);
    if (!prompt)
        return -1;
    size_t n = json_string_length(json_object_get(line->object, "prompt"));
    line->n = l->options->is_chat
                  ? llmx_chat_prompt(l->model, l->options->system, prompt, n, &line->ids, err)
                  : llmx_tokenize(llmx_model_tokenizer(l->model), prompt, n, 1, 0, &line->ids, err);
    int context = llmx_model_context(l->model);
    if (line->n == 0)
        err_set(err, LLMX_BAD_INPUT, "the prompt is empty");
    if (line->n >= context)
        err_set(err, LLMX_TOO_LARGE, "the prompt has %d tokens, the model's context %d: shorten it",
                line->n, context);
    if (line->n > 0 && line->n < context)
        return 0;
    return err_prefix(err, "%s:%ld", l->in.lines.path, l->in.lines.number);
}

static int read_lines(struct prompt_lines *l, const char *path, struct llmx_error *err)
{
    json_t *object;
    int status = jsonl_open(&l->in, path, err);
    while (status == 0 && (status = jsonl_read(&l->in, &object, err)) > 0) {
        if (mem_grow(&l->lines, &l->capacity, (size_t)l->n + 1, sizeof *l->lines, err) != 0) {
            json_decref(object);
            return -1;
        }
        struct prompt_line *line = &l->lines[l->n++];
        *line = (struct prompt_line){.object = object};
        status = read_prompt(l, line, err);
    }
    return status;
}

/* How many tokens two prompts share at the start, leaving each at least one of its own. */
static int count_shared(const struct prompt_line *a, const struct prompt_line *b)
{
    int most = (a->n < b->n ? a->n : b->n) - 1, n = 0;
    while (n < most && a->ids[n] == b->ids[n])
        n++;
    return n;
}

/* The prompts from `first` on that belong into one group: each shares most of what the first two share. */
static int group_form(const struct prompt_lines *l, int first, int *n_prefix)
{
    const struct prompt_line *line = &l->lines[first];
    int n = 1, left = l->n - first;
    *n_prefix = left > 1 ? count_shared(line, line + 1) : 0;
    if (*n_prefix < SHARED_MIN || 2 * *n_prefix < line->n) {
        *n_prefix = 0;
        return n;
    }
    for (; n < left; n++) {
        int shared = count_shared(line, line + n);
        if (shared < *n_prefix - *n_prefix / 4)
            break;
        *n_prefix = shared < *n_prefix ? shared : *n_prefix;
    }
    return n;
}

static const char *const added[] = {"text", "tokens", "finish", "seed", NULL};

/* A line that an interrupted run wrote: is it the next one of this run? */
static int accept_line(void *context, const json_t *line, struct llmx_error *err)
{
    struct prompt_lines *l = context;
    const json_t *asked = l->n_written < l->n ? l->lines[l->n_written].object : NULL;
    const json_t *seed = json_object_get(line, "seed");
    if (!asked || !partial_is_of(line, asked, added))
        return err_set(err, LLMX_MISMATCH, "not the text of prompt %d; is it of another run?",
                       l->n_written + 1);
    if (l->options->sampling.temperature > 0
            ? json_integer_value(seed) != (json_int_t)l->options->seed
            : seed && !json_object_get(asked, "seed"))
        return err_set(err, LLMX_MISMATCH, "written with another seed or --temperature");
    l->lines[l->n_written++].is_finished = true;
    l->n_finished++;
    return 0;
}

/* What is written already takes part in forming the groups, so that a resumed run computes just what an undisturbed one
 * does. */
static int make_groups(struct prompt_lines *l, struct llmx_error *err)
{
    const struct llmx_lines_options *options = l->options;
    size_t n = (size_t)l->n, each = (size_t)options->max_tokens;
    if (!(l->generations = mem_array(n, sizeof *l->generations, err)) ||
        !(l->groups = mem_array(n, sizeof *l->groups, err)) ||
        !(l->tokens = mem_array(n, each * sizeof *l->tokens, err)))
        return -1;
    for (int first = 0; first < l->n;) {
        struct llmx_group *group = &l->groups[l->n_groups++];
        *group = (struct llmx_group){.prefix = l->lines[first].ids, .adapter = options->adapter};
        const int formed = group_form(l, first, &group->n_prefix), end = first + formed;
        const int next = first > l->n_written ? first : l->n_written;
        if (end <= l->n_written)
            l->n_groups--;
        group->generations = l->generations + next;
        group->n = end - next;
        for (int i = next; i < end; i++) {
            const struct prompt_line *line = &l->lines[i];
            l->generations[i] = (struct llmx_generation){
                .prompt = line->ids + group->n_prefix,
                .n_prompt = line->n - group->n_prefix,
                .max_tokens = options->max_tokens,
                .sampling = options->sampling,
                .seed = rng_stream(options->seed, RNG_SAMPLING, (uint64_t)i).key,
                .tokens = l->tokens + (size_t)i * each,
            };
        }
        first = end;
    }
    return 0;
}

static int write_line(struct prompt_lines *l, int i, struct llmx_error *err)
{
    const struct llmx_generation *g = &l->generations[i];
    json_t *object = l->lines[i].object;
    char *text;
    if (llmx_detokenize(llmx_model_tokenizer(l->model), g->tokens, g->n_tokens, &text, err) != 0)
        return -1;
    const char *finish = g->finish == LLMX_FINISH_STOP ? "stop" : "length";
    int failed = json_object_set_new(object, "text", json_string(text)) |
                 json_object_set_new(object, "tokens", json_integer(g->n_tokens)) |
                 json_object_set_new(object, "finish", json_string(finish));
    if (l->options->sampling.temperature > 0)
        failed |= json_object_set_new(object, "seed", json_integer((json_int_t)l->options->seed));
    free(text);
    if (failed)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    return jsonl_write(l->out.stream, object, err);
}

static struct llmx_group *give_next(void *context)
{
    struct prompt_lines *l = context;
    bool is_over = l->has_failed || l->is_stopped || l->next_group == l->n_groups;
    return is_over ? NULL : &l->groups[l->next_group++];
}

/* Writes what is next in order. After a failure the texts in work are still finished, and then it is told. */
static int note_finished(void *context, struct llmx_group *group, struct llmx_generation *g)
{
    struct prompt_lines *l = context;
    (void)group;
    l->lines[g - l->generations].is_finished = true;
    l->n_finished++;
    for (; !l->has_failed && l->n_written < l->n && l->lines[l->n_written].is_finished;
         l->n_written++)
        l->has_failed = write_line(l, l->n_written, &l->first_error) != 0;
    if (!l->has_failed && fflush(l->out.stream) != 0)
        l->has_failed = err_system(&l->first_error, "cannot write %s", l->out.path) != 0;
    const struct llmx_progress *progress = &l->options->progress;
    if (progress->report && pthread_equal(pthread_self(), l->caller))
        l->is_stopped |=
            progress->report(progress->context, "generate", l->n_finished, l->n, NULL) != 0;
    return 0;
}

static void lines_release(struct prompt_lines *l)
{
    for (int i = 0; i < l->n; i++) {
        json_decref(l->lines[i].object);
        free(l->lines[i].ids);
    }
    free(l->lines);
    free(l->generations);
    free(l->groups);
    free(l->tokens);
    jsonl_close(&l->in);
    partial_close(&l->out);
}

static int write_texts(struct prompt_lines *l, struct llmx_error *err)
{
    struct llmx_generate_job job = {give_next, note_finished, l, l->options->sequences_max,
                                    l->options->stop};
    int status = llmx_generate(l->model, &job, err);
    if (status == 0 && l->has_failed) {
        if (err)
            *err = l->first_error;
        return -1;
    }
    if (status == 0 && l->is_stopped)
        return err_set(err, LLMX_INTERRUPTED, "interrupted after %d of %d texts", l->n_written,
                       l->n);
    return status;
}

int llmx_generate_lines_check(const struct llmx_lines_options *options, struct llmx_error *err)
{
    if (options->max_tokens < 1)
        return err_set(err, LLMX_BAD_OPTION, "max-tokens %d: choose 1 or more",
                       options->max_tokens);
    return sampling_check(&options->sampling, err) != 0
               ? -1
               : engine_check_sequences(options->sequences_max, err);
}

int llmx_generate_lines(const struct llmx_model *model, const char *in_path,
                        const struct llmx_lines_options *options, const char *out_path,
                        struct llmx_error *err)
{
    struct prompt_lines l = {.model = model, .options = options, .caller = pthread_self()};
    int status = llmx_generate_lines_check(options, err);
    if (status == 0)
        status = read_lines(&l, in_path, err);
    if (status == 0)
        status = partial_open(&l.out, out_path, ".partial", options->resume, accept_line, &l, err);
    if (status == 0)
        status = make_groups(&l, err);
    if (status == 0)
        status = write_texts(&l, err);
    if (status == 0)
        status = partial_commit(&l.out, err);
    lines_release(&l);
    return status;
}
