/* answers.c - a tree of texts, each computed once: a group's prefix, the prompts that follow it, the answers to each.
 *
 * What stands between two branches is a stretch. A step is one forward pass over as many stretches as it has rows for;
 * a stretch may be begun when the one before it stands. Every thread is a team of its own that takes prefixes and prompts
 * under a lock and keeps the answers to its prompts; with few questions all threads are one team. */
#include "llmxrec/answers.h"

#include "base/memory.h"
#include "generate/forward.h"
#include "kernel/layers.h"
#include "llm/adapter.h"
#include "llm/damage.h"
#include "llm/model.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#define STEP_ROWS          256 /* as a crew's (crew.c) */
#define LOGITS_ROWS        64  /* scores held at a time: 12 MB for 49,152 tokens */
#define SEQUENCES_DEFAULT  64
#define SEQUENCES_MAX      4096
#define QUESTIONS_A_THREAD 4 /* with fewer, threads would wait for the last one long */

enum prefix_state { PREFIX_UNTAKEN, PREFIX_TAKEN, PREFIX_STANDS };

struct open_group {
    const struct llmx_answers_group *group;
    enum prefix_state state;
    struct kv *prefix; /* NULL: there is none, or not yet, or no more */
    int n_taken;       /* questions */
    int n_left;        /* not answered */
};

/* A question in work. */
struct asked {
    struct open_group *home;
    struct llmx_answers_question *question;
    struct kv *prompt;
    int n_begun, n_left; /* answers: looked at, not complete */
    struct asked *next;
};

/* Tokens to compute behind what stands. */
struct stretch {
    struct open_group *home;
    struct asked *asked; /* NULL: the group's prefix */
    int answer;          /* its number; -1: the prompt, or the prefix */
    const int32_t *ids;
    int n;
    struct sequence sequence;
};

/* A row whose scores are wanted: what comes after token `place` of a stretch. */
struct wanted_row {
    const struct stretch *stretch;
    int place;
    double logprob; /* of an answer's next token */
};

struct team {
    struct asking *asking;
    int size, room;
    struct barrier barrier;
    struct workspace *workspace;
    float *logits;             /* (LOGITS_ROWS, vocabulary) */
    struct asked *asked;       /* in work, oldest first */
    struct stretch *stretches; /* (room) of this step; between two, the first may be half done */
    struct token_span *spans;  /* (room) */
    struct wanted_row wanted[STEP_ROWS];
    int n_stretches, n_wanted;
    bool is_over;
};

struct asking {
    const struct llmx_model *model;
    struct llmx_answers_options options;
    struct open_group *groups; /* (n) */
    size_t n;
    struct team *teams;
    int n_teams;
    double n_questions;

    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t news;  /* a prefix stands, or all has failed */
    size_t first;         /* of the groups before it all is taken */
    int prefixes_in_work;
    double n_answered;
    bool has_failed, is_broken; /* broken: scores are not finite */
    struct llmx_error error;
};

/* ---- what may be asked ---- */

static int check_ids(const struct llmx_model *model, const int32_t *ids, int n,
                     struct llmx_error *err)
{
    for (int i = 0; i < n; i++)
        if (ids[i] < 0 || ids[i] >= model->config.vocabulary)
            return err_set(err, LLMX_BAD_INPUT, "token id %d is outside the vocabulary of %d",
                           ids[i], model->config.vocabulary);
    return 0;
}

static int check_question(const struct llmx_model *model, const struct llmx_answers_group *group,
                          const struct llmx_answers_question *q, struct llmx_error *err)
{
    const int context = model->config.context;
    if (q->n_prompt < 1)
        return err_set(err, LLMX_BAD_INPUT, "a question has no tokens: give at least one word");
    if (q->n < 1)
        return err_set(err, LLMX_BAD_INPUT, "a question has no answers: give at least one");
    if (check_ids(model, q->prompt, q->n_prompt, err) != 0)
        return -1;
    for (int a = 0; a < q->n; a++) {
        const int64_t all = (int64_t)group->n_prefix + q->n_prompt + q->n_tokens[a];
        if (q->n_tokens[a] < 1)
            return err_set(err, LLMX_BAD_INPUT, "answer %d has no tokens: give at least one word",
                           a + 1);
        if (all > context)
            return err_set(err, LLMX_TOO_LARGE,
                           "a question with its answer has %lld tokens, the model's context %d: "
                           "shorten the prompt",
                           (long long)all, context);
        if (check_ids(model, q->answer[a], q->n_tokens[a], err) != 0)
            return -1;
    }
    return 0;
}

