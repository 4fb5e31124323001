/* kept_answers.h - what a server answered, at OUT.answers as soon as it comes, so that a run that is interrupted asks for none of
 * it again. A question's name holds all that its answer depends on. */
#ifndef REMOTE_KEPT_ANSWERS_H
#define REMOTE_KEPT_ANSWERS_H

#include "format/partial.h"

struct kept_answers {
    struct partial file; /* without a stream where answers cannot be kept */
    json_t *text;        /* of an interrupted run: the question's name -> what was answered */
};

/* Opens OUT.answers, with `resume` with what it holds; out_path NULL: nothing is kept. kept_answers_close even when it fails.
 * LLMX_MISMATCH: the file holds something else. Errors of partial_open. */
int kept_answers_open(struct kept_answers *kept, const char *out_path, bool resume,
                      struct llmx_error *err);

/* Writes an answer down, where answers are kept. */
int kept_answers_add(struct kept_answers *kept, const char *name, const char *text,
                     struct llmx_error *err);

/* is_done: they were all used, and go. */
void kept_answers_close(struct kept_answers *kept, bool is_done);

#endif
