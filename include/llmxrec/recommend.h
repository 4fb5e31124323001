/* recommend.h - the top of the list for one person, with what carried each item; why not another; what if not.
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
#include "llmxrec/train.h"

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_run;

/* Opens a run with the data set it was trained on (LLMX_MISMATCH for another). `data` must outlive it. */
LLMX_API int llmx_run_open(struct llmx_run **run, const char *run_dir, const struct llmx_data *data,
                           struct llmx_error *err);
LLMX_API void llmx_run_destroy(struct llmx_run *run);

/* OpenBLAS has one number of threads for the whole process. llmx_train, llmx_search and llmx_run_open set it to 1,
 * because the library's own threads each run products of their own: so it stays fast, and gives the same bytes with any
 * number of threads. A program that uses OpenBLAS's threads itself calls this with 1 before: its setting then stays, both
 * promises are off, and it may set 1 around calls of the library. OpenMP's setting (of oneDNN) is always left as it was. */
LLMX_API void llmx_keep_blas_threads(int keep);

/* Where the data of a run lie and how they were read: what is told of a run's recommendations is told from these.
 *
 *     struct llmx_run_source source;
 *     if (llmx_run_source(&source, "runs/bpr", &err) == 0 &&
 *         llmx_run_data_open(&data, &source, &err) == 0 &&
 *         llmx_run_open(&run, "runs/bpr", data, &err) == 0) ...
 *     llmx_run_source_release(&source);       // the data stay */
struct llmx_run_source {
    const char *path;                 /* NULL: the run does not know */
    struct llmx_data_options options; /* its texts, and all others, belong to `config` */
    struct llmx_train_options train;  /* how the run was trained: model, settings, metric, seed */
    const char *run_dir;
    /* told of files of profiles and item features that are no more what they were at the training; may be NULL */
    void (*notice)(void *context, const char *message);
    void *notice_context;
    void *config; /* what was read */
};
LLMX_API int llmx_run_source(struct llmx_run_source *source, const char *run_dir,
                             struct llmx_error *err);
LLMX_API void llmx_run_source_release(struct llmx_run_source *source);

/* Insists on an option, by the name that the command line has for it. A path ("data", "valid", "test") says where the files
 * lie now, and must outlive the source; whether they hold what the run learnt from, llmx_run_data_open sees.
 * LLMX_MISMATCH: the run read its data otherwise, and with what. Errors of llmx_data_set. */
LLMX_API int llmx_run_source_set(struct llmx_run_source *source, const char *name,
                                 const char *value, struct llmx_error *err);

/* Opens the data as the run did. Where `path` is another than the run's, files of the options (valid, test, item_file,
 * user_file) that are no more where they were are looked for beside it.
 * returns   0, or -1: LLMX_NOT_FOUND they are not there, or the training is not finished; LLMX_MISMATCH they are not those
 *           that the run learnt from: the message says in what they differ (the log has grown, is read otherwise, holds
 *           others) and how the run takes them up. Errors of llmx_data_open */
LLMX_API int llmx_run_data_open(struct llmx_data **data, const struct llmx_run_source *source,
                                struct llmx_error *err);

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

/* What is known of a user of the data when they are served: everything in the log; or what the run learnt from, the view of
 * the experiment, in which the test part is not known (the validation part is no news either, and models of sequences see
 * it). */
enum llmx_as_of { LLMX_AS_OF_NOW, LLMX_AS_OF_TRAIN };

/* Who to recommend to: a user of the data, or anybody by history alone. */
struct llmx_person {
    llmx_id user;           /* -1: by history alone */
    const llmx_id *history; /* (n) items, oldest first; of a user NULL: the data has it */
    int n;
    enum llmx_as_of as_of; /* of a user */
};

/* Which items may be recommended. All zero, or NULL in its place: those that the person has not taken, under this id or
 * under another, each under one id alone, that of the best score: items of one title, and of one year where the data have
 * years, are one. */
struct llmx_selection {
    int keep_seen;                    /* those that were taken as well, and all ids */
    const unsigned char *is_left_out; /* (items) 1: never; NULL: none is */
};

/* Fills is_left_out (items) as `llmxrec recommend --allow --deny` does: the only items to recommend, and items never to
 * recommend, each a file (FILE, or "@FILE") with a token a line, or "COLUMN=VALUE" of the item features: those whose
 * column is VALUE or has it among its words. NULL: no such limit. What a file lists and nobody took is passed over.
 * returns   0, or -1: LLMX_BAD_OPTION neither a file nor a column, LLMX_BAD_INPUT nothing would be left */
LLMX_API int llmx_item_filter(const struct llmx_data *data, const char *allow, const char *deny,
                              unsigned char *is_left_out, struct llmx_error *err);

/* Ranks the selected items and writes the best `k`, best first, equal ones in the order of their ids, each with the history
 * items that carried it, largest contribution first: only positive ones, at most n_evidence, never the item itself under
 * this or another id, and none twice. The history of a user is LLMX_ALL; as of the training LLMX_TRAIN, for models of
 * sequences LLMX_TRAIN_VALID.
 *
 * selection  NULL: what the person has not taken, nor, as of now, rated lower than options->min_rating of the data
 * top        caller's storage, k entries
 * evidence   caller's storage, k * n_evidence entries; may be NULL when n_evidence is 0
 * returns    how many were written (fewer than k when there are fewer items), or -1: LLMX_NOT_FOUND no such user or
 *            item, LLMX_BAD_OPTION
 * Cost: one pass over the item embeddings, O(items * dim), and O(dim^3 + k * history * dim) for the evidence. */
LLMX_API int llmx_recommend(const struct llmx_run *run, const struct llmx_person *person,
                            const struct llmx_selection *selection, int k, int n_evidence,
                            struct llmx_recommendation *top, struct llmx_evidence *evidence,
                            struct llmx_error *err);

/* For people of whom nothing is known: the k most popular of the selected items, the same as `llmxrec train --model pop`
 * gives. Scores are shares of the most popular item's count; there is no evidence. Otherwise as llmx_recommend. */
LLMX_API int llmx_recommend_popular(const struct llmx_run *run, enum llmx_as_of as_of,
                                    const struct llmx_selection *selection, int k,
                                    struct llmx_recommendation *top, struct llmx_error *err);

/* Where one item stands for a person: why not this one? */
struct llmx_standing {
    struct llmx_recommendation item; /* its rank is 1 + how many of the ranked items go before it */
    int is_ranked; /* may itself be recommended: not taken, not left out, best of its ids */
    int n_ranked;  /* how many may */
    /* score of place k less its own: 0 or less, it is among the best k; 0 where fewer are ranked */
    float missing;
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
