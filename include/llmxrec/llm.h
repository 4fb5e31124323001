/* llm.h - LLaMA-family language models on a CPU: tokens, chat prompts, scores. What they write: generate.h.
 *
 *     struct llmx_model *model;
 *     if (llmx_model_open(&model, "smollm2.gguf", NULL, &err) == 0) ...
 *
 * A model is read-only once opened: any number of threads may share it. */
#ifndef LLMXREC_LLM_H
#define LLMXREC_LLM_H

#include "llmxrec/error.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_adapter; /* adapter.h */
struct llmx_model;

/* INT8: weights in groups of 32 with a scale each (4 bits where the file has them, else 8), rows rounded to 8 bits where
 * they enter a product, whole sums; all between products in f32. FLOAT: bf16 where the processor multiplies it, else
 * f32. AUTO: int8, but FLOAT where bf16 is faster still (AMX) or an inner size of the model is no
 * multiple of 32. */
enum llmx_precision {
    LLMX_PRECISION_AUTO,
    LLMX_PRECISION_F32,
    LLMX_PRECISION_BF16,
    LLMX_PRECISION_INT8,
    LLMX_PRECISION_FLOAT
};

struct llmx_model_options {
    enum llmx_precision precision;
    int threads;               /* 0: one per core */
    const char *chat_template; /* NULL: the model's own; else none, chatml, llama2, llama3, mistral,
                                      qwen, zephyr, vicuna, alpaca, deepseek, deepseek-r1, or a file of
                                      marks (docs/llm.md) */
    /* folder of an adapter to fold into the weights: costs nothing; NULL: none */
    const char *adapter;
    struct llmx_progress progress;
};

/* Opens a GGUF file or a Hugging Face folder; options may be NULL.
 * returns   0, or -1: LLMX_BAD_INPUT with the tensor or key that is wrong, LLMX_UNSUPPORTED family or type,
 *           LLMX_MISMATCH an adapter of another model */
LLMX_API int llmx_model_open(struct llmx_model **model, const char *path,
                             const struct llmx_model_options *options, struct llmx_error *err);
LLMX_API void llmx_model_destroy(struct llmx_model *model);

/* What a model file holds, without loading its weights: family, sizes, types, template, memory needed. */
LLMX_API int llmx_model_describe(const char *path, FILE *stream, int is_json,
                                 struct llmx_error *err);

LLMX_API int llmx_model_context(const struct llmx_model *model); /* longest sequence, tokens */
LLMX_API int llmx_model_vocabulary(const struct llmx_model *model);
LLMX_API int llmx_model_threads(const struct llmx_model *model); /* that compute with it */

/* What one token costs in matrix products: the bound of every speed. */
struct llmx_model_cost {
    int is_bf16;         /* products in bf16 */
    int is_int8;         /* products of whole numbers; neither: f32 */
    double token_flops;  /* through all layers */
    double head_flops;   /* through the output head, where logits are wanted */
    double weight_bytes; /* that decoding one token reads, as held */
};
LLMX_API void llmx_model_cost(const struct llmx_model *model, struct llmx_model_cost *cost);

struct llmx_tokenizer;

/* A tokenizer alone, without weights, from the same files. */
LLMX_API int llmx_tokenizer_open(struct llmx_tokenizer **tokenizer, const char *path,
                                 struct llmx_error *err);
LLMX_API void llmx_tokenizer_destroy(struct llmx_tokenizer *tokenizer);
LLMX_API const struct llmx_tokenizer *llmx_model_tokenizer(const struct llmx_model *model);

/* The ids of a UTF-8 text; free(*ids). Special tokens written in the text become special tokens only when
 * parse_special is set (never for text that came from users or data).
 * add_special puts the model's begin token in front where its tokenizer asks for that.
 * returns   how many, or -1 (LLMX_BAD_INPUT: not UTF-8, with the byte's place) */
LLMX_API int llmx_tokenize(const struct llmx_tokenizer *tokenizer, const char *text, size_t n,
                           int add_special, int parse_special, int32_t **ids,
                           struct llmx_error *err);

/* JSON Lines with a field "text" ("-": standard input) -> the same lines with "ids" at the end. parse_special: as the
 * tokenizer does alone, special tokens parsed and its begin token in front; else neither.
 * returns   0, or -1 with the file and line */
LLMX_API int llmx_tokenize_lines(const struct llmx_tokenizer *tokenizer, const char *in_path,
                                 int parse_special, const char *out_path, struct llmx_error *err);

/* The text of n ids, special tokens left out; free(*text). Bytes that make no UTF-8 become U+FFFD. */
LLMX_API int llmx_detokenize(const struct llmx_tokenizer *tokenizer, const int32_t *ids, int n,
                             char **text, struct llmx_error *err);

/* The ids of one user turn around a text, ready for the answer, as the model's chat template writes it;
 * free(*ids). system: NULL for the family's default. Nothing in `text` can pretend to be a turn.
 * returns   how many, or -1: LLMX_UNSUPPORTED a base model without a template, LLMX_BAD_INPUT not UTF-8 */
LLMX_API int llmx_chat_prompt(const struct llmx_model *model, const char *system, const char *text,
                              size_t n, int32_t **ids, struct llmx_error *err);

/* What was said before, UTF-8. */
struct llmx_chat_turn {
    const char *user, *answer;
};

/* The same after n_earlier turns. */
LLMX_API int llmx_chat_ids(const struct llmx_model *model, const char *system,
                           const struct llmx_chat_turn *earlier, int n_earlier, const char *text,
                           size_t n, int32_t **ids, struct llmx_error *err);

/* log p(ids[t+1] | ids[0..t]) in nats for t = 0 .. n-2 into logprob (n-1); adapter: NULL for none. */
LLMX_API int llmx_score(const struct llmx_model *model, const struct llmx_adapter *adapter,
                        const int32_t *ids, int n, float *logprob, struct llmx_error *err);

/* JSON Lines with a field "ids", or "text" ("-": standard input) -> the same lines with "next_logprob" at the end.
 * returns   0, or -1 with the file and line */
LLMX_API int llmx_score_lines(const struct llmx_model *model, const char *in_path,
                              const char *out_path, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
