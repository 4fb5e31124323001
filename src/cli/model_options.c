#include "cli/model_options.h"

int model_options(const struct model_flags *flags, const struct common *common,
                  struct llmx_model_options *options, struct llmx_error *err)
{
    static const char *const precisions[] = {"auto", "f32", "bf16", "int8",
                                             NULL}; /* as enum llmx_precision */
    int precision = opt_choose("precision", flags->precision, precisions, err);
    if (precision < 0)
        return -1;
    *options = (struct llmx_model_options){.precision = (enum llmx_precision)precision,
                                           .threads = common->threads,
                                           .chat_template = flags->chat_template,
                                           .adapter = flags->adapter,
                                           .progress = common->progress};
    return 0;
}
