/* train.h - training a recommender, or searching its settings.
 *
 *     struct llmx_train_options options = llmx_train_defaults("bpr");
 *     if (llmx_train(data, &options, "runs/bpr", &err) == 0)
 *         ... llmx_run_open (recommend.h) ...
 */
#ifndef LLMXREC_TRAIN_H
#define LLMXREC_TRAIN_H

#include "llmxrec/data.h"
#include "llmxrec/metrics.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What came of a training. */
struct llmx_train_report {
    int epochs;            /* that there were, those before a resume among them */
    int best_epoch;        /* whose model was kept */
    int was_finished;      /* resuming found nothing to do */
    double examples_per_s; /* while learning: validation and writing not counted */
    struct llmx_metrics valid,
        test; /* of the model that was kept; users 0 where nothing is held out */
};

/* How to train. Start from llmx_train_defaults(). A model has some of the settings below, each with a default of its
 * own (docs/recommenders.md); what it does not have is not looked at. */
struct llmx_train_options {
    const char *model; /* pop, itemknn, ease, ials, bpr, lightgcn, sasrec, gru4rec */
    /* settings */
    int dim;              /* embedding size */
    int epochs;           /* at most */
    int batch;            /* examples an Adam step: triples, sequences, … */
    int steps;            /* an epoch at most: batches grow with the data instead */
    double learning_rate; /* of Adam */
    double l2;            /* weight of the squared norm of what is learnt */
    int patience;         /* epochs without a better metric before stopping; 0: never */
    int min_epochs;       /* before which nothing stops: past the popularity plateau */
    int layers;           /* of propagation, attention or recurrence */
    int heads;            /* of attention */
    int inner;            /* width inside a block */
    int max_length;       /* latest history items that a sequence model sees */
    double dropout;       /* share of activations dropped while learning */
    const char *loss;     /* ce, sampled, gbce, bpr */
    int negatives;        /* sampled for each target, where the loss samples */
    double calibration;   /* t of gBCE (Petrov & Macdonald 2023) */
    const char *norm;     /* normalisation of a block's input (pre) or sum (post) */
    int neighbours;       /* items kept for each item */
    double shrink;        /* added to the divisor of similarities */
    double unobserved;    /* iALS: weight of all pairs in times that of the taken ones */
    double frequency;     /* iALS: exponent of frequency-scaled l2 */
    /* the training */
    const char *metric;        /* watched on the validation part: "ndcg@10" */
    double checkpoint_seconds; /* between checkpoints */
    uint64_t seed;
    int threads; /* 0: one per core; the result does not depend on it */
    int resume; /* go on from the checkpoint in the run directory; or, where it holds a finished run of other
                   interactions, warm from what that learnt of the users and items that are still there */
    int force;             /* replace a run that is there already */
    const char *data_path; /* noted in the run, so that later commands find the data; may be NULL */
    const struct llmx_data_options *data_options; /* the same */
    struct llmx_train_report *report; /* filled in when the training is done; may be NULL */
    struct llmx_progress progress;
};
LLMX_API struct llmx_train_options llmx_train_defaults(const char *model);

/* Sets one of the model's settings from its text ("layers", "3"), which must outlive the options.
 * LLMX_BAD_OPTION: no such model, no such setting of it (the message lists those it has), or no value of it. */
LLMX_API int llmx_train_set(struct llmx_train_options *options, const char *name, const char *value,
                            struct llmx_error *err);

/* Bytes that the training takes, about, for models whose memory outgrows the data (EASE); 0: no more than some copies of
 * the embeddings. llmx_train refuses (LLMX_TOO_LARGE) what this machine has not. */
LLMX_API double llmx_train_bytes(const struct llmx_data *data,
                                 const struct llmx_train_options *options);

/* Trains on LLMX_TRAIN, watches LLMX_VALID, keeps the best epoch (where nothing is held out the last one), and writes the run directory (config.yaml,
 * model.safetensors, users.tsv, items.tsv, metrics.json, log.jsonl, curve.svg; `checkpoint` while at work).
 * returns   0, or -1: LLMX_INTERRUPTED when asked to stop (the checkpoint stands: resume goes on to the same
 *           bytes as an undisturbed run), LLMX_BAD_OPTION (also: the directory holds a run, and neither resume
 *           nor force was set), LLMX_MISMATCH (resuming with other data or options) */
LLMX_API int llmx_train(const struct llmx_data *data, const struct llmx_train_options *options,
                        const char *run_dir, struct llmx_error *err);

/* After a run has been evaluated: learns once more, from everything that its data hold and nothing held out, with the run's
 * settings and seed and as many epochs as its validation chose, of a run that took up another (`resume` with other data) of
 * both together. To be served from; there is nothing left to evaluate it on.
 *
 * run_dir    finished, of llmx_train or llmx_search; final_dir: another, or with `force` the same
 * data_path  where the run's data lie now; NULL: where they lay. It may have grown
 * options    threads, checkpoint_seconds, resume, force, report and progress count, the rest is the run's; NULL: defaults
 * report     may be NULL
 * returns    0, or -1: LLMX_NOT_FOUND no finished run, or its data; LLMX_BAD_OPTION it learnt from everything already, or
 *            final_dir holds a run; otherwise as llmx_train */
struct llmx_final_report {
    int epochs; /* that validation had chosen; 1 for models that are not learnt in passes */
    size_t interactions; /* learnt from */
};
LLMX_API int llmx_train_final(const char *run_dir, const char *data_path,
                              const struct llmx_train_options *options, const char *final_dir,
                              struct llmx_final_report *report, struct llmx_error *err);

/* Searches the model's settings: random trials by successive halving (Jamieson & Talwalkar 2016), nine at a time, each
 * learning for a ninth of its epochs, the best three for a third, the best one to its end; then nine more, until the
 * budget is spent. The trials' runs stand in run_dir/trials/NUMBER, the table of them in run_dir/trials.jsonl; the best
 * (on the validation part) is finished, past the budget if need be, and its run becomes run_dir's own.
 *
 * Settings with which a trial cannot learn (LLMX_BAD_OPTION) lose, unless all do.
 *
 * options   the training of every trial but for what the space sets; with `resume` a search goes on where it stopped
 * returns   0, or -1: LLMX_BAD_OPTION the space, with file and line, or data without a validation part;
 *           LLMX_INTERRUPTED, the search can be resumed; LLMX_MISMATCH (resuming with other data or options) */
struct llmx_search_options {
    /* YAML: setting: [a, b, c], {log: [low, high]} or {uniform: [low, high]} */
    const char *space_path;
    double budget_s; /* of learning, in all */
};
struct llmx_search_report {
    int trials;     /* begun */
    int best_trial; /* whose run was kept, from 1 */
};
LLMX_API int llmx_search(const struct llmx_data *data, const struct llmx_train_options *options,
                         const struct llmx_search_options *search, const char *run_dir,
                         struct llmx_search_report *report, struct llmx_error *err);

/* Writes the best `top` of a run directory's table of trials (0: all), best first. */
LLMX_API int llmx_search_print(const char *run_dir, int top, FILE *stream, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
