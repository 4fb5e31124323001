/* option_file.h - options from a YAML file, RecBole's key names included. */
#ifndef CLI_OPTION_FILE_H
#define CLI_OPTION_FILE_H

#include "llmxrec/error.h"

/* What the file says, pair by pair, into `set`: one mapping of keys to scalars or lists of scalars (joined by commas).
 * The values live until the program ends. Where `set` fails, file and line are put before what it says. */
typedef int option_file_set(void *context, const char *key, const char *value,
                            struct llmx_error *err);
int option_file_read(const char *path, option_file_set *set, void *context, struct llmx_error *err);

/* What we call what RecBole calls `key`; NULL: it has no such name. */
const char *option_file_our_name(const char *key);

#endif