static int check_group(const struct llmx_model *model, const struct llmx_answers_group *group,
                       struct llmx_error *err)
{
    if (adapter_check(group->adapter, model, err) != 0)
        return -1;
    for (int i = 0; i < group->n; i++)
        if (check_question(model, group, &group->question[i], err) != 0)
            return -1;
    return check_ids(model, group->prefix, group->n_prefix, err);
}

/* ---- stretches: where they come from ---- */

static struct stretch prefix_stretch(struct open_group *home)
{
    return (struct stretch){.home = home,
                            .answer = -1,
                            .ids = home->group->prefix,
                            .n = home->group->n_prefix,
                            .sequence.adapter = home->group->adapter};
}

static struct stretch prompt_stretch(struct open_group *home, struct asked *asked)
{
    return (struct stretch){.home = home,
                            .asked = asked,
                            .answer = -1,
                            .ids = asked->question->prompt,
                            .n = asked->question->n_prompt,
                            .sequence = {home->prefix, NULL, home->group->adapter}};
}

/* Without its last token: nothing is read from that. */
static struct stretch answer_stretch(struct asked *asked, int answer)
{
    return (struct stretch){.home = asked->home,
                            .asked = asked,
                            .answer = answer,
                            .ids = asked->question->answer[answer],
                            .n = asked->question->n_tokens[answer] - 1,
                            .sequence = {asked->prompt, NULL, asked->home->group->adapter}};
}

/* The next answer of a team's own questions; false: there is none. */
static bool find_answer(struct team *team, struct stretch *stretch)
{
    for (struct asked *asked = team->asked; asked; asked = asked->next) {
        const struct llmx_answers_question *q = asked->question;
        if (asked->prompt->length < q->n_prompt)
            continue;
        while (asked->n_begun < q->n && q->n_tokens[asked->n_begun] == 1)
            asked->n_begun++;
        if (asked->n_begun < q->n) {
            *stretch = answer_stretch(asked, asked->n_begun++);
            return true;
        }
    }
    return false;
}

/* Under the lock: a group with a question that nobody has taken and whose prefix stands, or which nobody has taken. */
static struct open_group *find_group(struct asking *asking)
{
    for (size_t g = asking->first; g < asking->n; g++) {
        struct open_group *open = &asking->groups[g];
        if (open->n_taken == open->group->n)
            asking->first += g == asking->first;
        else if (open->state != PREFIX_TAKEN)
            return open;
    }
    return NULL;
}

/* Takes a prefix (*question NULL) or a question; waits for a prefix of others when there is nothing else to do. */
static struct open_group *take(struct asking *asking, bool may_wait,
                               struct llmx_answers_question **question)
{
    struct open_group *open;
    *question = NULL;
    pthread_mutex_lock(&asking->lock);
    while (!(open = find_group(asking)) && may_wait && asking->prefixes_in_work > 0 &&
           !asking->has_failed)
        pthread_cond_wait(&asking->news, &asking->lock);
    if (open && open->state == PREFIX_STANDS) {
        *question = &open->group->question[open->n_taken++];
    } else if (open) {
        open->state = PREFIX_TAKEN;
        asking->prefixes_in_work++;
    }
    pthread_mutex_unlock(&asking->lock);
    return open;
}

static struct asked *team_ask(struct team *team, struct open_group *home,
                              struct llmx_answers_question *question, struct llmx_error *err)
{
    struct asked *asked = mem_array(1, sizeof *asked, err), **last = &team->asked;
    if (!asked)
        return NULL;
    while (*last)
        last = &(*last)->next;
    *last = asked;
    *asked = (struct asked){.home = home, .question = question, .n_left = question->n};
    for (int a = 0; a < question->n; a++)
        asked->n_left -= question->n_tokens[a] == 1;
    return asked;
}

