/* feature_columns.h - "item=movieId,title=title,genres=3": which columns of a table are features, and what they are to
 * be called. */
#ifndef DATA_FEATURE_COLUMNS_H
#define DATA_FEATURE_COLUMNS_H

#include "base/arena.h"
#include "llmxrec/data.h"

#include <stdbool.h>

struct feature_column {
    const char *name;   /* of the feature */
    const char *source; /* what the table calls it */
    int number;         /* the source as a column's number from 1; 0: it is a name */
};

struct feature_columns {
    struct arena texts;
    struct feature_column id;
    struct feature_column *column; /* (n) */
    int n;
    bool is_by_name; /* one at least */
};

/* returns   0, or -1 with nothing to release: LLMX_BAD_OPTION for what is no choice of columns, for one that does not
 *           say which is the id (`item` or `user`, by the side), and for a name given twice */
int feature_columns_parse(struct feature_columns *columns, enum llmx_side side, const char *text,
                          struct llmx_error *err);
void feature_columns_release(struct feature_columns *columns);

/* "item", "user" */
const char *feature_id_name(enum llmx_side side);

#endif
