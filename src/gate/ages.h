/* ages.h - somebody's age in words: "24", "twenty-four", "25-34", "25 to 34", "under 18". */
#ifndef GATE_AGES_H
#define GATE_AGES_H

#include "gate/words.h"

struct age {
    int low, high;     /* years; the same where it is no range */
    const char *limit; /* "under", "over" and the like, folded; NULL: none */
    int first, end;    /* words, `limit` too */
};

/* The age that begins at word i with a number or a limit: returns whether there is one. Valid as long as the words. */
bool age_at(const struct passage *words, int i, struct age *age);

/* Whether a value of a column holds just this age: "24", "24.0", "25-34", "Under 18". */
bool age_is(const struct age *age, const struct passage *value);

#endif
