/* judge.h - which of two explanations is better? A language model says: tuned for it or as it is, here or on a server.
 *
 *     const struct llmx_judge_options how = {.folder = "judges/films"};
 *     struct llmx_judge *judge;
 *     struct llmx_judge_report report;
 *     if (llmx_judge_open(&judge, model, &how, &err) == 0 &&
 *         llmx_judge_pairs(judge, pairs, NULL, 0, &report, &err) == 0)
 *         ... llmx_pair_verdict(llmx_pairs_get(pairs, i)) ...
 *     llmx_judge_close(judge);
 *
 * Every pair is judged twice, with a shown first and with b shown first. docs/evaluation.md says what comes of it. */
#ifndef LLMXREC_JUDGE_H
#define LLMXREC_JUDGE_H

#include "llmxrec/pairs.h"
#include "llmxrec/tune.h"

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_remote; /* remote.h */

/* The end of a prompt that a model here is shown, in tokens: the item, and what is told of it, stand there. */
#define LLMX_JUDGE_PROMPT_TOKENS 96
#define LLMX_JUDGE_PROMPT_WHOLE  (-1)

struct llmx_judge_options {
    const char *folder; /* that llmx_judge_train wrote; NULL: the model as it is */
    /* What is asked: "judge", "single", "rubric" or a file. It has {first} and {second}, once each, or {text}: then each text is
     * asked about by itself, 1 for bad and 2 for good, and a pair's order cannot matter. {prompt} may stand in it; a line
     * with it alone goes where nothing is shown of the prompt. NULL: "judge", of a server "rubric"; with a folder, which has
     * its own, only NULL. */
    const char *template_path;
    int prompt_tokens; /* at the prompt's end that are shown; of a folder its own; a server is shown all of it */
    int max_tokens; /* of a server's answer; 0: 64 */
    void (*notice)(void *context,
                   const char *message); /* told of pairs that a server refuses; may be NULL */
    void *notice_context;
    struct llmx_progress progress; /* of questions: two a pair */
    const struct llmx_stop *stop;  /* once asked: stop soon, LLMX_INTERRUPTED; may be NULL */
};

struct llmx_judge;

/* Refuses what llmx_judge_open would, whatever the model: to be asked before it is loaded. */
LLMX_API int llmx_judge_check(const struct llmx_judge_options *options, struct llmx_error *err);

/* The model must outlive the judge; what the options point to is copied, but for notice, progress and stop.
 * returns   0, or -1: LLMX_BAD_INPUT the template, or a folder that is no judge's; LLMX_BAD_OPTION a folder and a
 *           template, prompt_tokens; LLMX_IO; LLMX_MISMATCH the folder is of another model */
LLMX_API int llmx_judge_open(struct llmx_judge **judge, const struct llmx_model *model,
                             const struct llmx_judge_options *options, struct llmx_error *err);

/* A server judges, in words: "1", "2" or "tie". Of the options folder and prompt_tokens are not read. LLMX_BAD_OPTION: a
 * template with {text}. */
LLMX_API int llmx_judge_open_remote(struct llmx_judge **judge, struct llmx_remote *remote,
                                    const struct llmx_judge_options *options,
                                    struct llmx_error *err);
LLMX_API void llmx_judge_close(struct llmx_judge *judge); /* NULL is fine */

struct llmx_judge_report {
    int answered;   /* of the two questions a pair */
    int unreadable; /* answers that are none of the three words */
    int refused;    /* questions that the server refused, told to `notice` */
};

/* Fills in p_a of all pairs; of a server 1, .5 or 0, and NaN where it gave no answer that can be read.
 * out_path  the pairs are written there (llmx_pairs_write); NULL: nowhere. What a server answers stands at OUT.answers
 *           until then; with `resume`, what an interrupted run left there is not asked again
 * returns   0, or -1: LLMX_TOO_LARGE a pair that does not fit the context; LLMX_BAD_OPTION OUT.answers is there, and
 *           resume is not set; LLMX_INTERRUPTED; errors of llmx_answers and llmx_remote_ask */
LLMX_API int llmx_judge_pairs(struct llmx_judge *judge, struct llmx_pairs *pairs,
                              const char *out_path, int resume, struct llmx_judge_report *report,
                              struct llmx_error *err);

/* ---- a judge of one's own ---- */

/* What became of the pairs. */
struct llmx_judge_training_report {
    int pairs, prompts;
    int learnt;                     /* each in both orders, or each of its texts */
    int held, held_prompts;         /* kept out */
    int ties, unlabelled, repeated; /* left out: nothing to learn, or learnt before */
    int labelled_a, labelled_b;     /* of those that may be learnt from */
    struct llmx_tune_report tune;
};

struct llmx_judge_training {
    const char *template_path; /* as of a judge; NULL: "single" */
    int prompt_tokens;
    double hold; /* this share of the prompts is kept out, with all of their pairs; 0 <= hold < 1 */
    int limit;   /* learn from so many pairs alone, chosen by the seed; 0: all */
    /* as of llmx_tune but for `limit`; `validate_share` keeps prompts whole */
    struct llmx_tune_options tune;
    struct llmx_judge_training_report *report; /* may be NULL */
};
LLMX_API struct llmx_judge_training llmx_judge_training_defaults(void);

/* Refuses what llmx_judge_train would, whatever the model: options, pairs of which none is left to learn from, a folder that
 * holds something already. To be asked before the model is loaded; nothing is written. */
LLMX_API int llmx_judge_training_check(const struct llmx_pairs *pairs,
                                       const struct llmx_judge_training *training, const char *out,
                                       struct llmx_error *err);

/* Tunes an adapter that answers "1" or "2", each pair in both orders (with {text} each text, which is good where it won more often
 * than it lost), and writes the folder `out`: the adapter as llmx_tune does, and
 *   judge.txt, judge.json   what is asked
 *   examples.jsonl          what was learnt from
 *   held.jsonl              the pairs that were kept out, to audit the judge with; no line without `hold`
 * Pairs that are labelled a tie, or not at all, teach nothing and are left out.
 * returns   0, or -1: LLMX_BAD_INPUT no pair to learn from; LLMX_BAD_OPTION a share that keeps out nothing or everything;
 *           errors of llmx_tune */
LLMX_API int llmx_judge_train(const struct llmx_model *model, const struct llmx_pairs *pairs,
                              const struct llmx_judge_training *training, const char *out,
                              struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
