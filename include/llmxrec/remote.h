/* remote.h - texts from language models elsewhere: any OpenAI-compatible server (vLLM, llama.cpp, hosted ones).
 *
 *     struct llmx_remote *remote;
 *     if (llmx_remote_open(&remote, "http://127.0.0.1:8000/v1", NULL, &err) == 0)
 *         llmx_remote_ask(remote, &job, &err);
 *
 * Questions are answered many at a time over one thread (libcurl's multi interface): those of a job over the caller's,
 * those that are submitted over the remote's own. Any number of threads may share a remote. The key comes from an
 * environment variable alone and is in no message, file or log. */
#ifndef LLMXREC_REMOTE_H
#define LLMXREC_REMOTE_H

#include "llmxrec/generate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All zero (or a NULL pointer) means the defaults. */
struct llmx_remote_options {
    const char *model; /* as the server names it; NULL: the first it lists */
    /* environment variable with the key; NULL: LLMXREC_API_KEY; unset: no key is sent */
    const char *key_variable;
    int in_flight; /* questions at a time; 0: 8 */
    /* of a question, after what may pass: refused connections, 408, 429, 5xx (and one after an answer that is no JSON); 0: 6;
     * -1: none */
    int retries;
    double timeout_s; /* of one answer; 0: 120 */
    /* before the first retry, doubled for each next one (Retry-After wins); 0: 0.5 */
    double backoff_s;
    /* a JSON object whose fields every question gets too, as "{\"reasoning_effort\":\"low\"}", or in place of its own
     * but model, messages and stream; NULL: none */
    const char *extra;
};

struct llmx_remote;

/* Asks the server for its models. returns 0, or -1: LLMX_BAD_OPTION no http(s) address, a number out of range,
 * `extra` is no such object;
 * LLMX_IO no answer; LLMX_NOT_FOUND the server has no such model */
LLMX_API int llmx_remote_open(struct llmx_remote **remote, const char *url,
                              const struct llmx_remote_options *options, struct llmx_error *err);
/* Cancels what was submitted and is not over, lets those go who wait for it. No other call may begin once this has, and no
 * llmx_remote_ask may run. NULL is fine. */
LLMX_API void llmx_remote_destroy(struct llmx_remote *remote);
LLMX_API const char *llmx_remote_model(const struct llmx_remote *remote);
/* The `extra` that it was opened with; "": none. */
LLMX_API const char *llmx_remote_extra(const struct llmx_remote *remote);

/* One text wanted. */
struct llmx_question {
    const char *system; /* NULL: none */
    const char *prompt; /* the user's turn, UTF-8 */
    int max_tokens;
    /* temperature and top-p; the others are sent where they are not off */
    struct llmx_sampling sampling;
    uint64_t seed;
    void *context; /* the caller's */
    /* Of a submitted question: once asked, it is given up as by llmx_remote_cancel, within a moment. May be NULL */
    const struct llmx_stop *stop;
    /* NULL: the text comes as a whole. Else it is streamed, and told piece by piece (n bytes, whole characters of UTF-8);
     * non-zero: no more is wanted, the question fails with LLMX_INTERRUPTED. */
    int (*piece)(struct llmx_question *question, const char *text, size_t n);
    /* Of a submitted question: told of the answer, or of `error`; non-zero asks again, with what stands in the question
     * now. May be NULL. */
    int (*finished)(struct llmx_question *question);
    /* filled in */
    /* NULL when it failed. Of a job the remote's until `finished` returns, else the caller's: free() it */
    char *text;
    int n_tokens; /* as the server counts; 0: it does not say */
    enum llmx_finish finish;
    struct llmx_error error; /* LLMX_OK: none */
    /* the remote's own */
    int is_over, is_cancelled;
    struct llmx_question *next;
};

/* Asks all questions on the calling thread and tells of each answer as it comes. A question that is refused, or whose answer
 * is none, fails alone: `error` (LLMX_BAD_INPUT, LLMX_TOO_LARGE) says why in the server's words. What would befall all
 * others too ends the job.
 *
 * next       the next question, or NULL when there are no more; it stays the caller's and must live until it is finished
 * finished   told of each answer, and of each failure; returning non-zero asks again at once, with what the caller left in
 *            `question`
 * returns    0, or -1: LLMX_IO the server could not be reached or kept failing (its words in the message), LLMX_BAD_INPUT
 *            no key, model or address that it takes (401, 403, 404, a redirect), or no question was answered: all were
 *            refused, or the first 16; LLMX_INTERRUPTED */
struct llmx_remote_job {
    struct llmx_question *(*next)(void *context);
    int (*finished)(void *context, struct llmx_question *question);
    void *context;
    const struct llmx_stop *stop; /* once asked: stop soon, LLMX_INTERRUPTED; may be NULL */
};
LLMX_API int llmx_remote_ask(struct llmx_remote *remote, const struct llmx_remote_job *job,
                             struct llmx_error *err);

/* --- questions from any thread, as they come: a thread of the remote's own asks them, asleep while there are none --- */

/* Puts a question behind those that wait. It and all that it points to stay the caller's, and must live until
 * llmx_remote_wait or llmx_remote_cancel has returned for it, or llmx_remote_destroy. Its callbacks come from the remote's
 * thread (the last one of a question that is cancelled before it was asked, from the thread that cancels): they must be
 * quick; they may submit others, and must not wait, cancel or destroy. Whatever befalls a question is its own failure.
 * returns   0, or -1 and nothing was submitted (the question is over, with that error): LLMX_BAD_OPTION no prompt, or
 *           max_tokens below 1; LLMX_NO_MEMORY; LLMX_IO the thread cannot be started */
LLMX_API int llmx_remote_submit(struct llmx_remote *remote, struct llmx_question *question,
                                struct llmx_error *err);

/* Returns when a question that llmx_remote_submit was given is over; any number of times. returns 0, or -1 with the question's error in
 * `err` */
LLMX_API int llmx_remote_wait(struct llmx_remote *remote, struct llmx_question *question,
                              struct llmx_error *err);

/* Gives it up and waits for that; its error is LLMX_INTERRUPTED then. One that is over stays as it is. */
LLMX_API void llmx_remote_cancel(struct llmx_remote *remote, struct llmx_question *question);

/* Of the submitted questions, at this moment. */
struct llmx_remote_load {
    int asking;  /* on their way, or waiting to be asked again: at most in_flight */
    int waiting; /* for a place */
};
LLMX_API void llmx_remote_load(struct llmx_remote *remote, struct llmx_remote_load *load);

/* JSON Lines with a field "prompt" ("-": standard input), each a user's turn -> the same lines, in the same order, with
 * "text", "tokens", "finish" and "model"; in place of these with "error", the server's words, where a question failed.
 * Of the options: sampling, seed, max_tokens, system, resume, stop, progress. OUT.partial and `resume` as in
 * llmx_generate_lines; answers behind the first open line are asked for again.
 * returns   0, or -1: as llmx_remote_ask, or the code of the first question that failed: then all lines are written */
LLMX_API int llmx_remote_lines(struct llmx_remote *remote, const char *in_path,
                               const struct llmx_lines_options *options, const char *out_path,
                               struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
