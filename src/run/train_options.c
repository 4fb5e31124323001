/* train_options.c - what a model is trained with unless one says otherwise. */
#include "recommend/settings.h"

struct llmx_train_options llmx_train_defaults(const char *model)
{
    struct llmx_train_options options = {.model = model,
                                         .epochs = 1, /* of models that are not learnt in passes */
                                         .metric = "ndcg@10",
                                         .checkpoint_seconds = 5,
                                         .seed = 42};
    const struct recommender *row = recommender_find(model, NULL);
    if (row)
        settings_defaults(&options, row);
    return options;
}

int llmx_train_set(struct llmx_train_options *options, const char *name, const char *value,
                   struct llmx_error *err)
{
    const struct recommender *row = recommender_find(options->model, err);
    return row ? settings_set(options, row, name, value, err) : -1;
}