/* Memory for a stretch's keys and values, kept where it is looked for. */
static int stretch_open(const struct llmx_model *model, struct stretch *s, struct llmx_error *err)
{
    const struct kv *before = s->sequence.prefix;
    const int start = before ? before->start + before->capacity : 0;
    if (kv_create(&s->sequence.own, model, s->n, start, err) != 0)
        return -1;
    s->sequence.own->before = before;
    if (!s->asked)
        s->home->prefix = s->sequence.own;
    else if (s->answer < 0)
        s->asked->prompt = s->sequence.own;
    return 0;
}

/* The next stretch of a step: 1, or 0 when there is none now, or -1. */
static int team_next(struct team *team, struct stretch *stretch, bool may_wait,
                     struct llmx_error *err)
{
    struct llmx_answers_question *question;
    if (!find_answer(team, stretch)) {
        struct open_group *open = take(team->asking, may_wait, &question);
        if (!open)
            return 0;
        struct asked *asked = question ? team_ask(team, open, question, err) : NULL;
        if (question && !asked)
            return -1;
        *stretch = asked ? prompt_stretch(open, asked) : prefix_stretch(open);
    }
    return stretch_open(team->asking->model, stretch, err) == 0 ? 1 : -1;
}

/* ---- between two steps ---- */

static void fail(struct asking *asking, bool is_broken, const struct llmx_error *why)
{
    pthread_mutex_lock(&asking->lock);
    if (!asking->has_failed) {
        asking->error = *why;
        asking->is_broken = is_broken;
    }
    asking->has_failed = true;
    pthread_cond_broadcast(&asking->news);
    pthread_mutex_unlock(&asking->lock);
}

static void prefix_stands(struct asking *asking, struct open_group *home)
{
    pthread_mutex_lock(&asking->lock);
    home->state = PREFIX_STANDS;
    asking->prefixes_in_work--;
    pthread_cond_broadcast(&asking->news);
    pthread_mutex_unlock(&asking->lock);
}

/* All its answers are complete. */
static void asked_finish(struct team *team, struct asked *asked)
{
    struct asking *asking = team->asking;
    const struct llmx_answers_question *q = asked->question;
    struct asked **at = &team->asked;
    for (int a = 0; a < q->n; a++)
        if (!isfinite(q->logprob[a]))
            fail(asking, true, &(struct llmx_error){.code = LLMX_BAD_INPUT});
    pthread_mutex_lock(&asking->lock);
    asking->n_answered++;
    if (--asked->home->n_left == 0) {
        kv_destroy(asked->home->prefix);
        asked->home->prefix = NULL;
    }
    pthread_mutex_unlock(&asking->lock);
    while (*at != asked)
        at = &(*at)->next;
    *at = asked->next;
    kv_destroy(asked->prompt);
    free(asked);
}

static void stretch_finish(struct team *team, struct stretch *s)
{
    if (!s->asked) {
        prefix_stands(team->asking, s->home);
        return;
    }
    if (s->answer >= 0) {
        kv_destroy(s->sequence.own);
        s->asked->n_left--;
    }
    if (s->asked->n_left == 0)
        asked_finish(team, s->asked);
}

/* Adds up what the last step found out, and leaves the stretch that is half done, if one is, in front. */
static void team_settle(struct team *team)
{
    int left = 0;
    for (int w = 0; w < team->n_wanted; w++) {
        const struct stretch *s = team->wanted[w].stretch;
        if (s->answer >= 0)
            s->asked->question->logprob[s->answer] += team->wanted[w].logprob;
    }
    for (int i = 0; i < team->n_stretches; i++) {
        if (team->stretches[i].sequence.own->length == team->stretches[i].n)
            stretch_finish(team, &team->stretches[i]);
        else
            team->stretches[left++] = team->stretches[i];
    }
    team->n_stretches = left;
}

