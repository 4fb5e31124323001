/* judge.h - an open judge, and what it asks. */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "base/text.h"
#include "judge/pairs.h"
#include "llmxrec/judge.h"

#include <stdbool.h>

#define JUDGE_TEMPLATE "judge.txt" /* in the folder of a tuned judge */
#define JUDGE_NOTES    "judge.json"

/* What is asked, with places for the two texts, or for one of them. */
struct judge_prompt {
    char *layout;
    bool is_single; /* {text}: each is asked about by itself, 1 bad or 2 good */
    int prompt_tokens;
};

/* path: a file; NULL: the built-in `name`. LLMX_BAD_INPUT with file and line for a field that there is not, or one that lacks. */
int judge_prompt_open(struct judge_prompt *prompt, const char *name, const char *path,
                      struct llmx_error *err);
void judge_prompt_release(struct judge_prompt *prompt);

/* The end of a prompt that is shown, from a word's beginning on; free(*shown). tokenizer NULL: all of it. */
int judge_prompt_cut(const struct judge_prompt *prompt, const struct llmx_tokenizer *tokenizer,
                     const char *told, char **shown, struct llmx_error *err);

/* The question about a pair with text[first] in front, or of a single layout about text[first], into `out`, which is
 * cleared. */
void judge_prompt_ask(const struct judge_prompt *prompt, const char *shown,
                      const struct llmx_pair *pair, int first, struct text *out);

struct llmx_judge {
    struct llmx_judge_options options;
    struct judge_prompt prompt;
    const struct llmx_model *model; /* or */
    struct llmx_remote *remote;
    struct llmx_adapter *adapter; /* NULL: none */
};

/* judge_local.c: by log-probabilities. */
int judge_local(const struct llmx_judge *judge, struct llmx_pairs *pairs,
                struct llmx_judge_report *report, struct llmx_error *err);

/* judge_remote.c: by words. */
int judge_remote(const struct llmx_judge *judge, struct llmx_pairs *pairs, const char *out_path,
                 bool resume, struct llmx_judge_report *report, struct llmx_error *err);

/* What an answer says: 1 the one shown first, 0 the second, .5 a tie; NaN: none of these. */
double judge_read_answer(const char *answer);

#endif
