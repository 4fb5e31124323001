/* commands.h - the commands there are, and the help that is made from their tables. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/opt.h"

extern const struct option_spec opt_shared[]; /* --help, --config, --seed, --threads, --quiet */

/* NULL-terminated lists. */
void opt_print_man(const struct command *const *commands, const char *version, FILE *stream);
void opt_print_completion(const struct command *const *commands, FILE *stream);

#endif
