/* run_data.h - a run directory and the data it was trained on, opened together: what commands on RUN begin with. */
#ifndef CLI_RUN_DATA_H
#define CLI_RUN_DATA_H

#include "llmxrec/recommend.h"

struct run_data {
    struct llmx_run_source source;
    struct llmx_data *data;
    struct llmx_run *run;
};

/* data_path: where the data lies now, or NULL for where it lay at training; read with the run's own options. */
int run_data_open(struct run_data *opened, const char *run_dir, const char *data_path, int threads,
                  struct llmx_error *err);
void run_data_close(struct run_data *opened);

#endif
