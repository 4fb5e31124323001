/* talk.h - speaks HTTP over a socket byte by byte, so that a test can say anything, also what no client would. */
#ifndef TESTS_TALK_H
#define TESTS_TALK_H

/* A connection to 127.0.0.1; fails the test where there is none. close() it. */
int talk_open(int port);
/* The same, or -1. */
int talk_try(int port);
/* Sends the bytes (printf-like). */
void talk_say(int connection, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* All that comes until the other side closes, or for `seconds`; NUL-terminated, static storage. */
const char *talk_hear(int connection, double seconds);

/* One request with "Connection: close"; headers are lines that end in \r\n, body may be NULL. Returns the whole answer (static
 * storage). */
const char *talk(int port, const char *method, const char *path, const char *headers,
                 const char *body);
/* The status of an answer, and its body. */
int talk_status(const char *answer);
const char *talk_body(const char *answer);

#endif
