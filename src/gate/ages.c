/* ages.c - reading ages. */
#include "gate/ages.h"

#include "gate/lists.h"

#include <stdlib.h>
#include <string.h>

#define AGE_DIGITS 3

/* The number that a word is, or -1. */
static int number(const struct passage *w, int i)
{
    if (i < 0 || i >= w->n)
        return -1;
    const char *s = word_text(w, i);
    const size_t n = w->word[i].n;
    const struct list_entry *tens = list_find(LIST_TENS, s, n);
    if (tens)
        return (int)strtol(tens->value, NULL, 10);
    return n <= AGE_DIGITS && strspn(s, "0123456789") == n ? (int)strtol(s, NULL, 10) : -1;
}

/* A number at word *i, which moves behind it: "24", "twenty-four"; -1: none. */
static int read_number(const struct passage *w, int *i)
{
    const int tens = number(w, *i);
    if (tens < 0)
        return -1;
    const int ones = number(w, ++*i);
    if (tens < 20 || tens > 90 || tens % 10 != 0 || ones < 1 || ones > 9 ||
        !word_has(w, *i, WORD_HYPHEN))
        return tens;
    ++*i;
    return tens + ones;
}

/* Does a range go on at word i: "25-34", "25 – 34", "25 to 34"? 0: no, else the words before the second number + 1. */
static int range_goes_on(const struct passage *w, int i)
{
    if (i < w->n && (word_has(w, i, WORD_HYPHEN) || word_has(w, i, WORD_DASH)) && number(w, i) >= 0)
        return 1;
    return word_in(w, i, "to and") && number(w, i + 1) >= 0 ? 2 : 0;
}

bool age_at(const struct passage *w, int i, struct age *age)
{
    *age = (struct age){.first = i};
    if (word_in(w, i, "under over below above"))
        age->limit = word_text(w, i++);
    else if (word_is(w, i, "between"))
        i++;
    age->low = age->high = read_number(w, &i);
    if (age->low < 0)
        return false;
    age->end = i;
    const int more = range_goes_on(w, i);
    if (more > 0) {
        i += more - 1;
        age->high = read_number(w, &i);
        age->end = i;
    }
    return true;
}

bool age_is(const struct age *age, const struct passage *value)
{
    struct age own;
    if (!age_at(value, 0, &own))
        return false;
    return own.low == age->low && own.high == age->high && !own.limit == !age->limit &&
           (!own.limit || strcmp(own.limit, age->limit) == 0);
}
