/* moved.h - a run's data that lie elsewhere now: the files beside them have come along. */
#ifndef RUN_MOVED_H
#define RUN_MOVED_H

#include "base/arena.h"
#include "llmxrec/data.h"

/* Of the other files that the options name (valid, test, item_file, user_file), those that are not where they were but stand to
 * `now` as they stood to `was`, the paths of the data, are taken from there. New paths go into the arena. */
int moved_files(struct llmx_data_options *options, const char *was, const char *now,
                struct arena *texts, struct llmx_error *err);

#endif
