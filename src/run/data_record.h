/* data_record.h - data.json of a run directory: which interactions the run learnt from, and of which files, so that later
 * commands can say whether, and in what, the data have changed since. */
#ifndef RUN_DATA_RECORD_H
#define RUN_DATA_RECORD_H

#include "base/text.h"
#include "llmxrec/data.h"

int data_record_write(const struct llmx_data *data, const char *run_dir, struct llmx_error *err);

/* 0 when the run learnt from these interactions; else LLMX_MISMATCH, which says in what they differ and what to do (of a run
 * without a record only that they do). */
int data_record_check(const struct llmx_data *data, const char *run_dir, struct llmx_error *err);

/* Appends a line on each file of profiles or item features that is not what it was when the run learnt; nothing where
 * all are. */
int data_record_changes(struct text *out, const struct llmx_data *data, const char *run_dir,
                        struct llmx_error *err);

/* Appends in what the interactions that two runs learnt from differ, however each splits them; nothing where they are the same or
 * a run has no record. */
int data_record_differ(struct text *out, const char *run_dir, const char *other,
                       struct llmx_error *err);

#endif
