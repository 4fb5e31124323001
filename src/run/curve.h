/* curve.h - the learning curve of a run, drawn from its log. */
#ifndef RUN_CURVE_H
#define RUN_CURVE_H

#include "base/text.h"

/* RUN/curve.svg: the watched metric after every epoch; the loss, where nothing is held out to watch. `log` holds the
 * lines of log.jsonl. */
int curve_write(const char *run_dir, const struct text *log, const char *metric,
                struct llmx_error *err);

#endif
