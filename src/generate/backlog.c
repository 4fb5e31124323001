#include "generate/backlog.h"

#include "base/memory.h"
#include "generate/sample.h"
#include "llm/adapter.h"

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
        generation->n_tokens = 0;
        int capacity = generation->n_prompt + slot->limit - 1; /* the last token is never read */
        if (kv_create(&slot->sequence.own, backlog->model, capacity, n_prefix, err) != 0) {
            free(slot);
            return NULL;
        }
    }
    home->n_slots++;
    return slot;
}

static void open_group_destroy(struct open_group *open)
{
    kv_destroy(open->prefix);
    free(open);
}

int backlog_open_next(struct backlog *backlog, struct llmx_error *err)
{
    if (backlog->is_exhausted)
        return 0;
    struct llmx_group *group = backlog->job->next(backlog->job->context);
    if (!group) {
        backlog->is_exhausted = true;
        return 0;
    }
    if (check_group(backlog->model, group, err) != 0)
        return -1;
    if (group->n < 1)
        return 1;
    struct open_group *open = mem_array(1, sizeof *open, err);
    if (!open)
        return -1;
    open->group = group;
    open->number = backlog->n_opened++;
    open->is_ready = group->n_prefix == 0;
    if (!open->is_ready) {
        struct slot *slot = NULL;
        if (kv_create(&open->prefix, backlog->model, group->n_prefix, 0, err) != 0 ||
            !(slot = slot_create(backlog, open, NULL, err))) {
            open_group_destroy(open);
            return -1;
        }
        backlog_give_back(backlog, slot);
    }
    struct open_group **last = &backlog->groups;
    while (*last)
        last = &(*last)->next;
    *last = open;
    return 1;
}

int backlog_take(struct backlog *backlog, struct slot **slot, struct llmx_error *err)
{
    *slot = backlog->waiting;
    if (*slot) {
        backlog->waiting = (*slot)->next;
        (*slot)->next = NULL;
        return 0;
    }
    for (struct open_group *open = backlog->groups; open; open = open->next) {
        if (!open->is_ready || open->n_taken == open->group->n)
            continue;
        *slot = slot_create(backlog, open, &open->group->generations[open->n_taken], err);
        open->n_taken++;
        return *slot ? 0 : -1;
    }
    return 0;
}

void backlog_give_back(struct backlog *backlog, struct slot *slot)
{
    struct slot **last = &backlog->waiting;
    while (*last)
        last = &(*last)->next;
    slot->next = NULL;
    *last = slot;
}

void backlog_close(struct backlog *backlog, struct slot *slot)
{
    struct open_group *home = slot->home;
    if (slot->generation)
        kv_destroy(slot->sequence.own);
    else
        home->is_ready = true;
    free(slot);
    if (--home->n_slots > 0 || home->n_taken < home->group->n)
        return;
    struct open_group **at = &backlog->groups;
    while (*at != home)
        at = &(*at)->next;
    *at = home->next;
    open_group_destroy(home);
}

static void count_slots(const struct slot *slot, int *texts, int *prefixes, int *behind_prefixes)
{
    for (; slot; slot = slot->next) {
        *texts += slot->generation != NULL;
        *prefixes += slot->generation == NULL;
        *behind_prefixes += slot->generation ? 0 : slot->home->group->n;
    }
}

int backlog_ready(const struct backlog *backlog, const struct slot *in_work, int threads)
{
    int texts = 0, prefixes = 0, behind_prefixes = 0;
    count_slots(backlog->waiting, &texts, &prefixes, &behind_prefixes);
    count_slots(in_work, &texts, &prefixes, &behind_prefixes);
    for (const struct open_group *open = backlog->groups; open; open = open->next)
        texts += open->is_ready ? open->group->n - open->n_taken : 0;
    return prefixes >= threads ? texts + behind_prefixes : texts;
}

int backlog_texts(const struct backlog *backlog)
{
    int n = 0;
    for (const struct open_group *open = backlog->groups; open; open = open->next)
        n += open->group->n - open->n_taken;
    for (const struct slot *slot = backlog->waiting; slot; slot = slot->next)
        n += slot->generation != NULL;
    return n;
}

void backlog_release(struct backlog *backlog)
{
    for (struct slot *slot; (slot = backlog->waiting);) {
        backlog->waiting = slot->next;
        if (slot->generation)
            kv_destroy(slot->sequence.own);
        free(slot);
    }
    for (struct open_group *open; (open = backlog->groups);) {
        backlog->groups = open->next;
        open_group_destroy(open);
    }
}
