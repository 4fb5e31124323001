/* remote_options.h - the options of a model on a server, the same for every command whose --base may be an address.
 *
 *     static struct remote_flags remote;
 *     static const struct option_spec options[] = {OPT_PATH("base", &o.base, REQUIRED, REMOTE_MODEL_HELP),
 *                                                  MODEL_OPTIONS(model), REMOTE_OPTIONS(remote), OPT_END};
 *     ...
 *     if (remote_options(&remote, o.base, &model, &how, &err) != 0) ...
 *     if (remote_is_address(o.base) && llmx_remote_open(&server, o.base, &how, &err) != 0) ...
 */
#ifndef CLI_REMOTE_OPTIONS_H
#define CLI_REMOTE_OPTIONS_H

#include "cli/model_options.h"
#include "llmxrec/remote.h"

struct remote_flags {
    const char *model, *key_variable, *extra;
    int in_flight, retries;
};

#define REMOTE_MODEL_HELP MODEL_HELP ", or http(s)://.../v1 of an OpenAI-compatible server"

/* clang-format off */
#define REMOTE_OPTIONS(F)                                                                                              \
    OPT_TEXT("remote-model", &(F).model, NULL, "server: the model's name there (unset: the first that it lists)"),     \
    OPT_TEXT("key-variable", &(F).key_variable, NULL, "server: environment variable that holds the key"                \
                                                      " (unset: LLMXREC_API_KEY, or no key)"),                         \
    OPT_TEXT("remote-extra", &(F).extra, NULL, "server: a JSON object whose fields every question gets too"             \
                                               " ({\"reasoning_effort\":\"low\"})"),                                    \
    OPT_INT("in-flight", &(F).in_flight, "8", "server: questions at a time"),                                          \
    OPT_INT("retries", &(F).retries, "6", "server: of a question after a refused connection, 408, 429, 5xx")
/* clang-format on */

/* Whether --base is a server and not a file. */
bool remote_is_address(const char *base);

/* What the options mean to the library; the texts stay those of `flags`. LLMX_BAD_OPTION: one that makes no sense with
 * a server (of `model` too; NULL where a command has none) or without one. */
int remote_options(const struct remote_flags *flags, const char *base,
                   const struct model_flags *model, struct llmx_remote_options *options,
                   struct llmx_error *err);

/* The error for an option of a command's own that a server has no use for. */
int remote_refuse(const char *option, struct llmx_error *err);

#endif
