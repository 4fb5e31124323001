#include "cli/writing_options.h"

#include "base/err.h"
#include "cli/shipped_adapter.h"
#include "llmxrec/adapter.h"

#include <limits.h>
#include <string.h>

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

/* Without --adapter and --template, the one that comes with the program where it is for this model. */
static void choose_adapter(struct writing_flags *flags)
{
    if (flags->model.adapter && strcmp(flags->model.adapter, "none") == 0)
        flags->model.adapter = NULL;
    else if (!flags->model.adapter && !flags->prompt.template_path)
        flags->model.adapter = shipped_adapter(flags->base);
}

/* An adapter that was tuned on our examples knows their template, to put titles in quotes, and no word that strict does not. */
static int adapter_defaults(const struct writing_flags *flags, struct llmx_explain_options *how,
                            struct llmx_error *err)
{
    static char template[PATH_MAX];
    if (flags->grounded && flags->ungrounded)
        return err_set(err, LLMX_BAD_OPTION, "choose --grounded or --ungrounded, not both");
    if (!flags->model.adapter)
        return 0;
    if (llmx_adapter_template(flags->model.adapter, template, sizeof template, err) != 0)
        return -1;
    if (!*template)
        return 0;
    if (!how->template_path)
        how->template_path = template;
    how->grounded = !flags->ungrounded;
    how->is_strict = !flags->prompt.gate || how->is_strict;
    return 0;
}

static int explain_options(const struct writing_flags *flags, const struct common *common,
                           struct llmx_explain_options *how, struct llmx_error *err)
{
    static char base_name[NAME_BYTES], adapter_name[NAME_BYTES];
    *how = llmx_explain_defaults();
    if (prompt_options(&flags->prompt, how, err) != 0)
        return -1;
    how->tries = flags->tries;
    how->max_tokens = flags->max_tokens;
    how->sampling = (struct llmx_sampling){(float)flags->temperature, (float)flags->top_p,
                                           flags->top_k, (float)flags->repetition_penalty};
    how->seed = common->seed;
    how->model_name = last_part(base_name, flags->base);
    how->adapter_name = flags->model.adapter ? last_part(adapter_name, flags->model.adapter) : NULL;
    how->grounded = flags->grounded;
    how->progress = common->progress;
    how->stop = common->stop;
    return adapter_defaults(flags, how, err);
}

int writing_options(struct writing_flags *flags, const struct common *common,
                    struct writer_how *how, struct llmx_error *err)
{
    *how = (struct writer_how){0};
    choose_adapter(flags);
    return model_options(&flags->model, common, &how->model, err) != 0 ||
                   remote_options(&flags->remote, flags->base, &flags->model, &how->remote, err) !=
                       0 ||
                   (remote_is_address(flags->base) && flags->grounded &&
                    remote_refuse("grounded", err) != 0)
               ? -1
               : explain_options(flags, common, &how->explain, err);
}

int writer_open(struct llmx_model **model, const struct writing_flags *flags,
                struct writer_how *how, struct llmx_error *err)
{
    if (!remote_is_address(flags->base))
        return llmx_model_open(model, flags->base, &how->model, err);
    if (llmx_remote_open(&how->explain.remote, flags->base, &how->remote, err) != 0)
        return -1;
    how->explain.model_name = llmx_remote_model(how->explain.remote);
    return 0;
}

void writer_close(struct llmx_model *model, struct writer_how *how)
{
    llmx_remote_destroy(how->explain.remote);
    llmx_model_destroy(model);
}
