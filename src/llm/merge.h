/* merge.h - a model's tensors with an adapter folded in, W + scale B A, one after the other as its files hold them. */
#ifndef LLM_MERGE_H
#define LLM_MERGE_H

#include "llm/lora.h"
#include "llm/source.h"

struct merging {
    struct source source;
    struct config config;
    struct lora *lora; /* its scale is 1 */
    const struct lora_pair *
        *pairs; /* (tensors of the source) what is folded into each; NULL: nothing */
};

/* A tensor of the source, with its rows as they stand there. */
struct merged {
    const char *name;
    enum dtype type;
    uint64_t rows, columns;
    const unsigned char *data;
    const struct lora_pair *pair;
};

/* err as source_open, config_from_... and adapter_read set it. */
int merging_open(struct merging *m, const char *base, const char *adapter, struct llmx_error *err);
void merging_release(struct merging *m);

uint32_t merging_count(const struct merging *m);
struct merged merging_tensor(const struct merging *m, uint32_t number);

/* Rows first .. first + n - 1 of a tensor in f32, what is to be folded in added: values (n, columns). */
void merging_rows(const struct merging *m, const struct merged *tensor, uint64_t first, uint64_t n,
                  float *values);

/* The row of a linear layer's B that goes with row `row` of its matrix where rows are ordered as llama.cpp does it
 * for this family (is_permuted), or Hugging Face. */
int merging_row(const struct config *config, enum linear linear, int row, bool is_permuted);

/* The two things that are written. */
int merge_gguf(const struct merging *m, const char *type, const char *path, struct llmx_error *err);
int merge_folder(const struct merging *m, const char *path, struct llmx_error *err);

#endif
