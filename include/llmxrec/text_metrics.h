/* text_metrics.h - how texts differ from references and from one another, by counting words.
 *
 *     const struct llmx_text texts[] = {{.text = "a quiet drama", .reference = "a drama", .feature = "drama"}};
 *     const struct llmx_text_options how = {.resampling = {.resamples = 10000, .seed = 1}};
 *     struct llmx_text_metrics metrics;
 *     if (llmx_text_metrics(texts, 1, &how, NULL, &metrics, &err) == 0) ...
 *
 * None of them says whether a text is true or convincing; docs/evaluation.md has the definitions. */
#ifndef LLMXREC_TEXT_METRICS_H
#define LLMXREC_TEXT_METRICS_H

#include "llmxrec/llm.h"
#include "llmxrec/statistics.h"

#ifdef __cplusplus
extern "C" {
#endif

/* UTF-8, the caller's. */
struct llmx_text {
    const char *text;
    const char *reference; /* what a person wrote in its place; NULL: none */
    const char *feature;   /* one word that it should name; NULL: none */
    int32_t group; /* whose text it is, from 0 to n - 1: a person's texts are resampled together */
};

enum llmx_text_figure {
    LLMX_TEXT_BLEU_1, /* as sacrebleu: corpus, 13a, smoothing exp, 0 to 100; of one text with effective order */
    LLMX_TEXT_BLEU_4,
    LLMX_TEXT_ROUGE_1, /* as rouge-score without stemming: F1, 0 to 1, mean over texts */
    LLMX_TEXT_ROUGE_2,
    LLMX_TEXT_ROUGE_L,
    LLMX_TEXT_DISTINCT_1, /* distinct n-grams of all texts / n-grams; words split at blanks, as in all that follows */
    LLMX_TEXT_DISTINCT_2,
    LLMX_TEXT_USR,       /* distinct texts / texts */
    LLMX_TEXT_FMR,       /* share of texts that name their feature */
    LLMX_TEXT_FCR,       /* share of the features that some text names */
    LLMX_TEXT_DIV,       /* mean number of features that two texts share: low is diverse */
    LLMX_TEXT_SELF_BLEU, /* mean BLEU-4 of a text against all others as references: low is diverse */
    LLMX_TEXT_WORDS,     /* mean per text */
    LLMX_TEXT_CHARACTERS, /* code points */
    LLMX_TEXT_PERPLEXITY, /* exp of the model's mean loss over all tokens that follow another */
    LLMX_TEXT_FIGURES
};

/* "bleu_1", ...; NULL past the last. */
LLMX_API const char *llmx_text_figure_name(int figure);

struct llmx_text_options {
    const char *features; /* file of the features there are, one a line; NULL: those of the texts */
    const struct llmx_model *model; /* for perplexity; NULL: none */
    struct llmx_resampling resampling;
    struct llmx_progress progress;
};

/* A figure that is not defined (no references, no model) is NaN, as is the interval of what is no mean: distinct-n, USR,
 * FCR, DIV depend on how many texts there are. */
struct llmx_text_metrics {
    int rows, references, features; /* texts; those with a reference; features there are */
    int groups;                     /* that the intervals are drawn from */
    struct llmx_resampling resampling;
    struct llmx_interval figures[LLMX_TEXT_FIGURES]; /* 95 %, bootstrap over groups */
};

/* by_text (n) of LLMX_TEXT_FIGURES each, or NULL: the figures of each text alone (FMR: 0 or 1; USR, FCR, DIV: NaN).
 * returns   0, or -1: LLMX_BAD_INPUT no texts, LLMX_BAD_OPTION, LLMX_NOT_FOUND `features`, LLMX_INTERRUPTED */
LLMX_API int llmx_text_metrics(const struct llmx_text *texts, size_t n,
                               const struct llmx_text_options *options,
                               double (*by_text)[LLMX_TEXT_FIGURES],
                               struct llmx_text_metrics *result, struct llmx_error *err);

/* JSON Lines with "explanation", and "reference", "feature" and "user" where there are any. out_path: the same lines with
 * the figures of each; NULL: none. */
LLMX_API int llmx_text_metrics_file(const char *path, const struct llmx_text_options *options,
                                    const char *out_path, struct llmx_text_metrics *result,
                                    struct llmx_error *err);

/* A table for a person, or one JSON object with null for what is not defined. */
LLMX_API int llmx_text_metrics_print(const struct llmx_text_metrics *metrics, FILE *stream,
                                     int is_json, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
