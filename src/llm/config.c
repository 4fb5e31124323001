#include "llm/config.h"

#include <math.h>
#include <string.h>

static const char *const family_names[] = {"llama", "mistral", "qwen2", "qwen3"};

const char *family_name(enum model_family family)
{
    return family_names[family];
}

/* Llama 3.1's scaling: long waves are slowed down by `factor`, short ones kept, those between blended. */
double rope_frequency(const struct config *config, int i)
{
    const struct rope_scaling *s = &config->rope_scaling;
    double frequency = pow(config->rope_theta, -2.0 * i / config->head_dim);
    if (s->factor == 0)
        return frequency;
    if (s->is_linear)
        return frequency / s->factor;
    double waves = s->original_context * frequency / 6.283185307179586;
    double kept = (waves - s->low_freq_factor) / (s->high_freq_factor - s->low_freq_factor);
    kept = fmin(fmax(kept, 0), 1);
    return (1 - kept) * frequency / s->factor + kept * frequency;
}

int family_by_name(enum model_family *family, const char *name, size_t n, const char *where,
                   struct llmx_error *err)
{
    for (int f = FAMILY_LLAMA; f <= FAMILY_QWEN3; f++)
        if (strlen(family_names[f]) == n && memcmp(family_names[f], name, n) == 0) {
            *family = (enum model_family)f;
            return 0;
        }
    return err_set(err, LLMX_UNSUPPORTED,
                   "%s: models of the family '%.*s' are not supported; llama, mistral, qwen2 and "
                   "qwen3 are",
                   where, (int)(n < 64 ? n : 64), name);
}

int config_check(const struct config *c, const char *where, struct llmx_error *err)
{
    const struct {
        const char *name;
        int value, max, multiple;
    } sizes[] = {{"hidden size", c->hidden, DIM_MAX, 16},
                 {"number of layers", c->layers, 1024, 1},
                 {"number of attention heads", c->heads, 1024, 1},
                 {"number of key-value heads", c->kv_heads, 1024, 1},
                 {"size of a head", c->head_dim, 256, 16},
                 {"feed-forward size", c->ffn, DIM_MAX, 16},
                 {"vocabulary", c->vocabulary, 1 << 24, 1},
                 {"context length", c->context, CONTEXT_MAX, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (sizes[i].value < 1 || sizes[i].value > sizes[i].max ||
            sizes[i].value % sizes[i].multiple != 0)
            return err_set(err, LLMX_UNSUPPORTED,
                           "%s: a %s of %d is not supported (1 to %d, a multiple of %d)", where,
                           sizes[i].name, sizes[i].value, sizes[i].max, sizes[i].multiple);
    if (c->heads % c->kv_heads != 0 || c->heads / c->kv_heads > 48)
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: %d attention heads do not share %d key-value heads evenly, at most 48 "
                       "each",
                       where, c->heads, c->kv_heads);
    if (!(c->norm_eps > 0 && c->norm_eps < 1) || !(c->rope_theta > 1 && isfinite(c->rope_theta)))
        return err_set(err, LLMX_BAD_INPUT, "%s: norm epsilon %g or rope base %g is impossible",
                       where, c->norm_eps, c->rope_theta);
    return 0;
}
