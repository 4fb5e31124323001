/* requests.h - who recommendations are asked for: users of the data by token, and people who bring a history. */
#ifndef RUN_REQUESTS_H
#define RUN_REQUESTS_H

#include "base/names.h"
#include "base/text.h"
#include "llmxrec/recommend_file.h"

struct request {
    const char *name;       /* as written in the output */
    llmx_id user;           /* -1: somebody by history */
    const llmx_id *history; /* oldest first */
    int n;
};

struct requests {
    struct request *requests; /* in the order asked for */
    size_t n, capacity;
    llmx_id *items;      /* the histories, one after the other */
    struct names people; /* of the history file */
    struct text users;   /* the list of users, cut into tokens */
    struct text unknown; /* what was not found, a line each */
    struct llmx_recommend_report report;
};

/* Reads options->users and options->history (llmxrec/recommend_file.h). Release also after a failure. */
int requests_read(struct requests *requests, const struct llmx_data *data,
                  const struct llmx_recommend_options *options, struct llmx_error *err);

/* Counts a user or item ("user", "item") that is not in the data, and notes the first of them. */
void requests_note(struct requests *requests, long *count, const char *what, const char *token,
                   size_t n);
void requests_release(struct requests *requests);

#endif
