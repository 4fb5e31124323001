#include "evaluate/bias.h"

#include "base/memory.h"
#include "explain/retold.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[LLMX_BIAS_FIGURES] = {
    [LLMX_BIAS_WORDS] = "words",       [LLMX_BIAS_POSITIVE] = "positive",
    [LLMX_BIAS_NEGATIVE] = "negative", [LLMX_BIAS_CITED] = "cited",
    [LLMX_BIAS_EVIDENCE] = "evidence", [LLMX_BIAS_CATEGORIES] = "categories",
    [LLMX_BIAS_PROFILE] = "profile",   [LLMX_BIAS_PASSED] = "passed",
};

const char *llmx_bias_figure_name(int figure)
{
    return figure >= 0 && figure < LLMX_BIAS_FIGURES ? names[figure] : NULL;
}

bool bias_is_count(int figure)
{
    return figure != LLMX_BIAS_PROFILE && figure != LLMX_BIAS_PASSED && figure != BIAS_PREFERRED;
}

struct llmx_bias_options llmx_bias_defaults(void)
{
    return (struct llmx_bias_options){.explain = llmx_explain_defaults(),
                                      .resampling = {.resamples = 10000, .seed = 1}};
}

int bias_column(const struct llmx_data *data, const char *word, int *column, struct llmx_error *err)
{
    struct retold found = {0};
    const int exact = llmx_data_column(data, LLMX_USERS, word);
    const int status = retold_add(&found, data, word, strlen(word), "", err);
    if (status == 0)
        *column = exact >= 0 ? exact : found.list[0].column;
    retold_release(&found);
    return status;
}

struct llmx_bias *bias_create(const struct llmx_bias_options *options, struct llmx_error *err)
{
    struct llmx_bias *bias = mem_array(1, sizeof *bias, err);
    if (bias) {
        bias->resampling = options->resampling;
        bias->is_drafts = options->drafts != 0;
    }
    return bias;
}

int llmx_bias_skipped(const struct llmx_bias *bias)
{
    return bias->skipped;
}

void llmx_bias_destroy(struct llmx_bias *bias)
{
    if (!bias)
        return;
    arena_release(&bias->arena);
    free(bias);
}
