/* study_plan.h - who rates what, in which order: a pure function of the study's sizes and seed. */
#ifndef SERVE_STUDY_PLAN_H
#define SERVE_STUDY_PLAN_H

#include "base/err.h"

#include <stdint.h>

#define STUDY_SYSTEMS_MAX 8
#define STUDY_CHECK       (-1) /* in a unit's place: an attention check */

struct study_plan {
    int units, systems;
    int raters;
    int tasks;  /* units a rater sees, at most `units` */
    int checks; /* attention checks beside them */
    uint64_t seed;
};

struct study_task {
    int unit;                      /* or STUDY_CHECK */
    int places[STUDY_SYSTEMS_MAX]; /* the system that stands in each place */
};

/* The tasks of one rater (tasks + checks entries), from 0 to raters - 1. Blocks are balanced: the numbers of raters that two
 * units have differ by at most one. Units and places stand in an order of the rater's own; a check is never first.
 * returns 0, or -1: LLMX_NO_MEMORY */
int study_plan_rater(const struct study_plan *plan, int rater, struct study_task *task,
                     struct llmx_error *err);

#endif
