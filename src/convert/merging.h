/* merging.h - a model's tensors with an adapter folded in, W + scale B A, one after the other as its files hold them. */
#ifndef CONVERT_MERGING_H
#define CONVERT_MERGING_H

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

/* Rows first .. first + n - 1 of a tensor in f32, what is to be folded in added: values (n, columns).
 * LLMX_BAD_INPUT with the tensor's name when one is no finite number: the base is damaged. */
int merging_rows(const struct merging *m, const struct merged *tensor, uint64_t first, uint64_t n,
                 float *values, struct llmx_error *err);

/* Where row `row` of a matrix of queries or keys that llama.cpp permutes stands in Hugging Face's order. */
int merging_row(const struct config *config, int row);

/* What GGUF files call the family. */
const char *merging_architecture(const struct config *config);

/* Does llama.cpp permute the rows of this linear layer? */
bool merging_permutes(const struct config *config, enum linear linear);

#endif
