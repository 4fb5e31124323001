/* asking.h - questions to a server, some at a time, asked again after what may pass. One thread runs it. */
#ifndef REMOTE_ASKING_H
#define REMOTE_ASKING_H

#include "remote/flight.h"

struct asking {
    struct llmx_remote *remote;
    CURLM *multi;
    struct flight *flights; /* (in_flight) */
    int n_busy;             /* of them */
    int n_answered;         /* questions so far */

    /* Where questions come from and go. */
    struct llmx_question *(*next)(void *context); /* NULL: there is none now */
    /* Told with the answer (LANDED), or with question->error; whether to ask again. */
    bool (*tell)(void *context, struct llmx_question *question, enum landing how);
    bool (*is_unwanted)(void *context, const struct llmx_question *question); /* may be NULL */
    void *context;
};

/* asking_close even when it fails. */
int asking_open(struct asking *asking, struct llmx_remote *remote, struct llmx_error *err);
void asking_close(struct asking *asking);

/* Launches what is ready, waits at most wait_ms for something to come, or for curl_multi_wakeup, and tells of it. */
int asking_round(struct asking *asking, int wait_ms, struct llmx_error *err);

/* Gives up all that is on its way. */
void asking_fail(struct asking *asking, const struct llmx_error *why);

#endif
