/* backlog.h - what there is to write: groups that wait, groups that are open, texts that wait for a thread.
 *
 * A text in work is a slot. Everything it needs lies in memory of its own, so at any step boundary a thread may
 * give a slot back and another may go on with it. The caller holds the lock around all calls but those that say so. */
#ifndef GENERATE_BACKLOG_H
#define GENERATE_BACKLOG_H

#include "generate/constraint.h"
#include "generate/kept_prefixes.h"
#include "generate/revisions.h"

#include <pthread.h>
#include <stdbool.h>

/* Whom a group's texts are told of, as in struct llmx_request; never under the lock, of one group never two at a time. */
struct listener {
    int (*token)(void *context, struct llmx_generation *generation); /* may be NULL */
    int (*finished)(void *context, struct llmx_group *group, struct llmx_generation *generation);
    void (*over)(void *context, struct llmx_group *group, const struct llmx_error *err);
};

struct open_group {
    struct llmx_group *group;
    const struct listener *listener;
    void *context;            /* the listener's */
    pthread_mutex_t telling;  /* around the listener's calls */
    unsigned number;          /* in order of opening */
    struct kv *prefix;        /* shared by its texts; NULL without one */
    bool keeps_prefix;        /* for later groups that begin so; it has no adapter */
    bool is_prefix_kept;      /* and among those kept it stands */
    bool is_ready;            /* the prefix is complete */
    _Atomic bool is_given_up; /* failed or cancelled; its slots are closed when they are met */
    struct llmx_error error;  /* why it was given up; LLMX_OK: it was not */
    int n_taken;              /* generations that have, or had, a slot */
    int n_slots;              /* alive, the prefix's own among them */
    struct open_group *next;  /* in whatever list it stands */
};

/* DONE: it was told of, and is not wanted again. BROKEN: no score is finite. UNWANTED: the listener cancels. */
enum slot_state { SLOT_RUNNING, SLOT_FINISHED, SLOT_DONE, SLOT_BROKEN, SLOT_UNWANTED };

/* A text being written, or a prefix being computed (generation NULL). How far it has come is kv->length. */
struct slot {
    struct open_group *home;
    struct llmx_generation *generation;
    struct sequence sequence;
    int limit; /* tokens to write at most, by max_tokens and the context */
    enum slot_state state;
    struct constraint_state place; /* of a text with a constraint */
    struct revisions revisions;    /* of one with a review */
    struct slot *next;             /* in whatever list it stands */
};

struct group_list {
    struct open_group *first, *last;
};

struct backlog {
    const struct llmx_model *model;
    int threads;  /* that work on it */
    bool is_lone; /* all that there will be is a text or two; set before any work */

    /* Where more groups come from when none wait: pulled, until NULL; next NULL: they are submitted alone. */
    struct llmx_group *(*next)(void *context);
    const struct listener *listener; /* of pulled groups */
    void *context;                   /* of both */
    const struct llmx_stop *stop;    /* may be NULL */

    pthread_mutex_t lock;        /* over what follows */
    pthread_cond_t news;         /* a group was submitted, or all is given up */
    struct group_list submitted; /* not opened yet, oldest first */
    struct group_list groups;    /* open, oldest first */
    struct group_list over;      /* of which their listeners are to be told */
    struct kept_prefixes kept;
    struct slot *waiting;    /* prefixes to compute and slots given back, oldest first */
    bool is_exhausted;       /* next() has no more */
    bool is_meeting_called;  /* a crew has run dry */
    _Atomic bool has_failed; /* nothing goes on; `error` says why */
    struct llmx_error error;
    unsigned n_opened;
    int n_texts; /* of groups that wait or are open: not finished */
    int n_begun; /* of them: with a slot */
};

void backlog_init(struct backlog *backlog, const struct llmx_model *model, int threads);
void backlog_release(struct backlog *backlog); /* when no thread works any more */

/* A checked group (without the lock), for backlog_submit; NULL when something in it cannot be done. */
struct open_group *backlog_check(const struct backlog *backlog, struct llmx_group *group,
                                 const struct listener *listener, void *context,
                                 struct llmx_error *err);

/* Puts it behind all others; -1, and it is gone, when nothing goes on any more. */
int backlog_submit(struct backlog *backlog, struct open_group *open, struct llmx_error *err);

/* The group of a listener's context that is not over; NULL: none. */
struct open_group *backlog_find(const struct backlog *backlog, const void *context);

/* Opens the next group: 1, or 0 when there is none, or -1 when one that was pulled cannot be done. */
int backlog_open_next(struct backlog *backlog, struct llmx_error *err);

/* The oldest slot that can be worked on now; NULL when there is none among the open groups. */
struct slot *backlog_take(struct backlog *backlog);

void backlog_give_back(struct backlog *backlog, struct slot *slot);

/* A slot that is done with: its memory is freed, and its group's with the last one. */
void backlog_close(struct backlog *backlog, struct slot *slot);

/* Nothing more is done for this group, for any. What was given up or failed before keeps its error. */
void backlog_give_up(struct backlog *backlog, struct open_group *open,
                     const struct llmx_error *why);
void backlog_fail(struct backlog *backlog, const struct llmx_error *why);

/* Tells the listeners of groups that are over, and frees these. Without the lock. */
void backlog_tell_over(struct backlog *backlog);

/* How many texts the threads could share out now. Those of a group whose prefix is not ready count only when
 * there are at least as many prefixes to compute as threads, so that no thread would wait. */
int backlog_ready(const struct backlog *backlog, const struct slot *in_work);

/* Texts of all open groups that are not finished, while no slot is in work. */
int backlog_texts(const struct backlog *backlog);

#endif
