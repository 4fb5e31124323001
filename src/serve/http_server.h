/* http_server.h - the server's door: connections and their limits, who may ask, and which handler answers.
 *
 *     static const struct http_route routes[] = {{"GET", "/v1/users/{user}", get_user, HTTP_QUICK}, {0}};
 *     struct http_options how = {.port = 8080, .routes = routes, .context = app};
 *     if (http_open(&http, &how, &err) == 0) { ...; http_close(http, 30); }
 */
#ifndef SERVE_HTTP_SERVER_H
#define SERVE_HTTP_SERVER_H

#include "serve/http.h"

struct http;

/* options and what they point to must outlive it. LLMX_IO: the address is taken or not there; LLMX_BAD_OPTION: another
 * address than loopback with neither token nor is_public */
int http_open(struct http **http, const struct http_options *options, struct llmx_error *err);
int http_port(const struct http *http);

/* Takes no more connections, lets those that are answered finish, for at most `seconds`. NULL is fine. */
void http_close(struct http *http, double seconds);

#endif
