/* writing_options.c - which adapter writes, and what follows from it. */
#include "cli/writing_options.h"

#include "cli/shipped_adapter.h"
#include "llmxrec/adapter.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

void writing_adapter(struct model_flags *model, const struct prompt_flags *prompt, const char *base)
{
    if (model->adapter && strcmp(model->adapter, "none") == 0)
        model->adapter = NULL;
    else if (!model->adapter && !prompt->template_path)
        model->adapter = shipped_adapter(base);
}

#define NAME_BYTES 256 /* more is cut off */

/* "reasons" of "adapters/reasons/" into `name`; returns it. */
static const char *last_part(char name[static NAME_BYTES], const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    snprintf(name, NAME_BYTES, "%.*s", (int)(end - start), path + start);
    return name;
}

void writing_names(const struct model_flags *model, const char *base,
                   struct llmx_explain_options *how)
{
    static char base_name[NAME_BYTES], adapter_name[NAME_BYTES];
    how->model_name = last_part(base_name, base);
    how->adapter_name = model->adapter ? last_part(adapter_name, model->adapter) : NULL;
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
