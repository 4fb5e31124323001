/* generate.c - jobs: an engine that pulls its groups and ends when there are no more. */
#include "llmxrec/generate.h"
#include "generate/engine.h"
#include "llm/damage.h"

struct pulled_job {
    const struct llmx_generate_job *job;
    struct engine engine;
    pthread_mutex_t
        lock; /* around the job's own functions; taken inside the engine's, which is never taken inside it */
};

static struct llmx_group *pull_next(void *context)
{
    struct pulled_job *pulling = context;
    pthread_mutex_lock(&pulling->lock);
    struct llmx_group *group = pulling->job->next(pulling->job->context);
    pthread_mutex_unlock(&pulling->lock);
    return group;
}

static int pull_finished(void *context, struct llmx_group *group,
                         struct llmx_generation *generation)
{
    struct pulled_job *pulling = context;
    if (!pulling->job->finished)
        return 0;
    pthread_mutex_lock(&pulling->lock);
    int again = pulling->engine.backlog.has_failed
                    ? 0
                    : pulling->job->finished(pulling->job->context, group, generation);
    pthread_mutex_unlock(&pulling->lock);
    return again;
}

/* The first failure stops all. Of a group in work LLMX_BAD_INPUT says that scores are not finite, and is told with what
 * damaged them: not under a lock, for that reads all weights. */
static void pull_over(void *context, struct llmx_group *group, const struct llmx_error *err)
{
    struct pulled_job *pulling = context;
    struct backlog *backlog = &pulling->engine.backlog;
    (void)group;
    if (!err || backlog->has_failed)
        return;
    struct llmx_error why = *err;
    if (why.code == LLMX_BAD_INPUT)
        damage_explain(backlog->model, "a score", &why);
    pthread_mutex_lock(&backlog->lock);
    backlog_fail(backlog, &why);
    pthread_mutex_unlock(&backlog->lock);
}

int llmx_generate(const struct llmx_model *model, const struct llmx_generate_job *job,
                  struct llmx_error *err)
{
    static const struct listener listener = {.finished = pull_finished, .over = pull_over};
    struct pulled_job pulling = {.job = job};
    struct backlog *backlog = &pulling.engine.backlog;
    pthread_mutex_init(&pulling.lock, NULL);
    int status = engine_init(&pulling.engine, model, job->sequences_max, err);
    if (status == 0) {
        backlog->next = pull_next;
        backlog->listener = &listener;
        backlog->context = &pulling;
        backlog->stop = job->stop;
        engine_run(&pulling.engine);
        status = backlog->has_failed ? -1 : 0;
        if (status != 0 && err)
            *err = backlog->error;
    }
    engine_release(&pulling.engine);
    pthread_mutex_destroy(&pulling.lock);
    return status;
}
