/* study_questions.h - what raters are asked: a YAML file, as docs/study.md describes it. */
#ifndef SERVE_STUDY_QUESTIONS_H
#define SERVE_STUDY_QUESTIONS_H

#include "base/err.h"

#include <jansson.h>

/* {"title","consent","training","questions":[{"aspect","text","low","high","scale"}],"preference","raters","tasks",
 * "checks"}, all of them there: what the file does not say is the default. path NULL: the defaults.
 * returns NULL: LLMX_NOT_FOUND, LLMX_BAD_OPTION with file and line */
json_t *study_questions(const char *path, struct llmx_error *err);

#endif
