#include "llm/model.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "llm/adapter_file.h"
#include "llm/source_config.h"
#include "product/quantised.h"
#include "token/chat.h"

#include <stdlib.h>
#include <string.h>

int ungrouped_size(const struct config *c)
{
    const int sizes[] = {c->hidden, c->heads * c->head_dim, c->ffn};
    for (int i = 0; i < 3; i++)
        if (sizes[i] % QUANTISED_GROUP != 0)
            return sizes[i];
    return 0;
}

/* Once the configuration is known. */
static int choose_types(struct llmx_model *model, enum llmx_precision precision,
                        struct llmx_error *err)
{
    const bool has_bf16 = cpu()->has_avx512_bf16;
    const int odd = ungrouped_size(&model->config);
    if (precision == LLMX_PRECISION_BF16 && !has_bf16)
        return err_set(err, LLMX_UNSUPPORTED,
                       "this processor (%s) does not multiply bf16; use --precision f32",
                       cpu()->name);
    if (precision == LLMX_PRECISION_INT8 && odd)
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s has rows of %d weights, which make no whole groups of %d for int8; use "
                       "--precision f32",
                       model->path, odd, QUANTISED_GROUP);
    if (precision == LLMX_PRECISION_AUTO)
        precision = odd || cpu()->has_amx_bf16 ? LLMX_PRECISION_FLOAT : LLMX_PRECISION_INT8;
    const bool is_int8 = precision == LLMX_PRECISION_INT8;
    model->type = is_int8 || (has_bf16 && precision != LLMX_PRECISION_F32) ? DTYPE_BF16 : DTYPE_F32;
    model->weights = is_int8 ? DTYPE_I8 : model->type;
    return 0;
}

/* Embeddings may have rows to spare; a tokenizer that knows more tokens than the model is another model's. */
static int open_tokenizer(struct llmx_model *model, struct llmx_error *err)
{
    int result = model->source.is_gguf
                     ? tokenizer_from_gguf(&model->tokenizer, &model->source.gguf, err)
                     : tokenizer_from_folder(&model->tokenizer, model->path, err);
    if (result != 0)
        return -1;
    int known = tokenizer_vocabulary(model->tokenizer);
    if (known > model->config.vocabulary)
        return err_set(err, LLMX_MISMATCH,
                       "%s: the tokenizer knows %d tokens and the model %d; they do not belong "
                       "together",
                       model->path, known, model->config.vocabulary);
    return 0;
}

static int ask_for_chat(struct llmx_model *model, const char *name, struct llmx_error *err)
{
    model->has_chat = model->is_chat_asked = name != NULL;
    return name ? chat_by_name(name, &model->chat, err) : 0;
}

/* Without one that was asked for the template's own; one that is not known is told of when a chat prompt is wanted. */
static int settle_chat(struct llmx_model *model, struct llmx_error *err)
{
    size_t n = 0;
    const char *jinja = tokenizer_template(model->tokenizer, &n);
    if (!model->is_chat_asked)
        model->has_chat = chat_recognise(jinja, n, &model->chat, NULL) == 0;
    return model->has_chat ? chat_add_stops(model->tokenizer, &model->chat, err) : 0;
}

/* The values that are to be folded into the weights; *lora stays NULL without a path. */
static int read_adapter(struct lora **lora, const struct llmx_model *model, const char *path,
                        struct llmx_error *err)
{
    if (!path)
        return 0;
    if (adapter_read(lora, path, &model->config, err) != 0)
        return -1;
    lora_absorb_scale(*lora);
    return 0;
}

int llmx_model_open(struct llmx_model **model, const char *path,
                    const struct llmx_model_options *options, struct llmx_error *err)
{
    const struct llmx_model_options defaults = {0};
    if (!options)
        options = &defaults;
    struct llmx_model *m = mem_array(1, sizeof *m, err);
    struct lora *lora = NULL;
    int result = -1;
    if (!m)
        return -1;
    if ((m->path = mem_text(path, strlen(path), err)) &&
        ask_for_chat(m, options->chat_template, err) == 0 &&
        (m->threads = threads_create(options->threads, err)) &&
        source_open(&m->source, m->path, err) == 0 &&
        source_config(&m->config, &m->source, err) == 0 &&
        choose_types(m, options->precision, err) == 0 && open_tokenizer(m, err) == 0 &&
        settle_chat(m, err) == 0 && read_adapter(&lora, m, options->adapter, err) == 0)
        result = weights_load(m, lora, &options->progress, err);
    lora_destroy(lora);
    if (result == 0)
        *model = m;
    else
        llmx_model_destroy(m);
    return result;
}

void llmx_model_destroy(struct llmx_model *model)
{
    if (!model)
        return;
    weights_release(model);
    llmx_tokenizer_destroy(model->tokenizer);
    source_release(&model->source);
    threads_destroy(model->threads);
    free(model->path);
    free(model);
}

int llmx_model_context(const struct llmx_model *model)
{
    return model->config.context;
}

int llmx_model_vocabulary(const struct llmx_model *model)
{
    return model->config.vocabulary;
}

int llmx_model_threads(const struct llmx_model *model)
{
    return threads_count(model->threads);
}

void llmx_model_cost(const struct llmx_model *model, struct llmx_model_cost *cost)
{
    const struct config *c = &model->config;
    const double q = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    const double layer = c->hidden * (2 * q + 2 * kv + 3.0 * c->ffn);
    *cost = (struct llmx_model_cost){.is_bf16 = model->weights == DTYPE_BF16,
                                     .is_int8 = model->weights == DTYPE_I8,
                                     .token_flops = 2 * layer * c->layers,
                                     .head_flops = 2.0 * c->hidden * c->vocabulary,
                                     .weight_bytes = (double)weights_bytes(model)};
}

const struct llmx_tokenizer *llmx_model_tokenizer(const struct llmx_model *model)
{
    return model->tokenizer;
}

const struct chat_format *model_chat(const struct llmx_model *model, struct llmx_error *err)
{
    size_t n = 0;
    const char *jinja = tokenizer_template(model->tokenizer, &n);
    struct chat_format none;
    if (model->has_chat && (model->is_chat_asked || model->chat.family != CHAT_NONE))
        return &model->chat;
    if (model->has_chat)
        err_set(err, LLMX_UNSUPPORTED,
                "%s is a base model without a chat template; choose one with --chat-template",
                model->path);
    else
        chat_recognise(jinja, n, &none, err); /* says again why not */
    return NULL;
}

int llmx_chat_ids(const struct llmx_model *model, const char *system,
                  const struct llmx_chat_turn *earlier, int n_earlier, const char *text, size_t n,
                  int32_t **ids, struct llmx_error *err)
{
    const struct chat_format *format = model_chat(model, err);
    struct token_ids prompt = {0};
    if (!format)
        return -1;
    if (chat_open(model->tokenizer, format, system, earlier, n_earlier, &prompt, err) != 0 ||
        token_ids_text(model->tokenizer, text, n, &prompt, err) != 0 ||
        chat_close(model->tokenizer, format, &prompt, err) != 0) {
        token_ids_release(&prompt);
        return -1;
    }
    *ids = prompt.ids;
    return prompt.n;
}

int llmx_chat_prompt(const struct llmx_model *model, const char *system, const char *text, size_t n,
                     int32_t **ids, struct llmx_error *err)
{
    return llmx_chat_ids(model, system, NULL, 0, text, n, ids, err);
}
