/* writing_options.c - which adapter writes, and what follows from it. */
#include "cli/writing_options.h"

#include "cli/shipped_adapter.h"
#include "llmxrec/adapter.h"

#include <limits.h>
#include <string.h>

void writing_adapter(struct model_flags *model, const struct prompt_flags *prompt, const char *base)
{
    if (model->adapter && strcmp(model->adapter, "none") == 0)
        model->adapter = NULL;
    else if (!model->adapter && !prompt->template_path)
        model->adapter = shipped_adapter(base);
}

int writing_defaults(const struct model_flags *model, const struct prompt_flags *prompt,
                     bool is_free, struct llmx_explain_options *how, struct llmx_error *err)
{
    static char template[PATH_MAX];
    if (!model->adapter)
        return 0;
    if (llmx_adapter_template(model->adapter, template, sizeof template, err) != 0)
        return -1;
    if (!*template)
        return 0;
    if (!how->template_path)
        how->template_path = template;
    how->grounded = !is_free;
    how->is_strict = !prompt->gate || how->is_strict;
    return 0;
}
