#include "cli/remote_options.h"

#include "base/err.h"

#include <string.h>

bool remote_is_address(const char *base)
{
    return strncmp(base, "http://", 7) == 0 || strncmp(base, "https://", 8) == 0;
}

int remote_refuse(const char *option, struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_OPTION,
                   "--%s is for a model here: what a server does with its model is set where it is "
                   "started",
                   option);
}

/* What only a server has a use for. */
static int refuse_here(const struct remote_flags *flags, struct llmx_error *err)
{
    static struct remote_flags given;
    static const struct option_spec specs[] = {REMOTE_OPTIONS(given), OPT_END};
    given = *flags;
    return opt_refuse(specs, &given, sizeof given,
                      "is for a model on a server: --base http(s)://.../v1", err);
}

int remote_options(const struct remote_flags *flags, const char *base,
                   const struct model_flags *model, struct llmx_remote_options *options,
                   struct llmx_error *err)
{
    if (!remote_is_address(base))
        return refuse_here(flags, err);
    if (model && model->adapter)
        return remote_refuse("adapter", err);
    if (model && model->chat_template)
        return remote_refuse("chat-template", err);
    if (model && strcmp(model->precision, "auto") != 0)
        return remote_refuse("precision", err);
    if (flags->in_flight < 1)
        return err_set(err, LLMX_BAD_OPTION, "in-flight %d: choose 1 or more", flags->in_flight);
    if (flags->retries < 0)
        return err_set(err, LLMX_BAD_OPTION, "retries %d: choose 0 or more", flags->retries);
    *options = (struct llmx_remote_options){
        .model = flags->model,
        .key_variable = flags->key_variable,
        .extra = flags->extra,
        .in_flight = flags->in_flight,
        .retries = flags->retries ? flags->retries : -1, /* 0 is the library's default */
    };
    return 0;
}
