/* generate.h - texts that a language model writes: all of a job, or of whoever asks while the model stays open.
 *
 *     struct llmx_generator *generator;
 *     if (llmx_generator_open(&generator, model, NULL, &err) == 0 &&
 *         llmx_generator_submit(generator, &request, &err) == 0 &&
 *         llmx_generator_wait(generator, &request, &err) == 0) ...
 *
 * Texts in work share the steps of all threads, whoever asked for them (continuous batching). */
#ifndef LLMXREC_GENERATE_H
#define LLMXREC_GENERATE_H

#include "llmxrec/llm.h"

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_sampling {
    float temperature; /* 0: greedy */
    float top_p;       /* 1: off */
    int top_k;         /* 0: off */
    /* 1: off; Keskar et al. 2019, over prompt and text as in transformers */
    float repetition_penalty;
};

struct llmx_constraint; /* on what a text may say; those that llmx_explain makes (grounded) */

enum llmx_finish { LLMX_FINISH_STOP, LLMX_FINISH_LENGTH };

/* One text to write. What comes after `prefix` of its group is `prompt`. */
struct llmx_generation {
    const int32_t *prompt;
    int n_prompt; /* at least 1 */
    int max_tokens;
    int ignore_stop; /* go on to max_tokens whatever is said: for measuring */
    struct llmx_sampling sampling;
    const struct llmx_constraint *constraint; /* NULL: none */
    uint64_t seed; /* its own random stream: a text does not depend on its neighbours */
    void *context; /* the caller's */
    /* Looks at the text so far, after every token and once more when it is about to stop (finish is LLMX_FINISH_STOP then);
     * NULL: nobody does. returns how many of its tokens are to stand, or -1: all of them, and so does the stop.
     *
     * When fewer stand, the text goes back to there and on with another token: the one that stood at that place, or the stop,
     * is not taken there again until the text goes back to an earlier place. Where nothing is left to take it goes back
     * by one more. After LLMX_REVISIONS_MAX times the text ends instead, with what then is in `tokens`. What it becomes depends on its seed and on what is
     * returned, never on its company.
     *
     * Comes from the threads that write, of one group never two at a time, and must be quick. */
    int (*review)(struct llmx_generation *generation);
    /* filled in */
    int32_t *tokens; /* caller's storage, max_tokens entries */
    int n_tokens;
    int n_revised; /* times it went back */
    enum llmx_finish finish;
};

/* Times that a text goes back: nearly all that are mended at all are after four, and what was mended more often is seldom
 * true (docs/benchmarks.md). */
#define LLMX_REVISIONS_MAX 8

/* Texts that begin alike: the prefix is computed once for all of them. */
struct llmx_group {
    const int32_t *prefix;
    int n_prefix; /* may be 0 */
    struct llmx_generation *generations;
    int n;
    const struct llmx_adapter *adapter; /* of the prefix and all texts (adapter.h); NULL: none */
};

/* --- a generator stays open: one pool of threads for its life, asleep while there is nothing to write --- */

struct llmx_generator;

struct llmx_generator_options {
    int sequences_max; /* texts in work on all threads together; 0: 64 */
};

/* What one client wants: a group, and whom to tell. It and all that it points to stay the client's, and must live until
 * llmx_generator_wait or llmx_generator_cancel has returned for it, or llmx_generator_close.
 *
 * The callbacks, each of which may be NULL, come from the generator's threads, those of one request never two at a
 * time. A step waits for them: they must be quick. They may submit other requests; they must not wait, cancel or
 * close. */
struct llmx_request {
    struct llmx_group group;
    /* Later requests that say so too and have the same prefix do not compute it again, as far as a few are kept; one with
     * an adapter is not. What is written is the same bits either way. */
    int keeps_prefix;
    /* One more token stands in generation->tokens (the first of a new try when n_tokens is 1; with a review, some of those
     * before may have gone); non-zero cancels the request. */
    int (*token)(struct llmx_request *request, struct llmx_generation *generation);
    /* A text is whole; non-zero asks to write it again, as `finished` of llmx_generate_job. */
    int (*finished)(struct llmx_request *request, struct llmx_generation *generation);
    /* The last that is told: all texts are finished, or error.code says why not. */
    void (*over)(struct llmx_request *request);
    void *context; /* the client's */
    /* filled in */
    struct llmx_error error; /* once over; LLMX_OK: none */
    int is_over;             /* the generator's own, as what follows */
    struct llmx_generator *generator;
};

/* options may be NULL. All memory that steps need is taken here.
 * returns   0, or -1: LLMX_BAD_OPTION sequences_max out of range, LLMX_NO_MEMORY, LLMX_IO a thread cannot be started */
LLMX_API int llmx_generator_open(struct llmx_generator **generator, const struct llmx_model *model,
                                 const struct llmx_generator_options *options,
                                 struct llmx_error *err);

/* The model that it was opened over. */
LLMX_API const struct llmx_model *llmx_generator_model(const struct llmx_generator *generator);

