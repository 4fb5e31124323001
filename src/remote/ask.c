/* ask.c - a job of questions on the calling thread: all are asked, and the first hopeless failure ends it. */
#include "remote/asking.h"

#include <stdlib.h>

#define POLL_MS     200 /* how soon a stop is seen */
#define REFUSED_MAX 16  /* in the beginning without one answer: then it is not the questions */

struct asked_job {
    const struct llmx_remote_job *job;
    bool is_over; /* no more questions */
    int n_answered, n_refused;
    struct llmx_error failure; /* the first; LLMX_OK: none */
    bool has_failed;
};

static struct llmx_question *pull_next(void *context)
{
    struct asked_job *p = context;
    struct llmx_question *next = p->is_over || p->has_failed ? NULL : p->job->next(p->job->context);
    p->is_over = !next;
    return next;
}

static bool pull_tell(void *context, struct llmx_question *q, enum landing how)
{
    struct asked_job *p = context;
    char *text = how == LANDED ? q->text : NULL; /* the caller may write the question anew */
    if (p->has_failed) {                         /* in this same round */
        free(text);
        q->text = NULL;
        return false;
    }
    if (how != LANDED && p->failure.code == LLMX_OK)
        p->failure = q->error;
    if (how == LANDING_HOPELESS) {
        p->failure = q->error;
        p->has_failed = true;
        return false;
    }
    p->n_answered += how == LANDED;
    p->n_refused += how != LANDED;
    p->has_failed = p->n_answered == 0 && p->n_refused >= REFUSED_MAX;
    q->text = text;
    const bool again = p->job->finished(p->job->context, q) != 0;
    free(text);
    q->text = NULL;
    return again && !p->has_failed;
}

static int ask_all(struct asking *a, struct asked_job *p, struct llmx_error *err)
{
    do {
        if (llmx_stop_asked(p->job->stop))
            return err_set(err, LLMX_INTERRUPTED, "interrupted");
        if (asking_round(a, POLL_MS, err) != 0)
            return -1;
    } while (!p->has_failed && (a->n_busy > 0 || !p->is_over));
    if (!p->has_failed && (p->n_answered > 0 || p->n_refused == 0))
        return 0;
    if (err)
        *err = p->failure;
    return -1;
}

int llmx_remote_ask(struct llmx_remote *remote, const struct llmx_remote_job *job,
                    struct llmx_error *err)
{
    struct asked_job pulling = {.job = job};
    struct asking asking;
    int status = asking_open(&asking, remote, err);
    if (status == 0) {
        asking.next = pull_next;
        asking.tell = pull_tell;
        asking.context = &pulling;
        status = ask_all(&asking, &pulling, err);
    }
    asking_close(&asking);
    return status;
}
