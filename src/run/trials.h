/* trials.h - the folder of a search: its table of trials, which says whose the runs under trials/ are. */
#ifndef RUN_TRIALS_H
#define RUN_TRIALS_H

#include "base/err.h"

#include <limits.h>

#define TRIALS_TABLE "trials.jsonl"

/* The path of trial `number` (from 1). */
int trials_path(const char *run_dir, int number, char path[static PATH_MAX],
                struct llmx_error *err);

/* May a search write here? LLMX_BAD_OPTION: the table, or a run where one of a trial belongs, is of somebody else. */
int trials_check(const char *run_dir, struct llmx_error *err);

/* Removes what an earlier search wrote, and nothing else: the runs of its trials, then its table. */
void trials_clear(const char *run_dir);

#endif
