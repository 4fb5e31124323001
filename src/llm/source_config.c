#include "llm/source_config.h"

#include "llm/config_read.h"

#include <stdio.h>
#include <string.h>

/* Computed anew from the configuration; older versions of transformers saved it. */
#define SAVED_FREQUENCIES "rotary_emb.inv_freq"

static bool has_role(const struct source *source, const struct config *config,
                     enum tensor_role role)
{
    switch (role) {
    case TENSOR_ROPE_FACTORS:
        return source->is_gguf;
    case TENSOR_QUERY_NORM:
    case TENSOR_KEY_NORM:
        return config->family == FAMILY_QWEN3;
    default:
        return true;
    }
}

/* The layer that a tensor's name says, or -1. */
static int layer_of(const char *name, bool is_gguf)
{
    int layer = -1, end = 0;
    const int got = sscanf(name, is_gguf ? "blk.%4d.%n" : "model.layers.%4d.%n", &layer, &end);
    return got == 1 && end ? layer : -1;
}

static bool has_place(const struct source *source, const struct config *config, const char *name)
{
    char known[SOURCE_NAME_MAX];
    const size_t n = strlen(name), saved = strlen(SAVED_FREQUENCIES);
    if (!source->is_gguf && n > saved && strcmp(name + n - saved, SAVED_FREQUENCIES) == 0)
        return true;
    const int layer = layer_of(name, source->is_gguf);
    if (layer >= config->layers)
        return false;
    const int last = layer < 0 ? TENSOR_ROPE_FACTORS : TENSOR_DOWN;
    for (int role = TENSOR_EMBEDDING; role <= last; role++) {
        if (!has_role(source, config, (enum tensor_role)role))
            continue;
        source_name(known, source, (enum tensor_role)role, layer);
        if (strcmp(name, known) == 0)
            return true;
    }
    return false;
}

static int check_tensors(const struct source *source, const struct config *config,
                         struct llmx_error *err)
{
    const struct names *names = source_names(source);
    for (uint32_t i = 0; i < names->count; i++) {
        const char *name = names_get(names, i, NULL);
        if (!has_place(source, config, name))
            return err_set(err, LLMX_UNSUPPORTED,
                           "%s: the tensor '%s' has no place in a model of the family %s with %d "
                           "layers; without it the texts would be wrong",
                           source->path, name, family_name(config->family), config->layers);
    }
    return 0;
}

int source_config(struct config *config, const struct source *source, struct llmx_error *err)
{
    const int failed = source->is_gguf ? config_from_gguf(config, &source->gguf, err)
                                       : config_from_folder(config, source->path, err);
    return failed ? -1 : check_tensors(source, config, err);
}
