/* roles.h - which columns of a table are user, item, time and rating. */
#ifndef DATA_ROLES_H
#define DATA_ROLES_H

#include "format/table.h"

enum role { ROLE_USER, ROLE_ITEM, ROLE_TIME, ROLE_RATING, ROLE_COUNT };

struct roles {
    int column[ROLE_COUNT]; /* from 0; -1: the table has none (never so for user and item) */
};

/* Takes the header of an atomic file and finds user_id, item_id, timestamp and rating, RecBole's names. */
int roles_by_name(struct roles *roles, struct table *table, struct llmx_error *err);

/* Finds what "user=1,item=2,time=timestamp" names: column numbers from 1, or names of the header. A first line
 * that is a header is taken; it is one when a column is given by name, when it is NAME:TYPE throughout, or when
 * none of its fields is a number although time or rating should be (so too "user..." in the user's column).
 * returns   0, or -1: LLMX_BAD_OPTION for the choice, LLMX_BAD_INPUT for the file */
int roles_by_choice(struct roles *roles, struct table *table, const char *choice,
                    struct llmx_error *err);

/* Is the first line NAME:TYPE throughout? */
bool roles_has_types(const struct table *table);

#endif
