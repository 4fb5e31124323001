/* remote_lines.c - prompts from JSON Lines to a server, texts back beside them, in order. */
#include "base/err.h"
#include "base/memory.h"
#include "base/rng.h"
#include "format/jsonl.h"
#include "format/partial.h"
#include "llmxrec/remote.h"

#include <stdlib.h>
#include <string.h>

struct asked_line {
    json_t *object;
    struct llmx_question question;
    bool is_finished;
};

struct remote_lines {
    const struct llmx_remote *remote;
    const struct llmx_lines_options *options;
    struct partial out;
    struct asked_line *asked; /* (n) */
    int n, next, n_finished, n_written, n_failed;
    size_t capacity;
    bool is_stopped;
    struct llmx_error failure; /* of writing */
    struct llmx_error refusal; /* the first */
};

static int read_lines(struct remote_lines *l, const char *path, struct llmx_error *err)
{
    struct jsonl in;
    json_t *object;
    int status = jsonl_open(&in, path, err);
    while (status == 0 && (status = jsonl_read(&in, &object, err)) > 0) {
        const char *prompt = jsonl_text(&in, object, "prompt", err);
        status = prompt ? mem_grow(&l->asked, &l->capacity, (size_t)l->n + 1, sizeof *l->asked, err)
                        : -1;
        if (status != 0) {
            json_decref(object);
            break;
        }
        l->asked[l->n] = (struct asked_line){
            .object = object,
            .question = {.system = l->options->system,
                         .prompt = prompt,
                         .max_tokens = l->options->max_tokens,
                         .sampling = l->options->sampling,
                         .seed = rng_stream(l->options->seed, RNG_SAMPLING, (uint64_t)l->n).key}};
        l->n++;
    }
    jsonl_close(&in);
    return status;
}

static struct llmx_question *give_next(void *context)
{
    struct remote_lines *l = context;
    if (l->next == l->n || l->is_stopped || l->failure.code != LLMX_OK)
        return NULL;
    struct asked_line *asked = &l->asked[l->next++];
    asked->question.context = asked;
    return &asked->question;
}

static int set_fields(const struct remote_lines *l, json_t *object, const struct llmx_question *q)
{
    const char *finish = q->finish == LLMX_FINISH_STOP ? "stop" : "length";
    if (!q->text)
        return json_object_set_new(object, "error", json_string(q->error.message));
    return json_object_set_new(object, "text", json_string(q->text)) |
           json_object_set_new(object, "tokens", json_integer(q->n_tokens)) |
           json_object_set_new(object, "finish", json_string(finish)) |
           json_object_set_new(object, "model", json_string(llmx_remote_model(l->remote)));
}

static void note_failure(struct remote_lines *l, enum llmx_code code, const char *words)
{
    if (l->n_failed++ == 0)
        err_set(&l->refusal, code, "%s", words);
}

static int note_finished(void *context, struct llmx_question *q)
{
    struct remote_lines *l = context;
    struct asked_line *asked = q->context;
    if (!q->text)
        note_failure(l, q->error.code, q->error.message);
    if (set_fields(l, asked->object, q) != 0)
        err_set(&l->failure, LLMX_NO_MEMORY, "out of memory");
    asked->is_finished = true;
    l->n_finished++;
    for (; l->failure.code == LLMX_OK && l->n_written < l->n && l->asked[l->n_written].is_finished;
         l->n_written++)
        if (jsonl_write(l->out.stream, l->asked[l->n_written].object, &l->failure) != 0 &&
            l->failure.code == LLMX_OK)
            l->failure.code = LLMX_IO;
    if (l->failure.code == LLMX_OK && fflush(l->out.stream) != 0)
        err_system(&l->failure, "cannot write %s", l->out.path);
    const struct llmx_progress *progress = &l->options->progress;
    if (progress->report)
        l->is_stopped |=
            progress->report(progress->context, "generate", l->n_finished, l->n, NULL) != 0;
    return 0;
}

static const char *const added[] = {"text", "tokens", "finish", "model", "error", NULL};

/* A line that an interrupted run wrote: is it the next one of this run? */
static int accept_line(void *context, const json_t *line, struct llmx_error *err)
{
    struct remote_lines *l = context;
    const char *model = json_string_value(json_object_get(line, "model"));
    if (l->next == l->n || !partial_is_of(line, l->asked[l->next].object, added))
        return err_set(err, LLMX_MISMATCH, "not the text of prompt %d; is it of another run?",
                       l->next + 1);
    const char *error = json_string_value(json_object_get(line, "error"));
    if (error)
        note_failure(l, LLMX_BAD_INPUT, error);
    else if (!model || strcmp(model, llmx_remote_model(l->remote)) != 0)
        return err_set(err, LLMX_MISMATCH, "written with another model");
    l->asked[l->next++].is_finished = true;
    l->n_finished++;
    l->n_written++;
    return 0;
}

/* What stands at OUT.partial stays there when it fails: answers cost. */
int llmx_remote_lines(struct llmx_remote *remote, const char *in_path,
                      const struct llmx_lines_options *options, const char *out_path,
                      struct llmx_error *err)
{
    struct remote_lines l = {.remote = remote, .options = options};
    const struct llmx_remote_job job = {give_next, note_finished, &l, options->stop};
    int status = read_lines(&l, in_path, err);
    if (status == 0)
        status = partial_open(&l.out, out_path, ".partial", options->resume, accept_line, &l, err);
    if (status == 0)
        status = llmx_remote_ask(remote, &job, err);
    if (status == 0 && l.failure.code != LLMX_OK)
        status = err_set(err, l.failure.code, "%s", l.failure.message);
    if (status == 0 && l.is_stopped)
        status =
            err_set(err, LLMX_INTERRUPTED, "interrupted after %d of %d texts", l.n_written, l.n);
    if (status == 0)
        status = partial_commit(&l.out, err);
    if (status == 0 && l.n_failed > 0)
        status = err_set(err, l.refusal.code, "%d of %d prompts have no text; the first: %s",
                         l.n_failed, l.n, l.refusal.message);
    if (status != 0 && l.n_failed == l.n_finished)
        partial_remove(&l.out); /* not one text */
    for (int i = 0; i < l.n; i++)
        json_decref(l.asked[i].object);
    free(l.asked);
    partial_close(&l.out);
    return status;
}
