/* roles.h - which columns of a table are user, item, time and rating. */
#ifndef DATA_ROLES_H
#define DATA_ROLES_H

#include "data/header.h"

struct roles {
    int column[ROLE_COUNT]; /* from 0; -1: the table has none (never so for user and item) */
    enum header header;
};

/* Takes the header of an atomic file and finds user_id, item_id, timestamp and rating, RecBole's names. */
int roles_by_name(struct roles *roles, struct table *table, struct llmx_error *err);

/* Finds what "user=1,item=2,time=timestamp" names: column numbers from 1, names of the header, or keys of JSON Lines. A
 * first line that is a header is taken (header.h says which is).
 * returns   0, or -1: LLMX_BAD_OPTION for the choice, LLMX_BAD_INPUT for the file */
int roles_by_choice(struct roles *roles, struct table *table, const char *choice,
                    enum llmx_choice header, struct llmx_error *err);

/* "user=user_id, item=2", as the file has them: free(*text). */
int roles_text(char **text, const struct roles *roles, const struct table *table,
               struct llmx_error *err);

#endif
