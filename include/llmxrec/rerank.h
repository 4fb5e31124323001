/* rerank.h - does a language model help the recommender? It says how likely each candidate's title is to come next in the list
 * of what the person had; that is blended with the recommender's score.
 *
 *     struct llmx_rerank found;
 *     const struct llmx_rerank_options how = {.candidates = 20, .history = 10, .users = 300,
 *                                             .resampling = {.resamples = 10000, .seed = 1}};
 *     if (llmx_rerank(run, model, &how, &found, &err) == 0 && found.weight > 0)
 *         llmx_rerank_file("recs.jsonl", run, model, &how, &found, "reranked.jsonl", &skipped, &err);
 *
 * docs/evaluation.md has the definitions. */
#ifndef LLMXREC_RERANK_H
#define LLMXREC_RERANK_H

#include "llmxrec/llm.h"
#include "llmxrec/recommend.h"
#include "llmxrec/statistics.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is made of a title's log-probability. */
enum llmx_title_form {
    LLMX_TITLE_SUM,  /* of its tokens */
    LLMX_TITLE_MEAN, /* a token: long titles are not held back */
    LLMX_TITLE_GAIN, /* sum less that in an empty list: what the history adds, not how common the words are */
    LLMX_TITLE_FORMS
};
LLMX_API const char *llmx_title_form_name(enum llmx_title_form form); /* "sum", "mean", "gain" */

struct llmx_rerank_options {
    int candidates; /* the recommender's best that are ranked anew, 10 to 1000 */
    int history;    /* titles in the list before, the latest, 1 to 100 */
    int users;      /* a sample, evenly spaced; 0: all */
    /* JSON Lines to write, one for each user of the test part, whose NDCG@10 each is: {"user","recommender","blend","alone"}; NULL:
     * none */
    const char *rows_path;
    struct llmx_resampling resampling;
    const struct llmx_stop *stop; /* once asked: stop soon, LLMX_INTERRUPTED; may be NULL */
    struct llmx_progress progress;
    void (*notice)(void *context,
                   const char *message); /* of lines that are left out; may be NULL */
    void *notice_context;
};

/* NDCG@10 over users who have something in the part. On validation for choosing, on test to see what the choice is worth. */
struct llmx_rerank {
    const char *model; /* the recommender's */
    int candidates, history;
    int users_valid, users_test;
    enum llmx_title_form form;
    double weight; /* of the title, 0 to 1: what is best on validation; 0: no weight helps there */
    double valid_before, valid_after; /* with that weight and form */
    double valid_best[LLMX_TITLE_FORMS],
        valid_weight[LLMX_TITLE_FORMS]; /* of each form, its best */
    struct llmx_interval before, after,
        alone; /* test: recommender, blend, the title alone (of `form`) */
    struct llmx_bootstrap gain, gain_alone; /* test: after - before, alone - before, user by user */
    double
        findable; /* test: what NDCG@10 would be with the held-out items that are candidates on top */
    struct llmx_resampling resampling;
};

/* LLMX_BAD_OPTION where llmx_rerank would say so: to be asked before a model is loaded. */
LLMX_API int llmx_rerank_check(const struct llmx_rerank_options *options, struct llmx_error *err);

/* The same of what they read: LLMX_UNSUPPORTED the items have no titles, LLMX_BAD_INPUT with file and line.
 * recs_path  NULL: none */
LLMX_API int llmx_rerank_input_check(const struct llmx_run *run, const char *recs_path,
                                     struct llmx_error *err);

/* Chooses weight and form on the validation part, measures both on the test part. The model itself is not tuned here.
 * returns   0, or -1: LLMX_UNSUPPORTED the items have no titles, LLMX_BAD_INPUT nothing is held out, LLMX_BAD_OPTION,
 *           LLMX_TOO_LARGE a list of titles does not fit the model's context, LLMX_INTERRUPTED */
LLMX_API int llmx_rerank(const struct llmx_run *run, const struct llmx_model *model,
                         const struct llmx_rerank_options *options, struct llmx_rerank *result,
                         struct llmx_error *err);

/* Ranks recommendations (as llmx_recommend_write writes them, of the same run) anew with result->form and result->weight: the
 * same lines by user, with new "rank" and "score", the blend, and with "recommender_score" and "title_logprob".
 * skipped   lines that are left out, each told to `notice`
 * returns   0, or -1: LLMX_BAD_INPUT with file and line, as above */
LLMX_API int llmx_rerank_file(const char *recs_path, const struct llmx_run *run,
                              const struct llmx_model *model,
                              const struct llmx_rerank_options *options,
                              const struct llmx_rerank *result, const char *out_path, int *skipped,
                              struct llmx_error *err);

/* A table for a person, or one JSON object. */
LLMX_API int llmx_rerank_print(const struct llmx_rerank *result, FILE *stream, int is_json,
                               struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
