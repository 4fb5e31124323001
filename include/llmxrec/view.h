/* view.h - one explanation as a person is to see it: whose it is and what they took last, the item, what the
 * recommendation rests on, the text with its titles, and what the gate said. Terminal, report and web page print it.
 *
 *     struct llmx_viewer *viewer;
 *     struct llmx_view view;
 *     if (llmx_viewer_open(&viewer, llmx_explainer_gate(explainer), NULL, &err) == 0 &&
 *         llmx_view_make(&view, viewer, &person, &top[0], &why, &err) == 0) {
 *         printf("%s\n%s\n", view.title, view.text);
 *         llmx_view_release(&view);
 *     }
 *
 * llmx_views_next gives the same of every line of a file. Titles are written as a person writes them ("The Apartment").
 * A view is read-only once made. */
#ifndef LLMXREC_VIEW_H
#define LLMXREC_VIEW_H

#include "llmxrec/explain.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is known in one column of .user or .item. */
struct llmx_view_field {
    const char *name;  /* of the column */
    const char *value; /* of a list: "Action, Sci-Fi"; gender as a word */
    int is_long;       /* a description rather than a feature */
};

struct llmx_view_item {
    llmx_id item;
    const char *title;
};

struct llmx_view_evidence {
    llmx_id item;
    const char *title;
    float contribution; /* score units (recommend.h) */
    float of_largest;   /* share of the largest contribution: 1 for the first */
    float of_total; /* share of all contributions told with the recommendation, shown here or not */
};

/* A part of the text: plain words, the title of an item of history or evidence, that of the recommended item. */
enum llmx_span { LLMX_SPAN_PLAIN, LLMX_SPAN_CITED, LLMX_SPAN_ITEM };
struct llmx_view_span {
    enum llmx_span kind;
    uint32_t start, end; /* bytes of the text, up to and without end */
    llmx_id item;        /* named; -1: plain words */
};

/* A check that a text failed. */
struct llmx_view_failure {
    const char *check; /* its name (gate.h), or "?" */
    const char *text;  /* what is to blame; NULL: not told */
};

struct llmx_view_try {
    const char *text;
    struct llmx_view_failure *failure; /* (n_failures) */
    int n_failures;
};

/* FALLBACK: the plain sentence, since no try passed. REJECTED, UNCHECKED: of texts in files that others wrote. */
enum llmx_outcome {
    LLMX_OUTCOME_PASSED,
    LLMX_OUTCOME_FALLBACK,
    LLMX_OUTCOME_REJECTED,
    LLMX_OUTCOME_UNCHECKED
};

struct llmx_view {
    const char *user;                /* token; NULL: somebody known by history alone */
    struct llmx_view_field *profile; /* (n_profile) what is known and not private */
    int n_profile;
    const char *taken; /* how history is spoken of: "watched", "played", "read", "chose" */
    struct llmx_view_item *history; /* (n_history) as the model was told, the latest first */
    int n_history;

    llmx_id item;
    const char *item_token, *title;
    struct llmx_view_field *features; /* (n_features) the title apart */
    int n_features;
    int rank;                            /* 1 = best; 0: not told */
    float score;                         /* NAN: not told */
    struct llmx_view_evidence *evidence; /* (n_evidence) as the model was told */
    int n_evidence;
    const char **facts; /* (n_facts) what was chosen to be told of it, a sentence each */
    int n_facts;

    const char *text;
    struct llmx_view_span *spans; /* (n_spans) all of the text, one after the other */
    int n_spans;

    enum llmx_outcome outcome;
    int tries;                         /* texts that the model wrote; 0: not told */
    struct llmx_view_failure *failure; /* (n_failures) of the tries before, or of a rejected text */
    int n_failures;
    struct llmx_view_try *rejected; /* (n_rejected) tries before, where they were kept */
    int n_rejected;

    void *storage; /* its own */
};

/* --- in memory --- */

struct llmx_viewer;

/* The gate and its data must outlive it. Read-only once opened: any number of threads may share it.
 * options   what the explanations were made with: template_path, history_max, evidence_max; NULL: the defaults
 * returns   0, or -1: LLMX_NOT_FOUND, LLMX_BAD_INPUT of the template; LLMX_BAD_OPTION; LLMX_NO_MEMORY */
LLMX_API int llmx_viewer_open(struct llmx_viewer **viewer, const struct llmx_gate *gate,
                              const struct llmx_explain_options *options, struct llmx_error *err);
LLMX_API void llmx_viewer_close(struct llmx_viewer *viewer);

/* What llmx_explainer_explain wrote of a recommendation. The view keeps nothing of these but points into the viewer's data,
 * which must outlive it.
 * returns   0, or -1 and there is nothing to release: LLMX_NOT_FOUND no such user or item, LLMX_BAD_INPUT an item
 *           without a title, LLMX_NO_MEMORY */
LLMX_API int llmx_view_make(struct llmx_view *view, const struct llmx_viewer *viewer,
                            const struct llmx_person *person,
                            const struct llmx_recommendation *recommendation,
                            const struct llmx_explanation *explanation, struct llmx_error *err);
LLMX_API void llmx_view_release(struct llmx_view *view);

/* --- of a file --- */

struct llmx_views;

/* Opens a file of explanations with the recommendations that they are of. data must outlive it. options as above. Errors as
 * there, and LLMX_NOT_FOUND, LLMX_BAD_INPUT of the files. */
LLMX_API int llmx_views_open(struct llmx_views **views, const char *explanations_path,
                             const char *recs_path, const struct llmx_data *data,
                             const struct llmx_explain_options *options, struct llmx_error *err);

/* The view of the next line; release it before `views` is closed.
 * returns   1, or 0 after the last line, or -1: LLMX_BAD_INPUT with file and line, LLMX_MISMATCH there is no such
 *           recommendation, LLMX_NO_MEMORY */
LLMX_API int llmx_views_next(struct llmx_views *views, struct llmx_view *view,
                             struct llmx_error *err);
LLMX_API void llmx_views_close(struct llmx_views *views);

#ifdef __cplusplus
}
#endif
#endif
