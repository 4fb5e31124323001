/* recommenders.c - the table of models: a new one is a row here. */
#include "base/err.h"
#include "base/text.h"
#include "recommend/recommender.h"

#include <string.h>

static const struct recommender *const recommenders[] = {
    &recommender_pop, &recommender_itemknn,  &recommender_ease,   &recommender_ials,
    &recommender_bpr, &recommender_lightgcn, &recommender_sasrec, &recommender_gru4rec,
};

#define RECOMMENDERS (sizeof recommenders / sizeof *recommenders)

const struct recommender *recommender_find(const char *name, struct llmx_error *err)
{
    struct text names = {0};
    for (size_t i = 0; i < RECOMMENDERS; i++)
        if (strcmp(recommenders[i]->name, name) == 0)
            return recommenders[i];
    for (size_t i = 0; i < RECOMMENDERS; i++)
        text_printf(&names, "%s%s", i ? ", " : "", recommenders[i]->name);
    if (text_check(&names, err) == 0)
        err_set(err, LLMX_BAD_OPTION, "there is no model '%s'; there are: %s", name, names.s);
    text_release(&names);
    return NULL;
}
