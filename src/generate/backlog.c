#include "generate/backlog.h"

#include "base/memory.h"
#include "generate/sample.h"
#include "llm/adapter.h"

#include <assert.h>
#include <stdlib.h>

static int check_ids(const struct llmx_model *model, const int32_t *ids, int n,
                     struct llmx_error *err)
{
    int vocabulary = llmx_model_vocabulary(model);
    for (int i = 0; i < n; i++)
        if (ids[i] < 0 || ids[i] >= vocabulary)
            return err_set(err, LLMX_BAD_INPUT,
                           "token id %d at place %d: the model has ids 0 to %d", ids[i], i,
                           vocabulary - 1);
    return 0;
}

static int check_generation(const struct llmx_model *model, const struct llmx_group *group,
                            const struct llmx_generation *g, struct llmx_error *err)
{
    int context = llmx_model_context(model);
    if (g->n_prompt < 1)
        return err_set(err, LLMX_BAD_INPUT, "a prompt has no tokens: give at least one word");
    if (g->max_tokens < 1)
        return err_set(err, LLMX_BAD_OPTION, "max-tokens %d: choose 1 or more", g->max_tokens);
    if ((int64_t)group->n_prefix + g->n_prompt >= context)
        return err_set(
            err, LLMX_TOO_LARGE,
            "a prompt has %lld tokens, the model's context %d, and a text needs at least one "
            "more: shorten the prompt",
            (long long)group->n_prefix + g->n_prompt, context);
    if (sampling_check(&g->sampling, err) != 0)
        return -1;
    return check_ids(model, g->prompt, g->n_prompt, err);
}

static int check_group(const struct llmx_model *model, const struct llmx_group *group,
                       struct llmx_error *err)
{
    if (adapter_check(group->adapter, model, err) != 0)
        return -1;
    for (int i = 0; i < group->n; i++)
        if (check_generation(model, group, &group->generations[i], err) != 0)
            return -1;
    return check_ids(model, group->prefix, group->n_prefix, err);
}

/* A slot for the prefix (generation NULL) or one text of a group. */
static struct slot *slot_create(struct backlog *backlog, struct open_group *home,
                                struct llmx_generation *generation, struct llmx_error *err)
{
    int n_prefix = home->group->n_prefix;
    struct slot *slot = mem_array(1, sizeof *slot, err);
    if (!slot)
        return NULL;
    slot->home = home;
    slot->generation = generation;
    slot->sequence.adapter = home->group->adapter;
    if (!generation) {
        slot->sequence.own = home->prefix;
    } else {
        int left = llmx_model_context(backlog->model) - n_prefix - generation->n_prompt;
        slot->limit = generation->max_tokens < left ? generation->max_tokens : left;
        slot->sequence.prefix = home->prefix;
        generation->n_tokens = generation->n_revised = 0;
        int capacity = generation->n_prompt + slot->limit - 1; /* the last token is never read */
        if (kv_create(&slot->sequence.own, backlog->model, capacity, n_prefix, err) != 0) {
            free(slot);
            return NULL;
        }
        backlog->n_begun++;
    }
    home->n_slots++;
    return slot;
}

static void slot_destroy(struct slot *slot)
{
    if (slot->generation)
        kv_destroy(slot->sequence.own);
    free(slot);
}

static void group_destroy(struct open_group *open)
{
    pthread_mutex_destroy(&open->telling);
    free(open);
}

static void append(struct group_list *list, struct open_group *open)
{
    *(list->last ? &list->last->next : &list->first) = open;
    list->last = open;
    open->next = NULL;
}

static bool take_out(struct group_list *list, const struct open_group *open)
{
    struct open_group *before = NULL, **at = &list->first;
    for (; *at && *at != open; at = &before->next)
        before = *at;
    if (!*at)
        return false;
    *at = open->next;
    if (list->last == open)
        list->last = before;
    return true;
}

void backlog_init(struct backlog *backlog, const struct llmx_model *model, int threads)
{
    *backlog = (struct backlog){.model = model, .threads = threads};
    pthread_mutex_init(&backlog->lock, NULL);
    pthread_cond_init(&backlog->news, NULL);
}

void backlog_release(struct backlog *backlog)
{
    assert(!backlog->submitted.first && !backlog->groups.first && !backlog->over.first);
    assert(!backlog->waiting);
    kept_prefixes_release(&backlog->kept);
    pthread_cond_destroy(&backlog->news);
    pthread_mutex_destroy(&backlog->lock);
}

