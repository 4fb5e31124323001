/* lint.h - one lint at work: what all of its checks share. */
#ifndef EVALUATE_LINT_H
#define EVALUATE_LINT_H

#include "base/file.h"
#include "base/names.h"
#include "explain/desk.h"
#include "llmxrec/lint.h"

#include <limits.h>

/* Where something stands. */
struct lint_source {
    const char *file;
    long line;
};

/* The examples that are of these data, and all prompts. Sources are those of the first that says it. */
struct learnt {
    struct names users, pairs, prompts; /* a pair is "user\titem" */
    struct lint_source *user, *pair, *prompt;
    size_t user_capacity, pair_capacity, prompt_capacity;
};

struct lint {
    const struct llmx_lint_options *options;
    struct llmx_run_source source; /* of the first run */
    struct llmx_data *data;
    struct llmx_explain_options explain;
    struct briefing briefing;
    struct desk desk;
    struct twins twins; /* of one title and year */
    struct recs recs;
    bool is_as_of_train; /* some are: of those something is held out */
    struct learnt learnt;
    struct names tested; /* users on whom something is measured */
    int prompts;         /* that were looked at for what is held out */
    struct llmx_lint found;
    struct output out;
    struct text title;            /* scratch */
    char examples_path[PATH_MAX]; /* of the adapter */
    struct llmx_error *err;
    int status; /* -1 when writing a row failed, and `err` says so */
};

/* Whose row it is: texts may be NULL, line 0. */
struct lint_place {
    const char *user, *item, *file;
    long line;
};

/* Counts, keeps and writes what is found. */
void lint_add(struct lint *lint, enum llmx_lint_check check, const struct lint_place *place,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Begins a check: n things are looked at. */
void lint_look(struct lint *lint, enum llmx_lint_check check, int n);

/* The title of an item as a person writes it, or its id; valid until the next call. */
const char *lint_title(struct text *title, const struct llmx_data *data, llmx_id item);

/* -1 with `err` of the lint set. */
int lint_runs(struct lint *lint);
int lint_titles(struct lint *lint);
int lint_recs(struct lint *lint);
int lint_examples(struct lint *lint); /* reads what was learnt from */
int lint_texts(struct lint *lint);    /* after lint_examples */

/* Where it stands that this was learnt from; NULL: nowhere. */
const struct lint_source *learnt_find(const struct names *names, const struct lint_source *sources,
                                      const char *key);
void learnt_release(struct learnt *learnt);

/* An item held out of a user that a prompt (NULL: none) names or `items` (n) hold, beside `own`; -1: none. */
llmx_id lint_held_out(struct lint *lint, const struct rec *rec, llmx_id own, const char *prompt,
                      const llmx_id *items, int n);

/* Does a prompt name an item, by its title between quotes or on its own? */
bool lint_names(struct lint *lint, const char *prompt, llmx_id item);

#endif
