/* option_name.h - names of options, which the command line writes with dashes and files with underscores. */
#ifndef BASE_OPTION_NAME_H
#define BASE_OPTION_NAME_H

#include <stdbool.h>

/* Dashes and underscores are alike: "learning-rate" is "learning_rate". */
static inline bool option_name_is(const char *name, const char *other)
{
    for (; *name && *other; name++, other++)
        if (*name != *other && !(*name == '-' && *other == '_') && !(*name == '_' && *other == '-'))
            return false;
    return *name == *other;
}

#endif
