#include "generate/crew.h"

#include "base/memory.h"
#include "generate/forward.h"
#include "token/tokenizer.h"

#include <stdlib.h>

#define LOGITS_ROWS 64 /* rows of scores held at a time: 12 MB for 49,152 tokens */

/* New tokens a step: full tiles for the products, and yet threads never wait long for one another. */
#define STEP_ROWS 256

/* With fewer texts, reading the weights costs more than the threads' meetings (as in forward.c). */
#define TEXTS_PER_THREAD 8

static int step_rows(const struct crew *crew)
{
    return crew->room_max > STEP_ROWS ? crew->room_max : STEP_ROWS;
}

void crew_init(struct crew *crew, struct backlog *backlog, int size, int room_max)
{
    *crew = (struct crew){.backlog = backlog, .size = size, .room = room_max, .room_max = room_max};
    crew->barrier.size = size;
}

int crew_open(struct crew *crew, struct llmx_error *err)
{
    if (crew->workspace)
        return 0;
    const struct llmx_model *model = crew->backlog->model;
    size_t room = (size_t)crew->room_max, vocabulary = (size_t)llmx_model_vocabulary(model);
    if (!crew->spans && !(crew->spans = mem_array(room, sizeof *crew->spans, err)))
        return -1;
    if (!crew->wanted && !(crew->wanted = mem_array(room, sizeof *crew->wanted, err)))
        return -1;
    if (!crew->logits &&
        !(crew->logits = mem_tensor(LOGITS_ROWS * vocabulary, sizeof *crew->logits, err)))
        return -1;
    if (workspace_create(&crew->workspace, model, step_rows(crew), crew->room_max, crew->size,
                         err) != 0)
        return -1;
    workspace_few_rows(crew->workspace, crew->backlog->is_lone);
    return 0;
}

void crew_release(struct crew *crew)
{
    workspace_destroy(crew->workspace);
    free(crew->spans);
    free(crew->wanted);
    free(crew->logits);
}

/* --- between two steps --- */

/* Told of, and to be written again? Its prompt's keys and values still stand; feeding the last prompt token again
 * starts the next try. */
static void slot_finish(struct slot *slot)
{
    struct open_group *home = slot->home;
    struct llmx_generation *g = slot->generation;
    pthread_mutex_lock(&home->telling);
    int again = !home->is_given_up && home->listener->finished(home->context, home->group, g);
    pthread_mutex_unlock(&home->telling);
    slot->state = again ? SLOT_RUNNING : SLOT_DONE;
    if (again) {
        g->n_tokens = g->n_revised = 0;
        slot->revisions.n = 0;
        slot->sequence.own->length = g->n_prompt - 1;
    }
}

/* Why a text cannot go on; 0 when it can. */
static int slot_check(const struct slot *slot, struct llmx_error *err)
{
    if (slot->state == SLOT_BROKEN)
        return err_set(err, LLMX_BAD_INPUT,
                       "the model gives scores that are not finite: its weights are damaged, "
                       "or they need --precision f32");
    if (slot->state == SLOT_UNWANTED)
        return err_set(err, LLMX_INTERRUPTED, "cancelled");
    if (slot->generation && slot->state == SLOT_RUNNING) /* maybe anew, with what the caller left */
        return sampling_check(&slot->generation->sampling, err);
    return 0;
}

/* Closes what is complete or given up. */
static void crew_settle(struct crew *crew)
{
    struct llmx_error why;
    for (struct slot **at = &crew->slots, *slot; (slot = *at);) {
        struct open_group *home = slot->home;
        if (slot_check(slot, &why) != 0)
            backlog_give_up(crew->backlog, home, &why);
        bool is_complete =
            slot->state == SLOT_DONE ||
            (!slot->generation && slot->sequence.own->length == home->group->n_prefix);
        if (!is_complete && !home->is_given_up) {
            at = &slot->next;
            continue;
        }
        *at = slot->next;
        backlog_close(crew->backlog, slot);
    }
}

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
    int opened = 1;
    while (opened > 0 && crew_load(crew) < crew->room) {
        struct slot *slot = backlog_take(crew->backlog);
        if (slot)
            crew_add(crew, slot);
        else
            opened = backlog_open_next(crew->backlog, err);
    }
    return opened < 0 ? -1 : 0;
}

