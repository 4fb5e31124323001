/* merge.h - the two things that a merged model is written as: a GGUF file and a Hugging Face folder. */
#ifndef CONVERT_MERGE_H
#define CONVERT_MERGE_H

#include "convert/merging.h"
#include "format/gguf_write.h"

/* What a GGUF file of the model holds, in order: a tensor of the source, or values (columns) of its own. */
struct merged_item {
    const char *name;
    char own_name[SOURCE_NAME_MAX]; /* where `name` is none of the source */
    struct merged from;
    float *values; /* NULL: `from`; else the item's */
    int n_dims;
    uint64_t dims[GGUF_DIMS_MAX];
};

struct merged_items {
    struct merged_item *items;
    int n;
};

/* Keys and tensors of a Hugging Face folder as a GGUF file has them. */
int merge_convert(struct merged_items *items, struct gguf_writer *w, const struct merging *m,
                  struct llmx_error *err);

/* The two things that are written. */
int merge_gguf(const struct merging *m, const char *type, const char *path, struct llmx_error *err);
int merge_folder(const struct merging *m, const char *path, struct llmx_error *err);

#endif