struct open_group *backlog_check(const struct backlog *backlog, struct llmx_group *group,
                                 const struct listener *listener, void *context,
                                 struct llmx_error *err)
{
    if (check_group(backlog->model, group, err) != 0)
        return NULL;
    struct open_group *open = mem_array(1, sizeof *open, err);
    if (!open)
        return NULL;
    open->group = group;
    open->listener = listener;
    open->context = context;
    open->is_ready = group->n_prefix == 0;
    pthread_mutex_init(&open->telling, NULL);
    return open;
}

int backlog_submit(struct backlog *backlog, struct open_group *open, struct llmx_error *err)
{
    if (backlog->has_failed) {
        group_destroy(open);
        return err_set(err, backlog->error.code, "%s", backlog->error.message);
    }
    backlog->n_texts += open->group->n;
    append(&backlog->submitted, open);
    pthread_cond_signal(&backlog->news);
    return 0;
}

static struct open_group *find(const struct group_list *list, const void *context)
{
    struct open_group *open = list->first;
    while (open && open->context != context)
        open = open->next;
    return open;
}

struct open_group *backlog_find(const struct backlog *backlog, const void *context)
{
    struct open_group *open = find(&backlog->groups, context);
    return open ? open : find(&backlog->submitted, context);
}

/* The oldest that was submitted, or else one that is pulled, now open. NULL: none; -1 in *status: it cannot be done. */
static struct open_group *open_one(struct backlog *backlog, int *status, struct llmx_error *err)
{
    struct open_group *open = backlog->submitted.first;
    if (!open && backlog->next && !backlog->is_exhausted) {
        struct llmx_group *group = backlog->next(backlog->context);
        backlog->is_exhausted = !group;
        if (!group)
            return NULL;
        open = backlog_check(backlog, group, backlog->listener, backlog->context, err);
        if (!open || backlog_submit(backlog, open, err) != 0) {
            *status = -1;
            return NULL;
        }
    }
    if (open) {
        take_out(&backlog->submitted, open);
        append(&backlog->groups, open);
        open->number = backlog->n_opened++;
    }
    return open;
}

/* Takes the prefix of an earlier group that begins so. */
static void take_kept_prefix(struct backlog *backlog, struct open_group *open)
{
    const struct llmx_group *group = open->group;
    if (open->keeps_prefix && !open->is_ready)
        open->prefix = kept_prefixes_take(&backlog->kept, group->prefix, group->n_prefix);
    open->is_prefix_kept = open->prefix != NULL;
    open->is_ready |= open->is_prefix_kept;
}

/* The prefix is computed: it stays for later groups, where they may want it. */
static void keep_prefix(struct backlog *backlog, struct open_group *open)
{
    const struct llmx_group *group = open->group;
    open->is_prefix_kept =
        open->keeps_prefix && open->prefix->length == group->n_prefix &&
        kept_prefixes_put(&backlog->kept, group->prefix, group->n_prefix, open->prefix);
}

static void drop_prefix(struct backlog *backlog, struct open_group *open)
{
    if (open->is_prefix_kept)
        kept_prefixes_drop(&backlog->kept, open->prefix);
    else
        kv_destroy(open->prefix);
    open->prefix = NULL;
}

/* A group of which no slot is left and none will be taken goes to those that are over. */
static void settle_group(struct backlog *backlog, struct open_group *open)
{
    if (open->n_slots > 0 || open->n_taken < open->group->n)
        return;
    if (!take_out(&backlog->groups, open))
        take_out(&backlog->submitted, open);
    drop_prefix(backlog, open);
    append(&backlog->over, open);
}

int backlog_open_next(struct backlog *backlog, struct llmx_error *err)
{
    int status = 0;
    struct open_group *open = open_one(backlog, &status, err);
    if (!open)
        return status;
    if (open->group->n > 0)
        take_kept_prefix(backlog, open);
    if (!open->is_ready && open->group->n > 0) {
        struct llmx_error why;
        struct slot *slot = NULL;
        if (kv_create(&open->prefix, backlog->model, open->group->n_prefix, 0, &why) == 0)
            slot = slot_create(backlog, open, NULL, &why);
        if (slot)
            backlog_give_back(backlog, slot);
        else
            backlog_give_up(backlog, open, &why);
    } else {
        settle_group(backlog, open); /* one without texts */
    }
    return 1;
}

