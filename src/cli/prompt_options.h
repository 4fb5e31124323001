/* prompt_options.h - the options that say what a prompt tells, the same for every command that makes one or checks what was
 * written to it.
 *
 *     static struct prompt_flags prompt;
 *     static const struct option_spec options[] = {PROMPT_OPTIONS(prompt), OPT_END};
 *     ...
 *     struct llmx_explain_options how = llmx_explain_defaults();
 *     if (prompt_options(&prompt, &how, &err) != 0) ...
 */
#ifndef CLI_PROMPT_OPTIONS_H
#define CLI_PROMPT_OPTIONS_H

#include "cli/opt.h"
#include "llmxrec/explain.h"

struct prompt_flags {
    const char *template_path, *profile, *domain, *gate, *blind;
    int history, evidence, words;
};

/* clang-format off */
#define PROMPT_OPTIONS(F)                                                                                              \
    OPT_TEXT("domain", &(F).domain, NULL, "what the items are, one of: films, games, news, books, music, products,"    \
                                          " items (guessed from the names of the item table and its columns)"),        \
    OPT_INT("max-history", &(F).history, "0", "latest history items in the prompt (0: 10, in the template reasons none)"), \
    OPT_INT("evidence", &(F).evidence, "3", "evidence items in the prompt (the template reasons has those of its facts)"), \
    OPT_INT("words", &(F).words, "75", "longest explanation"),                                                         \
    OPT_TEXT("profile", &(F).profile, "tell", "age, gender, occupation, one of: hide (the model does not learn them)," \
                                              " tell, speak (it may use them)"),                                  \
    OPT_LIST("blind", &(F).blind, "columns of .user that the model does not learn, whatever --profile says, by name or as"   \
                                  " age, gender, occupation: gender,age"),                                             \
    OPT_TEXT("gate", &(F).gate, NULL, "what the gate lets through: strict (no word that nothing licenses), standard"   \
                                      " (unset: strict with an adapter that was tuned on `llmxrec examples`)")
#define TEMPLATE_OPTION(F, HELP) OPT_PATH("template", &(F).template_path, NULL, HELP)
/* clang-format on */

/* Sets those in `options`, the texts staying those of `flags`, and has notices told. LLMX_BAD_OPTION: an unknown word. */
int prompt_options(const struct prompt_flags *flags, struct llmx_explain_options *options,
                   struct llmx_error *err);

#endif