/* As many rows as there are; the last of a prompt is wanted, and all of an answer. */
static int span_of(struct team *team, struct stretch *s, struct token_span *span, int rows)
{
    const int length = s->sequence.own->length;
    const int n = s->n - length < rows ? s->n - length : rows;
    const bool is_last = length + n == s->n;
    const int n_wanted = s->answer >= 0 ? n : s->asked && is_last;
    *span = (struct token_span){&s->sequence, s->ids + length, n, n_wanted};
    for (int i = n - n_wanted; i < n; i++)
        team->wanted[team->n_wanted++] = (struct wanted_row){.stretch = s, .place = length + i};
    return n;
}

static int team_fill(struct team *team, struct llmx_error *err)
{
    int rows = STEP_ROWS, status = 1;
    for (int i = 0; rows > 0 && i < team->room; i++) {
        if (i == team->n_stretches &&
            (status = team_next(team, &team->stretches[i], i == 0, err)) <= 0)
            break;
        team->n_stretches = i + 1;
        rows -= span_of(team, &team->stretches[i], &team->spans[i], rows);
    }
    return status < 0 ? -1 : 0;
}

/* Told by the thread that called, which is of the first team, and once all is answered. */
static int report(struct asking *asking, struct llmx_error *err)
{
    const struct llmx_progress *progress = &asking->options.progress;
    pthread_mutex_lock(&asking->lock);
    const double done = asking->n_answered;
    pthread_mutex_unlock(&asking->lock);
    if (progress->report &&
        progress->report(progress->context, "answers", done, asking->n_questions, NULL))
        return err_set(err, LLMX_INTERRUPTED, "interrupted");
    return 0;
}

static void team_plan(struct team *team)
{
    struct asking *asking = team->asking;
    struct llmx_error why;
    team_settle(team);
    team->n_wanted = 0;
    int status = team == asking->teams ? report(asking, &why) : 0;
    if (status == 0 && llmx_stop_asked(asking->options.stop))
        status = err_set(&why, LLMX_INTERRUPTED, "interrupted");
    if (status == 0)
        status = team_fill(team, &why);
    if (status != 0)
        fail(asking, false, &why);
    pthread_mutex_lock(&asking->lock);
    team->is_over = asking->has_failed || team->n_stretches == 0;
    pthread_mutex_unlock(&asking->lock);
}

/* ---- a step ---- */

static void read_row(const struct team *team, struct wanted_row *wanted, const float *logits)
{
    const struct stretch *s = wanted->stretch;
    const struct llmx_answers_question *q = s->asked->question;
    const float all = log_sum_exp(logits, team->asking->model->config.vocabulary);
    for (int a = 0; s->answer < 0 && a < q->n; a++)
        q->logprob[a] = logits[q->answer[a][0]] - all;
    if (s->answer >= 0)
        wanted->logprob = logits[q->answer[s->answer][wanted->place + 1]] - all;
}

static void team_step(struct team *team, int member)
{
    const struct llmx_model *model = team->asking->model;
    forward(model, team->workspace, team->spans, team->n_stretches, member);
    for (int first = 0, n; first < team->n_wanted; first += n) {
        n = team->n_wanted - first < LOGITS_ROWS ? team->n_wanted - first : LOGITS_ROWS;
        forward_logits(model, team->workspace, first, n, team->logits, member);
        for (int i = member; i < n; i += team->size)
            read_row(team, &team->wanted[first + i],
                     team->logits + (size_t)i * (size_t)model->config.vocabulary);
        barrier_wait(&team->barrier);
    }
}

static void thread_work(void *context, int thread)
{
    struct asking *asking = context;
    struct team *team = &asking->teams[asking->n_teams > 1 ? thread : 0];
    const int member = asking->n_teams > 1 ? 0 : thread;
    for (;;) {
        if (member == 0)
            team_plan(team);
        barrier_wait(&team->barrier);
        if (team->is_over)
            return;
        team_step(team, member);
        barrier_wait(&team->barrier);
    }
}

/* ---- all of it ---- */

