/* delimited.h - records of fields with separators between: where one ends, and how it is cut. RFC 4180 and its kin.
 * Pure: over bytes. */
#ifndef FORMAT_DELIMITED_H
#define FORMAT_DELIMITED_H

#include "format/span.h"

#include <stdbool.h>

struct delimiters {
    char separator; /* ':' stands for "::"; runs of ' ' count as one */
    char line_end;  /* '\n', or '\r' where that stands alone */
    bool
        has_quotes; /* fields may stand in double quotes, with separators, line ends and "" for " in them */
};

enum { DELIMITED_OPEN = -1, DELIMITED_TEXT = -2 };

/* Splits a record into at most `max` fields and returns how many it has, or
 * DELIMITED_OPEN   the quotes of a field do not close in it
 * DELIMITED_TEXT   text follows a closing quote
 * readable   bytes may be looked at up to here, at or behind the record's end
 * out        room for as many bytes as the record has: fields with doubled quotes in them
 * bad        the field where it failed, from 0 */
int delimited_split(struct delimiters by, struct span record, const char *readable,
                    struct span *fields, int max, char *out, int *bad);

/* Looks for the end of the record at p, which may go over several lines: 1 with *stop at the line end behind it; 0 with
 * *stop = end when that comes first, DELIMITED_OPEN when it comes within quotes. */
int delimited_end(struct delimiters by, const char *p, const char *end, const char **stop);

/* Of the separators in the line p .. stop-1, the one least likely to be part of a field; tab when there is none. More of
 * the file follows the line, up to `end`: where that one leaves the first records of unequal lengths and another of the
 * line does not, it is that one. */
char delimited_separator(const char *p, const char *stop, const char *end, char line_end);

/* How lines end, by the first block of a file: '\r' when more stand alone outside of quotes than there are LF. */
char delimited_line_end(const char *p, const char *end);

/* "tab", "'::'", ... for messages. */
const char *delimited_name(char separator);

#endif
