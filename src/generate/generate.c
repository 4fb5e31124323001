/* generate.c - continuous batching over threads that may lose their cores at any moment.
 *
 * Usually every thread is a crew of its own: it takes what it has room for, and each of its steps is one forward
 * pass over a ragged batch of prompt chunks and single tokens. Threads meet only to share out work, under a lock.
 * When there is too little for each to have a batch worth its weights' reading, all form one crew and compute
 * each step together. Crews change only where all have met, having given their slots back. */
#include "base/memory.h"
#include "base/threads.h"
#include "generate/backlog.h"
#include "generate/forward.h"
#include "generate/sample.h"
#include "kernel/few_rows.h"
#include "token/tokenizer.h"

#include <pthread.h>
#include <stdlib.h>

#define SEQUENCES_DEFAULT 64
#define SEQUENCES_MAX     4096
#define LOGITS_ROWS       64 /* rows of scores held at a time: 12 MB for 49,152 tokens */

/* New tokens a step: full tiles for the products, and yet threads never wait long for one another. */
#define STEP_ROWS 256

/* With fewer texts, reading the weights costs more than the threads' meetings (as in forward.c). */
#define TEXTS_PER_THREAD 8

/* Threads that compute a step together; usually one. */
struct crew {
    struct engine *engine;
    int size;
    struct barrier barrier;
    int room, room_max;          /* slots it may have now, and ever */
    struct slot *slots;          /* by group: texts that share a prefix stand together */
    struct workspace *workspace; /* made when first needed, as is what follows */
    struct span *spans;          /* (room_max) */
    struct slot **wanted;        /* (room_max) slots whose next token is wanted in this step */
    float *logits;               /* (LOGITS_ROWS, vocabulary) */
    int n_spans, n_wanted;
};

enum mode { MODE_APART, MODE_TOGETHER, MODE_DONE };

struct engine {
    const struct llmx_model *model;
    const struct llmx_generate_job *job;
    int threads;
    struct sampler *samplers; /* (threads) */
    struct crew *crews;       /* (threads + 1): one a thread, then the one of all */
    struct barrier meeting;
    enum mode mode; /* changes only while all have met */
    /* The whole job is a text or two, so that the kernel for few rows may be taken. With more, whether a step has few
     * rows depends on timing, and the same job would not give the same bytes. */
    bool has_begun, is_lone;

    pthread_mutex_t lock; /* over what follows and the job's callbacks */
    struct backlog backlog;
    bool is_meeting_called; /* a crew has run dry */
    bool has_failed;
    struct llmx_error first_error;
};

static void fail(struct engine *engine, const struct llmx_error *err)
{
    if (!engine->has_failed)
        engine->first_error = *err;
    engine->has_failed = true;
}

static int crew_open(struct crew *crew, struct llmx_error *err)
{
    if (crew->workspace)
        return 0;
    const struct llmx_model *model = crew->engine->model;
    size_t room = (size_t)crew->room_max, vocabulary = (size_t)llmx_model_vocabulary(model);
    int rows_max = crew->room_max > STEP_ROWS ? crew->room_max : STEP_ROWS;
    if (!crew->spans && !(crew->spans = mem_array(room, sizeof *crew->spans, err)))
        return -1;
    if (!crew->wanted && !(crew->wanted = mem_array(room, sizeof *crew->wanted, err)))
        return -1;
    if (!crew->logits &&
        !(crew->logits = mem_tensor(LOGITS_ROWS * vocabulary, sizeof *crew->logits, err)))
        return -1;
    if (workspace_create(&crew->workspace, model, rows_max, crew->room_max, crew->size, err) != 0)
        return -1;
    workspace_few_rows(crew->workspace, crew->engine->is_lone);
    return 0;
}

static void crew_release(struct crew *crew)
{
    workspace_destroy(crew->workspace);
    free(crew->spans);
    free(crew->wanted);
    free(crew->logits);
}

/* --- under the lock: what a crew does between two steps --- */

static void crew_add(struct crew *crew, struct slot *slot)
{
    struct slot **at = &crew->slots;
    while (*at && (*at)->home->number <= slot->home->number)
        at = &(*at)->next;
    slot->next = *at;
    *at = slot;
}

