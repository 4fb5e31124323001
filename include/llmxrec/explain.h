/* explain.h - from a recommendation and its evidence to a written reason that holds only what was given.
 *
 *     struct llmx_explainer *explainer;
 *     struct llmx_explanation why = {0};
 *     const struct llmx_explain_request request = {
 *         .person = {.user = user}, .recommendations = &top[0], .n = 1};
 *     if (llmx_explainer_open(&explainer, data, generator, NULL, &err) == 0 &&
 *         llmx_explainer_explain(explainer, &request, &why, &err) == 0)
 *         puts(why.text);
 *     llmx_explanation_release(&why);
 *     llmx_explainer_close(explainer);
 *
 * Every text is held to the gate (gate.h). The same with files: explain_file.h. */
#ifndef LLMXREC_EXPLAIN_H
#define LLMXREC_EXPLAIN_H

#include "llmxrec/data.h"
#include "llmxrec/gate.h"
#include "llmxrec/generate.h"
#include "llmxrec/recommend.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who the customer is: not told to the model; told, but not to be spoken of; told and allowed in the text. */
enum llmx_profile { LLMX_PROFILE_HIDE, LLMX_PROFILE_TELL, LLMX_PROFILE_SPEAK };

struct llmx_remote; /* remote.h */

/* How to explain. Start from llmx_explain_defaults(). */
struct llmx_explain_options {
    /* reasons, movies, games, news, general, or a file; NULL: by the domain and the data's columns */
    const char *template_path;
    /* what people do with the items, in words: films, games, news, books, music, products, items; NULL: guessed from what
     * the item table and its columns are called */
    const char *domain;
    int history_max; /* last N history items in the prompt; 0: 10, but none where the template tells facts */
    /* evidence items named in the prompt; where the template tells facts it is those that they are about, two at most */
    int evidence_max;
    int words_max; /* 75, as in the paper */
    enum llmx_profile profile;
    /* columns of .user, by name or as age, gender, occupation, with commas between: whatever `profile` says they are not told,
     * nor is another column of the same kind ("age_group" beside "age"), and no text may speak of them. NULL: none */
    const char *blind;
    /* (n_retold) what is told of everybody in place of what .user says: to ask what it changes */
    const struct llmx_retold *retold;
    int n_retold;
    int is_strict; /* the gate lets only licensed words through (gate.h) */
    int tries;     /* per explanation, before the plain sentence takes its place */
    int max_tokens;
    /* of every try but the first, which is greedy with the same penalty */
    struct llmx_sampling sampling;
    uint64_t seed;
    const char *model_name, *adapter_name; /* written into every line; NULL: null */
    /* a server that writes the texts (remote.h); NULL: a model here does. Without the beginning that a template
     * has for answers, `adapter` and `grounded` */
    struct llmx_remote *remote;
    /* that goes with the model; NULL: none, or one that is folded in */
    const struct llmx_adapter *adapter;
    /* what the model puts in double quotes can only be a title of the prompt, what it writes in digits only a number of it;
     * and the gate looks on: a sentence that does not pass goes back to where it went wrong (generate.h) */
    int grounded;
    int keep_prompts;  /* in every line of a file */
    int keep_rejected; /* keep the texts that did not pass, each with what it failed */
    int resume;        /* go on with an interrupted output */
    int users_max;     /* explain the first N users of the file only; 0: all */
    int variants;      /* of examples that are built: lines of each (llmx_examples_build); 0: 1 */
    /* told, from any thread but one at a time, of each recommendation that cannot be explained: an unknown user or
     * item, an item that .item does not describe. May be NULL */
    void (*notice)(void *context, const char *message);
    void *notice_context;
    struct llmx_progress progress;
    const struct llmx_stop *stop; /* once asked: stop soon, LLMX_INTERRUPTED; may be NULL */
};
LLMX_API struct llmx_explain_options llmx_explain_defaults(void);

struct llmx_rejected {
    char *text;
    uint32_t failed; /* checks, as bits: bit k for check k of gate.h */
};

/* What was written of one recommendation. Release it with llmx_explanation_release. */
struct llmx_explanation {
    char *text;     /* UTF-8, no white space around it */
    int has_passed; /* the model's own words; 0: the plain sentence, since no try passed */
    /* on `text`: what it cites and names, with places. A plain sentence may fail checks */
    struct llmx_verdict verdict;
    int tries;       /* texts that the model wrote */
    int revised;     /* times that `text` went back while it was written (options->grounded) */
    uint32_t failed; /* checks of the tries that did not pass, as bits */
    /* (n_rejected) their texts, in their order; with options->keep_rejected */
    struct llmx_rejected *rejected;
    int n_rejected;
    char *prompt; /* what the model was told, without chat marks */
    char *
        facts; /* the facts that were chosen to be told, a sentence a line; "" where there are none */
};
LLMX_API void llmx_explanation_release(struct llmx_explanation *explanation);

