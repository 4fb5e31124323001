/* study.h - a study in which people rate explanations: blind, in an order of each rater's own, a few items each.
 *
 *     struct llmx_study_options how = {.explanations = files, .n_explanations = 2, .recs = "recs.jsonl", .data = data,
 *                                      .questions = "study.yaml", .db = "study.sqlite", .seed = 1};
 *     struct llmx_study_made made;
 *     if (llmx_study_new(&how, "links.txt", &made, &err) == 0) ...        // send the links; llmx_serve has the page
 *     if (llmx_study_results("study.sqlite", made.id, "ratings.csv", &results, &err) == 0) ...   // for ratings.h
 */
#ifndef LLMXREC_STUDY_H
#define LLMXREC_STUDY_H

#include "llmxrec/data.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_study_options {
    const char *const *
        explanations; /* (n_explanations) files, each a system called like it, of the same people and items */
    int n_explanations; /* 1 to 8 */
    const char *recs;   /* the recommendations that they are of */
    const struct llmx_data *data;
    const char *questions; /* YAML (docs/study.md); NULL: the paper's three, from 1 to 5 */
    const char *db;        /* as of llmx_serve_options */
    uint64_t seed;
};

#define LLMX_STUDY_ID_BYTES 40

struct llmx_study_made {
    char id[LLMX_STUDY_ID_BYTES];
    int units;                /* recommendations that all files explain */
    int raters, tasks;        /* links, and units for each */
    int marks_min, marks_max; /* raters of a unit: the fewest and the most */
};

/* Makes a study in the store and writes its secret links to links_path, a line each: "/study/LINK", to be put behind the
 * server's address.
 * returns   0, or -1: LLMX_BAD_INPUT a file with its line; LLMX_BAD_OPTION the questions, with file and line, or two
 *           files of one name;
 *           LLMX_MISMATCH nothing that all files explain; LLMX_IO the store */
LLMX_API int llmx_study_new(const struct llmx_study_options *options, const char *links_path,
                            struct llmx_study_made *made, struct llmx_error *err);

struct llmx_study_results {
    int raters, begun, finished; /* links, those who answered a task, and those who answered all */
    int failed_checks;           /* raters who failed an attention check */
    int speeders;                /* raters who took less than a third of the median time a task */
    long marks;                  /* written */
};

/* Writes all marks as CSV: rater, user, item, system, aspect, value, unit, task, position (place on the screen, from 1),
 * seconds (of the task), attention (passed, failed or none), pace (usual or fast), finished (yes or no), time; then, where the
 * study asks for them, the page's comment and a column for each question about the rater. `llmxrec ratings` reads it.
 * id   NULL: the study that was made last
 * returns   0, or -1: LLMX_NOT_FOUND no such study, LLMX_IO */
LLMX_API int llmx_study_results(const char *db, const char *id, const char *out_path,
                                struct llmx_study_results *results, struct llmx_error *err);

/* Deletes all that a rater said, by their link or by "rN" of the results (then `id` as above), and overwrites it in the file.
 * returns   0, or -1: LLMX_NOT_FOUND */
LLMX_API int llmx_study_forget(const char *db, const char *id, const char *rater,
                               struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