/* Slots that a crew has or will have when the prefixes that it computes are ready. */
static int crew_load(const struct crew *crew)
{
    int load = 0;
    for (const struct slot *slot = crew->slots; slot; slot = slot->next)
        load += slot->generation ? 1 : slot->home->group->n;
    return load;
}

static int crew_take(struct crew *crew, struct llmx_error *err)
{
    struct backlog *backlog = &crew->engine->backlog;
    for (int load = crew_load(crew); load < crew->room; load = crew_load(crew)) {
        struct slot *slot;
        if (backlog_take(backlog, &slot, err) != 0)
            return -1;
        if (slot)
            crew_add(crew, slot);
        else if (backlog->is_exhausted)
            return 0;
        else if (backlog_open_next(backlog, err) < 0)
            return -1;
    }
    return 0;
}

/* Tells of a finished text: 1 when the caller wants it again. Its prompt's keys and values still stand; feeding
 * the last prompt token again starts the next try. */
static int slot_finish(struct engine *engine, struct slot *slot, struct llmx_error *err)
{
    const struct llmx_generate_job *job = engine->job;
    struct llmx_generation *g = slot->generation;
    if (!g || !job->finished || !job->finished(job->context, slot->home->group, g))
        return 0;
    g->n_tokens = 0;
    slot->sequence.own->length = g->n_prompt - 1;
    slot->state = SLOT_RUNNING;
    return sampling_check(&g->sampling, err) == 0 ? 1 : -1;
}

static int crew_settle(struct crew *crew, struct llmx_error *err)
{
    for (struct slot **at = &crew->slots, *slot; (slot = *at);) {
        bool is_complete =
            slot->state == SLOT_FINISHED ||
            (!slot->generation && slot->sequence.own->length == slot->home->group->n_prefix);
        int again = is_complete ? slot_finish(crew->engine, slot, err) : 0;
        if (slot->state == SLOT_BROKEN)
            again = err_set(err, LLMX_BAD_INPUT,
                            "the model gives scores that are not finite: its weights are damaged, "
                            "or they need --precision f32");
        if (again < 0)
            return -1;
        if (!is_complete || again) {
            at = &slot->next;
            continue;
        }
        *at = slot->next;
        backlog_close(&crew->engine->backlog, slot);
    }
    return 0;
}

static bool is_apart_better(struct engine *engine, const struct slot *in_work)
{
    int ready = backlog_ready(&engine->backlog, in_work, engine->threads);
    return engine->threads > 1 && ready >= engine->threads * TEXTS_PER_THREAD;
}

static int crew_refresh(struct crew *crew, struct llmx_error *err)
{
    struct engine *engine = crew->engine;
    if (crew_open(crew, err) != 0 || crew_settle(crew, err) != 0)
        return -1;
    if (llmx_stop_asked(engine->job->stop))
        return err_set(err, LLMX_INTERRUPTED, "interrupted");
    return crew_take(crew, err);
}

/* Ready for the next step, or, with no slots left, for the meeting. */
static void crew_turn(struct crew *crew)
{
    struct engine *engine = crew->engine;
    struct llmx_error err;
    pthread_mutex_lock(&engine->lock);
    if (!engine->has_failed && crew_refresh(crew, &err) != 0)
        fail(engine, &err);
    bool leaves = engine->has_failed || engine->is_meeting_called || !crew->slots ||
                  (crew->size > 1 && is_apart_better(engine, crew->slots));
    engine->is_meeting_called |= leaves;
    for (struct slot *slot; leaves && (slot = crew->slots);) {
        crew->slots = slot->next;
        backlog_give_back(&engine->backlog, slot);
    }
    pthread_mutex_unlock(&engine->lock);
}

/* --- a step --- */

