#include "cli/run_data.h"

#include "cli/opt.h"

int run_data_open(struct run_data *opened, const char *run_dir, const char *data_path, int threads,
                  struct llmx_error *err)
{
    *opened = (struct run_data){0};
    if (llmx_run_source(&opened->source, run_dir, err) != 0)
        return -1;
    opened->source.options.threads = threads;
    opened->source.notice = opt_tell;
    if (data_path)
        opened->source.path = data_path;
    return llmx_run_data_open(&opened->data, &opened->source, err) == 0
               ? llmx_run_open(&opened->run, run_dir, opened->data, err)
               : -1;
}

void run_data_close(struct run_data *opened)
{
    llmx_run_destroy(opened->run);
    llmx_data_destroy(opened->data);
    llmx_run_source_release(&opened->source);
    *opened = (struct run_data){0};
}
