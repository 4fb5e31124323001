/* writing_options.h - the options that say who writes explanations and how, the same for every command that has them written.
 *
 *     static struct writing_flags writing;
 *     static const struct option_spec options[] = {OPT_PATH("base", &writing.base, REQUIRED, REMOTE_MODEL_HELP),
 *                                                  WRITING_OPTIONS(writing), WRITER_OPTIONS(writing), OPT_END};
 *     ...
 *     struct writer_how how;
 *     struct llmx_model *model = NULL;
 *     if (writing_options(&writing, common, &how, &err) != 0 || writer_open(&model, &writing, &how, &err) != 0) ...
 *     writer_close(model, &how);
 */
#ifndef CLI_WRITING_OPTIONS_H
#define CLI_WRITING_OPTIONS_H

#include "cli/prompt_options.h"
#include "cli/remote_options.h"

struct writing_flags {
    const char *base;
    struct prompt_flags prompt;
    struct model_flags model;
    struct remote_flags remote;
    int tries, max_tokens, top_k;
    double temperature, top_p, repetition_penalty;
    bool grounded, ungrounded;
};

/* clang-format off */
#define WRITING_OPTIONS(F)                                                                                             \
    TEMPLATE_OPTION((F).prompt, "prompt layout: a file, or movies, games, news, general (unset: as the adapter was "   \
                                "tuned, else by the data's columns)"),                                                 \
    PROMPT_OPTIONS((F).prompt),                                                                                        \
    OPT_INT("tries", &(F).tries, "4", "texts per recommendation before a plain sentence takes their place"),           \
    OPT_INT("max-tokens", &(F).max_tokens, "120", "longest text"),                                                     \
    OPT_REAL("temperature", &(F).temperature, "0.7", "of every try but the first, which is greedy"),                   \
    OPT_REAL("top-p", &(F).top_p, "0.9", "sample from the most probable tokens that hold so much"),                    \
    OPT_INT("top-k", &(F).top_k, "0", "sample from so many tokens (0: all)"),                                          \
    OPT_REAL("repetition-penalty", &(F).repetition_penalty, "1.0", "1: none"),                                         \
    OPT_FLAG("grounded", &(F).grounded,                                                                                \
             "let nothing but titles of the prompt stand in double quotes, no other numbers outside, "                 \
             "and take back sentences that do not pass the gate while they are written (default with "                 \
             "an adapter that was tuned on `llmxrec examples`)"),                                                      \
    OPT_FLAG("ungrounded", &(F).ungrounded, "let anything be written, whatever the adapter")
#define WRITER_OPTIONS(F)                                                                                              \
    OPT_PATH("adapter", &(F).model.adapter, NULL,                                                                      \
             ADAPTER_HELP "; none (unset: with SmolLM2-135M-Instruct the one that comes along)"),                      \
    MODEL_OPTIONS((F).model),                                                                                          \
    REMOTE_OPTIONS((F).remote)
/* clang-format on */

/* What they mean to the library. */
struct writer_how {
    struct llmx_explain_options explain;
    struct llmx_model_options model;
    struct llmx_remote_options remote;
};

/* Everything but what only the caller knows (keep_prompts, resume ...). `flags` must outlive `how`, and changes: an adapter is
 * chosen where none is named. LLMX_BAD_OPTION; errors of llmx_adapter_template. */
int writing_options(struct writing_flags *flags, const struct common *common,
                    struct writer_how *how, struct llmx_error *err);

/* Opens the model, or the server into how->explain.remote, and *model stays NULL. */
int writer_open(struct llmx_model **model, const struct writing_flags *flags,
                struct writer_how *how, struct llmx_error *err);
void writer_close(struct llmx_model *model, struct writer_how *how);

#endif