/* Every running text gets its row; what is left of the step goes to prompts, in order. */
static void crew_plan(struct crew *crew)
{
    int rows = crew->room_max > STEP_ROWS ? crew->room_max : STEP_ROWS;
    crew->n_spans = crew->n_wanted = 0;
    for (const struct slot *slot = crew->slots; slot; slot = slot->next)
        rows -= slot->generation && slot->sequence.own->length >= slot->generation->n_prompt;
    for (struct slot *slot = crew->slots; slot; slot = slot->next) {
        const struct llmx_generation *g = slot->generation;
        const struct llmx_group *group = slot->home->group;
        int length = slot->sequence.own->length, n_prompt = g ? g->n_prompt : group->n_prefix;
        struct span span = {.sequence = &slot->sequence};
        if (length >= n_prompt) {
            span.ids = g->tokens + length - n_prompt;
            span.n = 1;
        } else {
            span.ids = (g ? g->prompt : group->prefix) + length;
            span.n = n_prompt - length < rows ? n_prompt - length : rows;
            rows -= span.n;
        }
        span.n_wanted = g && length + span.n >= n_prompt;
        if (span.n == 0)
            continue;
        crew->spans[crew->n_spans++] = span;
        if (span.n_wanted)
            crew->wanted[crew->n_wanted++] = slot;
    }
}

/* Rules out what the text's constraint does not allow; false when it allows nothing. */
static bool slot_constrain(struct slot *slot, float *logits, const struct sampler *sampler)
{
    const struct llmx_constraint *constraint = slot->generation->constraint;
    if (!constraint)
        return true;
    if (slot->generation->n_tokens == 0)
        constraint_start(constraint, &slot->place);
    return constraint_mask(constraint, &slot->place, logits, sampler->vocabulary, sampler->is_seen);
}

static void slot_append(struct slot *slot, float *logits, struct sampler *sampler,
                        const struct llmx_tokenizer *tokenizer)
{
    struct llmx_generation *g = slot->generation;
    const struct llmx_group *group = slot->home->group;
    if (!slot_constrain(slot, logits, sampler)) {
        g->finish = LLMX_FINISH_STOP;
        slot->state = SLOT_FINISHED;
        return;
    }
    struct seen seen = {{group->prefix, g->prompt, g->tokens},
                        {group->n_prefix, g->n_prompt, g->n_tokens}};
    int32_t id = sample(sampler, logits, &g->sampling, &seen, g->seed, g->n_tokens);
    if (id < 0) {
        slot->state = SLOT_BROKEN;
    } else if (!g->ignore_stop && tokenizer_is_stop(tokenizer, id)) {
        g->finish = LLMX_FINISH_STOP;
        slot->state = SLOT_FINISHED;
    } else {
        g->tokens[g->n_tokens++] = id;
        if (g->constraint)
            constraint_step(g->constraint, &slot->place, id);
        g->finish = LLMX_FINISH_LENGTH;
        slot->state = g->n_tokens == slot->limit ? SLOT_FINISHED : SLOT_RUNNING;
    }
}

/* Steps until there is nothing left for this crew. Each of its threads calls this with its own number. */
static void crew_work(struct crew *crew, int member, struct sampler *sampler)
{
    const struct llmx_model *model = crew->engine->model;
    const struct llmx_tokenizer *tokenizer = llmx_model_tokenizer(model);
    size_t vocabulary = (size_t)llmx_model_vocabulary(model);
    for (;;) {
        if (member == 0) {
            crew_turn(crew);
            crew_plan(crew);
        }
        barrier_wait(&crew->barrier);
        int n_spans = crew->n_spans, n_wanted = crew->n_wanted;
        if (n_spans == 0)
            return;
        forward(model, crew->workspace, crew->spans, n_spans, member);
        for (int first = 0; first < n_wanted; first += LOGITS_ROWS) {
            int n = n_wanted - first < LOGITS_ROWS ? n_wanted - first : LOGITS_ROWS;
            forward_logits(model, crew->workspace, first, n, crew->logits, member);
            barrier_wait(&crew->barrier);
            for (int i = member; i < n; i += crew->size)
                slot_append(crew->wanted[first + i], crew->logits + (size_t)i * vocabulary, sampler,
                            tokenizer);
            barrier_wait(&crew->barrier);
        }
        barrier_wait(&crew->barrier);
    }
}

/* --- all threads --- */

