/* header.h - is a file's first line the names of its columns, and how do we know? */
#ifndef DATA_HEADER_H
#define DATA_HEADER_H

#include "format/table.h"
#include "llmxrec/data.h"

enum role { ROLE_USER, ROLE_ITEM, ROLE_TIME, ROLE_RATING, ROLE_COUNT };

enum header {
    HEADER_UNKNOWN, /* no file of columns was read */
    HEADER_TYPED,
    HEADER_NAMED,
    HEADER_ASKED,
    HEADER_GUESSED,
    HEADER_KEYS, /* JSON Lines */
    NO_HEADER_ASKED,
    NO_HEADER_NUMBERS,
    NO_HEADER_GUESSED,
    HEADER_KINDS
};

/* Decides it for a table whose first record was not taken yet; HEADER_TYPED, HEADER_NAMED, HEADER_ASKED and HEADER_GUESSED
 * ask for it to be. column: of each role by number, from 0; -1 when there is none.
 *
 * Without a choice a header is one when a column is given by name, or when it is NAME:TYPE throughout. Else signs
 * count: a user or item called as ids are (user..., ..._id, ...ID), or a word where time or rating should be, speaks for
 * it; a number in one of these columns against it, and if there is but a word, a number anywhere. Where not all signs
 * are against it, or there are none, it is a guess.
 * Of the first line alone: nothing of the others is known yet. */
enum header header_find(const struct table *table, const int column[ROLE_COUNT], bool is_by_name,
                        enum llmx_choice choice);

bool header_is_guess(enum header header);
bool header_is_taken(enum header header);

/* "yes: columns are given by name" */
const char *header_reason(enum header header);

#endif
