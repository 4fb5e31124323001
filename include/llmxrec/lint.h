/* lint.h - what is amiss with runs, recommendations, explanations and tuning examples before anything is measured on them.
 *
 *     struct llmx_lint found;
 *     const char *runs[] = {"runs/sasrec"};
 *     const struct llmx_lint_options how = {.runs = runs, .n_runs = 1, .recs = "recs.jsonl"};
 *     if (llmx_lint(&how, NULL, &found, &err) == 0)
 *         llmx_lint_print(&found, stdout, 0, &err);
 *
 * What is not given is not looked at, and the result says so. docs/evaluation.md has the rule of every check. */
#ifndef LLMXREC_LINT_H
#define LLMXREC_LINT_H

#include "llmxrec/error.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum llmx_lint_check {
    LLMX_LINT_RUN,          /* a run whose data are others now, or others than the first run's */
    LLMX_LINT_TITLE,        /* two ids with one title (and year) in the catalogue */
    LLMX_LINT_FOREIGN,      /* a recommendation of other data */
    LLMX_LINT_TAKEN,        /* recommended to whoever took it, under any id */
    LLMX_LINT_TWICE,        /* recommended twice to one person, under any id */
    LLMX_LINT_CROWD,        /* one item to more than half of all users */
    LLMX_LINT_UNMATCHED,    /* an explanation without a recommendation */
    LLMX_LINT_OTHER_PROMPT, /* an explanation of another item, or for another user */
    LLMX_LINT_DUPLICATE,    /* one text for two recommendations that it cannot both explain */
    LLMX_LINT_SAME_PROMPT,  /* an explanation whose prompt was learnt from */
    LLMX_LINT_SAME_USER,    /* an explanation for a user whose example was learnt from */
    LLMX_LINT_HELD_OUT,     /* what is held out stands in a prompt or an example */
    LLMX_LINT_CHECKS
};

/* "run", "title", ...; NULL past the last. */
LLMX_API const char *llmx_lint_name(int check);

struct llmx_lint_options {
    const char *const *runs; /* (n_runs) the data of the first one are those of all other files */
    int n_runs;
    const char *data;            /* where they lie now; NULL: where the run learnt from them */
    const char *recs;            /* recommendations; NULL: none */
    const char *explanations;    /* of them; NULL: none */
    const char *const *examples; /* (n_examples) instruction examples, written or built */
    int n_examples;
    const char *adapter; /* whose examples are read too, where it notes them; NULL: none */
    int threads;
    void (*notice)(void *context, const char *message); /* told what cannot be looked at; or NULL */
    void *notice_context;
};

enum { LLMX_LINT_SHOWN = 4, LLMX_LINT_LINE = 320 };

struct llmx_lint {
    struct {
        int looked; /* runs, items, recommendations, explanations or prompts; -1: not looked at */
        int found;
        char row[LLMX_LINT_SHOWN][LLMX_LINT_LINE]; /* the first of them, as sentences */
    } check[LLMX_LINT_CHECKS];
    int found; /* all together */
};

/* out_path  JSON Lines {"check","user","item","file","line","message"} of all that is found; NULL: none
 * returns   0, whether anything is found or not; -1: LLMX_BAD_OPTION explanations without recommendations; LLMX_NOT_FOUND and
 *           LLMX_BAD_INPUT with file and line */
LLMX_API int llmx_lint(const struct llmx_lint_options *options, const char *out_path,
                       struct llmx_lint *result, struct llmx_error *err);

/* A table for a person with the first rows of each, or one JSON object. */
LLMX_API int llmx_lint_print(const struct llmx_lint *result, FILE *stream, int is_json,
                             struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
