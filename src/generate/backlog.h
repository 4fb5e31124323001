/* backlog.h - what llmx_generate still has to do: groups that are open, texts that wait for a thread.
 *
 * A text in work is a slot. Everything it needs lies in memory of its own, so at any step boundary a thread may
 * give a slot back and another may go on with it. The caller holds one lock around all of these calls. */
#ifndef GENERATE_BACKLOG_H
#define GENERATE_BACKLOG_H

#include "generate/constraint.h"
#include "generate/kv.h"

#include <stdbool.h>

struct open_group {
    struct llmx_group *group;
    unsigned number;   /* in order of opening */
    struct kv *prefix; /* shared by its texts; NULL without one */
    bool is_ready;     /* the prefix is complete */
    int n_taken;       /* generations that have, or had, a slot */
    int n_slots;       /* alive, the prefix's own among them */
    struct open_group *next;
};

enum slot_state { SLOT_RUNNING, SLOT_FINISHED, SLOT_BROKEN };

/* A text being written, or a prefix being computed (generation NULL). How far it has come is kv->length. */
struct slot {
    struct open_group *home;
    struct llmx_generation *generation;
    struct sequence sequence;
    int limit; /* tokens to write at most, by max_tokens and the context */
    enum slot_state state;
    struct constraint_state place; /* of a text with a constraint */
    struct slot *next;             /* in whatever list it stands */
};

struct backlog {
    const struct llmx_model *model;
    const struct llmx_generate_job *job;
    struct open_group *groups; /* oldest first */
    struct slot *waiting;      /* prefixes to compute and slots given back, oldest first */
    bool is_exhausted;         /* next() has no more */
    unsigned n_opened;
};

/* Opens the next group: 1, or 0 when there is none, or -1 when something in it cannot be done. */
int backlog_open_next(struct backlog *backlog, struct llmx_error *err);

/* The oldest slot that can be worked on now, into *slot, NULL when there is none among the open groups. */
int backlog_take(struct backlog *backlog, struct slot **slot, struct llmx_error *err);

void backlog_give_back(struct backlog *backlog, struct slot *slot);

/* A slot that is done with: its memory is freed, and its group's with the last one. */
void backlog_close(struct backlog *backlog, struct slot *slot);

/* How many texts the threads could share out now. Those of a group whose prefix is not ready count only when
 * there are at least `threads` prefixes to compute, so that no thread would wait. */
int backlog_ready(const struct backlog *backlog, const struct slot *in_work, int threads);

/* Texts of all open groups that are not finished, while no slot is in work. */
int backlog_texts(const struct backlog *backlog);

void backlog_release(struct backlog *backlog);

#endif
