/* explaining.h - a file of explanations on its way: drafts, and their lines in order. The texts come from a model here
 * (explain_local.c) or from a server (explain_remote.c). */
#ifndef EXPLAIN_EXPLAINING_H
#define EXPLAIN_EXPLAINING_H

#include "explain/draft.h"
#include "format/partial.h"
#include "llmxrec/explain_file.h"
#include "llmxrec/remote.h"

#include <pthread.h>

struct explaining {
    const struct llmx_explain_options *options;
    struct llmx_explain_report *report;
    struct briefing briefing;
    struct desk desk;
    struct recs recs;
    struct partial out;
    struct draft *drafts; /* (recs.n) */
    json_t **lines;       /* (recs.n) finished, waiting for those before; else NULL */
    json_t **examples;    /* (recs.n) lines whose "output" is wanted; NULL: explanations are */
    int n_finished, n_written;
    bool is_held; /* lines wait, whosever turn it is */
    bool is_stopped;
    struct llmx_error failure; /* the first one of explaining_take */
    double start_s;
    pthread_t caller;
};

void explaining_release(struct explaining *explaining);

/* Whether a draft may still be given to whoever writes. */
bool explaining_goes_on(const struct explaining *explaining);

/* Whether a draft has its line. */
bool explaining_has(const struct explaining *explaining, const struct draft *draft);

/* Takes the text of a draft's latest try and writes every line whose turn has come. returns whether another try is
 * wanted; a failure stands in `failure` */
bool explaining_take(struct explaining *explaining, struct draft *draft, const char *text,
                     size_t n);

/* Writes the lines of the plain sentences of all drafts that have none yet, without a model. */
int explaining_plain(struct explaining *explaining, struct llmx_error *err);

/* Writes what is next in order, so that a run that is interrupted has lost nothing before. */
int explaining_write(struct explaining *explaining, struct llmx_error *err);

#endif
