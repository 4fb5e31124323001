#include "gate/profile_kind.h"

#include "gate/lists.h"

#include <string.h>

const char *profile_kind(const char *name, size_t n)
{
    char word[32];
    for (size_t at = 0, used = 0; at <= n; at++) {
        const char c = at < n ? name[at] : '\0';
        const char small = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (small >= 'a' && small <= 'z' && used < sizeof word) {
            word[used++] = small;
            continue;
        }
        const struct list_entry *kind = list_find(LIST_PERSON_ATTRIBUTES, word, used);
        if (used > 0 && kind)
            return kind->value;
        used = 0;
    }
    return NULL;
}

bool profile_is_kind(const char *name, const char *kind)
{
    const char *own = profile_kind(name, strlen(name));
    return own && strcmp(own, kind) == 0;
}
