/* server.h - an open remote: how its server is spoken to, and the questions that were submitted to it. */
#ifndef REMOTE_SERVER_H
#define REMOTE_SERVER_H

#include "llmxrec/remote.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>

struct llmx_remote {
    char *url; /* without a slash at the end */
    char *model;
    char *key; /* NULL: none */
    struct curl_slist *headers;
    json_t *extra;                      /* fields of every question besides its own; NULL: none */
    char *extra_text;                   /* the same as it was given */
    struct llmx_remote_options options; /* with defaults filled in */
    _Atomic unsigned form;              /* FORM_ bits */

    pthread_mutex_t lock; /* over what follows: questions that were submitted (submit.c) */
    pthread_cond_t news;  /* one was submitted, or the remote closes */
    pthread_cond_t some_over;
    pthread_cond_t none_waits;
    struct asking *asking; /* of the thread; NULL: it does not run yet */
    pthread_t thread;
    struct llmx_question *first, *last; /* that wait for a place */
    int n_questions, n_waiting;         /* not over; of them without a place */
    int n_awaiting;                     /* threads in llmx_remote_wait and _cancel */
    bool is_closing;
};

/* What this server turned out to want; learnt from its refusals. */
#define FORM_COMPLETION_TOKENS 1 /* max_completion_tokens in place of max_tokens */
#define FORM_NO_SEED           2
#define FORM_NO_TEMPERATURE    4

/* Cancels what was submitted and ends the thread. */
void server_close_questions(struct llmx_remote *remote);

#endif
