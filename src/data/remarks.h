/* remarks.h - what a person should be told of data that were read: options->notice hears it. */
#ifndef DATA_REMARKS_H
#define DATA_REMARKS_H

#include "data/data_files.h"
#include "data/data_report.h"

/* What first lines were taken for on a guess: also where what follows fails. -1 out of memory. */
int remarks_header(const struct data_report *report, const struct data_files *files,
                   const struct llmx_data_options *options, struct llmx_error *err);

/* Times of different units: how many of each, and where the first stands. -1 out of memory. */
int remarks_units(const struct data_report *report, const struct data_files *files,
                  const struct llmx_data_options *options, struct llmx_error *err);

#endif
