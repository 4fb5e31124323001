/* chat_marks.h - what stands around the texts of a chat, said in a few lines that people can write themselves:
 *
 *     # Zephyr
 *     system: <|system|>\n{text}{end}\n
 *     user: <|user|>\n{text}{end}\n
 *     assistant: <|assistant|>\n{text}{end}\n
 *
 * docs/llm.md describes the lines. */
#ifndef TOKEN_CHAT_MARKS_H
#define TOKEN_CHAT_MARKS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define CHAT_MARK_MAX  511 /* bytes of a mark */
#define CHAT_STOPS_MAX 4
#define CHAT_END       "{end}" /* in a mark: the token that ends a text */

struct chat_mark {
    char before[CHAT_MARK_MAX + 1], after[CHAT_MARK_MAX + 1];
};

struct chat_marks {
    struct chat_mark system, user, assistant;
    bool has_system;                   /* else a system turn has no place */
    char no_system[CHAT_MARK_MAX + 1]; /* in place of a system turn where none is given */
    char stops[CHAT_STOPS_MAX][CHAT_MARK_MAX + 1]; /* tokens that end an answer as well */
    int n_stops;
};

/* LLMX_BAD_INPUT with "PATH:LINE: " for a line that is wrong, and where user or assistant is missing. */
int chat_marks_parse(struct chat_marks *marks, const char *bytes, size_t n, const char *path,
                     struct llmx_error *err);

/* What stands in the file `path`. */
int chat_marks_open(struct chat_marks *marks, const char *path, struct llmx_error *err);

#endif
