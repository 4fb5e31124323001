/* http_server.h - a small HTTP server on the loopback address, for tests of what talks to one. */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

struct http_server;

/* Answers every request, each on a thread of its own, with what `answer` writes: the whole response from its status line
 * on. `request` is everything received, headers and body, NUL-terminated; an empty response closes the connection.
 * number: of the request, from 0. */
typedef void http_answer(void *context, int number, const char *request, char *response,
                         unsigned long size);

struct http_server *http_server_start(http_answer *answer, void *context);
void http_server_stop(struct http_server *server);

/* "http://127.0.0.1:PORT" */
const char *http_server_url(const struct http_server *server);

#endif
