#include "llm/row_steps.h"

#include "kernel/layers.h"
#include "product/dequantise.h"

#include <assert.h>
#include <math.h>

void row_embed(float *x, const struct llmx_model *model, int32_t id)
{
    const struct tensor *table = &model->embedding;
    assert(id >= 0 && id < table->rows);
    dequantise(x, table->data + (size_t)id * table->row_bytes, table->type, (size_t)table->columns);
}

void row_angles(float *cosine, float *sine, const struct llmx_model *model, int position)
{
    for (int i = 0; i < model->config.head_dim / 2; i++) {
        const float angle = (float)position * model->rope_frequencies[i];
        cosine[i] = cosf(angle);
        sine[i] = sinf(angle);
    }
}

void row_turn_head(float *values, const struct config *config, const struct layer *layer, int head,
                   const float *cosine, const float *sine)
{
    const float *norm = head < config->heads ? layer->query_norm : layer->key_norm;
    if (norm)
        rmsnorm_forward(values, DTYPE_F32, values, norm, 1, config->head_dim,
                        (float)config->norm_eps);
    rope_forward(values, cosine, sine, config->head_dim);
}
