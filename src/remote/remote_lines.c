/* remote_lines.c - prompts from JSON Lines to a server, texts back beside them, in order. */
#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "format/jsonl.h"
#include "llmxrec/remote.h"

#include <stdlib.h>

struct asked_line {
    json_t *object;
    struct llmx_question question;
    bool is_finished;
};

struct remote_lines {
    const struct llmx_remote *remote;
    const struct llmx_lines_options *options;
    struct output out;
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

static int note_finished(void *context, struct llmx_question *q)
{
    struct remote_lines *l = context;
    struct asked_line *asked = q->context;
    if (q->error.code != LLMX_OK && l->n_failed++ == 0)
        l->refusal = q->error;
    if (set_fields(l, asked->object, q) != 0)
        err_set(&l->failure, LLMX_NO_MEMORY, "out of memory");
    asked->is_finished = true;
    l->n_finished++;
    for (; l->failure.code == LLMX_OK && l->n_written < l->n && l->asked[l->n_written].is_finished;
         l->n_written++)
        if (jsonl_write(l->out.stream, l->asked[l->n_written].object, &l->failure) != 0 &&
            l->failure.code == LLMX_OK)
            l->failure.code = LLMX_IO;
    const struct llmx_progress *progress = &l->options->progress;
    if (progress->report)
        l->is_stopped |=
            progress->report(progress->context, "generate", l->n_finished, l->n, NULL) != 0;
    return 0;
}

int llmx_remote_lines(struct llmx_remote *remote, const char *in_path,
                      const struct llmx_lines_options *options, const char *out_path,
                      struct llmx_error *err)
{
    struct remote_lines l = {.remote = remote, .options = options};
    struct llmx_error cause = {0};
    const struct llmx_remote_job job = {give_next, note_finished, &l, options->stop};
    int status = read_lines(&l, in_path, &cause);
    if (status == 0)
        status = output_open(&l.out, out_path, &cause);
    if (status == 0)
        status = llmx_remote_ask(remote, &job, &cause);
    if (status == 0 && l.failure.code != LLMX_OK) {
        cause = l.failure;
        status = -1;
    }
    if (status == 0 && l.n_failed > 0)
        status = err_set(&cause, l.refusal.code, "%d of %d prompts have no text; the first: %s",
                         l.n_failed, l.n, l.refusal.message);
    if (status == 0 && l.is_stopped)
        status = err_set(&cause, LLMX_INTERRUPTED, "interrupted");
    if (status == 0 ||
        (l.n_written > l.n_failed && l.failure.code == LLMX_OK)) /* answers cost: keep them */
        if (output_commit(&l.out, status == 0 ? &cause : NULL) != 0)
            status = -1;
    if (status != 0 && err)
        *err = cause;
    for (int i = 0; i < l.n; i++)
        json_decref(l.asked[i].object);
    free(l.asked);
    output_discard(&l.out);
    return status;
}
