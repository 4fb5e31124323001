/* reproduce.h - an experiment from end to end: recommenders x data sets x ways of explaining, the same users and items for all ways,
 * and every view of quality over them.
 *
 *     const struct llmx_reproduce_options how = {.experiment = "experiments/paper.yaml", .out = "paper", .budget_s = 1200};
 *     if (llmx_reproduce(&how, &report, &err) == 0)
 *         llmx_reproduce_print("paper", stdout, 0, &err);
 *
 * Every step lies in a folder of its own, OUT/steps/NAME-KEY, whose key is a hash of all that the step depends on: its inputs' bytes,
 * its options, the steps before it. What is there is not done again, whatever was interrupted or changed. */
#ifndef LLMXREC_REPRODUCE_H
#define LLMXREC_REPRODUCE_H

#include "llmxrec/error.h"

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_reproduce_options {
    const char *experiment; /* YAML: experiments/paper.yaml says what it may hold */
    const char *out;        /* folder of the steps; those of several experiments may share it */
    double budget_s; /* fits users and tuning to so much time, by the measured speed; 0: no limit */
    int dry_run;     /* tell the steps, and do none */
    int resamples;   /* of the bootstrap of every view */
    int threads;     /* 0: one per core; results do not depend on it, but the budget's cuts do */
    /* told a line a step, and what was cut or left out; may be NULL */
    void (*told)(void *context, const char *line);
    void *told_context;
    const struct llmx_stop *stop; /* asked: LLMX_INTERRUPTED; the same call goes on. May be NULL */
    struct llmx_progress progress;
};

struct llmx_reproduce_report {
    int steps, done, kept; /* of all, those done now and those that were there */
    double elapsed_s;
};

/* Does what is left of an experiment, in the order: train, recommend, measure the speed and fit the plan (once; it stands in
 * OUT/plan-KEY.json), tune, explain, views; then writes OUT/results.json, which holds the plan and each view of each cell,
 * OUT/results/, copies of explanations and views by name, and OUT/report.html (report.h).
 * Data sets that are not there are left out, which is told. Training is never cut, so a small budget may be overrun by it.
 * report    may be NULL
 * returns   0, or -1: LLMX_BAD_OPTION the experiment, with file and line; LLMX_NOT_FOUND none of its data, or its model;
 *           LLMX_INTERRUPTED; errors of the steps, with the step's name */
LLMX_API int llmx_reproduce(const struct llmx_reproduce_options *options,
                            struct llmx_reproduce_report *report, struct llmx_error *err);

/* The results of OUT as a table of headline figures, or is_json as they stand in results.json. */
LLMX_API int llmx_reproduce_print(const char *out, FILE *stream, int is_json,
                                  struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