struct slot *backlog_take(struct backlog *backlog)
{
    struct slot *slot = backlog->waiting;
    if (slot) {
        backlog->waiting = slot->next;
        slot->next = NULL;
        return slot;
    }
    for (struct open_group *open = backlog->groups.first, *next; open; open = next) {
        struct llmx_error why;
        next = open->next;
        if (!open->is_ready || open->n_taken == open->group->n)
            continue;
        slot = slot_create(backlog, open, &open->group->generations[open->n_taken], &why);
        if (slot) {
            open->n_taken++;
            return slot;
        }
        backlog_give_up(backlog, open, &why);
    }
    return NULL;
}

void backlog_give_back(struct backlog *backlog, struct slot *slot)
{
    if (slot->home->is_given_up) {
        backlog_close(backlog, slot);
        return;
    }
    struct slot **last = &backlog->waiting;
    while (*last)
        last = &(*last)->next;
    slot->next = NULL;
    *last = slot;
}

void backlog_close(struct backlog *backlog, struct slot *slot)
{
    struct open_group *home = slot->home;
    if (slot->generation) {
        backlog->n_texts--;
        backlog->n_begun--;
    } else {
        home->is_ready = true;
        keep_prefix(backlog, home);
    }
    slot_destroy(slot);
    home->n_slots--;
    settle_group(backlog, home);
}

void backlog_give_up(struct backlog *backlog, struct open_group *open, const struct llmx_error *why)
{
    if (open->is_given_up)
        return;
    open->error = *why;
    open->is_given_up = true;
    backlog->n_texts -= open->group->n - open->n_taken;
    open->n_taken = open->group->n;
    open->n_slots++; /* so that it stays while its slots go */
    for (struct slot **at = &backlog->waiting, *slot; (slot = *at);) {
        if (slot->home == open) {
            *at = slot->next;
            backlog_close(backlog, slot);
        } else {
            at = &slot->next;
        }
    }
    open->n_slots--;
    settle_group(backlog, open);
}

void backlog_fail(struct backlog *backlog, const struct llmx_error *why)
{
    if (!backlog->has_failed)
        backlog->error = *why;
    backlog->has_failed = true;
    for (struct open_group *open = backlog->submitted.first, *next; open; open = next) {
        next = open->next;
        backlog_give_up(backlog, open, &backlog->error);
    }
    for (struct open_group *open = backlog->groups.first, *next; open; open = next) {
        next = open->next;
        backlog_give_up(backlog, open, &backlog->error);
    }
    pthread_cond_signal(&backlog->news);
}

void backlog_tell_over(struct backlog *backlog)
{
    pthread_mutex_lock(&backlog->lock);
    for (struct open_group *open; (open = backlog->over.first);) {
        take_out(&backlog->over, open);
        pthread_mutex_unlock(&backlog->lock);
        const struct llmx_error *err = open->error.code == LLMX_OK ? NULL : &open->error;
        open->listener->over(open->context, open->group, err);
        group_destroy(open);
        pthread_mutex_lock(&backlog->lock);
    }
    pthread_mutex_unlock(&backlog->lock);
}

static void count_slots(const struct slot *slot, int *texts, int *prefixes, int *behind_prefixes)
{
    for (; slot; slot = slot->next) {
        *texts += slot->generation != NULL;
        *prefixes += slot->generation == NULL;
        *behind_prefixes += slot->generation ? 0 : slot->home->group->n;
    }
}

int backlog_ready(const struct backlog *backlog, const struct slot *in_work)
{
    int texts = 0, prefixes = 0, behind_prefixes = 0;
    count_slots(backlog->waiting, &texts, &prefixes, &behind_prefixes);
    count_slots(in_work, &texts, &prefixes, &behind_prefixes);
    for (const struct open_group *open = backlog->groups.first; open; open = open->next)
        texts += open->is_ready ? open->group->n - open->n_taken : 0;
    return prefixes >= backlog->threads ? texts + behind_prefixes : texts;
}

int backlog_texts(const struct backlog *backlog)
{
    int n = 0;
    for (const struct open_group *open = backlog->groups.first; open; open = open->next)
        n += open->group->n - open->n_taken;
    for (const struct slot *slot = backlog->waiting; slot; slot = slot->next)
        n += slot->generation != NULL;
    return n;
}
