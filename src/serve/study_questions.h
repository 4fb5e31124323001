/* study_questions.h - what raters are asked: a YAML file, as docs/study.md describes it. */
#ifndef SERVE_STUDY_QUESTIONS_H
#define SERVE_STUDY_QUESTIONS_H

#include "base/err.h"

#include <jansson.h>

/* The results' own columns, up to a NULL; the last only where the study asks for comments. */
extern const char *const study_columns[];

/* {"title","consent","training","about":[{"name","text","choices":[…]}],
 * "questions":[{"aspect","text","low","high","scale"}],"preference","comment","raters","tasks","checks"}, all of them there: what the file does not say is the default. path NULL: the defaults.
 * returns NULL: LLMX_NOT_FOUND, LLMX_BAD_OPTION with file and line */
json_t *study_questions(const char *path, struct llmx_error *err);

#endif
