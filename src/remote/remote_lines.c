/* remote_lines.c - prompts from JSON Lines to a server, texts back beside them, in order. */
#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "format/jsonl.h"
#include "llmxrec/remote.h"

#include <stdlib.h>

struct asked {
    json_t *object;
    struct llmx_question question;
    bool is_finished;
};

struct lines {
    const struct llmx_remote *remote;
    const struct llmx_lines_options *options;
    struct output out;
    struct asked *asked; /* (n) */
    int n, next, n_finished, n_written;
    size_t capacity;
    bool is_stopped;
    struct llmx_error failure; /* of writing */
};

static int read_lines(struct lines *l, const char *path, struct llmx_error *err)
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
        l->asked[l->n] = (struct asked){
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
    struct lines *l = context;
    if (l->next == l->n || l->is_stopped || l->failure.code != LLMX_OK)
        return NULL;
    struct asked *asked = &l->asked[l->next++];
    asked->question.context = asked;
    return &asked->question;
}

static int note_finished(void *context, struct llmx_question *q)
{
    struct lines *l = context;
    struct asked *asked = q->context;
    const char *finish = q->finish == LLMX_FINISH_STOP ? "stop" : "length";
    if (json_object_set_new(asked->object, "text", json_string(q->text)) |
        json_object_set_new(asked->object, "tokens", json_integer(q->n_tokens)) |
        json_object_set_new(asked->object, "finish", json_string(finish)) |
        json_object_set_new(asked->object, "model", json_string(llmx_remote_model(l->remote))))
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
    struct lines l = {.remote = remote, .options = options};
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
    if (status == 0 && l.is_stopped)
        status = err_set(&cause, LLMX_INTERRUPTED, "interrupted");
    if (status == 0 || (l.n_written > 0 && l.failure.code == LLMX_OK)) /* answers cost: keep them */
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
