/* recommend.h - training a recommender, and the top of the list for one user, with what carried each item.
 *
 *     struct llmx_run *run;
 *     struct llmx_recommendation top[10];
 *     if (llmx_run_open(&run, "runs/bpr", data, &err) == 0)
 *         n = llmx_recommend(run, user, 10, 5, top, evidence, &err);
 *
 * A run is read-only once opened: any number of threads may share it. */
#ifndef LLMXREC_RECOMMEND_H
#define LLMXREC_RECOMMEND_H

#include "llmxrec/data.h"
#include "llmxrec/metrics.h"

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_run;

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

/* Trains on LLMX_TRAIN, watches LLMX_VALID, keeps the best epoch, and writes the run directory (config.yaml,
 * model.safetensors, users.tsv, items.tsv, metrics.json, log.jsonl, curve.svg; `checkpoint` while at work).
 * returns   0, or -1: LLMX_INTERRUPTED when asked to stop (the checkpoint stands: resume goes on to the same
 *           bytes as an undisturbed run), LLMX_BAD_OPTION (also: the directory holds a run, and neither resume
 *           nor force was set), LLMX_MISMATCH (resuming with other data or options) */
LLMX_API int llmx_train(const struct llmx_data *data, const struct llmx_train_options *options,
                        const char *run_dir, struct llmx_error *err);

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
    const char
        *space_path; /* YAML: setting: [a, b, c], {log: [low, high]} or {uniform: [low, high]} */
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

/* Opens a run with the data set it was trained on (LLMX_MISMATCH for another). `data` must outlive it. */
LLMX_API int llmx_run_open(struct llmx_run **run, const char *run_dir, const struct llmx_data *data,
                           struct llmx_error *err);
LLMX_API void llmx_run_destroy(struct llmx_run *run);

/* OpenBLAS has one number of threads for the whole process. llmx_train, llmx_search and llmx_run_open set it to 1,
 * because the library's own threads each run products of their own: so it stays fast, and gives the same bytes with any
 * number of threads. A program that uses OpenBLAS's threads itself calls this with 1 before: its setting then stays, both
 * promises are off, and it may set 1 around calls of the library. OpenMP's setting (of oneDNN) is always left as it was. */
LLMX_API void llmx_keep_blas_threads(int keep);

/* Where the data of a run lies and how it was read, so that commands need no --data. Release with
 * llmx_run_source_release. LLMX_NOT_FOUND when the run does not know. */
struct llmx_run_source {
    const char *path;
    struct llmx_data_options options; /* its texts belong to `config` */
    void *config;                     /* what was read */
};
LLMX_API int llmx_run_source(struct llmx_run_source *source, const char *run_dir,
                             struct llmx_error *err);
LLMX_API void llmx_run_source_release(struct llmx_run_source *source);

LLMX_API const char *llmx_run_model(const struct llmx_run *run); /* "bpr" */

struct llmx_evidence {
    llmx_id item;
    /* Score units. itemknn, ease, ials, lightgcn: this item's term of the sum that the score is. bpr, sasrec, gru4rec: how
     * much lower the score would be had the item not been in the history, and a quarter of how much more than the
     * history's items do on average it alone would bring (docs/recommenders.md, "Evidence"). */
    float contribution;
};

struct llmx_recommendation {
    llmx_id item;
    int rank; /* 1 = best */
    float score;
    int n_evidence;
    struct llmx_evidence *evidence; /* points into the storage that llmx_recommend was given */
};

/* Ranks every item outside the history (LLMX_TRAIN_VALID) and writes the best `k`, best first, each with the
 * training items that carried it, largest contribution first (only positive ones, at most n_evidence).
 *
 * top        caller's storage, k entries
 * evidence   caller's storage, k * n_evidence entries; may be NULL when n_evidence is 0
 * returns    how many were written (fewer than k when the catalogue is smaller), or -1
 * Cost: one pass over the item embeddings, O(items * dim), and O(dim^3 + k * history * dim) for the evidence. */
LLMX_API int llmx_recommend(const struct llmx_run *run, llmx_id user, int k, int n_evidence,
                            struct llmx_recommendation *top, struct llmx_evidence *evidence,
                            struct llmx_error *err);

/* The same for somebody who was not in the training data: n history items, oldest first. */
LLMX_API int llmx_recommend_history(const struct llmx_run *run, const llmx_id *history, int n,
                                    int k, int n_evidence, struct llmx_recommendation *top,
                                    struct llmx_evidence *evidence, struct llmx_error *err);

/* Scores all items for n users into scores (n, items), nothing masked: what evaluation is made of. */
LLMX_API int llmx_score_users(const struct llmx_run *run, const llmx_id *users, int n,
                              float *scores, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
