/* config.h - options from a YAML file, RecBole's key names included. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/opt.h"

/* Sets every option that the file names: one mapping of keys to scalars or lists of scalars (joined by commas).
 * An unknown key is LLMX_BAD_OPTION with file, line and the nearest option. */
int config_read(const struct command *command, struct common *common, const char *path,
                struct llmx_error *err);

#endif
