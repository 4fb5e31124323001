/* explaining.h - what llmx_explain does whoever writes the texts: prompts, the gate's verdict, lines in order. The texts
 * come from a model here (explain_local.c) or from a server (explain_remote.c). */
#ifndef EXPLAIN_EXPLAINING_H
#define EXPLAIN_EXPLAINING_H

#include "explain/desk.h"
#include "format/partial.h"
#include "llmxrec/remote.h"

#include <pthread.h>

/* One explanation on its way. */
struct task {
    const struct rec *rec;
    struct text prompt; /* until it is finished */
    int tries;
    unsigned failed;  /* checks of rejected tries, as bits */
    json_t *rejected; /* texts that did not pass, with keep_rejected; else NULL */
    json_t *line;     /* finished, waiting for those before it */
    bool is_finished;
};

struct explaining {
    const struct llmx_explain_options *options;
    struct llmx_explain_report *report;
    struct briefing briefing;
    struct desk desk;
    struct recs recs;
    struct partial out;
    struct task *tasks; /* (recs.n) */
    json_t **examples;  /* (recs.n) lines whose "output" is wanted; NULL: explanations are */
    int n_finished, n_written;
    bool is_stopped;
    struct llmx_error failure; /* the first one of explaining_take */
    double start_s;
    pthread_t caller;
};

/* Tries of one task at most: each has a stream of random numbers of its own. */
#define TRIES_MAX 64

void explaining_release(struct explaining *explaining);

/* Makes a task's prompt; what it is made from is valid until the next call. */
int explaining_prompt(struct explaining *explaining, struct task *task, struct llmx_given *given,
                      struct llmx_error *err);

/* How the next try of a task is drawn: the first greedy, each later one with a stream of its own. */
struct llmx_sampling explaining_sampling(const struct explaining *explaining,
                                         const struct task *task);
uint64_t explaining_seed(const struct explaining *explaining, const struct task *task);

/* Whether a task may still be given to whoever writes. */
bool explaining_goes_on(const struct explaining *explaining);

/* Takes the text of a task's latest try, as it would be written but for white space around it, and writes every line
 * whose turn has come. returns whether another try is wanted; a failure stands in `failure` */
bool explaining_take(struct explaining *explaining, struct task *task, const char *text, size_t n);

/* Writes what is next in order, so that a run that is interrupted has lost nothing before. */
int explaining_write(struct explaining *explaining, struct llmx_error *err);

#endif