bool crew_apart_is_better(const struct backlog *backlog, const struct slot *in_work)
{
    int threads = backlog->threads;
    return threads > 1 && backlog_ready(backlog, in_work) >= threads * TEXTS_PER_THREAD;
}

/* Since the last meeting more may have come, so that each may take more or all should part; or, as texts come and go, so
 * few may be left that no crew runs dry and yet one of all is better (well below the number at which they part). */
static void crew_adjust(struct crew *crew)
{
    struct backlog *backlog = crew->backlog;
    int threads = backlog->threads, share = (backlog->n_texts + threads - 1) / threads;
    bool is_apart = crew->size < threads;
    if (is_apart && crew->room < share)
        crew->room = share < crew->room_max ? share : crew->room_max;
    if (is_apart && !backlog->next && 2 * backlog->n_texts < threads * TEXTS_PER_THREAD)
        backlog->is_meeting_called = true;
    if (!is_apart && crew_apart_is_better(backlog, crew->slots))
        backlog->is_meeting_called = true;
}

static int crew_refresh(struct crew *crew, struct llmx_error *err)
{
    if (crew_open(crew, err) != 0)
        return -1;
    if (llmx_stop_asked(crew->backlog->stop))
        return err_set(err, LLMX_INTERRUPTED, "interrupted");
    return crew_take(crew, err);
}

/* Ready for the next step, or, with no slots left, for the meeting. */
static void crew_turn(struct crew *crew)
{
    struct backlog *backlog = crew->backlog;
    struct llmx_error err;
    for (struct slot *slot = crew->slots; slot; slot = slot->next)
        if (slot->state == SLOT_FINISHED)
            slot_finish(slot);
    pthread_mutex_lock(&backlog->lock);
    crew_settle(crew);
    if (!backlog->has_failed && crew_refresh(crew, &err) != 0)
        backlog_fail(backlog, &err);
    crew_adjust(crew);
    bool leaves = backlog->has_failed || backlog->is_meeting_called || !crew->slots;
    backlog->is_meeting_called |= leaves;
    for (struct slot *slot; leaves && (slot = crew->slots);) {
        crew->slots = slot->next;
        backlog_give_back(backlog, slot);
    }
    pthread_mutex_unlock(&backlog->lock);
    backlog_tell_over(backlog);
}

/* --- a step --- */

