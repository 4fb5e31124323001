#include "tune/tuning.h"

#include "tune/adamw.h"

bool tuning_report(const struct tuning *t, const char *stage, double done, double total,
                   const char *note)
{
    const struct llmx_progress *progress = &t->options->progress;
    return progress->report && progress->report(progress->context, stage, done, total, note) != 0;
}

double tuning_rate(const struct tuning *t, int step)
{
    const struct llmx_tune_options *o = t->options;
    return schedule_rate(o->schedule, o->learning_rate, o->warmup, step, t->state.steps);
}