/* What is told while texts are written. Of one recommendation: TEXT once for every token or few, of
 * grounded ones for every sentence that passed; GIVEN_UP when a try does
 * not pass and another begins; FINISHED once, last. */
enum llmx_told { LLMX_TOLD_TEXT, LLMX_TOLD_GIVEN_UP, LLMX_TOLD_FINISHED };

/* Recommendations to one person, as llmx_recommend gives them, to be explained. */
struct llmx_explain_request {
    struct llmx_person person;
    const struct llmx_recommendation *recommendations;
    int n;
    uint64_t
        number; /* of the first in a file that holds it, from 0: with the seed it draws the tries after the first */
    /* number       which of the recommendations, from 0
     * text         TEXT: what comes next, whole characters; else NULL. All that was told of a try is void once it is given
     *              up, and the whole text when it is finished: of it the last sentences may be cut off, or a plain
     *              sentence stands in its place
     * explanation  as far as it has come: tries, failed; FINISHED: all of it
     * returns      non-zero cancels the request
     * Comes from threads of the generator or the remote, never two at a time, and must be
     * quick (generate.h). May be NULL. */
    int (*told)(void *context, enum llmx_told what, int number, const char *text,
                const struct llmx_explanation *explanation);
    void *context;
};

struct llmx_explainer;

/* Opens the gate and the template over `data`. data, generator and what options point to must outlive the explainer.
 * generator  over the model that writes; NULL when options->remote does, or nothing (then it can only check). Not closed
 *            with the explainer
 * options    NULL: the defaults. Not read: model_name, adapter_name, keep_prompts, resume, users_max, notice, progress
 * returns    0, or -1: LLMX_BAD_OPTION; LLMX_NOT_FOUND, LLMX_BAD_INPUT of the template; LLMX_NO_MEMORY
 * Cost: one pass over the items and users. */
LLMX_API int llmx_explainer_open(struct llmx_explainer **explainer, const struct llmx_data *data,
                                 struct llmx_generator *generator,
                                 const struct llmx_explain_options *options,
                                 struct llmx_error *err);

/* No thread may be explaining any more. NULL is fine. */
LLMX_API void llmx_explainer_close(struct llmx_explainer *explainer);

/* Its gate, for checkers (gate.h) and viewers (view.h); belongs to the explainer. */
LLMX_API const struct llmx_gate *llmx_explainer_gate(const struct llmx_explainer *explainer);

/* Explains all recommendations of a request, and returns when all are finished. Any number of threads may call at
 * once: their texts are written together (generate.h), or asked of the server together (remote.h). A question that the
 * server refuses is a try that does not pass. A text does not depend on who else asks, where generate.h says so, and
 * is the one that llmx_explain writes of the same recommendation in the same place of a file with this person's other
 * ones beside it.
 *
 * out       caller's storage, n entries; filled in when 0 is returned, else left alone
 * returns   0, or -1: LLMX_NOT_FOUND no such user or item, LLMX_BAD_INPUT an item without a title, LLMX_TOO_LARGE the
 *           model's context is too small for the prompt, LLMX_INTERRUPTED cancelled, options->stop is set (looked at with
 *           every token; while a server writes, some times a second), or the generator was closed; errors of llmx_remote_wait, refusals where
 *           no question was answered */
LLMX_API int llmx_explainer_explain(struct llmx_explainer *explainer,
                                    const struct llmx_explain_request *request,
                                    struct llmx_explanation *out, struct llmx_error *err);

/* Holds a text, whoever wrote it, to the gate as one of the explainer's own; "" to learn the prompt and the facts alone.
 *
 * out       caller's storage; filled in when 0 is returned: text, has_passed, verdict, failed, prompt, facts
 * returns   0, or -1: LLMX_NOT_FOUND, LLMX_BAD_INPUT as above, LLMX_NO_MEMORY. Any number of threads may call at once. */
LLMX_API int llmx_explainer_check(struct llmx_explainer *explainer,
                                  const struct llmx_person *person,
                                  const struct llmx_recommendation *recommendation,
                                  const char *text, struct llmx_explanation *out,
                                  struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
