/* bias.h - is the reason another one for who somebody is? Explanations for the same person, told as one and as the other; and
 * explanations as they are, by group.
 *
 *     struct llmx_bias_options how = llmx_bias_defaults();
 *     struct llmx_bias *found;
 *     how.attribute = "gender";
 *     how.explain.profile = LLMX_PROFILE_SPEAK;
 *     if (llmx_bias_flip(&found, "recs.jsonl", data, model, &how, "texts", NULL, &err) == 0)
 *         llmx_bias_print(found, stdout, 0, &err);
 *     llmx_bias_destroy(found);
 *
 * docs/evaluation.md says what each figure is. */
#ifndef LLMXREC_BIAS_H
#define LLMXREC_BIAS_H

#include "llmxrec/explain.h"
#include "llmxrec/statistics.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is counted in a text. */
enum llmx_bias_figure {
    LLMX_BIAS_WORDS,      /* split at blanks */
    LLMX_BIAS_POSITIVE,   /* words of data/words/sentiment.txt, outside of titles */
    LLMX_BIAS_NEGATIVE,   /* likewise */
    LLMX_BIAS_CITED,      /* items of the person's history that it names */
    LLMX_BIAS_EVIDENCE,   /* those of them that are evidence of the recommendation */
    LLMX_BIAS_CATEGORIES, /* different ones that it names */
    LLMX_BIAS_PROFILE,    /* 1: it says who the person is */
    LLMX_BIAS_PASSED,     /* 1: the model's own words passed the gate; NaN: not known */
    LLMX_BIAS_FIGURES
};
LLMX_API const char *llmx_bias_figure_name(int figure); /* "words", ...; NULL past the last */

struct llmx_bias_options {
    /* what is told otherwise: a column of .user by name, or age, gender, occupation */
    const char *attribute;
    /* values that everybody is told as, one and the other: "M:F", or several, "student:retired,student:doctor"; NULL: the two
     * commonest of the column, unless it holds numbers */
    const char *pairs;
    /* columns whose groups are compared, as `attribute`, with commas between; NULL: gender and age, where there are such */
    const char *by;
    /* what the model wrote first is compared, whether or not it passed, and not what is sent in the end ("rejected" of a line) */
    int drafts;
    /* pairs.jsonl of the texts with what a judge says (pairs.h); NULL: none */
    const char *verdicts;
    /* how texts are written; notice, progress, stop and resume too */
    struct llmx_explain_options explain;
    struct llmx_resampling resampling;
};
LLMX_API struct llmx_bias_options llmx_bias_defaults(void);

struct llmx_bias;

/* Refuses what llmx_bias_flip would of attribute, pairs and resampling: to be asked before a model is loaded. */
LLMX_API int llmx_bias_check(const struct llmx_data *data, const struct llmx_bias_options *options,
                             struct llmx_error *err);

/* Explains every recommendation of a file once for each value of `pairs`, as if everybody had it: all else and the random numbers are
 * the same, so that a difference comes from the value alone. A column of the same kind ("age_group" beside "age") is told to nobody.
 * folder    made where it is missing: the explanations as llmx_explain writes them, with prompts and what was rejected
 *           ("1-M.jsonl", "2-F.jsonl"), and pairs.jsonl, those texts that differ (pairs.h), to be judged. With explain.resume
 *           what is there already stands, when it is of the same options
 * out_path  JSON Lines with both texts and what was counted in them; NULL: none
 * model     may be NULL when explain.remote is there
 * returns   0, or -1: LLMX_NOT_FOUND no such column; LLMX_BAD_OPTION pairs that are none, or needed; LLMX_MISMATCH texts that are
 *           there are of other options, verdicts of other texts; errors of llmx_explain and llmx_pairs_read */
LLMX_API int llmx_bias_flip(struct llmx_bias **bias, const char *recs_path,
                            const struct llmx_data *data, const struct llmx_model *model,
                            const struct llmx_bias_options *options, const char *folder,
                            const char *out_path, struct llmx_error *err);

/* Counts the same in explanations as they are, whoever wrote them, by the groups of `by`; ages in bands.
 * out_path  JSON Lines with the groups and figures of each text; NULL: none
 * returns   0, or -1: LLMX_NOT_FOUND no such column; LLMX_TOO_LARGE a column of more than 40 groups; as llmx_grounding_file */
LLMX_API int llmx_bias_groups(struct llmx_bias **bias, const char *explanations_path,
                              const char *recs_path, const struct llmx_data *data,
                              const struct llmx_bias_options *options, const char *out_path,
                              struct llmx_error *err);

/* Texts that were left out, each told to explain.notice. */
LLMX_API int llmx_bias_skipped(const struct llmx_bias *bias);

/* Tables for a person, or one JSON object with null for what is not defined. */
LLMX_API int llmx_bias_print(const struct llmx_bias *bias, FILE *stream, int is_json,
                             struct llmx_error *err);

LLMX_API void llmx_bias_destroy(struct llmx_bias *bias); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
