#include "llm/config_read.h"

#include "format/json_file.h"
#include "llm/config_keys.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- GGUF ---- */

static int gguf_size(int *size, const struct gguf *gguf, const char *family, const char *name,
                     int64_t fallback, struct llmx_error *err)
{
    char key[128];
    int64_t value = fallback;
    snprintf(key, sizeof key, "%s.%s", family, name);
    if ((fallback < 0 || gguf_find(gguf, key)) && gguf_integer(gguf, key, &value, err) != 0)
        return -1;
    if (value < 0 || value > CONTEXT_MAX)
        return err_set(err, LLMX_BAD_INPUT, "%s: key '%s' is %" PRId64 ", which is impossible",
                       gguf->path, key, value);
    *size = (int)value;
    return 0;
}

static int gguf_number(double *number, const struct gguf *gguf, const char *family,
                       const char *name, double fallback, struct llmx_error *err)
{
    char key[128];
    snprintf(key, sizeof key, "%s.%s", family, name);
    *number = fallback;
    return gguf_find(gguf, key) ? gguf_real(gguf, key, number, err) : 0;
}

/* As llama.cpp reads them: a factor (0: none) without a type is linear; rope.scale_linear is its old name. */
static int gguf_rope_scaling(struct config *config, const struct gguf *gguf, const char *family,
                             struct llmx_error *err)
{
    char key[128];
    size_t n = 0;
    double old, factor;
    snprintf(key, sizeof key, "%s.rope.scaling.type", family);
    const char *type = gguf_text(gguf, key, &n);
    if (type && n == 4 && memcmp(type, "none", 4) == 0)
        return 0;
    if (type && (n != 6 || memcmp(type, "linear", 6) != 0))
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: rope scaling of the type '%.*s' is not supported", gguf->path,
                       (int)(n < 64 ? n : 64), type);
    if (gguf_number(&old, gguf, family, "rope.scale_linear", 0, err) != 0 ||
        gguf_number(&factor, gguf, family, "rope.scaling.factor", old, err) != 0)
        return -1;
    if (!(factor >= 0 && isfinite(factor)))
        return err_set(err, LLMX_BAD_INPUT, "%s: the factor of %s.rope.scaling is impossible: %g",
                       gguf->path, family, factor);
    if (factor != 0)
        config->rope_scaling = (struct rope_scaling){.factor = factor, .is_linear = true};
    return 0;
}

static int gguf_sizes(struct config *c, const struct gguf *g, const char *f, struct llmx_error *err)
{
    int rotated;
    if (gguf_size(&c->hidden, g, f, "embedding_length", -1, err) != 0 ||
        gguf_size(&c->layers, g, f, "block_count", -1, err) != 0 ||
        gguf_size(&c->heads, g, f, "attention.head_count", -1, err) != 0 ||
        gguf_size(&c->kv_heads, g, f, "attention.head_count_kv", c->heads, err) != 0 ||
        gguf_size(&c->ffn, g, f, "feed_forward_length", -1, err) != 0 ||
        gguf_size(&c->context, g, f, "context_length", -1, err) != 0 ||
        gguf_size(&c->window, g, f, "attention.sliding_window", 0, err) != 0 ||
        gguf_size(&c->head_dim, g, f, "attention.key_length", c->heads ? c->hidden / c->heads : 0,
                  err) != 0 ||
        gguf_size(&rotated, g, f, "rope.dimension_count", c->head_dim, err) != 0)
        return -1;
    if (rotated != c->head_dim)
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: rotary positions over %d of %d dimensions of a head are not supported",
                       g->path, rotated, c->head_dim);
    return 0;
}

int config_from_gguf(struct config *config, const struct gguf *gguf, struct llmx_error *err)
{
    *config = (struct config){0};
    size_t n = 0;
    const char *name = gguf_text(gguf, "general.architecture", &n);
    if (!name)
        return err_set(err, LLMX_BAD_INPUT, "%s: the key 'general.architecture' is missing",
                       gguf->path);
    if (family_by_name(&config->family, name, n, gguf->path, err) != 0)
        return -1;
    const char *family = family_name(config->family);
    if (gguf_sizes(config, gguf, family, err) != 0 ||
        gguf_rope_scaling(config, gguf, family, err) != 0)
        return -1;
    char key[128];
    snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", family);
    if (gguf_real(gguf, key, &config->norm_eps, err) != 0)
        return -1;
    if (gguf_number(&config->rope_theta, gguf, family, "rope.freq_base", 10000.0, err) != 0 ||
        config_keys_check_gguf(gguf, family, config->head_dim, err) != 0)
        return -1;
    const struct gguf_tensor *embedding = gguf_find_tensor(gguf, "token_embd.weight");
    if (embedding && embedding->n_dims == 2 && embedding->dims[1] <= DIM_MAX * 16)
        config->vocabulary = (int)embedding->dims[1];
    else
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: tensor 'token_embd.weight' is missing or no matrix", gguf->path);
    config->is_tied = !gguf_find_tensor(gguf, "output.weight");
    config->is_rope_interleaved =
        config->family == FAMILY_LLAMA || config->family == FAMILY_MISTRAL;
    return config_check(config, gguf->path, err);
}

/* ---- config.json ---- */

