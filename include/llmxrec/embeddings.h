/* embeddings.h - what a run has learnt of users and items: how alike items are, and the arrays themselves.
 *
 *     struct llmx_similar top[10];
 *     int n = llmx_similar_items(run, llmx_data_item(data, "50"), 10, top, &err);
 */
#ifndef LLMXREC_EMBEDDINGS_H
#define LLMXREC_EMBEDDINGS_H

#include "llmxrec/recommend.h"

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_similar {
    llmx_id item;
    /* in the model's own terms: the cosine of two embeddings, the weight between two items, … */
    float similarity;
};

/* The k items most alike to one by what the model has learnt, most alike first, without the item itself.
 * top       caller's storage, k entries
 * returns   how many were written (fewer than k when the catalogue is smaller), or -1: LLMX_UNSUPPORTED when the
 *           model cannot say, LLMX_NOT_FOUND, LLMX_BAD_OPTION (k below 1) */
LLMX_API int llmx_similar_items(const struct llmx_run *run, llmx_id item, int k,
                                struct llmx_similar *top, struct llmx_error *err);

/* Writes what the model has learnt of users and items: every array a row of which is a user or an item.
 *
 * out_path   FILE.safetensors: all of them; FILE.npy (NumPy's format): one; else a folder, made where it is missing:
 *            ARRAY.npy each. Which row is whom stands beside in lines of "row TAB token": FILE.users.tsv and
 *            FILE.items.tsv (without the ending of FILE), in a folder users.tsv and items.tsv.
 * array      the name of the only array to write; NULL: all
 * returns    0, or -1: LLMX_UNSUPPORTED when the model has no such arrays, LLMX_NOT_FOUND for an unknown name,
 *            LLMX_BAD_OPTION when a .npy file would have to hold several; the messages list those there are */
LLMX_API int llmx_embeddings_write(const struct llmx_run *run, const char *array,
                                   const char *out_path, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
