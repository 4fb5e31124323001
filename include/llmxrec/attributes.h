/* attributes.h - hide what is known of users and items: can a language model tell it from the rest, or from an explanation?
 *
 *     struct llmx_attributes *found;
 *     const struct llmx_attributes_options how = {
 *         .model = model, .run = run, .asked_max = 200, .history_max = 20,
 *         .resampling = {.resamples = 10000, .seed = 1}};
 *     if (llmx_attributes_of_data(&found, data, &how, NULL, &err) == 0)
 *         llmx_attributes_print(found, stdout, 0, &err);
 *     llmx_attributes_destroy(found);
 *
 * Beside the model stand guesses that cost nothing: the majority, naive Bayes, a linear probe of the recommender's
 * embedding. docs/evaluation.md has the definitions. */
#ifndef LLMXREC_ATTRIBUTES_H
#define LLMXREC_ATTRIBUTES_H

#include "llmxrec/llm.h"
#include "llmxrec/recommend.h"
#include "llmxrec/statistics.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_attributes;

struct llmx_attributes_options {
    /* "gender,age,categories": columns of users; columns or roles of items, or "popularity"; NULL: every column of users,
     * and of items categories, year, price and popularity, those that the data have */
    const char *names;
    const struct llmx_model *model; /* that is asked; NULL: none */
    const struct llmx_run *run;     /* whose embeddings are probed; NULL: none */
    const char *domain;             /* as llmx_explain_options.domain; NULL: guessed */
    /* JSON Lines that the model was tuned on, with "user" and "item": those are not asked about; NULL: none */
    const char *tuned_on_path;
    /* of data, not of texts: users, and items, to ask about; the others are learnt from, half of all at least */
    int asked_max;
    int history_max; /* of data: of a user's history, the latest that the model is told; 1 at least */
    /* its seed also draws who is asked about */
    struct llmx_resampling resampling;
    void (*notice)(void *context, const char *message); /* told of what is left out; may be NULL */
    void *notice_context;
    struct llmx_progress progress; /* of questions */
    const struct llmx_stop *stop;  /* once asked: stop soon, LLMX_INTERRUPTED; may be NULL */
};

/* Refuses what llmx_attributes_of_data would, whatever the model: options, attributes, tuned_on_path. To be asked before a model
 * is loaded. */
LLMX_API int llmx_attributes_check(const struct llmx_data *data,
                                   const struct llmx_attributes_options *options,
                                   struct llmx_error *err);

/* Asks of users by their history, of items by their other features and what the same people took. Parts that are held out
 * are not used.
 * out_path  JSON Lines with the truth and every answer, row by row; NULL: none
 * returns   0, or -1: LLMX_BAD_OPTION no such attribute, or nobody left to learn from; LLMX_BAD_INPUT; LLMX_UNSUPPORTED a
 *           model without a chat template; LLMX_INTERRUPTED */
LLMX_API int llmx_attributes_of_data(struct llmx_attributes **found, const struct llmx_data *data,
                                     const struct llmx_attributes_options *options,
                                     const char *out_path, struct llmx_error *err);

/* How much of it do explanations carry? Asks for each text of the user and of the item that it was written for, by the text alone,
 * and beside it by the facts and the prompt that lines have ("facts", "prompt"). Naive Bayes over words learns in five folds,
 * from the texts of other users (items). The run is not read.
 * returns   0, or -1: as above; errors of llmx_grounding_file for the two files */
LLMX_API int llmx_attributes_of_texts(struct llmx_attributes **found, const char *explanations_path,
                                      const char *recs_path, const struct llmx_data *data,
                                      const struct llmx_attributes_options *options,
                                      const char *out_path, struct llmx_error *err);

/* Explanations that had no recommendation, and were left out. */
LLMX_API int llmx_attributes_skipped(const struct llmx_attributes *found);

/* A table for a person, or one JSON object with null for what is not defined. */
LLMX_API int llmx_attributes_print(const struct llmx_attributes *found, FILE *stream, int is_json,
                                   struct llmx_error *err);
LLMX_API void llmx_attributes_destroy(struct llmx_attributes *found);

#ifdef __cplusplus
}
#endif
#endif