/* Cancels what is not over, lets those go who wait, ends the threads. No other call may begin once this has. NULL is
 * fine. */
LLMX_API void llmx_generator_close(struct llmx_generator *generator);

/* Puts a request behind those that wait, and returns; any thread. Texts are begun in that order, as room comes.
 *
 * A request fails by itself, the others go on. In f32, and in bf16 with oneDNN's AVX-512 kernels, its texts are bit for
 * bit the same alone and in any company, whenever it comes, at any number of threads: those of an llmx_generate job of
 * more than two texts. (A job of one or two takes a kernel for few rows, faster and with other bf16 sums; a generator
 * never does, since it cannot know who comes next.) Where oneDNN takes AMX tiles for bf16, sums may depend on how many
 * rows stand together, and a text on its company where two tokens are nearly equally likely.
 *
 * returns   0, or -1 and nothing was submitted (the request is over, with that error): errors of llmx_generate that can be
 *           seen in the request. What is found later (scores that are not finite, memory for its keys and values) is request->error */
LLMX_API int llmx_generator_submit(struct llmx_generator *generator, struct llmx_request *request,
                                   struct llmx_error *err);

/* Returns when a request that llmx_generator_submit was given is over; any number of times. returns 0, or -1 with the request's error in
 * `err` */
LLMX_API int llmx_generator_wait(struct llmx_generator *generator, struct llmx_request *request,
                                 struct llmx_error *err);

/* Gives up what is not finished and waits for that: about a step. Its error is LLMX_INTERRUPTED then; one that is over
 * stays as it is. */
LLMX_API void llmx_generator_cancel(struct llmx_generator *generator, struct llmx_request *request);

/* How much there is to do at this moment. */
struct llmx_generator_load {
    int requests; /* not over */
    int writing;  /* texts begun and not finished: at most about sequences_max */
    int waiting;  /* texts not begun */
};
LLMX_API void llmx_generator_load(struct llmx_generator *generator,
                                  struct llmx_generator_load *load);

/* --- jobs: all at once --- */

/* Writes all texts of all groups, as many at a time as fit.
 *
 * next       gives the next group, or NULL when there are no more; groups stay the caller's and must live until
 *            all of their generations are finished. Called under a lock, from any thread.
 * finished   told of each finished text, under the same lock; returning non-zero asks to write it again at once,
 *            with the seed and sampling that the caller left in `generation` (prompt and max_tokens stay).
 *            May be NULL
 * returns    0, or -1: LLMX_TOO_LARGE a prompt that fills the context (a text ends, LLMX_FINISH_LENGTH, where the
 *            context does), LLMX_BAD_OPTION sampling out of range, LLMX_BAD_INPUT an empty prompt or scores that
 *            are not finite, LLMX_INTERRUPTED. The first failure stops all threads; texts that `finished` was not
 *            told of are incomplete */
struct llmx_generate_job {
    struct llmx_group *(*next)(void *context);
    int (*finished)(void *context, struct llmx_group *group, struct llmx_generation *generation);
    void *context;
    int sequences_max;            /* in flight on all threads together; 0: 64 */
    const struct llmx_stop *stop; /* once asked: stop soon, LLMX_INTERRUPTED; may be NULL */
};
LLMX_API int llmx_generate(const struct llmx_model *model, const struct llmx_generate_job *job,
                           struct llmx_error *err);

/* How llmx_generate_lines writes; all zero but max_tokens: greedily, the prompts as they are. */
struct llmx_lines_options {
    struct llmx_sampling sampling;
    uint64_t seed;
    int max_tokens;
    int is_chat;        /* each prompt is a user's turn, set in the model's chat template */
    const char *system; /* the system turn; NULL: the template's own */
    const struct llmx_adapter *adapter; /* NULL: none */
    int sequences_max;                  /* as in llmx_generate_job */
    int resume;                         /* go on with OUT.partial of a run that was interrupted */
    const struct llmx_stop *stop;       /* as in llmx_generate_job */
    struct llmx_progress progress;
};

/* LLMX_BAD_OPTION where llmx_generate_lines would say so: to be asked before a model is loaded. */
LLMX_API int llmx_generate_lines_check(const struct llmx_lines_options *options,
                                       struct llmx_error *err);

/* JSON Lines with a field "prompt" ("-": standard input) -> the same lines, in the same order, with "text",
 * "tokens" (how many) and "finish" ("stop" or "length"). Neighbouring prompts that begin alike share that work.
 * Until all are written they stand at OUT.partial, where they stay when it fails or is interrupted (LLMX_INTERRUPTED);
 * with `resume` the same call goes on from there, to the same bytes. LLMX_BAD_OPTION: OUT.partial is there, and resume
 * is not set; LLMX_MISMATCH: it holds lines of other prompts or another seed. */
LLMX_API int llmx_generate_lines(const struct llmx_model *model, const char *in_path,
                                 const struct llmx_lines_options *options, const char *out_path,
                                 struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
