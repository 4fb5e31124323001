/* crew.h - threads that compute the steps of some texts together: usually one, sometimes all. */
#ifndef GENERATE_CREW_H
#define GENERATE_CREW_H

#include "base/threads.h"
#include "generate/backlog.h"
#include "generate/sample.h"

struct crew {
    struct backlog *backlog;
    int size;
    struct barrier barrier;
    int room, room_max;          /* slots it may have now, and ever */
    struct slot *slots;          /* by group: texts that share a prefix stand together */
    struct workspace *workspace; /* made by crew_open, as is what follows */
    struct token_span *spans;    /* (room_max) */
    struct slot **wanted;        /* (room_max) slots whose next token is wanted in this step */
    float *logits;               /* (LOGITS_ROWS, vocabulary) */
    int n_spans, n_wanted;
};

void crew_init(struct crew *crew, struct backlog *backlog, int size, int room_max);
int crew_open(struct crew *crew, struct llmx_error *err); /* its memory, unless it has it */
void crew_release(struct crew *crew);

/* Steps until there is nothing left for this crew, or a meeting is called. Each of its threads calls this with its
 * own number. */
void crew_work(struct crew *crew, int member, struct token_sampler *sampler);

/* Whether a crew a thread is better than one of all; in_work: slots besides those of the backlog. Under its lock. */
bool crew_apart_is_better(const struct backlog *backlog, const struct slot *in_work);

#endif
