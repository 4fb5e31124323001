/* grounding.h - which statements of an explanation do the data support? After Kabongo & Guigue (arXiv 2512.24366).
 *
 *     struct llmx_grounding found;
 *     const struct llmx_grounding_options how = {.resampling = {.resamples = 10000, .seed = 1}};
 *     if (llmx_grounding_file("explanations.jsonl", "recs.jsonl", data, &how, NULL, &found, &err) == 0)
 *         llmx_grounding_print(&found, stdout, 0, &err);
 *
 * The gate (gate.h) asks whether a text keeps to its prompt and is fit to be sent; here any text is held to all that is
 * known, and form does not count. docs/evaluation.md has the rule by which statements are cut. */
#ifndef LLMXREC_GROUNDING_H
#define LLMXREC_GROUNDING_H

#include "llmxrec/gate.h"
#include "llmxrec/statistics.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* STANDARD: what the gate can read is true. STRICT: no word, moreover, that nothing licenses. */
enum llmx_grounding_mode { LLMX_GROUNDING_STANDARD, LLMX_GROUNDING_STRICT, LLMX_GROUNDING_MODES };

struct llmx_grounding_options {
    struct llmx_resampling resampling;
    void (*notice)(void *context,
                   const char *message); /* told of lines that are left out; may be NULL */
    void *notice_context;
};

/* Intervals by bootstrap over users. */
struct llmx_grounding {
    int texts;   /* explanations with a recommendation */
    int skipped; /* those without, told to `notice` */
    int empty;   /* texts without a word, which support nothing: no statements, not whole */
    int users;
    int statements;
    struct llmx_resampling resampling;
    struct llmx_interval per_text;                        /* statements of a text */
    struct llmx_interval supported[LLMX_GROUNDING_MODES]; /* share of statements */
    struct llmx_interval whole[LLMX_GROUNDING_MODES]; /* share of texts whose statements all are */
    int failed[LLMX_CHECKS_MAX]; /* statements by the check of the gate that they fail */
};

/* Reads explanations (JSON Lines with "user", "item", "explanation", whoever wrote them) and the recommendations that they are
 * for. What supports a statement: the person's history and profile, all columns of it and of the item, and the facts (facts.h) of
 * the recommendation, told or not.
 * out_path  JSON Lines with the statements of each text and what is wrong with them; NULL: none
 * returns   0, or -1: LLMX_BAD_INPUT with file and line, no explanations; LLMX_MISMATCH no explanation has a recommendation;
 *           LLMX_BAD_OPTION */
LLMX_API int llmx_grounding_file(const char *explanations_path, const char *recs_path,
                                 const struct llmx_data *data,
                                 const struct llmx_grounding_options *options, const char *out_path,
                                 struct llmx_grounding *result, struct llmx_error *err);

/* A table for a person, or one JSON object with null for what is not defined. */
LLMX_API int llmx_grounding_print(const struct llmx_grounding *result, FILE *stream, int is_json,
                                  struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
