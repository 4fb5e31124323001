/* report.h - all that was measured, as one HTML page that needs no network: runs, explanations and the figures of every view.
 *
 *     const char *runs[] = {"runs/sasrec"}, *views[] = {"grounding.json", "judge.json"};
 *     const struct llmx_report_texts texts = {"explanations.jsonl", "recs.jsonl", data, "runs/sasrec"};
 *     const struct llmx_report_options options = {
 *         .runs = runs, .n_runs = 1, .views = views, .n_views = 2, .texts = &texts, .n_texts = 1,
 *         .resampling = {.resamples = 10000, .seed = 1}};
 *     llmx_report_write("report.html", &options, NULL, &err);
 *
 * The same inputs give the same bytes. docs/evaluation.md describes the page. */
#ifndef LLMXREC_REPORT_H
#define LLMXREC_REPORT_H

#include "llmxrec/data.h"
#include "llmxrec/statistics.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One system's explanations (JSON Lines), the recommendations that they are for, and the data that those come from. */
struct llmx_report_texts {
    const char *explanations, *recs;
    const struct llmx_data *data;
    const char *run; /* the run directory that knows the data, for the page to name; may be NULL */
};

struct llmx_report_options {
    const char *const *runs; /* (n_runs) run directories of any data; their data are not opened */
    const char *const *run_names; /* (n_runs) what the page calls them; NULL: by their folders */
    int n_runs;
    const struct llmx_report_texts *texts; /* (n_texts) */
    int n_texts;
    const char *const *views; /* (n_views) what commands wrote with --json: {"view": NAME, ...} */
    int n_views;
    const char *title;                 /* NULL: "Recommendations and their reasons" */
    int examples;                      /* of the best and of the worst of each system's texts */
    struct llmx_resampling resampling; /* of the grounding of texts */
    void (*notice)(void *context,
                   const char *message); /* told of lines that are left out; may be NULL */
    void *notice_context;
};

/* Writes the page. Runs, systems and views are called by the names of their files, without ending, and with as much of
 * their folders as tells them apart; systems, and views of a kind, without the words that all their names begin with. Of texts
 * the grounding (grounding.h) is measured here. A view that nobody knows is shown as tables of what it holds.
 * skipped   lines of explanations without a recommendation, told to `notice`; may be NULL
 * returns   0, or -1 and what stood at `path` stands: LLMX_NOT_FOUND, LLMX_BAD_INPUT a file that is no view, no run or no
 *           explanations, LLMX_MISMATCH no explanation has a recommendation, LLMX_BAD_OPTION also a path that is there twice */
LLMX_API int llmx_report_write(const char *path, const struct llmx_report_options *options,
                               int *skipped, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
