/* merge.h - a model's tensors with an adapter folded in, W + scale B A, one after the other as its files hold them. */
#ifndef CONVERT_MERGE_H
#define CONVERT_MERGE_H

#include "format/gguf_write.h"
#include "llm/lora.h"
#include "llm/source.h"

struct merging {
    struct source source;
    struct config config;
    struct lora *lora; /* its scale is 1 */
    const struct lora_pair *
        *pairs; /* (tensors of the source) what is folded into each; NULL: nothing */
};

/* A tensor of the source. */
struct merged {
    const char *name;
    enum dtype type;
    uint64_t rows, columns;
    const unsigned char *data;
    const struct lora_pair *pair;
    bool
        is_moved; /* rows are wanted as llama.cpp permutes them, and stand otherwise: set by who wants them so */
};

/* err as source_open, config_from_... and adapter_read set it. */
int merging_open(struct merging *m, const char *base, const char *adapter, struct llmx_error *err);
void merging_release(struct merging *m);

uint32_t merging_count(const struct merging *m);
struct merged merging_tensor(const struct merging *m, uint32_t number);

/* A tensor that must be there, by its role. */
int merging_find(struct merged *tensor, const struct merging *m, enum tensor_role role, int layer,
                 struct llmx_error *err);

/* Rows first .. first + n - 1 of a tensor in f32, what is to be folded in added: values (n, columns). */
void merging_rows(const struct merging *m, const struct merged *tensor, uint64_t first, uint64_t n,
                  float *values);

/* Where row `row` of a matrix of queries or keys that llama.cpp permutes stands in Hugging Face's order. */
int merging_row(const struct config *config, int row);

/* What GGUF files call the family. */
const char *merging_architecture(const struct config *config);

/* Does llama.cpp permute the rows of this linear layer? */
bool merging_permutes(const struct config *config, enum linear linear);

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