static int divide_up(int a, int b)
{
    return (a + b - 1) / b;
}

/* Looks as far ahead as there is room, then chooses how to go on. */
static int decide(struct engine *engine, struct llmx_error *err)
{
    struct backlog *backlog = &engine->backlog;
    const struct crew *all = &engine->crews[engine->threads];
    int opened = 1, texts;
    while ((texts = backlog_texts(backlog)) < all->room_max && opened > 0)
        if ((opened = backlog_open_next(backlog, err)) < 0)
            return -1;
    if (!engine->has_begun)
        engine->is_lone = opened == 0 && texts <= FEW_ROWS_MAX;
    engine->has_begun = true;
    if (texts > 0)
        engine->mode = is_apart_better(engine, NULL) ? MODE_APART : MODE_TOGETHER;
    int share = divide_up(texts, engine->threads);
    for (int i = 0; i < engine->threads; i++)
        engine->crews[i].room =
            share < engine->crews[i].room_max ? share : engine->crews[i].room_max;
    return 0;
}

static void thread_work(void *context, int thread)
{
    struct engine *engine = context;
    struct llmx_error err;
    for (;;) {
        barrier_wait(&engine->meeting);
        if (thread == 0) {
            engine->mode = MODE_DONE;
            engine->is_meeting_called = false;
            if (!engine->has_failed && decide(engine, &err) != 0)
                fail(engine, &err);
        }
        barrier_wait(&engine->meeting);
        if (engine->mode == MODE_DONE)
            return;
        bool together = engine->mode == MODE_TOGETHER;
        crew_work(&engine->crews[together ? engine->threads : thread], together ? thread : 0,
                  &engine->samplers[thread]);
    }
}

static int engine_init(struct engine *engine, const struct llmx_model *model,
                       const struct llmx_generate_job *job, struct llmx_error *err)
{
    int threads = llmx_model_threads(model);
    int sequences = job->sequences_max ? job->sequences_max : SEQUENCES_DEFAULT;
    *engine = (struct engine){.model = model, .job = job, .threads = threads};
    engine->meeting.size = threads;
    engine->backlog = (struct backlog){.model = model, .job = job};
    pthread_mutex_init(&engine->lock, NULL);
    if (sequences < 1 || sequences > SEQUENCES_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d texts at a time: choose 1 to %d, or 0 for %d",
                       sequences, SEQUENCES_MAX, SEQUENCES_DEFAULT);
    if (!(engine->samplers = mem_array((size_t)threads, sizeof *engine->samplers, err)) ||
        !(engine->crews = mem_array((size_t)threads + 1, sizeof *engine->crews, err)))
        return -1;
    for (int i = 0; i <= threads; i++) {
        struct crew *crew = &engine->crews[i];
        crew->engine = engine;
        crew->size = crew->barrier.size = i < threads ? 1 : threads;
        crew->room = crew->room_max = i < threads ? divide_up(sequences, threads) : sequences;
    }
    for (int i = 0; i < threads; i++)
        if (sampler_init(&engine->samplers[i], llmx_model_vocabulary(model), err) != 0)
            return -1;
    return 0;
}

static void engine_release(struct engine *engine)
{
    for (int i = 0; engine->crews && i <= engine->threads; i++)
        crew_release(&engine->crews[i]);
    for (int i = 0; engine->samplers && i < engine->threads; i++)
        sampler_release(&engine->samplers[i]);
    backlog_release(&engine->backlog);
    free(engine->crews);
    free(engine->samplers);
    pthread_mutex_destroy(&engine->lock);
}

int llmx_generate(const struct llmx_model *model, const struct llmx_generate_job *job,
                  struct llmx_error *err)
{
    struct engine engine;
    struct threads *pool = NULL;
    int status = engine_init(&engine, model, job, err);
    if (status == 0)
        status = (pool = threads_create(engine.threads, err)) ? 0 : -1;
    if (status == 0) {
        threads_run(pool, thread_work, &engine);
        status = engine.has_failed ? -1 : 0;
        if (status != 0 && err)
            *err = engine.first_error;
    }
    threads_destroy(pool);
    engine_release(&engine);
    return status;
}
