/* recommender.h - the table of models. A model is one file that fills in one row.
 *
 * A row trains (begin, then epoch after epoch), scores all items for a block of people, says which history items
 * carried a score, and lists its arrays; saving, loading, checkpoints, keeping the best epoch, early stopping,
 * ranking, masking and evaluation are the same for all and live elsewhere. */
#ifndef RECOMMEND_RECOMMENDER_H
#define RECOMMEND_RECOMMENDER_H

#include "base/dtype.h"
#include "base/threads.h"
#include "llmxrec/recommend.h"
#include "llmxrec/train.h"

#include <stdbool.h>

enum rows_of { ROWS_OTHER, ROWS_USERS, ROWS_ITEMS };

/* One of a model's arrays, as it stands in model.safetensors and in the checkpoint. */
struct model_array {
    const char *name;
    enum dtype type;
    int n_dims;
    uint64_t dims[2];
    void *data;
    bool is_training;  /* optimiser state: in the checkpoint only */
    enum rows_of rows; /* what its first dimension counts */
};

#define MODEL_ARRAYS_MAX 256

/* A setting that the model has, and its default as a user would write it (names: settings.c). */
struct model_setting {
    const char *name, *value;
};

struct epoch_result {
    double loss;     /* mean over the examples; 0 for models that are not learnt from a loss */
    size_t examples; /* triples, sequences, …: whatever the model counts */
};

struct recommender {
    const char *name;    /* what --model says */
    const char *summary; /* one line for people */
    const struct model_setting
        *settings; /* those it has; ends with {0}. Without "epochs": one pass, no watching */

    /* Scores follow the latest items: a person's history is then everything known (for the test part the validation
     * item too), else what was learnt from. */
    bool is_sequential;

    /* Bytes that training takes, about; NULL: no more than a few copies of its arrays. Printed before work starts,
     * refused when the machine has not that much. */
    double (*bytes)(const struct llmx_data *data, const struct llmx_train_options *options);

    /* A model of that shape with its arrays allocated: to be trained (begin) or filled from a file. */
    int (*create)(void **model, llmx_id users, llmx_id items,
                  const struct llmx_train_options *options, struct llmx_error *err);
    void (*destroy)(void *model); /* NULL is fine */

    /* Lists the arrays (those of training only after begin); returns how many. */
    int (*arrays)(void *model, struct model_array arrays[MODEL_ARRAYS_MAX]);

    /* Allocates what training needs, gives every array its first value. `data` must outlive the training. */
    int (*begin)(void *model, const struct llmx_data *data,
                 const struct llmx_train_options *options, struct threads *pool,
                 struct llmx_error *err);

    /* One pass over the data, epochs from 1. A pure function of the arrays, the epoch and the seed: what lets
     * training be resumed to the same bytes. */
    int (*epoch)(void *model, int epoch, struct threads *pool, struct epoch_result *result,
                 struct llmx_error *err);

    /* After `begin` and after the arrays of an earlier run were copied in: makes what training keeps beside them agree
     * with them. NULL: nothing to do. */
    void (*warm)(void *model);

    /* Makes what scoring needs beside the arrays, after they were read from a file or restored to the best epoch's.
     * NULL: nothing. */
    int (*ready)(void *model, struct llmx_error *err);

    /* scores (n, items), nothing masked. People with user >= 0 come with their history. As of the training (run_person) it
     * is what was learnt from, and what the model keeps for the user stands; as of now there is more of it, and that has
     * to be brought up to date. Any number of threads may call at once. */
    int (*score)(const void *model, const struct llmx_person *people, int n, float *scores,
                 struct llmx_error *err);

    /* Where a score is the inner product of a person's row and an item's: the people's rows (n, dim), and where those of
     * all items (items, dim) stand; NULL: it is not. Who ranks many people then needs no more than a tile of scores. */
    int (*person_rows)(const void *model, const struct llmx_person *people, int n, float *rows,
                       struct llmx_error *err);
    const float *(*item_rows)(const void *model, int *dim);

    /* contributions (k, person->n): what history item j brought to the score of items[i]. Where a score is a sum over
     * the history, its term; else marginal.h says what. Any number of threads may call at once. NULL: the model has none to give (popularity). */
    int (*evidence)(const void *model, const struct llmx_person *person, const llmx_id *items,
                    int k, float *contributions, struct llmx_error *err);

    /* scores (items): how alike every item is to this one in the model's own terms, itself included; NULL: it cannot
     * say. */
    int (*similar)(const void *model, llmx_id item, float *scores, struct llmx_error *err);
};

extern const struct recommender recommender_pop, recommender_itemknn, recommender_ease,
    recommender_ials, recommender_bpr, recommender_lightgcn, recommender_sasrec,
    recommender_gru4rec;

/* The row of that name, or NULL with LLMX_BAD_OPTION and the names there are. */
const struct recommender *recommender_find(const char *name, struct llmx_error *err);

#endif
