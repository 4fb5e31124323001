/* recommend.h - training a recommender, and the top of the list for one user, with what carried each item.
 *
 *     struct llmx_run *run;
 *     struct llmx_recommendation top[10];
 *     if (llmx_run_open(&run, "runs/bpr", data, &err) == 0)
 *         n = llmx_recommend(run, &(struct llmx_person){.user = user}, NULL, 10, 5, top, evidence, &err);
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

/* Who to recommend to: a user of the data, or anybody by history alone. */
struct llmx_person {
    llmx_id user;           /* -1: by history alone */
    const llmx_id *history; /* (n) items, oldest first; of a user NULL: the data has it */
    int n;
};

/* Which items may be recommended. All zero, or NULL in its place: those that the person has not taken. */
struct llmx_selection {
    int keep_seen;                    /* those that were taken as well */
    const unsigned char *is_left_out; /* (items) 1: never; NULL: none is */
};

/* Fills is_left_out (items) as `llmxrec recommend --allow --deny` does: the only items to recommend, and items never to
 * recommend, each a file with a token a line, or "COLUMN=VALUE" of the item features: those whose column is VALUE or has
 * it among its words. NULL: no such limit. What a file lists and the data has not is passed over.
 * returns   0, or -1: LLMX_BAD_OPTION neither a file nor a column, LLMX_BAD_INPUT nothing would be left */
LLMX_API int llmx_item_filter(const struct llmx_data *data, const char *allow, const char *deny,
                              unsigned char *is_left_out, struct llmx_error *err);

/* Ranks the selected items and writes the best `k`, best first, each with the history items that carried it, largest
 * contribution first (only positive ones, at most n_evidence; of a user those of LLMX_TRAIN, for models of sequences
 * of LLMX_TRAIN_VALID).
 *
 * selection  NULL: what the person has not taken (LLMX_TRAIN_VALID, or the history)
 * top        caller's storage, k entries
 * evidence   caller's storage, k * n_evidence entries; may be NULL when n_evidence is 0
 * returns    how many were written (fewer than k when there are fewer items), or -1: LLMX_NOT_FOUND no such user or
 *            item, LLMX_BAD_OPTION
 * Cost: one pass over the item embeddings, O(items * dim), and O(dim^3 + k * history * dim) for the evidence. */
LLMX_API int llmx_recommend(const struct llmx_run *run, const struct llmx_person *person,
                            const struct llmx_selection *selection, int k, int n_evidence,
                            struct llmx_recommendation *top, struct llmx_evidence *evidence,
                            struct llmx_error *err);

/* Where one item stands for a person: why not this one? */
struct llmx_standing {
    struct llmx_recommendation item; /* its rank is 1 + how many of the ranked items go before it */
    int is_ranked;                   /* may itself be recommended: not taken, not left out */
    int n_ranked;                    /* how many may */
    float
        missing; /* score of place k less its own: 0 or less, it is among the best k; 0 where fewer are ranked */
};

/* One item, whatever its place, with its evidence: as it stands in llmx_recommend's list where it is long enough.
 *
 * evidence   caller's storage, n_evidence entries; may be NULL when n_evidence is 0
 * returns    0, or -1 as llmx_recommend. Cost: as there, for one item. */
LLMX_API int llmx_rank_item(const struct llmx_run *run, const struct llmx_person *person,
                            const struct llmx_selection *selection, llmx_id item, int k,
                            int n_evidence, struct llmx_standing *standing,
                            struct llmx_evidence *evidence, struct llmx_error *err);

/* The item's score with the whole history, and what it would be without some of it, by the same recommender. Both are of
 * a person by history alone, so that they are served alike: what the model keeps for a user knows what they took.
 *
 * left_out   (n) items of the history; each goes as often as it stands there
 * returns    0, or -1: LLMX_NOT_FOUND no such user or item, or one that is left out is not in the history
 * Cost: twice a pass over the item embeddings. */
LLMX_API int llmx_score_without(const struct llmx_run *run, const struct llmx_person *person,
                                llmx_id item, const llmx_id *left_out, int n, float *whole,
                                float *rest, struct llmx_error *err);

/* Scores all items for n people into scores (n, items), nothing masked: what evaluation is made of. */
LLMX_API int llmx_score_people(const struct llmx_run *run, const struct llmx_person *people, int n,
                               float *scores, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