static int json_size(int *size, const json_t *root, const char *key, int fallback, const char *path,
                     struct llmx_error *err)
{
    const json_t *value = json_object_get(root, key);
    if ((!value || json_is_null(value)) && fallback >= 0) {
        *size = fallback;
        return 0;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > CONTEXT_MAX)
        return err_set(err, LLMX_BAD_INPUT, "%s: '%s' must be a whole number up to %d", path, key,
                       CONTEXT_MAX);
    *size = (int)json_integer_value(value);
    return 0;
}

static int read_real(double *real, const json_t *root, const char *key, double fallback,
                     const char *path, struct llmx_error *err)
{
    const json_t *value = json_object_get(root, key);
    if (value && !json_is_null(value) && !json_is_number(value))
        return err_set(err, LLMX_BAD_INPUT, "%s: '%s' must be a number", path, key);
    *real = json_is_number(value) ? json_number_value(value) : fallback;
    return 0;
}

static int json_rope_factors(struct rope_scaling *s, const json_t *rope, const char *path,
                             struct llmx_error *err)
{
    if (read_real(&s->factor, rope, "factor", 0, path, err) != 0 ||
        read_real(&s->low_freq_factor, rope, "low_freq_factor", 1, path, err) != 0 ||
        read_real(&s->high_freq_factor, rope, "high_freq_factor", 4, path, err) != 0 ||
        read_real(&s->original_context, rope, "original_max_position_embeddings", 8192, path,
                  err) != 0)
        return -1;
    if (!(s->factor > 0) || !(s->high_freq_factor > s->low_freq_factor) ||
        !(s->low_freq_factor > 0))
        return err_set(err, LLMX_BAD_INPUT, "%s: the factors of rope scaling are impossible", path);
    return 0;
}

/* transformers 5 writes rope_parameters; before, rope_theta and rope_scaling (with "type" or "rope_type"). */
static int json_rope(struct config *config, const json_t *root, const char *path,
                     struct llmx_error *err)
{
    const json_t *rope = json_object_get(root, "rope_parameters");
    if (!json_is_object(rope))
        rope = json_object_get(root, "rope_scaling");
    double theta;
    if (read_real(&theta, root, "rope_theta", 10000.0, path, err) != 0 ||
        read_real(&config->rope_theta, rope, "rope_theta", theta, path, err) != 0)
        return -1;
    const char *type = json_string_value(json_object_get(rope, "rope_type"));
    if (!type)
        type = json_string_value(json_object_get(rope, "type"));
    if (!type && json_object_get(rope, "factor"))
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: rope scaling by a \"factor\" without a \"rope_type\"", path);
    if (type && strcmp(type, "default") != 0) {
        config->rope_scaling.is_linear = strcmp(type, "linear") == 0;
        if (!config->rope_scaling.is_linear && strcmp(type, "llama3") != 0)
            return err_set(err, LLMX_UNSUPPORTED,
                           "%s: rope scaling of the type '%s' is not supported", path, type);
        if (json_rope_factors(&config->rope_scaling, rope, path, err) != 0)
            return -1;
    }
    return config_keys_check_rope(rope, path, err);
}

static int config_parse(struct config *c, const json_t *root, const char *path,
                        struct llmx_error *err)
{
    *c = (struct config){0};
    const char *family = json_string_value(json_object_get(root, "model_type"));
    if (!family)
        return err_set(err, LLMX_BAD_INPUT, "%s: 'model_type' is missing", path);
    if (family_by_name(&c->family, family, strlen(family), path, err) != 0 ||
        json_size(&c->hidden, root, "hidden_size", -1, path, err) != 0 ||
        json_size(&c->layers, root, "num_hidden_layers", -1, path, err) != 0 ||
        json_size(&c->heads, root, "num_attention_heads", -1, path, err) != 0 ||
        json_size(&c->kv_heads, root, "num_key_value_heads", c->heads, path, err) != 0 ||
        json_size(&c->head_dim, root, "head_dim", c->heads ? c->hidden / c->heads : 0, path, err) !=
            0 ||
        json_size(&c->ffn, root, "intermediate_size", -1, path, err) != 0 ||
        json_size(&c->vocabulary, root, "vocab_size", -1, path, err) != 0 ||
        json_size(&c->context, root, "max_position_embeddings", -1, path, err) != 0 ||
        json_rope(c, root, path, err) != 0)
        return -1;
    if (c->family == FAMILY_MISTRAL &&
        json_size(&c->window, root, "sliding_window", 0, path, err) != 0)
        return -1;
    if (read_real(&c->norm_eps, root, "rms_norm_eps", 1e-6, path, err) != 0 ||
        config_keys_check_json(root, c->head_dim, c->window, path, err) != 0)
        return -1;
    c->is_tied = json_is_true(json_object_get(root, "tie_word_embeddings"));
    return config_check(c, path, err);
}

int config_from_folder(struct config *config, const char *folder, struct llmx_error *err)
{
    char path[PATH_MAX];
    json_t *root;
    if (path_join(path, sizeof path, folder, "config.json", err) != 0 ||
        !(root = json_file_read(path, err)))
        return -1;
    int result = config_parse(config, root, path, err);
    json_decref(root);
    return result;
}
