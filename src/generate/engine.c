#include "generate/engine.h"

#include "base/memory.h"
#include "product/few_rows.h"

#include <stdlib.h>

#define SEQUENCES_DEFAULT 64
#define SEQUENCES_MAX     4096

static int divide_up(int a, int b)
{
    return (a + b - 1) / b;
}

/* Looks as far ahead as there is room. A whole job of a text or two may take the kernel for few rows. With more, whether
 * a step has few rows depends on timing, and the same job would not give the same bytes. */
static int look_ahead(struct engine *engine, struct llmx_error *err)
{
    struct backlog *backlog = &engine->backlog;
    const int room_max = engine->crews[backlog->threads].room_max;
    int opened = 1, texts;
    while ((texts = backlog_texts(backlog)) < room_max && opened > 0)
        if ((opened = backlog_open_next(backlog, err)) < 0)
            return -1;
    if (!engine->has_begun)
        backlog->is_lone = backlog->next && opened == 0 && texts <= FEW_ROWS_MAX;
    engine->has_begun = true;
    return texts;
}

/* Under the lock, while all have met: how to go on with what there is, when there is anything. */
static bool decide(struct engine *engine)
{
    struct backlog *backlog = &engine->backlog;
    struct llmx_error err;
    int texts = backlog->has_failed ? 0 : look_ahead(engine, &err);
    if (texts < 0)
        backlog_fail(backlog, &err);
    if (texts <= 0)
        return false;
    engine->mode = crew_apart_is_better(backlog, NULL) ? ENGINE_APART : ENGINE_TOGETHER;
    int share = divide_up(texts, backlog->threads);
    for (int i = 0; i < backlog->threads; i++)
        engine->crews[i].room =
            share < engine->crews[i].room_max ? share : engine->crews[i].room_max;
    return true;
}

/* Decides; until there is something to decide it tells of what is over, then sleeps or, when nothing can come, ends. */
static void preside(struct engine *engine)
{
    struct backlog *backlog = &engine->backlog;
    engine->mode = ENGINE_DONE;
    pthread_mutex_lock(&backlog->lock);
    backlog->is_meeting_called = false;
    while (!decide(engine)) {
        if (backlog->over.first) {
            pthread_mutex_unlock(&backlog->lock);
            backlog_tell_over(backlog);
            pthread_mutex_lock(&backlog->lock);
        } else if (backlog->has_failed || backlog->next) {
            break;
        } else {
            pthread_cond_wait(&backlog->news, &backlog->lock);
        }
    }
    pthread_mutex_unlock(&backlog->lock);
}

static void thread_work(void *context, int thread)
{
    struct engine *engine = context;
    for (;;) {
        barrier_wait(&engine->meeting);
        if (thread == 0)
            preside(engine);
        barrier_wait(&engine->meeting);
        if (engine->mode == ENGINE_DONE)
            return;
        bool together = engine->mode == ENGINE_TOGETHER;
        crew_work(&engine->crews[together ? engine->backlog.threads : thread],
                  together ? thread : 0, &engine->samplers[thread]);
    }
}

void engine_run(struct engine *engine)
{
    threads_run(engine->pool, thread_work, engine);
}

int engine_check_sequences(int sequences_max, struct llmx_error *err)
{
    if (sequences_max >= 0 && sequences_max <= SEQUENCES_MAX)
        return 0;
    return err_set(err, LLMX_BAD_OPTION, "%d texts at a time: choose 1 to %d, or 0 for %d",
                   sequences_max, SEQUENCES_MAX, SEQUENCES_DEFAULT);
}

int engine_init(struct engine *engine, const struct llmx_model *model, int sequences_max,
                struct llmx_error *err)
{
    int threads = llmx_model_threads(model);
    int sequences = sequences_max ? sequences_max : SEQUENCES_DEFAULT;
    *engine = (struct engine){0};
    engine->meeting.size = threads;
    backlog_init(&engine->backlog, model, threads);
    if (engine_check_sequences(sequences_max, err) != 0 ||
        !(engine->samplers = mem_array((size_t)threads, sizeof *engine->samplers, err)) ||
        !(engine->crews = mem_array((size_t)threads + 1, sizeof *engine->crews, err)) ||
        !(engine->pool = threads_create(threads, err)))
        return -1;
    for (int i = 0; i < threads; i++)
        crew_init(&engine->crews[i], &engine->backlog, 1, divide_up(sequences, threads));
    crew_init(&engine->crews[threads], &engine->backlog, threads, sequences);
    for (int i = 0; i < threads; i++)
        if (sampler_init(&engine->samplers[i], llmx_model_vocabulary(model), err) != 0)
            return -1;
    return 0;
}

int engine_open_crews(struct engine *engine, struct llmx_error *err)
{
    for (int i = 0; i <= engine->backlog.threads; i++)
        if (crew_open(&engine->crews[i], err) != 0)
            return -1;
    return 0;
}

void engine_release(struct engine *engine)
{
    const int threads = engine->backlog.threads;
    for (int i = 0; engine->crews && i <= threads; i++)
        crew_release(&engine->crews[i]);
    for (int i = 0; engine->samplers && i < threads; i++)
        sampler_release(&engine->samplers[i]);
    threads_destroy(engine->pool);
    free(engine->crews);
    free(engine->samplers);
    backlog_release(&engine->backlog);
}
