/* writing_options.h - which adapter writes, and what follows from it for the prompt and the gate: the same for every
 * command that has explanations written. */
#ifndef CLI_WRITING_OPTIONS_H
#define CLI_WRITING_OPTIONS_H

#include "cli/model_options.h"
#include "cli/prompt_options.h"

/* Without --adapter and --template, the one that comes with the program where it is for the model `base`; "none" is none. */
void writing_adapter(struct model_flags *model, const struct prompt_flags *prompt,
                     const char *base);

/* Sets model_name and adapter_name: the last part of each path. */
void writing_names(const struct model_flags *model, const char *base,
                   struct llmx_explain_options *how);

/* An adapter that was tuned on our examples knows their template, to put titles in quotes, and no word that strict does
 * not: sets template_path (unless set), grounded (unless is_free) and is_strict (unless --gate said otherwise). Without an
 * adapter, nothing. LLMX_BAD_INPUT, LLMX_TOO_LARGE of the adapter's folder. */
int writing_defaults(const struct model_flags *model, const struct prompt_flags *prompt,
                     bool is_free, struct llmx_explain_options *how, struct llmx_error *err);

#endif
