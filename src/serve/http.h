/* http.h - requests, and the handlers that answer them.
 *
 * Quick handlers run on the threads that poll the connections and must not wait; slow ones on threads of their own, so many
 * at a time, and what comes beyond a short queue is answered 503. Each answer carries the headers that keep a browser
 * from running anything but the page's own files. */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_BODY_MAX   (1u << 20)  /* bytes of a request's body; more is answered 413 */
#define HTTP_HEADER_MAX (16u << 10) /* of its line and headers; more is answered 431 */
#define HTTP_PARTS_MAX  3

struct http_request {
    const char *method, *path;
    const char *part[HTTP_PARTS_MAX]; /* what stood for {…} in the route, decoded */
    const char *body;                 /* NUL-terminated; "" where there is none */
    size_t n_body;
    bool may_wait;                  /* a slow thread has called */
    void *connection;               /* libmicrohttpd's */
    struct http_exchange *exchange; /* http_parts.h */
};

/* A parameter of the query or a header, decoded; NULL: not given. They live as long as the request. */
const char *http_query(const struct http_request *request, const char *name);
/* Does the query have the parameter more than once? */
bool http_query_twice(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);
const char *http_cookie(const struct http_request *request, const char *name); /* not decoded */

struct http_reply {
    unsigned status;  /* 200 unless the handler says otherwise */
    const char *type; /* "application/json" unless it says otherwise */
    const char *
        policy; /* Content-Security-Policy; NULL: the usual, which allows the page's own files alone */
    bool is_later;     /* of HTTP_TRY: this takes long; the rest of the reply is not looked at */
    int retry_after_s; /* 0: says nothing */
    char allow[32];    /* of 405: the methods that would do */
    bool may_be_kept;  /* by the browser, for an hour; else it is told to keep nothing */
    struct text body;
    const void
        *bytes; /* in place of `body`: lives as long as the server, or until let_go(holder) */
    size_t n_bytes;
    void (*let_go)(
        void *
            holder); /* called once the bytes are sent or not wanted; NULL: nobody waits for that */
    void *holder;
    struct text why; /* of a failure: for the log, never for the client */
};

/* Fills in a reply with {"error":{"code","message"}} (printf-like message). */
void http_refuse(struct http_reply *reply, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Something failed here that is none of the client's business: it learns that, `why` goes to http_options.failed. */
void http_fail(struct http_reply *reply, unsigned status, const char *why);

/* TRY: called as a quick one, and where it then says is_later, again as a slow one. */
enum http_pace { HTTP_QUICK, HTTP_SLOW, HTTP_TRY };

/* OPEN: answered without the server's token too. LINK: where a browser's link leads, which sends no header of ours; the cookie
 * "token" (its % signs decoded) will do. */
enum http_door { HTTP_TOKEN, HTTP_OPEN, HTTP_LINK };

struct http_route {
    const char *method, *path; /* "{name}" in the path stands for one part of it */
    void (*handle)(void *context, const struct http_request *request, struct http_reply *reply);
    enum http_pace pace;
    enum http_door door;
};

struct http_options {
    const char *address; /* NULL: 127.0.0.1 */
    int port;            /* 0: any that is free */
    const char *token;   /* callers must send "Authorization: Bearer TOKEN"; NULL: nobody must */
    bool is_public;      /* another address than loopback is meant, and any Host is answered */
    int rate;            /* requests a second from one address; 0: any number */
    int threads;         /* that poll; 0: one a core, four at most */
    int slow;            /* slow handlers at a time; 0: 64 */
    const struct http_route *routes; /* ends with a NULL method */
    void *context;                   /* of the handlers */
    /* told of every answer, from any thread: its route (NULL: none), status and time. May be NULL */
    void (*answered)(void *context, const struct http_route *route, unsigned status,
                     double seconds);
    void (*failed)(void *context, const char *why); /* as http_fail; the same */
};

/* --- for slow handlers --- */

/* Begins an answer that goes out as it is made: "text/event-stream". From then on the reply is not looked at.
 * returns 0, or -1: the client is gone */
int http_stream_open(const struct http_request *request);

/* More of it. returns 0, or -1: the client is gone or reads too slowly (1 MB behind) */
int http_stream_put(const struct http_request *request, const char *bytes, size_t n);

/* Has the client gone? Looks at the connection: some microseconds. */
bool http_is_gone(const struct http_request *request);

#endif
