#include "cli/prompt_options.h"

int prompt_options(const struct prompt_flags *flags, struct llmx_explain_options *options,
                   struct llmx_error *err)
{
    static const char *const profiles[] = {"hide", "tell", "speak",
                                           NULL}; /* as enum llmx_profile */
    const int profile = opt_choose("profile", flags->profile, profiles, err);
    static const char *const gates[] = {"standard", "strict", NULL};
    const int gate = flags->gate ? opt_choose("gate", flags->gate, gates, err) : 0;
    if (profile < 0 || gate < 0)
        return -1;
    options->template_path = flags->template_path;
    options->domain = flags->domain;
    options->history_max = flags->history;
    options->evidence_max = flags->evidence;
    options->words_max = flags->words;
    options->profile = (enum llmx_profile)profile;
    options->blind = flags->blind;
    options->is_strict = gate;
    options->notice = opt_tell;
    return 0;
}
