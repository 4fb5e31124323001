/* http_parts.h - what http.c is made of: the exchange behind a request, who may ask, slow handlers' threads. */
#ifndef SERVE_HTTP_PARTS_H
#define SERVE_HTTP_PARTS_H

#include "serve/http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

/* How far a request has come. */
enum exchange_state { EXCHANGE_READING, EXCHANGE_WORKING, EXCHANGE_STREAMING, EXCHANGE_READY };

/* One request and its answer. It belongs to the connection; while a slow handler works, the connection is suspended. */
struct http_exchange {
    struct http *http;
    struct MHD_Connection *connection;
    const struct http_route *route; /* NULL: none */
    struct http_request request;
    struct http_reply reply;
    struct text body;  /* of the request */
    struct text parts; /* of the path, decoded, NUL between */
    bool is_refused;   /* the reply says why; what comes of the body is not kept */
    double begun_s;
    enum exchange_state state;
    struct http_exchange *next; /* in the queue of slow ones */

    /* a stream: what is written and not yet sent. Under `lock` */
    pthread_mutex_t lock;
    struct text stream;
    size_t sent;
    bool is_suspended, is_ended, is_gone;
    int holders; /* the connection and the handler: the last lets it go */
};

struct bucket; /* of one address: http_access.c */

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    struct bucket *buckets;
    pthread_mutex_t buckets_lock;
    _Atomic int answering; /* answers that are made or not yet sent to the end */
    _Atomic size_t bodies; /* bytes of requests that are held */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct http_exchange *first, *last; /* waiting for a thread */
    int waiting;
    bool is_closing; /* handlers are to end what they do: the client counts as gone */
    pthread_t *threads;
    int n_threads;
};

/* ---- http_access.c: may this be answered, which has a route? Else the reply is filled in and false returned. ---- */

bool http_may(struct http_exchange *exchange);      /* by its headers */
bool http_may_body(struct http_exchange *exchange); /* by its body */
int http_rate_create(struct http *http, struct llmx_error *err);
void http_rate_destroy(struct http *http);

/* ---- http_slow.c ---- */

int slow_start(struct http *http, struct llmx_error *err);
void slow_stop(struct http *http);
/* Gives a suspended exchange to a thread. returns 0, or -1: too many wait. */
int slow_submit(struct http_exchange *exchange);
/* The answer that goes out as it is made. */
struct MHD_Response *slow_response(struct http_exchange *exchange);
/* One of the two lets go. */
void exchange_drop(struct http_exchange *exchange);

#endif