/* Every running text gets its row; what is left of the step goes to prompts, in order. */
static void crew_plan(struct crew *crew)
{
    int rows = step_rows(crew);
    crew->n_spans = crew->n_wanted = 0;
    for (const struct slot *slot = crew->slots; slot; slot = slot->next)
        rows -= slot->generation && slot->sequence.own->length >= slot->generation->n_prompt;
    for (struct slot *slot = crew->slots; slot; slot = slot->next) {
        const struct llmx_generation *g = slot->generation;
        const struct llmx_group *group = slot->home->group;
        int length = slot->sequence.own->length, n_prompt = g ? g->n_prompt : group->n_prefix;
        struct token_span span = {.sequence = &slot->sequence};
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

/* Rules out what the text's constraint does not allow and what stood here before; false when nothing is left. */
static bool slot_constrain(struct slot *slot, float *logits, const struct token_sampler *sampler)
{
    const struct llmx_generation *g = slot->generation;
    if (g->constraint && g->n_tokens == 0)
        constraint_start(g->constraint, &slot->place);
    if (g->constraint && !constraint_mask(g->constraint, &slot->place, logits, sampler->vocabulary,
                                          sampler->is_seen))
        return false;
    return revisions_forbid(&slot->revisions, g->n_tokens, logits, sampler->vocabulary);
}

/* The first `kept` tokens stand, and `id` not behind them. The keys and values of the last one that stands are computed again,
 * for the scores that come of it. */
static void slot_go_back(struct slot *slot, int kept, int32_t id)
{
    struct llmx_generation *g = slot->generation;
    revisions_add(&slot->revisions, kept, id);
    g->n_revised++;
    g->n_tokens = kept;
    slot->sequence.own->length = g->n_prompt + kept - 1;
    slot->state = SLOT_RUNNING;
    if (!g->constraint)
        return;
    constraint_start(g->constraint, &slot->place);
    for (int i = 0; i < kept; i++)
        constraint_step(g->constraint, &slot->place, g->tokens[i]);
}

/* Where it would go back once too often the text ends, as it is. */
static void slot_give_up(struct slot *slot)
{
    slot->generation->finish = LLMX_FINISH_STOP;
    slot->state = SLOT_FINISHED;
}

/* Asks whether the text stands, whose latest token (or the stop) is `id`; true: it does. */
static bool slot_review(struct slot *slot, int32_t id)
{
    struct open_group *home = slot->home;
    struct llmx_generation *g = slot->generation;
    if (!g->review)
        return true;
    pthread_mutex_lock(&home->telling);
    const int kept = home->is_given_up ? -1 : g->review(g);
    pthread_mutex_unlock(&home->telling);
    const int n = g->finish == LLMX_FINISH_STOP ? g->n_tokens + 1 : g->n_tokens;
    if (kept < 0 || kept >= n)
        return true;
    if (g->n_revised < LLMX_REVISIONS_MAX)
        slot_go_back(slot, kept, kept < g->n_tokens ? g->tokens[kept] : id);
    else
        slot_give_up(slot);
    return false;
}

/* Nothing may come behind what stands. */
static void slot_end(struct slot *slot)
{
    struct llmx_generation *g = slot->generation;
    if (g->review && g->n_revised < LLMX_REVISIONS_MAX && g->n_tokens > 0)
        slot_go_back(slot, g->n_tokens - 1, g->tokens[g->n_tokens - 1]);
    else
        slot_give_up(slot);
}

static void slot_tell_token(struct slot *slot)
{
    struct open_group *home = slot->home;
    pthread_mutex_lock(&home->telling);
    if (!home->is_given_up && home->listener->token(home->context, slot->generation))
        slot->state = SLOT_UNWANTED;
    pthread_mutex_unlock(&home->telling);
}

static void slot_append(struct slot *slot, float *logits, struct token_sampler *sampler,
                        const struct llmx_tokenizer *tokenizer)
{
    struct llmx_generation *g = slot->generation;
    const struct llmx_group *group = slot->home->group;
    if (!slot_constrain(slot, logits, sampler)) {
        slot_end(slot);
        return;
    }
    struct seen_tokens seen = {{group->prefix, g->prompt, g->tokens},
                               {group->n_prefix, g->n_prompt, g->n_tokens}};
    int32_t id = sample(sampler, logits, &g->sampling, &seen, g->seed, revisions_draw(g));
    if (id < 0) {
        slot->state = SLOT_BROKEN;
    } else if (!g->ignore_stop && tokenizer_is_stop(tokenizer, id)) {
        g->finish = LLMX_FINISH_STOP;
        slot->state = SLOT_FINISHED;
        slot_review(slot, id);
    } else {
        g->tokens[g->n_tokens++] = id;
        if (g->constraint)
            constraint_step(g->constraint, &slot->place, id);
        g->finish = LLMX_FINISH_LENGTH;
        slot->state = g->n_tokens == slot->limit ? SLOT_FINISHED : SLOT_RUNNING;
        if (slot_review(slot, id) && slot->home->listener->token)
            slot_tell_token(slot);
    }
}

void crew_work(struct crew *crew, int member, struct token_sampler *sampler)
{
    const struct llmx_model *model = crew->backlog->model;
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
