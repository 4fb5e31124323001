/* flight.h - one request to a server on its way: what comes back, its limits, and what becomes of it. */
#ifndef REMOTE_FLIGHT_H
#define REMOTE_FLIGHT_H

#include "remote/answer.h"
#include "remote/server.h"

struct flight {
    const struct llmx_remote *remote;
    CURL *easy;
    const char *path;               /* behind the server's address */
    struct llmx_question *question; /* NULL: free */
    char *body;
    unsigned form;     /* that the body has */
    struct text bytes; /* of the answer, unless they are a stream's */
    struct answer_stream stream;
    size_t n_bytes, n_header;
    double ready_s;     /* waiting until then; 0: on its way */
    double retry_after; /* seconds that the server asked for; 0: none */
    char retry_words[64];
    int attempts;
    int n_answered_then;       /* other questions, when this one failed first */
    bool has_told;             /* a piece of its text */
    struct llmx_error failure; /* found while bytes came */
};

int flight_init(struct flight *flight, const struct llmx_remote *remote, struct llmx_error *err);
void flight_release(struct flight *flight);

/* For a path that outlives the flight, with a body (POST, the flight's own) or without. */
int flight_address(struct flight *flight, const char *path, char *body, struct llmx_error *err);

/* Forgets what came back, before each attempt. */
void flight_clear(struct flight *flight);

/* PASSES: it may be otherwise at another time. REFUSED: this question is. HOPELESS: so would all others be. */
enum landing { LANDED, LANDING_PASSES, LANDING_REFUSED, LANDING_HOPELESS };

/* What came of a request; `err` (never NULL) says what if not an answer of status 200. */
enum landing flight_land(struct flight *flight, CURLcode status, struct llmx_error *err);

/* The answer of one that landed; -1 with what it is instead of a text (err never NULL). */
int flight_answer(struct flight *flight, struct answer *answer, struct llmx_error *err);

#endif