static int team_init(struct team *team, struct asking *asking, int size, int room,
                     struct llmx_error *err)
{
    const struct llmx_model *model = asking->model;
    *team = (struct team){.asking = asking, .size = size, .room = room, .barrier.size = size};
    team->stretches = mem_array((size_t)room, sizeof *team->stretches, err);
    team->spans = mem_array((size_t)room, sizeof *team->spans, err);
    team->logits = mem_tensor((size_t)LOGITS_ROWS * (size_t)model->config.vocabulary,
                              sizeof *team->logits, err);
    if (!team->stretches || !team->spans || !team->logits ||
        workspace_create(&team->workspace, model, STEP_ROWS, STEP_ROWS, size, err) != 0)
        return -1;
    workspace_few_rows(team->workspace, 0); /* its sums depend on how many rows there are */
    return 0;
}

static void team_release(struct team *team)
{
    for (int i = 0; i < team->n_stretches; i++)
        if (team->stretches[i].answer >= 0)
            kv_destroy(team->stretches[i].sequence.own);
    for (struct asked *asked; (asked = team->asked);) {
        team->asked = asked->next;
        kv_destroy(asked->prompt);
        free(asked);
    }
    workspace_destroy(team->workspace);
    free(team->stretches);
    free(team->spans);
    free(team->logits);
}

static int asking_open(struct asking *asking, const struct llmx_answers_group *groups,
                       struct llmx_error *err)
{
    const int threads = threads_count(asking->model->threads);
    const int most = asking->options.sequences_max, all = most ? most : SEQUENCES_DEFAULT;
    if (all < 1 || all > SEQUENCES_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d texts at a time: choose 1 to %d, or 0 for %d", all,
                       SEQUENCES_MAX, SEQUENCES_DEFAULT);
    for (size_t g = 0; g < asking->n; g++) {
        if (check_group(asking->model, &groups[g], err) != 0)
            return -1;
        asking->n_questions += groups[g].n;
    }
    asking->groups = mem_array(asking->n, sizeof *asking->groups, err);
    asking->teams = mem_array((size_t)threads, sizeof *asking->teams, err);
    if (!asking->groups || !asking->teams)
        return -1;
    for (size_t g = 0; g < asking->n; g++)
        asking->groups[g] =
            (struct open_group){.group = &groups[g],
                                .state = groups[g].n_prefix ? PREFIX_UNTAKEN : PREFIX_STANDS,
                                .n_left = groups[g].n};
    const bool is_apart = asking->n_questions >= QUESTIONS_A_THREAD * threads;
    const int n_teams = is_apart ? threads : 1, size = is_apart ? 1 : threads;
    for (; asking->n_teams < n_teams; asking->n_teams++)
        if (team_init(&asking->teams[asking->n_teams], asking, size, (all + n_teams - 1) / n_teams,
                      err) != 0)
            return -1;
    return 0;
}

static void asking_release(struct asking *asking)
{
    for (int i = 0; asking->teams && i < threads_count(asking->model->threads); i++)
        team_release(&asking->teams[i]);
    for (size_t g = 0; asking->groups && g < asking->n; g++)
        kv_destroy(asking->groups[g].prefix);
    pthread_cond_destroy(&asking->news);
    pthread_mutex_destroy(&asking->lock);
    free(asking->teams);
    free(asking->groups);
}

/* Not under a lock: what is broken is found by reading all weights. */
static int tell_failure(const struct asking *asking, struct llmx_error *err)
{
    if (asking->is_broken)
        return damage_explain(asking->model, "the score of an answer", err);
    return err_set(err, asking->error.code, "%s", asking->error.message);
}

int llmx_answers(const struct llmx_model *model, struct llmx_answers_group *groups, size_t n,
                 const struct llmx_answers_options *options, struct llmx_error *err)
{
    struct asking asking = {.model = model, .n = n};
    if (options)
        asking.options = *options;
    pthread_mutex_init(&asking.lock, NULL);
    pthread_cond_init(&asking.news, NULL);
    int status = asking_open(&asking, groups, err);
    if (status == 0 && asking.n_questions > 0) {
        threads_run(model->threads, thread_work, &asking);
        status = asking.has_failed ? tell_failure(&asking, err) : report(&asking, err);
    }
    asking_release(&asking);
    return status;
}
