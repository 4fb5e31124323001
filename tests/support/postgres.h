/* postgres.h - a PostgreSQL server of the test's own: in its directory, on a socket, nothing else can reach it. */
#ifndef TESTS_POSTGRES_H
#define TESTS_POSTGRES_H

/* Starts it; returns the url of its data base, or NULL where PostgreSQL is not installed. Fails the test when it is and
 * does not start. */
const char *postgres_start(void);
void postgres_stop(void);

#endif
