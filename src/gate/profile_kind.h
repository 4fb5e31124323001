/* profile_kind.h - what a column of people holds, by its name. */
#ifndef GATE_PROFILE_KIND_H
#define GATE_PROFILE_KIND_H

#include <stdbool.h>
#include <stddef.h>

/* Of what kind n bytes of a column's name are: "age" of "Age_Group", "gender" of "sex", "work" of "occupation"; NULL: of none. */
const char *profile_kind(const char *name, size_t n);

bool profile_is_kind(const char *name, const char *kind);

#endif
