/* remote.h - texts from language models elsewhere: any OpenAI-compatible server (vLLM, llama.cpp, hosted ones).
 *
 *     struct llmx_remote *remote;
 *     if (llmx_remote_open(&remote, "http://127.0.0.1:8000/v1", NULL, &err) == 0)
 *         llmx_remote_ask(remote, &job, &err);
 *
 * Questions are answered many at a time over one thread (libcurl's multi interface). The key comes from an environment
 * variable alone and is in no message, file or log. */
#ifndef LLMXREC_REMOTE_H
#define LLMXREC_REMOTE_H

#include "llmxrec/generate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All zero (or a NULL pointer) means the defaults. */
struct llmx_remote_options {
    const char *model; /* as the server names it; NULL: the first it lists */
    const char *
        key_variable; /* environment variable with the key; NULL: LLMXREC_API_KEY; unset: no key is sent */
    int in_flight; /* questions at a time; 0: 8 */
    int retries; /* of a question, after what may pass: refused connections, 408, 429, 5xx; 0: 6; -1: none */
    double timeout_s; /* of one answer; 0: 120 */
    double
        backoff_s; /* before the first retry, doubled for each next one (Retry-After wins); 0: 0.5 */
};

struct llmx_remote;

/* Asks the server for its models. returns 0, or -1: LLMX_BAD_OPTION no http(s) address, a number out of range;
 * LLMX_IO no answer; LLMX_NOT_FOUND the server has no such model */
LLMX_API int llmx_remote_open(struct llmx_remote **remote, const char *url,
                              const struct llmx_remote_options *options, struct llmx_error *err);
LLMX_API void llmx_remote_destroy(struct llmx_remote *remote);
LLMX_API const char *llmx_remote_model(const struct llmx_remote *remote);

/* One text wanted. */
struct llmx_question {
    const char *system; /* NULL: none */
    const char *prompt; /* the user's turn, UTF-8 */
    int max_tokens;
    struct llmx_sampling
        sampling; /* temperature and top-p; the others are sent where they are not off */
    uint64_t seed;
    void *context; /* the caller's */
    /* filled in */
    char *text;   /* belongs to the remote until `finished` returns */
    int n_tokens; /* as the server counts; 0: it does not say */
    enum llmx_finish finish;
};

/* Asks all questions and tells of each answer as it comes.
 *
 * next       the next question, or NULL when there are no more; it stays the caller's and must live until it is finished
 * finished   told of each answer; returning non-zero asks again at once, with what the caller left in `question`
 * returns    0, or -1: LLMX_IO the server could not be reached or kept failing (its words in the message),
 *            LLMX_BAD_INPUT it refused the question or its answer is none, LLMX_INTERRUPTED. The first failure ends it */
struct llmx_remote_job {
    struct llmx_question *(*next)(void *context);
    int (*finished)(void *context, struct llmx_question *question);
    void *context;
    const struct llmx_stop *stop; /* once asked: stop soon, LLMX_INTERRUPTED; may be NULL */
};
LLMX_API int llmx_remote_ask(struct llmx_remote *remote, const struct llmx_remote_job *job,
                             struct llmx_error *err);

/* JSON Lines with a field "prompt" ("-": standard input), each a user's turn -> the same lines, in the same order, with
 * "text", "tokens", "finish" and "model". Of the options: sampling, seed, max_tokens, system, resume, stop,
 * progress. OUT.partial and `resume` as in llmx_generate_lines; answers behind the first open line are asked for again. */
LLMX_API int llmx_remote_lines(struct llmx_remote *remote, const char *in_path,
                               const struct llmx_lines_options *options, const char *out_path,
                               struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
