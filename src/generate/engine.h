/* engine.h - continuous batching over threads that may lose their cores at any moment.
 *
 * Usually every thread is a crew of its own: it takes what it has room for, and each of its steps is one forward
 * pass over a ragged batch of prompt chunks and single tokens. Threads meet only to share out work, under a lock.
 * When there is too little for each to have a batch worth its weights' reading, all form one crew and compute
 * each step together. Crews change only where all have met, having given their slots back. */
#ifndef GENERATE_ENGINE_H
#define GENERATE_ENGINE_H

#include "generate/crew.h"

enum engine_mode { ENGINE_APART, ENGINE_TOGETHER, ENGINE_DONE };

struct engine {
    struct backlog
        backlog; /* where its groups come from may be set between engine_init and engine_run */
    struct threads *pool;
    struct token_sampler *samplers; /* (threads) */
    struct crew *crews;             /* (threads + 1): one a thread, then the one of all */
    struct barrier meeting;
    enum engine_mode mode; /* changes only while all have met */
    bool has_begun;
};

/* LLMX_BAD_OPTION: no number of texts to be in work at a time (0: 64). */
int engine_check_sequences(int sequences_max, struct llmx_error *err);

/* sequences_max: texts in work on all threads together; 0: 64. engine_release even when it fails. */
int engine_init(struct engine *engine, const struct llmx_model *model, int sequences_max,
                struct llmx_error *err);
void engine_release(struct engine *engine);

/* Takes all memory that steps need now, not when they first need it. */
int engine_open_crews(struct engine *engine, struct llmx_error *err);

/* Writes what the backlog has or gets, with the calling thread as one of its threads: until it is exhausted where groups are
 * pulled, else asleep while there is nothing to do, until it has failed. */
void engine_run(struct engine *engine);

#endif
