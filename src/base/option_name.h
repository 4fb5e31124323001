/* option_name.h - names of options, which the command line writes with dashes and files with underscores. */
#ifndef BASE_OPTION_NAME_H
#define BASE_OPTION_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Dashes and underscores are alike: "learning-rate" is "learning_rate". */
static inline bool option_name_is(const char *name, const char *other)
{
    for (; *name && *other; name++, other++)
        if (*name != *other && !(*name == '-' && *other == '_') && !(*name == '_' && *other == '-'))
            return false;
    return *name == *other;
}

#define OPTION_FLAG_MAX 64

/* "min_rating" as a message to whoever types it has it: "--min-rating", cut to OPTION_FLAG_MAX bytes. */
static inline const char *option_flag(char out[static OPTION_FLAG_MAX], const char *name)
{
    size_t n = 0;
    out[n++] = '-';
    out[n++] = '-';
    for (; *name && n + 1 < OPTION_FLAG_MAX; name++)
        out[n++] = (char)(*name == '_' ? '-' : *name);
    out[n] = '\0';
    return out;
}

#endif
